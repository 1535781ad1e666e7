#include "booking_fields.h"

#include "patient_fields.h"

static const char *const kinds[] = {"scheduled", "emergency", "tele-exam", "teaching", NULL};
static const char *const languages[] = {"vi", "en", NULL};
static const char *const participant_roles[] = {"host",        "specialist", "doctor", "patient",
                                                "interpreter", "observer",   "kiosk",  NULL};
const char *const ticket_roles[] = {"host",     "specialist", "doctor",   "patient", "interpreter",
                                    "observer", "kiosk",      "captions", NULL};

static void person_fields(const struct fields *fields, json_t *object, size_t index, bool with_ids,
                          struct booking_person *person)
{
    g_autofree char *prefix = g_strdup_printf("%sparticipants.%zu.", fields->prefix, index);
    struct fields inside = fields_inside(fields, object, prefix);
    const char *id = with_ids ? field_id(&inside, "id", false) : NULL;
    *person = (struct booking_person){
        .id = id,
        .name = field_text(&inside, "name", CONSULTATION_NAME_MAX, true),
        .role = field_choice(&inside, "role", id ? ticket_roles : participant_roles, "doctor"),
        .user_id = field_id(&inside, "user_id", false),
    };
}

static void people_fields(const struct fields *fields, struct booking *booking, bool with_ids)
{
    json_t *people = field_array(fields, "participants", CONSULTATION_PEOPLE_MAX, false), *person;
    size_t i;
    json_array_foreach(people, i, person)
        person_fields(fields, person, i, with_ids, &booking->people[booking->people_count++]);
}

void booking_fields(const struct fields *fields, struct booking_form *form, bool with_ids)
{
    struct booking *b = &form->booking;
    *b = (struct booking){
        .kind = field_choice(fields, "kind", kinds, "scheduled"),
        .title = field_text(fields, "title", CONSULTATION_TITLE_MAX, true),
        .reason = field_lines(fields, "reason", CONSULTATION_REASON_MAX, false),
        .language = field_choice(fields, "language", languages, "vi"),
        .starts_at = field_time(fields, "starts_at", true),
        .ends_at = field_time(fields, "ends_at", true),
        .room_id = field_id(fields, "room_id", false),
        .patient_id = field_id(fields, "patient_id", false),
        .waiting_room = field_flag(fields, "waiting_room", false),
    };
    people_fields(fields, b, with_ids);
    json_t *patient = field_object(fields, "patient", false);
    if (!patient)
        return;
    struct fields inside = fields_inside(fields, patient, "patient.");
    patient_fields(&inside, &form->patient);
    b->patient = &form->patient;
}

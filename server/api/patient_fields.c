#include "patient_fields.h"

enum { IDENTIFIER_MAX = 200 };

static const char *const sexes[] = {"male", "female", "other", "unknown", NULL};

void patient_fields(const struct fields *fields, struct booking_patient *patient)
{
    g_autofree char *prefix = g_strconcat(fields->prefix, "identifier.", NULL);
    json_t *identifier = field_object(fields, "identifier", true);
    struct fields inside = fields_inside(fields, identifier, prefix);
    *patient = (struct booking_patient){
        .system = identifier ? field_text(&inside, "system", IDENTIFIER_MAX, true) : NULL,
        .value = identifier ? field_text(&inside, "value", IDENTIFIER_MAX, true) : NULL,
        .name = field_text(fields, "name", CONSULTATION_NAME_MAX, true),
        .birth_date = field_date(fields, "birth_date"),
        .sex = field_choice(fields, "sex", sexes, "unknown"),
    };
}

#include "fhir.h"

#include <glib.h>
#include <string.h>

#include "fhir_parts.h"
#include "server/json_set.h"

/* ---- Patient ---- */

static void add_patient(json_t *entries, const struct fhir_filing *f)
{
    const struct fhir_patient *p = f->patient;
    if (!p)
        return;
    json_t *resource = json_pack("{s:s, s:[{s:s, s:s}], s:[{s:s}], s:s}", "resourceType", "Patient", "identifier",
                                 "system", p->system, "value", p->value, "name", "text", p->name, "gender", p->sex);
    if (p->birth_date)
        json_object_set_new(resource, "birthDate", json_string(p->birth_date));
    g_autofree char *system = g_uri_escape_string(p->system, NULL, FALSE);
    g_autofree char *value = g_uri_escape_string(p->value, NULL, FALSE);
    g_autofree char *query = g_strconcat("identifier=", system, "|", value, NULL);
    char urn[FHIR_URN_SIZE];
    fhir_patient_urn(p, urn);
    json_array_append_new(entries, json_pack("{s:s, s:o, s:{s:s, s:s, s:s}}", "fullUrl", urn, "resource", resource,
                                             "request", "method", "POST", "url", "Patient", "ifNoneExist", query));
}

/* ---- Appointment ---- */

static const char *appointment_status(const struct fhir_filing *f)
{
    if (strcmp(f->state, "ended") == 0)
        return f->started_at ? "fulfilled" : "noshow";
    if (strcmp(f->state, "cancelled") == 0)
        return "cancelled";
    return strcmp(f->state, "open") == 0 ? "arrived" : "booked";
}

static void add_actor(json_t *participants, json_t *actor)
{
    json_array_append_new(participants, json_pack("{s:o, s:s}", "actor", actor, "status", "accepted"));
}

static void add_appointment(json_t *entries, const struct fhir_filing *f)
{
    json_t *a = fhir_ours("Appointment", f->consultation, NULL), *participants = json_array();
    json_object_set_new(a, "identifier", json_pack("[o]", fhir_identifier(f, "consultations", f->consultation)));
    json_object_set_new(a, "status", json_string(appointment_status(f)));
    json_object_set_new(a, "description", json_string(f->title));
    json_set_time(a, "start", f->starts_at);
    json_set_time(a, "end", f->ends_at);
    if (f->patient) {
        json_t *holder = json_object();
        fhir_set_patient(holder, "actor", f);
        add_actor(participants, json_incref(json_object_get(holder, "actor")));
        json_decref(holder);
    }
    for (size_t i = 0; i < f->people_count; i++)
        add_actor(participants, fhir_display(f->people[i].name));
    if (f->room)
        add_actor(participants, fhir_display(f->room));
    if (json_array_size(participants) == 0)
        add_actor(participants, fhir_display("Hội Chẩn"));
    json_object_set_new(a, "participant", participants);
    fhir_put(entries, a);
}

/* ---- Encounter ---- */

static void add_status(json_t *history, const char *status, int64_t from, int64_t to)
{
    if (from && to > from)
        json_array_append_new(history, json_pack("{s:s, s:o}", "status", status, "period", fhir_period(from, to)));
}

/** When the second person came: from then on it was a consultation, before it somebody waited. */
static int64_t second_join(const struct fhir_filing *f)
{
    int64_t first = f->stay_count ? f->stays[0].joined_at : 0, second = 0;
    for (size_t i = 1; i < f->stay_count; i++) {
        int64_t at = f->stays[i].joined_at;
        second = MAX(first, second ? MIN(second, at) : at);
    }
    return second;
}

static json_t *status_history(const struct fhir_filing *f)
{
    json_t *history = json_array();
    int64_t first = f->started_at, second = second_join(f), end = f->ended_at;
    if (f->stay_count)
        first = MIN(first ? first : INT64_MAX, f->stays[0].joined_at);
    if (!second)
        add_status(history, "arrived", first, end);
    add_status(history, "arrived", second ? first : 0, second);
    add_status(history, "in-progress", second, end);
    return history;
}

static json_t *encounter_people(const struct fhir_filing *f)
{
    json_t *people = json_array();
    for (size_t i = 0; i < f->stay_count; i++) {
        const struct fhir_stay *s = &f->stays[i];
        if (strcmp(s->role, "patient") == 0)
            continue; /* is the subject */
        json_array_append_new(people, json_pack("{s:[o], s:o, s:o}", "type", fhir_text_concept(s->role), "period",
                                                fhir_period(s->joined_at, s->left_at ? s->left_at : f->ended_at),
                                                "individual", fhir_display(s->name)));
    }
    return people;
}

static const char *encounter_status(const struct fhir_filing *f)
{
    if (strcmp(f->state, "ended") == 0)
        return f->started_at ? "finished" : "cancelled";
    return f->started_at ? "in-progress" : "planned";
}

static void add_encounter(json_t *entries, const struct fhir_filing *f)
{
    json_t *e = fhir_ours("Encounter", f->consultation, NULL);
    json_object_set_new(e, "identifier", json_pack("[o]", fhir_identifier(f, "consultations", f->consultation)));
    json_object_set_new(e, "status", json_string(encounter_status(f)));
    fhir_set_array(e, "statusHistory", status_history(f));
    json_object_set_new(
        e, "class",
        json_pack("{s:s, s:s, s:s}", "system", FHIR_TERMINOLOGY "v3-ActCode", "code", "VR", "display", "virtual"));
    json_object_set_new(e, "type", json_pack("[o]", fhir_text_concept(f->kind)));
    json_t *reasons = json_pack("[o]", fhir_text_concept(f->title));
    if (f->reason)
        json_array_append_new(reasons, fhir_text_concept(f->reason));
    json_object_set_new(e, "reasonCode", reasons);
    fhir_set_patient(e, "subject", f);
    json_object_set_new(e, "appointment", json_pack("[o]", fhir_reference_to("Appointment", f)));
    if (f->started_at)
        json_object_set_new(e, "period", fhir_period(f->started_at, f->ended_at));
    fhir_set_array(e, "participant", encounter_people(f));
    if (f->room) {
        g_autofree char *where = f->site ? g_strjoin(", ", f->room, f->site, NULL) : g_strdup(f->room);
        json_object_set_new(e, "location", json_pack("[{s:o}]", "location", fhir_display(where)));
    }
    fhir_put(entries, e);
}

/* ---- Consent ---- */

static const struct {
    const char *purpose, *what;
} CONSENT_PURPOSES[] = {
    {"take-part", "to take part in a consultation by video"},
    {"record", "to be recorded in sound and picture"},
    {"observers", "to be seen and heard by observers"},
    {"photographs", "to be photographed"},
    {"captions", "to be heard by a service that writes captions"},
};

static const char *purpose_text(const char *purpose)
{
    for (size_t i = 0; i < G_N_ELEMENTS(CONSENT_PURPOSES); i++)
        if (strcmp(CONSENT_PURPOSES[i].purpose, purpose) == 0)
            return CONSENT_PURPOSES[i].what;
    return purpose;
}

/** Taking part is treatment, the rest is privacy; without a patient both are words of colleagues. */
static json_t *consent_scope(const struct fhir_filing *f, const struct fhir_consent *consent)
{
    if (!f->patient)
        return fhir_text_concept(purpose_text(consent->purpose));
    return strcmp(consent->purpose, "take-part") == 0
               ? fhir_coded(FHIR_TERMINOLOGY "consentscope", "treatment", "Treatment")
               : fhir_coded(FHIR_TERMINOLOGY "consentscope", "patient-privacy", "Privacy Consent");
}

static void add_consent(json_t *entries, const struct fhir_filing *f, const struct fhir_consent *consent)
{
    bool granted = consent->word > 0;
    g_autofree char *which = g_strdup_printf("%s-%s%s", consent->person, consent->purpose,
                                             consent->for_patient ? "-patient" : "");
    json_t *c = fhir_ours("Consent", f->consultation, which);
    json_object_set_new(c, "identifier", json_pack("[o]", fhir_identifier(f, "consents", which)));
    json_object_set_new(c, "status", json_string(granted ? "active" : consent->word == -2 ? "inactive" : "rejected"));
    json_object_set_new(c, "scope", consent_scope(f, consent));
    json_object_set_new(c, "category", json_pack("[o]", fhir_coded("http://loinc.org", "59284-0", "Consent Document")));
    fhir_set_patient(c, "patient", f);
    json_set_time(c, "dateTime", consent->at);
    json_object_set_new(c, "performer", json_pack("[o]", fhir_display(consent->name)));
    json_object_set_new(c, "policyRule",
                        granted ? fhir_coded(FHIR_TERMINOLOGY "v3-ActCode", "OPTIN", "opt-in")
                                : fhir_coded(FHIR_TERMINOLOGY "v3-ActCode", "OPTOUT", "opt-out"));
    g_autofree char *what = g_strconcat(purpose_text(consent->purpose),
                                        consent->for_patient ? ", said by the patient beside" : "", NULL);
    json_object_set_new(c, "provision",
                        json_pack("{s:s, s:[o], s:[{s:s, s:o}]}", "type", granted ? "permit" : "deny", "action",
                                  fhir_text_concept(what), "data", "meaning", "related", "reference",
                                  fhir_reference_to("Encounter", f)));
    fhir_put(entries, c);
}

/* ---- Provenance, and the whole ---- */

static void add_provenance(json_t *entries, const struct fhir_filing *f)
{
    json_t *p = fhir_ours("Provenance", f->consultation, NULL), *targets = json_array(), *entry;
    size_t i;
    json_array_foreach(entries, i, entry)
    {
        json_t *request = json_object_get(entry, "request");
        const char *url = json_string_value(json_object_get(request, "url"));
        if (strcmp(json_string_value(json_object_get(request, "method")), "PUT") == 0)
            json_array_append_new(targets, json_pack("{s:s}", "reference", url));
    }
    json_object_set_new(p, "target", targets);
    json_set_time(p, "recorded", f->filed_at);
    if (f->started_at)
        json_object_set_new(p, "occurredPeriod", fhir_period(f->started_at, f->ended_at));
    json_object_set_new(p, "activity", fhir_coded(FHIR_TERMINOLOGY "v3-DataOperation", "CREATE", "create"));
    json_object_set_new(p, "agent",
                        json_pack("[{s:o, s:{s:o, s:s}}]", "type",
                                  fhir_coded(FHIR_TERMINOLOGY "provenance-participant-type", "assembler", "Assembler"),
                                  "who", "identifier", fhir_identifier(f, "consultations", f->consultation), "display",
                                  "Hội Chẩn"));
    fhir_put(entries, p);
}

json_t *fhir_bundle(const struct fhir_filing *f)
{
    json_t *entries = json_array();
    add_patient(entries, f);
    add_appointment(entries, f);
    add_encounter(entries, f);
    for (size_t i = 0; i < f->consent_count; i++)
        add_consent(entries, f, &f->consents[i]);
    fhir_add_documents(entries, f);
    fhir_add_sheets(entries, f);
    add_provenance(entries, f);
    fhir_add_signatures(entries, f);
    return json_pack("{s:s, s:s, s:o}", "resourceType", "Bundle", "type", "transaction", "entry", entries);
}

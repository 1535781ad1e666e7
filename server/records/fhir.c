#include "fhir.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

#include "server/json_set.h"

enum { ID_SIZE = 65 };
#define TERMINOLOGY "http://terminology.hl7.org/CodeSystem/"
#define PATIENT_URN "urn:uuid:"

/* ---- small pieces ---- */

static json_t *period(int64_t from, int64_t to)
{
    json_t *result = json_object();
    json_set_time(result, "start", from);
    json_set_time(result, "end", to);
    return result;
}

static json_t *coded(const char *system, const char *code, const char *display)
{
    return json_pack("{s:[{s:s, s:s, s:s}]}", "coding", "system", system, "code", code, "display", display);
}

static json_t *text_concept(const char *text)
{
    return json_pack("{s:s}", "text", text);
}

static json_t *display(const char *text)
{
    return json_pack("{s:s}", "display", text);
}

static void our_id(char id[ID_SIZE], const char *one, const char *two)
{
    g_snprintf(id, ID_SIZE, two ? "hoichan-%s-%s" : "hoichan-%s", one, two);
}

static json_t *reference(const char *type, const char *id)
{
    g_autofree char *text = g_strconcat(type, "/", id, NULL);
    return json_pack("{s:s}", "reference", text);
}

static json_t *reference_to(const char *type, const struct fhir_filing *f)
{
    char id[ID_SIZE];
    our_id(id, f->consultation, NULL);
    return reference(type, id);
}

/** Identifiers of ours are addresses in our API. */
static json_t *identifier(const struct fhir_filing *f, const char *collection, const char *id)
{
    g_autofree char *system = g_strconcat(f->origin, "/api/v1/", collection, NULL);
    return json_pack("{s:s, s:s}", "system", system, "value", id);
}

/** The patient's place in this Bundle: the same for the same patient, as every byte of the Bundle is. */
static void patient_urn(const struct fhir_patient *patient, char urn[64])
{
    unsigned char h[16];
    g_autofree char *name = g_strconcat(patient->system, "|", patient->value, NULL);
    crypto_generichash(h, sizeof h, (const unsigned char *)name, strlen(name), NULL, 0);
    h[6] = (unsigned char)((h[6] & 0x0f) | 0x50);
    h[8] = (unsigned char)((h[8] & 0x3f) | 0x80);
    g_snprintf(urn, 64, PATIENT_URN "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", h[0], h[1],
               h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15]);
}

static void set_patient(json_t *resource, const char *element, const struct fhir_filing *f)
{
    char urn[64];
    if (!f->patient)
        return;
    patient_urn(f->patient, urn);
    json_object_set_new(resource, element, json_pack("{s:s, s:s}", "reference", urn, "display", f->patient->name));
}

/** Owns: takes `resource`. */
static void put(json_t *entries, json_t *resource)
{
    const char *type = json_string_value(json_object_get(resource, "resourceType"));
    const char *id = json_string_value(json_object_get(resource, "id"));
    g_autofree char *url = g_strconcat(type, "/", id, NULL);
    json_array_append_new(
        entries, json_pack("{s:o, s:{s:s, s:s}}", "resource", resource, "request", "method", "PUT", "url", url));
}

static json_t *ours(const char *type, const char *one, const char *two)
{
    char id[ID_SIZE];
    our_id(id, one, two);
    return json_pack("{s:s, s:s}", "resourceType", type, "id", id);
}

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
    char urn[64];
    patient_urn(p, urn);
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
    json_t *a = ours("Appointment", f->consultation, NULL), *participants = json_array();
    json_object_set_new(a, "identifier", json_pack("[o]", identifier(f, "consultations", f->consultation)));
    json_object_set_new(a, "status", json_string(appointment_status(f)));
    json_object_set_new(a, "description", json_string(f->title));
    json_set_time(a, "start", f->starts_at);
    json_set_time(a, "end", f->ends_at);
    if (f->patient) {
        json_t *holder = json_object();
        set_patient(holder, "actor", f);
        add_actor(participants, json_incref(json_object_get(holder, "actor")));
        json_decref(holder);
    }
    for (size_t i = 0; i < f->people_count; i++)
        add_actor(participants, display(f->people[i].name));
    if (f->room)
        add_actor(participants, display(f->room));
    if (json_array_size(participants) == 0)
        add_actor(participants, display("Hội Chẩn"));
    json_object_set_new(a, "participant", participants);
    put(entries, a);
}

/* ---- Encounter ---- */

static void add_status(json_t *history, const char *status, int64_t from, int64_t to)
{
    if (from && to > from)
        json_array_append_new(history, json_pack("{s:s, s:o}", "status", status, "period", period(from, to)));
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
        json_array_append_new(people, json_pack("{s:[o], s:o, s:o}", "type", text_concept(s->role), "period",
                                                period(s->joined_at, s->left_at ? s->left_at : f->ended_at),
                                                "individual", display(s->name)));
    }
    return people;
}

/** FHIR has no empty arrays. */
static void set_array(json_t *resource, const char *element, json_t *array)
{
    if (json_array_size(array))
        json_object_set(resource, element, array);
    json_decref(array);
}

static const char *encounter_status(const struct fhir_filing *f)
{
    if (strcmp(f->state, "ended") == 0)
        return f->started_at ? "finished" : "cancelled";
    return f->started_at ? "in-progress" : "planned";
}

static void add_encounter(json_t *entries, const struct fhir_filing *f)
{
    json_t *e = ours("Encounter", f->consultation, NULL);
    json_object_set_new(e, "identifier", json_pack("[o]", identifier(f, "consultations", f->consultation)));
    json_object_set_new(e, "status", json_string(encounter_status(f)));
    set_array(e, "statusHistory", status_history(f));
    json_object_set_new(
        e, "class",
        json_pack("{s:s, s:s, s:s}", "system", TERMINOLOGY "v3-ActCode", "code", "VR", "display", "virtual"));
    json_object_set_new(e, "type", json_pack("[o]", text_concept(f->kind)));
    json_t *reasons = json_pack("[o]", text_concept(f->title));
    if (f->reason)
        json_array_append_new(reasons, text_concept(f->reason));
    json_object_set_new(e, "reasonCode", reasons);
    set_patient(e, "subject", f);
    json_object_set_new(e, "appointment", json_pack("[o]", reference_to("Appointment", f)));
    if (f->started_at)
        json_object_set_new(e, "period", period(f->started_at, f->ended_at));
    set_array(e, "participant", encounter_people(f));
    if (f->room) {
        g_autofree char *where = f->site ? g_strjoin(", ", f->room, f->site, NULL) : g_strdup(f->room);
        json_object_set_new(e, "location", json_pack("[{s:o}]", "location", display(where)));
    }
    put(entries, e);
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
        return text_concept(purpose_text(consent->purpose));
    return strcmp(consent->purpose, "take-part") == 0
               ? coded(TERMINOLOGY "consentscope", "treatment", "Treatment")
               : coded(TERMINOLOGY "consentscope", "patient-privacy", "Privacy Consent");
}

static void add_consent(json_t *entries, const struct fhir_filing *f, const struct fhir_consent *consent)
{
    bool granted = consent->word > 0;
    g_autofree char *which = g_strdup_printf("%s-%s%s", consent->person, consent->purpose,
                                             consent->for_patient ? "-patient" : "");
    json_t *c = ours("Consent", f->consultation, which);
    json_object_set_new(c, "identifier", json_pack("[o]", identifier(f, "consents", which)));
    json_object_set_new(c, "status", json_string(granted ? "active" : consent->word == -2 ? "inactive" : "rejected"));
    json_object_set_new(c, "scope", consent_scope(f, consent));
    json_object_set_new(c, "category", json_pack("[o]", coded("http://loinc.org", "59284-0", "Consent Document")));
    set_patient(c, "patient", f);
    json_set_time(c, "dateTime", consent->at);
    json_object_set_new(c, "performer", json_pack("[o]", display(consent->name)));
    json_object_set_new(c, "policyRule",
                        granted ? coded(TERMINOLOGY "v3-ActCode", "OPTIN", "opt-in")
                                : coded(TERMINOLOGY "v3-ActCode", "OPTOUT", "opt-out"));
    g_autofree char *what = g_strconcat(purpose_text(consent->purpose),
                                        consent->for_patient ? ", said by the patient beside" : "", NULL);
    json_object_set_new(c, "provision",
                        json_pack("{s:s, s:[o], s:[{s:s, s:o}]}", "type", granted ? "permit" : "deny", "action",
                                  text_concept(what), "data", "meaning", "related", "reference",
                                  reference_to("Encounter", f)));
    put(entries, c);
}

/* ---- DocumentReference ---- */

/** R4's Attachment.hash is SHA-1. */
static void set_hash(json_t *attachment, const char *hex)
{
    unsigned char raw[20];
    size_t size;
    if (sodium_hex2bin(raw, sizeof raw, hex, strlen(hex), NULL, &size, NULL) != 0 || size != sizeof raw)
        return;
    g_autofree char *text = g_base64_encode(raw, sizeof raw);
    json_object_set_new(attachment, "hash", json_string(text));
}

/** The SHA-256 as a name for the bytes themselves (RFC 6920): "ni:///sha-256;…". NULL when it is none. */
static json_t *hash_name(const char *hex)
{
    unsigned char raw[32];
    char text[sodium_base64_ENCODED_LEN(sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    size_t size;
    if (sodium_hex2bin(raw, sizeof raw, hex, strlen(hex), NULL, &size, NULL) != 0 || size != sizeof raw)
        return NULL;
    sodium_bin2base64(text, sizeof text, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    g_autofree char *value = g_strconcat("ni:///sha-256;", text, NULL);
    return json_pack("{s:s, s:s}", "system", "urn:ietf:rfc:6920", "value", value);
}

static json_t *attachment(const struct fhir_filing *f, const struct fhir_document *d)
{
    g_autofree char *url = g_strdup_printf("%s/api/v1/recordings/%s/files/%s", f->origin, d->recording, d->name);
    json_t *a = json_pack("{s:s, s:s, s:s, s:s, s:I}", "contentType", d->type, "language", f->language, "url", url,
                          "title", f->title, "size", (json_int_t)MIN(d->size, (uint64_t)INT32_MAX));
    set_hash(a, d->sha1);
    json_set_time(a, "creation", d->ready_at);
    return a;
}

/** What every document of ours says of itself. `kind`: "recordings" or "files", in whose address `id` is good. */
static json_t *document(const struct fhir_filing *f, const char *kind, const char *id, const char *sha256)
{
    json_t *r = ours("DocumentReference", id, NULL), *named = hash_name(sha256);
    json_object_set_new(r, "masterIdentifier", identifier(f, kind, id));
    if (named)
        json_object_set_new(r, "identifier", json_pack("[o]", named));
    json_object_set_new(r, "status", json_string("current"));
    json_object_set_new(r, "docStatus", json_string("final"));
    set_patient(r, "subject", f);
    return r;
}

static void add_document(json_t *entries, const struct fhir_filing *f, const struct fhir_document *d)
{
    json_t *r = document(f, "recordings", d->recording, d->sha256);
    json_object_set_new(r, "type", coded(TERMINOLOGY "media-type", "video", "Video"));
    json_set_time(r, "date", d->ready_at);
    json_object_set_new(r, "author", json_pack("[o]", display("Hội Chẩn")));
    json_object_set_new(r, "description", json_string(f->title));
    json_object_set_new(r, "content", json_pack("[{s:o}]", "attachment", attachment(f, d)));
    json_object_set_new(r, "context",
                        json_pack("{s:[o], s:o}", "encounter", reference_to("Encounter", f), "period",
                                  period(d->started_at, d->ended_at)));
    put(entries, r);
}

/* ---- stills: a picture, and the marks on it as a second rendition ---- */

static json_t *picture(const struct fhir_filing *f, const struct fhir_still *s)
{
    g_autofree char *url = g_strdup_printf("%s/api/v1/consultations/%s/files/%s/content", f->origin, f->consultation,
                                           s->id);
    json_t *a = json_pack("{s:s, s:s, s:s, s:I}", "contentType", s->type, "url", url, "title", s->source, "size",
                          (json_int_t)MIN(s->size, (uint64_t)INT32_MAX));
    set_hash(a, s->sha1);
    json_set_time(a, "creation", s->taken_at);
    return a;
}

static json_t *marks(const struct fhir_still *s)
{
    g_autofree char *data = g_base64_encode((const guchar *)s->marks, strlen(s->marks));
    return json_pack("{s:s, s:s, s:s}", "contentType", "image/svg+xml", "data", data, "title", "Hình vẽ trên ảnh");
}

static void add_still(json_t *entries, const struct fhir_filing *f, const struct fhir_still *s)
{
    json_t *r = document(f, "files", s->id, s->sha256);
    json_t *content = json_pack("[{s:o}]", "attachment", picture(f, s));
    g_autofree char *description = g_strdup_printf("%s – %s", f->title, s->source);
    json_object_set_new(r, "type", coded(TERMINOLOGY "media-type", "image", "Image"));
    json_set_time(r, "date", s->taken_at);
    json_object_set_new(r, "author", json_pack("[o]", display(s->asker ? s->asker : s->owner)));
    json_object_set_new(r, "description", json_string(description));
    if (s->marks)
        json_array_append_new(content, json_pack("{s:o}", "attachment", marks(s)));
    json_object_set_new(r, "content", content);
    json_object_set_new(r, "context", json_pack("{s:[o]}", "encounter", reference_to("Encounter", f)));
    put(entries, r);
}

/* ---- the minutes and their addenda: as they are read and as they were signed, and who signed ---- */

/** One of them among the resources. */
struct sheet {
    const struct fhir_paper *paper;
    int64_t number;          /* of the addendum; 0: the minutes */
    char name[24], path[40]; /* at the end of its id, and of its address */
};

static struct sheet sheet_of(const struct fhir_filing *f, int64_t number)
{
    struct sheet s = {.paper = number ? &f->addenda[number - 1] : f->minutes, .number = number};
    g_snprintf(s.name, sizeof s.name, number ? "addendum-%" G_GINT64_FORMAT : "minutes", number);
    g_snprintf(s.path, sizeof s.path, number ? "minutes/addenda/%" G_GINT64_FORMAT : "minutes", number);
    return s;
}

static json_t *sheet_attachments(const struct fhir_filing *f, const struct sheet *s)
{
    const struct fhir_paper *m = s->paper;
    g_autofree char *url = g_strdup_printf("%s/api/v1/consultations/%s/%s/pdf", f->origin, f->consultation, s->path);
    g_autofree char *title = s->number ? g_strdup_printf("Bổ sung biên bản hội chẩn số %" G_GINT64_FORMAT, s->number)
                                       : g_strdup("Biên bản hội chẩn");
    json_t *pdf = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "contentType", "application/pdf", "language", "vi", "url",
                            url, "title", title, "data", m->pdf, "size", (json_int_t)m->pdf_size);
    g_autofree char *content = g_base64_encode((const guchar *)m->content, strlen(m->content));
    json_t *signed_form = json_pack("{s:s, s:s, s:s}", "contentType", "application/json", "title",
                                    "Nội dung đã ký (RFC 8785)", "data", content);
    set_hash(pdf, m->pdf_sha1);
    json_set_time(pdf, "creation", m->final_at);
    return json_pack("[{s:o}, {s:o}]", "attachment", pdf, "attachment", signed_form);
}

/** Who wrote and signed it; the chair, or an addendum's author, answers for it. */
static void set_authors(json_t *r, const struct sheet *s)
{
    const struct fhir_paper *m = s->paper;
    json_t *authors = json_array();
    for (size_t i = 0; i < m->signature_count; i++) {
        json_array_append_new(authors, display(m->signatures[i].name));
        if (s->number || strcmp(m->signatures[i].part, "chair") == 0)
            json_object_set_new(r, "authenticator", display(m->signatures[i].name));
    }
    set_array(r, "author", authors);
}

static json_t *identifier_of_sheet(const struct fhir_filing *f, const struct sheet *s)
{
    if (!s->number)
        return identifier(f, "minutes", f->consultation);
    g_autofree char *collection = g_strdup_printf("consultations/%s/minutes/addenda", f->consultation);
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, s->number);
    return identifier(f, collection, number);
}

/** An addendum is a sheet of its own that appends the minutes and does not replace them: what was signed stays current. */
static void add_sheet(json_t *entries, const struct fhir_filing *f, int64_t number)
{
    struct sheet s = sheet_of(f, number);
    char id[ID_SIZE], minutes[ID_SIZE];
    json_t *r = document(f, "minutes", s.name, s.paper->pdf_sha256);
    our_id(id, f->consultation, s.name);
    our_id(minutes, f->consultation, "minutes");
    json_object_set_new(r, "id", json_string(id));
    json_object_set_new(r, "masterIdentifier", identifier_of_sheet(f, &s));
    json_object_set_new(r, "type", coded("http://loinc.org", "11488-4", "Consult note"));
    json_set_time(r, "date", s.paper->final_at);
    set_authors(r, &s);
    if (number)
        json_object_set_new(
            r, "relatesTo",
            json_pack("[{s:s, s:o}]", "code", "appends", "target", reference("DocumentReference", minutes)));
    json_object_set_new(r, "description", json_string(f->title));
    json_object_set_new(r, "content", sheet_attachments(f, &s));
    json_object_set_new(r, "context", json_pack("{s:[o]}", "encounter", reference_to("Encounter", f)));
    put(entries, r);
}

/** The server's word for one signature: its JWS says what hash, whose, when. */
static json_t *signature(const struct fhir_signature *s)
{
    g_autofree char *data = g_base64_encode((const guchar *)s->jws, strlen(s->jws));
    json_t *r = json_pack("{s:[{s:s, s:s, s:s}], s:o, s:s, s:s}", "type", "system", "urn:iso-astm:E1762-95:2013",
                          "code", "1.2.840.10065.1.12.1.5", "display", "Verification Signature", "who",
                          display(s->name), "sigFormat", "application/jose", "data", data);
    json_set_time(r, "when", s->at);
    return r;
}

static void add_sheet_provenance(json_t *entries, const struct fhir_filing *f, int64_t number)
{
    struct sheet sheet = sheet_of(f, number);
    const struct fhir_paper *m = sheet.paper;
    char id[ID_SIZE];
    json_t *p = ours("Provenance", f->consultation, sheet.name), *agents = json_array(), *signatures = json_array();
    our_id(id, f->consultation, sheet.name);
    json_object_set_new(p, "target", json_pack("[o]", reference("DocumentReference", id)));
    json_set_time(p, "recorded", m->final_at);
    json_object_set_new(p, "activity", coded(TERMINOLOGY "v3-DocumentCompletion", "AU", "authenticated"));
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct fhir_signature *s = &m->signatures[i];
        bool attester = !number && strcmp(s->part, "chair") == 0;
        json_array_append_new(agents,
                              json_pack("{s:o, s:o}", "type",
                                        coded(TERMINOLOGY "provenance-participant-type",
                                              attester ? "attester" : "author", attester ? "Attester" : "Author"),
                                        "who", display(s->name)));
        json_array_append_new(signatures, signature(s));
    }
    set_array(p, "agent", agents);
    set_array(p, "signature", signatures);
    put(entries, p);
}

/** Of the minutes and of each addendum; of none while they are not signed by all. */
static void for_sheets(json_t *entries, const struct fhir_filing *f,
                       void (*add)(json_t *entries, const struct fhir_filing *f, int64_t number))
{
    for (size_t number = 0; f->minutes && number <= f->addendum_count; number++)
        add(entries, f, (int64_t)number);
}

/* ---- ImagingStudy: where the stills are in the PACS ---- */

#define DICOM_MODALITIES "http://dicom.nema.org/resources/ontology/DCM"

static json_t *series_of(json_t *all, const struct fhir_still *s)
{
    json_t *series;
    size_t i;
    json_array_foreach(all, i, series) if (g_strcmp0(json_string_value(json_object_get(series, "uid")), s->series) ==
                                           0) return series;
    series = json_pack("{s:s, s:{s:s, s:s}, s:[]}", "uid", s->series, "modality", "system", DICOM_MODALITIES, "code",
                       s->modality, "instance");
    json_array_append_new(all, series);
    return series;
}

static json_t *oid(const char *uid)
{
    g_autofree char *text = g_strconcat("urn:oid:", uid, NULL);
    return json_string(text);
}

static void add_imaging_study(json_t *entries, const struct fhir_filing *f)
{
    json_t *all = json_array();
    const char *study = NULL;
    for (size_t i = 0; i < f->still_count; i++) {
        const struct fhir_still *s = &f->stills[i];
        if (!s->study)
            continue;
        study = s->study;
        json_array_append_new(json_object_get(series_of(all, s), "instance"),
                              json_pack("{s:s, s:{s:s, s:o}}", "uid", s->instance, "sopClass", "system",
                                        "urn:ietf:rfc:3986", "code", oid(s->sop_class)));
    }
    if (study) {
        json_t *r = ours("ImagingStudy", f->consultation, NULL);
        json_object_set_new(r, "identifier", json_pack("[{s:s, s:o}]", "system", "urn:dicom:uid", "value", oid(study)));
        json_object_set_new(r, "status", json_string("available"));
        set_patient(r, "subject", f);
        json_object_set_new(r, "encounter", reference_to("Encounter", f));
        json_set_time(r, "started", f->started_at);
        json_object_set_new(r, "description", json_string(f->title));
        json_object_set(r, "series", all);
        put(entries, r);
    }
    json_decref(all);
}

/* ---- Provenance, and the whole ---- */

static void add_provenance(json_t *entries, const struct fhir_filing *f)
{
    json_t *p = ours("Provenance", f->consultation, NULL), *targets = json_array(), *entry;
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
        json_object_set_new(p, "occurredPeriod", period(f->started_at, f->ended_at));
    json_object_set_new(p, "activity", coded(TERMINOLOGY "v3-DataOperation", "CREATE", "create"));
    json_object_set_new(p, "agent",
                        json_pack("[{s:o, s:{s:o, s:s}}]", "type",
                                  coded(TERMINOLOGY "provenance-participant-type", "assembler", "Assembler"), "who",
                                  "identifier", identifier(f, "consultations", f->consultation), "display",
                                  "Hội Chẩn"));
    put(entries, p);
}

json_t *fhir_bundle(const struct fhir_filing *f)
{
    json_t *entries = json_array();
    add_patient(entries, f);
    add_appointment(entries, f);
    add_encounter(entries, f);
    for (size_t i = 0; i < f->consent_count; i++)
        add_consent(entries, f, &f->consents[i]);
    for (size_t i = 0; i < f->document_count; i++)
        add_document(entries, f, &f->documents[i]);
    for (size_t i = 0; i < f->still_count; i++)
        add_still(entries, f, &f->stills[i]);
    if (f->patient)
        add_imaging_study(entries, f);
    for_sheets(entries, f, add_sheet);
    add_provenance(entries, f);
    for_sheets(entries, f, add_sheet_provenance);
    return json_pack("{s:s, s:s, s:o}", "resourceType", "Bundle", "type", "transaction", "entry", entries);
}

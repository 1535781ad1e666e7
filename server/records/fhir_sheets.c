/* The minutes and their addenda: as they are read and as they were signed, and who signed. */
#include "fhir_parts.h"

#include <glib.h>
#include <string.h>

#include "server/json_set.h"

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
    fhir_set_hash(pdf, m->pdf_sha1);
    json_set_time(pdf, "creation", m->final_at);
    return json_pack("[{s:o}, {s:o}]", "attachment", pdf, "attachment", signed_form);
}

/** Who wrote and signed it; the chair, or an addendum's author, answers for it. */
static void set_authors(json_t *r, const struct sheet *s)
{
    const struct fhir_paper *m = s->paper;
    json_t *authors = json_array();
    for (size_t i = 0; i < m->signature_count; i++) {
        json_array_append_new(authors, fhir_display(m->signatures[i].name));
        if (s->number || strcmp(m->signatures[i].part, "chair") == 0)
            json_object_set_new(r, "authenticator", fhir_display(m->signatures[i].name));
    }
    fhir_set_array(r, "author", authors);
}

static json_t *identifier_of_sheet(const struct fhir_filing *f, const struct sheet *s)
{
    if (!s->number)
        return fhir_identifier(f, "minutes", f->consultation);
    g_autofree char *collection = g_strdup_printf("consultations/%s/minutes/addenda", f->consultation);
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, s->number);
    return fhir_identifier(f, collection, number);
}

/** An addendum is a sheet of its own that appends the minutes and does not replace them: what was signed stays current. */
static void add_sheet(json_t *entries, const struct fhir_filing *f, int64_t number)
{
    struct sheet s = sheet_of(f, number);
    char id[FHIR_ID_SIZE], minutes[FHIR_ID_SIZE];
    json_t *r = fhir_document(f, "minutes", s.name, s.paper->pdf_sha256);
    fhir_our_id(id, f->consultation, s.name);
    fhir_our_id(minutes, f->consultation, "minutes");
    json_object_set_new(r, "id", json_string(id));
    json_object_set_new(r, "masterIdentifier", identifier_of_sheet(f, &s));
    json_object_set_new(r, "type", fhir_coded("http://loinc.org", "11488-4", "Consult note"));
    json_set_time(r, "date", s.paper->final_at);
    set_authors(r, &s);
    if (number)
        json_object_set_new(
            r, "relatesTo",
            json_pack("[{s:s, s:o}]", "code", "appends", "target", fhir_reference("DocumentReference", minutes)));
    json_object_set_new(r, "description", json_string(f->title));
    json_object_set_new(r, "content", sheet_attachments(f, &s));
    json_object_set_new(r, "context", json_pack("{s:[o]}", "encounter", fhir_reference_to("Encounter", f)));
    fhir_put(entries, r);
}

/** The server's word for one signature: its JWS says what hash, whose, when. */
static json_t *signature(const struct fhir_signature *s)
{
    g_autofree char *data = g_base64_encode((const guchar *)s->jws, strlen(s->jws));
    json_t *r = json_pack("{s:[{s:s, s:s, s:s}], s:o, s:s, s:s}", "type", "system", "urn:iso-astm:E1762-95:2013",
                          "code", "1.2.840.10065.1.12.1.5", "display", "Verification Signature", "who",
                          fhir_display(s->name), "sigFormat", "application/jose", "data", data);
    json_set_time(r, "when", s->at);
    return r;
}

static void add_sheet_provenance(json_t *entries, const struct fhir_filing *f, int64_t number)
{
    struct sheet sheet = sheet_of(f, number);
    const struct fhir_paper *m = sheet.paper;
    char id[FHIR_ID_SIZE];
    json_t *p = fhir_ours("Provenance", f->consultation, sheet.name), *agents = json_array(),
           *signatures = json_array();
    fhir_our_id(id, f->consultation, sheet.name);
    json_object_set_new(p, "target", json_pack("[o]", fhir_reference("DocumentReference", id)));
    json_set_time(p, "recorded", m->final_at);
    json_object_set_new(p, "activity", fhir_coded(FHIR_TERMINOLOGY "v3-DocumentCompletion", "AU", "authenticated"));
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct fhir_signature *s = &m->signatures[i];
        bool attester = !number && strcmp(s->part, "chair") == 0;
        json_array_append_new(agents,
                              json_pack("{s:o, s:o}", "type",
                                        fhir_coded(FHIR_TERMINOLOGY "provenance-participant-type",
                                                   attester ? "attester" : "author", attester ? "Attester" : "Author"),
                                        "who", fhir_display(s->name)));
        json_array_append_new(signatures, signature(s));
    }
    fhir_set_array(p, "agent", agents);
    fhir_set_array(p, "signature", signatures);
    fhir_put(entries, p);
}

/** Of the minutes and of each addendum; of none while they are not signed by all. */
static void for_sheets(json_t *entries, const struct fhir_filing *f,
                       void (*add)(json_t *entries, const struct fhir_filing *f, int64_t number))
{
    for (size_t number = 0; f->minutes && number <= f->addendum_count; number++)
        add(entries, f, (int64_t)number);
}

void fhir_add_sheets(json_t *entries, const struct fhir_filing *f)
{
    for_sheets(entries, f, add_sheet);
}

void fhir_add_signatures(json_t *entries, const struct fhir_filing *f)
{
    for_sheets(entries, f, add_sheet_provenance);
}

#include "fhir_parts.h"

#include <glib.h>
#include <string.h>

#include "server/json_set.h"

/* ---- recordings ---- */

static json_t *attachment(const struct fhir_filing *f, const struct fhir_document *d)
{
    g_autofree char *url = g_strdup_printf("%s/api/v1/recordings/%s/files/%s", f->origin, d->recording, d->name);
    json_t *a = json_pack("{s:s, s:s, s:s, s:s, s:I}", "contentType", d->type, "language", f->language, "url", url,
                          "title", f->title, "size", (json_int_t)MIN(d->size, (uint64_t)INT32_MAX));
    fhir_set_hash(a, d->sha1);
    json_set_time(a, "creation", d->ready_at);
    return a;
}

static void add_document(json_t *entries, const struct fhir_filing *f, const struct fhir_document *d)
{
    json_t *r = fhir_document(f, "recordings", d->recording, d->sha256);
    json_object_set_new(r, "type", fhir_coded(FHIR_TERMINOLOGY "media-type", "video", "Video"));
    json_set_time(r, "date", d->ready_at);
    json_object_set_new(r, "author", json_pack("[o]", fhir_display("Hội Chẩn")));
    json_object_set_new(r, "description", json_string(f->title));
    json_object_set_new(r, "content", json_pack("[{s:o}]", "attachment", attachment(f, d)));
    json_object_set_new(r, "context",
                        json_pack("{s:[o], s:o}", "encounter", fhir_reference_to("Encounter", f), "period",
                                  fhir_period(d->started_at, d->ended_at)));
    fhir_put(entries, r);
}

/* ---- stills: a picture, and the marks on it as a second rendition ---- */

static json_t *picture(const struct fhir_filing *f, const struct fhir_still *s)
{
    g_autofree char *url = g_strdup_printf("%s/api/v1/consultations/%s/files/%s/content", f->origin, f->consultation,
                                           s->id);
    json_t *a = json_pack("{s:s, s:s, s:s, s:I}", "contentType", s->type, "url", url, "title", s->source, "size",
                          (json_int_t)MIN(s->size, (uint64_t)INT32_MAX));
    fhir_set_hash(a, s->sha1);
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
    json_t *r = fhir_document(f, "files", s->id, s->sha256);
    json_t *content = json_pack("[{s:o}]", "attachment", picture(f, s));
    g_autofree char *description = g_strdup_printf("%s – %s", f->title, s->source);
    json_object_set_new(r, "type", fhir_coded(FHIR_TERMINOLOGY "media-type", "image", "Image"));
    json_set_time(r, "date", s->taken_at);
    json_object_set_new(r, "author", json_pack("[o]", fhir_display(s->asker ? s->asker : s->owner)));
    json_object_set_new(r, "description", json_string(description));
    if (s->marks)
        json_array_append_new(content, json_pack("{s:o}", "attachment", marks(s)));
    json_object_set_new(r, "content", content);
    json_object_set_new(r, "context", json_pack("{s:[o]}", "encounter", fhir_reference_to("Encounter", f)));
    fhir_put(entries, r);
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
        json_t *r = fhir_ours("ImagingStudy", f->consultation, NULL);
        json_object_set_new(r, "identifier", json_pack("[{s:s, s:o}]", "system", "urn:dicom:uid", "value", oid(study)));
        json_object_set_new(r, "status", json_string("available"));
        fhir_set_patient(r, "subject", f);
        json_object_set_new(r, "encounter", fhir_reference_to("Encounter", f));
        json_set_time(r, "started", f->started_at);
        json_object_set_new(r, "description", json_string(f->title));
        json_object_set(r, "series", all);
        fhir_put(entries, r);
    }
    json_decref(all);
}

/* ---- all of them ---- */

void fhir_add_documents(json_t *entries, const struct fhir_filing *f)
{
    for (size_t i = 0; i < f->document_count; i++)
        add_document(entries, f, &f->documents[i]);
    for (size_t i = 0; i < f->still_count; i++)
        add_still(entries, f, &f->stills[i]);
    if (f->patient)
        add_imaging_study(entries, f);
}

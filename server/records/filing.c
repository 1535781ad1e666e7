#include "filing.h"

#include <stdlib.h>

#include "imaging.h"
#include "minutes_pdf.h"
#include "server/files/file.h"
#include "server/files/marks_svg.h"

static const char *keep(struct filing *filing, const char *text)
{
    return text ? g_string_chunk_insert_const(filing->keep, text) : NULL;
}

static const char *column(struct filing *filing, const struct store_rows *rows, const char *name)
{
    return keep(filing, rows_text(rows, name));
}

static bool load_consultation(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_filing *f = &filing->fhir;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.kind, c.title, c.reason, c.language, c.state, c.starts_at, c.ends_at, c.started_at, c.ended_at, "
        "c.patient_id, "
        "r.name AS room, s.name AS site, p.identifier_system, p.identifier_value, p.name, p.birth_date, p.sex "
        "FROM consultations c LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id "
        "LEFT JOIN patients p ON p.id = c.patient_id WHERE c.id = ?",
        store_text(f->consultation));
    if (!store_next(rows))
        return false;
    f->kind = column(filing, rows, "kind");
    f->title = column(filing, rows, "title");
    f->reason = column(filing, rows, "reason");
    f->language = column(filing, rows, "language");
    f->state = column(filing, rows, "state");
    f->starts_at = rows_int(rows, "starts_at");
    f->ends_at = rows_int(rows, "ends_at");
    f->started_at = rows_int(rows, "started_at");
    f->ended_at = rows_int(rows, "ended_at");
    f->room = column(filing, rows, "room");
    f->site = column(filing, rows, "site");
    if (rows_null(rows, "patient_id"))
        return true;
    filing->patient = (struct fhir_patient){
        .system = column(filing, rows, "identifier_system"),
        .value = column(filing, rows, "identifier_value"),
        .name = column(filing, rows, "name"),
        .birth_date = column(filing, rows, "birth_date"),
        .sex = column(filing, rows, "sex"),
    };
    f->patient = &filing->patient;
    return true;
}

/** Those who were invited and those who came; kiosks stand for their room. */
static bool load_people(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_filing *f = &filing->fhir;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, name, role, place FROM participants p WHERE consultation_id = ? AND role <> 'captions' AND "
        "(removed_at IS NULL OR EXISTS (SELECT 1 FROM stays s WHERE s.participant_id = p.id)) "
        "ORDER BY created_at, id LIMIT ?",
        store_text(f->consultation), store_int(FHIR_PEOPLE_MAX));
    while (store_next(rows))
        f->people[f->people_count++] = (struct fhir_person){
            .id = column(filing, rows, "id"),
            .name = column(filing, rows, "name"),
            .role = column(filing, rows, "role"),
            .place = column(filing, rows, "place"),
        };
    return rows != NULL;
}

static struct fhir_person *person_of(struct fhir_filing *f, const char *id)
{
    for (size_t i = 0; i < f->people_count; i++)
        if (g_strcmp0(f->people[i].id, id) == 0)
            return &f->people[i];
    return NULL;
}

static struct fhir_consent *consent_of(struct fhir_filing *f, const struct fhir_person *person,
                                       const struct store_rows *rows)
{
    const char *purpose = rows_text(rows, "purpose");
    bool for_patient = rows_bool(rows, "for_patient");
    for (size_t i = 0; i < f->consent_count; i++) {
        struct fhir_consent *known = &f->consents[i];
        if (known->person == person->id && known->for_patient == for_patient && g_strcmp0(known->purpose, purpose) == 0)
            return known;
    }
    return f->consent_count < FHIR_CONSENTS_MAX ? &f->consents[f->consent_count++] : NULL;
}

/** The ledger is read in order: the last word counts, and a no after a yes is a yes taken back. */
static bool load_consents(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_filing *f = &filing->fhir;
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT participant_id, purpose, granted, for_patient, at FROM consents "
                                       "WHERE consultation_id = ? ORDER BY seq",
                                       store_text(f->consultation));
    while (store_next(rows)) {
        const struct fhir_person *person = person_of(f, rows_text(rows, "participant_id"));
        struct fhir_consent *consent = person ? consent_of(f, person, rows) : NULL;
        if (!consent)
            continue;
        bool taken_back = consent->word == 1 || consent->word == -2;
        *consent = (struct fhir_consent){.person = person->id,
                                         .name = person->name,
                                         .purpose = column(filing, rows, "purpose"),
                                         .for_patient = rows_bool(rows, "for_patient"),
                                         .word = rows_bool(rows, "granted") ? 1
                                                 : taken_back               ? -2
                                                                            : -1,
                                         .at = rows_int(rows, "at")};
    }
    return rows != NULL;
}

static bool load_stays(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_filing *f = &filing->fhir;
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT p.name, p.role, s.joined_at, s.left_at FROM stays s JOIN participants p "
                                       "ON p.id = s.participant_id WHERE s.consultation_id = ? AND p.role <> "
                                       "'captions' ORDER BY s.joined_at, s.id LIMIT ?",
                                       store_text(f->consultation), store_int(FHIR_STAYS_MAX));
    while (store_next(rows))
        f->stays[f->stay_count++] = (struct fhir_stay){
            .name = column(filing, rows, "name"),
            .role = column(filing, rows, "role"),
            .joined_at = rows_int(rows, "joined_at"),
            .left_at = rows_int(rows, "left_at"),
        };
    return rows != NULL;
}

static bool load_documents(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_filing *f = &filing->fhir;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT r.id, r.started_at, r.ended_at, r.ready_at, f.name, f.type, f.size, f.sha1, f.sha256 "
        "FROM recordings r JOIN recording_files f ON f.recording_id = r.id WHERE r.consultation_id = ? "
        "AND r.state = 'ready' AND f.kind = 'composed' ORDER BY r.started_at, r.id LIMIT ?",
        store_text(f->consultation), store_int(FHIR_DOCUMENTS_MAX));
    while (store_next(rows))
        f->documents[f->document_count++] = (struct fhir_document){
            .recording = column(filing, rows, "id"),
            .name = column(filing, rows, "name"),
            .type = column(filing, rows, "type"),
            .size = (uint64_t)rows_int(rows, "size"),
            .sha1 = column(filing, rows, "sha1"),
            .sha256 = column(filing, rows, "sha256"),
            .started_at = rows_int(rows, "started_at"),
            .ended_at = rows_int(rows, "ended_at"),
            .ready_at = rows_int(rows, "ready_at"),
        };
    return rows != NULL;
}

static const char *source_name(const char *source)
{
    static const char *const NAMES[][2] = {
        {"camera", "Mặt"},
        {"screen", "Màn hình"},
        {"exam", "Camera khám"},
        {"document", "Camera vật thể"},
        {"dermatoscope", "Máy soi da"},
        {"ultrasound", "Siêu âm"},
        {"room", "Camera phòng"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (g_strcmp0(source, NAMES[i][0]) == 0)
            return NAMES[i][1];
    return "Ảnh chụp";
}

static const char *drawn_on(struct filing *filing, const struct store_rows *rows)
{
    json_t *drawn = rows_text(rows, "marks") ? json_loads(rows_text(rows, "marks"), 0, NULL) : NULL;
    g_autofree char *svg = marks_svg(drawn, (int)rows_int(rows, "width"), (int)rows_int(rows, "height"));
    json_decref(drawn);
    return keep(filing, svg);
}

/** What it is called in the PACS, where there is one (outbox.c remembers that). */
static void name_in_pacs(struct filing *filing, struct fhir_still *still, const char *source)
{
    struct imaging_names names;
    imaging_name(filing->fhir.consultation, still->id, source, &names);
    still->study = keep(filing, names.study);
    still->series = keep(filing, names.series);
    still->instance = keep(filing, names.instance);
    still->sop_class = names.sop_class;
    still->modality = names.modality;
}

static bool load_stills(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_filing *f = &filing->fhir;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT f.id, f.type, f.size, f.sha1, f.sha256, f.source, f.width, f.height, f.marks, f.created_at, "
        "f.ready_at, COALESCE((SELECT value FROM settings WHERE key = 'pacs.dicomweb'), '') AS pacs, "
        "p.name AS owner, q.name AS asker FROM files f JOIN participants p ON p.id = f.participant_id "
        "LEFT JOIN participants q ON q.id = f.requested_by WHERE f.consultation_id = ? AND f.kind = 'still' AND "
        "f.state = 'ready' ORDER BY f.created_at, f.id LIMIT ?",
        store_text(f->consultation), store_int(FHIR_STILLS_MAX));
    while (store_next(rows)) {
        f->stills[f->still_count] = (struct fhir_still){
            .id = column(filing, rows, "id"),
            .type = column(filing, rows, "type"),
            .sha1 = column(filing, rows, "sha1"),
            .sha256 = column(filing, rows, "sha256"),
            .source = source_name(rows_text(rows, "source")),
            .owner = column(filing, rows, "owner"),
            .asker = column(filing, rows, "asker"),
            .size = (uint64_t)rows_int(rows, "size"),
            .taken_at = rows_int(rows, "created_at"),
            .ready_at = rows_int(rows, "ready_at"),
            .marks = drawn_on(filing, rows),
        };
        if (*rows_text(rows, "pacs") && f->patient)
            name_in_pacs(filing, &f->stills[f->still_count], rows_text(rows, "source"));
        f->still_count++;
    }
    return rows != NULL;
}

/* ---- signed minutes ---- */

static bool load_signatures(struct store *store, struct filing *filing, GError **error)
{
    struct fhir_paper *m = &filing->minutes;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT s.part, p.name, s.jws, s.at FROM minutes_signatures s JOIN participants p "
        "ON p.id = s.participant_id WHERE s.consultation_id = ? ORDER BY s.part LIMIT ?",
        store_text(filing->fhir.consultation), store_int(FHIR_SIGNATURES_MAX));
    while (store_next(rows))
        m->signatures[m->signature_count++] = (struct fhir_signature){
            .part = column(filing, rows, "part"),
            .name = column(filing, rows, "name"),
            .jws = column(filing, rows, "jws"),
            .at = rows_int(rows, "at"),
        };
    return rows != NULL;
}

static void set_pdf(struct filing *filing, struct fhir_paper *paper, GBytes *pdf)
{
    gsize size;
    const guchar *data = g_bytes_get_data(pdf, &size);
    g_autofree char *text = g_base64_encode(data, size);
    g_autofree char *sha1 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, pdf);
    g_autofree char *sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, pdf);
    paper->pdf = keep(filing, text);
    paper->pdf_size = size;
    paper->pdf_sha1 = keep(filing, sha1);
    paper->pdf_sha256 = keep(filing, sha256);
}

static bool load_minutes(struct store *store, struct filing *filing, GError **error)
{
    GError *fault = NULL;
    g_autoptr(GBytes) pdf = minutes_pdf(store, filing->fhir.consultation, 0, &fault);
    if (!pdf) {
        if (fault)
            g_propagate_error(error, fault);
        return !fault;
    }
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT content, final_at FROM minutes WHERE consultation_id = ?",
                                       store_text(filing->fhir.consultation));
    if (!store_next(rows))
        return false;
    filing->minutes.content = column(filing, rows, "content");
    filing->minutes.final_at = rows_int(rows, "final_at");
    set_pdf(filing, &filing->minutes, pdf);
    filing->fhir.minutes = &filing->minutes;
    return load_signatures(store, filing, error);
}

/* ---- their addenda ---- */

static bool load_addendum(struct store *store, struct filing *filing, const struct store_rows *rows, GError **error)
{
    struct fhir_paper *paper = &filing->addenda[filing->fhir.addendum_count];
    g_autoptr(GBytes) pdf = minutes_pdf(store, filing->fhir.consultation, rows_int(rows, "number"), error);
    if (!pdf)
        return false;
    set_pdf(filing, paper, pdf);
    paper->content = column(filing, rows, "content");
    paper->final_at = rows_int(rows, "at");
    paper->signature_count = 1;
    paper->signatures[0] = (struct fhir_signature){.part = "author",
                                                   .name = column(filing, rows, "name"),
                                                   .jws = column(filing, rows, "jws"),
                                                   .at = paper->final_at};
    filing->fhir.addendum_count++;
    return true;
}

static bool load_addenda(struct store *store, struct filing *filing, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT a.number, a.content, a.at, a.jws, p.name FROM minutes_addenda a JOIN "
                                       "participants p ON p.id = a.participant_id WHERE a.consultation_id = ? ORDER BY "
                                       "a.number LIMIT ?",
                                       store_text(filing->fhir.consultation), store_int(FHIR_ADDENDA_MAX));
    bool good = rows != NULL;
    filing->fhir.addenda = filing->addenda;
    while (good && store_next(rows))
        good = load_addendum(store, filing, rows, error);
    return good;
}

struct filing *filing_load(struct store *store, const char *consultation, const char *origin, int64_t filed_at,
                           GError **error)
{
    struct filing *filing = g_new0(struct filing, 1);
    filing->keep = g_string_chunk_new(1024);
    filing->fhir.consultation = keep(filing, consultation);
    filing->fhir.origin = keep(filing, origin);
    filing->fhir.filed_at = filed_at;
    if (load_consultation(store, filing, error) && load_people(store, filing, error) &&
        load_consents(store, filing, error) && load_stays(store, filing, error) &&
        load_documents(store, filing, error) && load_stills(store, filing, error) &&
        load_minutes(store, filing, error) && load_addenda(store, filing, error))
        return filing;
    filing_free(filing);
    return NULL;
}

void filing_free(struct filing *filing)
{
    if (!filing)
        return;
    g_string_chunk_free(filing->keep);
    g_free(filing);
}

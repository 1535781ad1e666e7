#include "minutes_content.h"

#include <string.h>

#include "server/json_row.h"

enum { STAYS_MAX = 500, FILES_MAX = 200 };

static const struct json_columns CONSULTATION = {
    .text = {"id", "title", "kind", "reason", "room", "site"},
    .time = {"starts_at", "ends_at", "started_at", "ended_at"},
};

static const struct json_columns PATIENT = {
    .text = {"name", "birth_date", "sex", "identifier_system", "identifier_value"},
};

static bool add_consultation(struct store *store, const char *id, json_t *content, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.id, c.title, c.kind, c.reason, c.starts_at, c.ends_at, c.started_at, c.ended_at, r.name AS room, "
        "s.name AS site, p.name, p.birth_date, p.sex, p.identifier_system, p.identifier_value FROM consultations c "
        "LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id "
        "LEFT JOIN patients p ON p.id = c.patient_id WHERE c.id = ?",
        store_text(id));
    if (!store_next(rows))
        return false;
    json_object_set_new(content, "consultation", json_row(rows, &CONSULTATION));
    if (!rows_null(rows, "name"))
        json_object_set_new(content, "patient", json_row(rows, &PATIENT));
    return true;
}

/* ---- who was there ---- */

static const struct json_columns PERSON = {.text = {"id", "name", "role", "place"}};
static const struct json_columns STAY = {.time = {"joined_at", "left_at"}};

static json_t *person_of(json_t *people, const struct store_rows *rows)
{
    json_t *person;
    size_t i;
    json_array_foreach(people, i, person) if (strcmp(json_string_value(json_object_get(person, "id")),
                                                     rows_text(rows, "id")) == 0) return person;
    person = json_row(rows, &PERSON);
    json_object_set_new(person, "stays", json_array());
    json_array_append_new(people, person);
    return person;
}

/** Real stays, nobody's word. */
static bool add_people(struct store *store, const char *id, json_t *content, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT p.id, p.name, p.role, p.place, s.joined_at, COALESCE(s.left_at, c.ended_at) AS left_at FROM stays s "
        "JOIN participants p ON p.id = s.participant_id JOIN consultations c ON c.id = s.consultation_id "
        "WHERE s.consultation_id = ? AND p.role <> 'captions' ORDER BY s.joined_at, s.id LIMIT ?",
        store_text(id), store_int(STAYS_MAX));
    json_t *people = json_array();
    while (store_next(rows))
        json_array_append_new(json_object_get(person_of(people, rows), "stays"), json_row(rows, &STAY));
    json_object_set_new(content, "people", people);
    return rows != NULL;
}

static bool add_signer(struct store *store, const char *part, const json_t *text, json_t *content, GError **error)
{
    const char *id = json_string_value(json_object_get(text, part));
    if (!id)
        return true;
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT id, name, role, place FROM participants WHERE id = ?",
                                       store_text(id));
    if (store_next(rows))
        json_object_set_new(content, part, json_row(rows, &PERSON));
    return rows != NULL;
}

/* ---- what was recorded ---- */

static const struct json_columns FILE_MADE = {
    .text = {"recording", "name", "type", "sha256"},
    .integer = {"size"},
    .time = {"started_at", "ended_at"},
};

/** The film, and the manifest, which has the hash of everything else that was made. */
static json_t *recorded_files(struct store *store, const char *id, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT r.id AS recording, f.name, f.type, f.sha256, f.size, r.started_at, r.ended_at FROM recordings r "
        "JOIN recording_files f ON f.recording_id = r.id WHERE r.consultation_id = ? AND r.state = 'ready' AND "
        "f.kind IN ('composed', 'manifest') ORDER BY r.started_at, r.id, f.name LIMIT ?",
        store_text(id), store_int(FILES_MAX));
    return rows ? json_rows(rows, &FILE_MADE) : NULL;
}

/** That nothing was recorded is said, too. */
static bool add_recording(struct store *store, const char *id, json_t *content, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT COUNT(*) AS asked, COALESCE(SUM(CASE state WHEN 'ready' THEN 1 ELSE 0 "
                                       "END), 0) AS made FROM recordings WHERE consultation_id = ?",
                                       store_text(id));
    json_t *files = store_next(rows) ? recorded_files(store, id, error) : NULL;
    if (!files)
        return false;
    const char *state = rows_int(rows, "made") ? "made" : rows_int(rows, "asked") ? "failed" : "none";
    json_object_set_new(content, "recording", json_pack("{s:s, s:o}", "state", state, "files", files));
    return true;
}

static const struct json_columns STILL = {.text = {"id", "source", "sha256"}, .time = {"taken_at"}};

static bool add_stills(struct store *store, const char *id, json_t *content, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT id, source, sha256, created_at AS taken_at FROM files WHERE "
                                       "consultation_id = ? AND kind = 'still' AND state = 'ready' "
                                       "ORDER BY created_at, id LIMIT ?",
                                       store_text(id), store_int(FILES_MAX));
    json_object_set_new(content, "stills", json_rows(rows, &STILL));
    return rows != NULL;
}

json_t *minutes_content(struct store *store, const char *consultation, const json_t *text, GError **error)
{
    json_t *content = json_deep_copy(text);
    json_object_set_new(content, "form", json_string("hoichan-minutes/1"));
    if (add_consultation(store, consultation, content, error) && add_people(store, consultation, content, error) &&
        add_signer(store, "chair", text, content, error) && add_signer(store, "secretary", text, content, error) &&
        add_recording(store, consultation, content, error) && add_stills(store, consultation, content, error))
        return content;
    json_decref(content);
    return NULL;
}

/* Recordings: the lists, and the finished files, opened while they are sent. */
#include <sodium.h>

#include "media/vault.h"

#include "consultations.h"
#include "fields.h"
#include "reading.h"
#include "resource.h"
#include "server/config.h"
#include "server/problem.h"
#include "server/records/keywrap.h"
#include "server/records/recording.h"
#include "server/records/recording_files.h"
#include "server/router.h"
#include "server/server.h"
#include "tables.h"

enum { FILES_MAX = 1000, GAPS_MAX = 5000, TRACKS_MAX = 1000 };

#define SELECT                                                                                                         \
    "SELECT r.id, r.consultation_id, c.title AS consultation_title, r.state, r.started_at, r.ended_at, "               \
    "r.progress, r.last_error AS error FROM recordings r JOIN consultations c ON c.id = r.consultation_id "

static const struct json_columns FILE_MADE = {
    .text = {"name", "kind", "type", "sha256"},
    .integer = {"size", "duration_ms"},
};

static json_t *files_json(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT name, kind, type, size, sha256, duration_ms FROM recording_files WHERE recording_id = ? "
        "ORDER BY CASE kind WHEN 'composed' THEN 0 WHEN 'poster' THEN 1 WHEN 'track' THEN 2 ELSE 3 END, name "
        "LIMIT ?",
        store_text(recording), store_int(FILES_MAX));
    return json_rows(rows, &FILE_MADE);
}

static const struct json_columns GAP = {.text = {"track", "cause"}, .integer = {"from_ms", "to_ms"}};

static json_t *gaps_json(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT track, from_ms, to_ms, cause FROM recording_gaps WHERE recording_id = ? "
                                       "ORDER BY from_ms, seq LIMIT ?",
                                       store_text(recording), store_int(GAPS_MAX));
    return json_rows(rows, &GAP);
}

static const struct json_columns TRACK = {.text = {"track", "kind", "source", "file", "participant"}};

/** Whose each source is; a person who is gone from the consultation's list has no name any more. */
static json_t *tracks_json(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT t.track, t.kind, t.source, t.file, p.name AS participant "
                                       "FROM recording_tracks t "
                                       "LEFT JOIN participants p ON p.id = t.participant_id "
                                       "WHERE t.recording_id = ? ORDER BY p.name, t.source LIMIT ?",
                                       store_text(recording), store_int(TRACKS_MAX));
    return json_rows(rows, &TRACK);
}

static void add_parts(struct store *store, const struct store_rows *rows, json_t *recording, GError **error)
{
    const char *id = rows_text(rows, "id");
    json_object_set_new(recording, "files", files_json(store, id, error));
    json_object_set_new(recording, "tracks", tracks_json(store, id, error));
    json_object_set_new(recording, "gaps", gaps_json(store, id, error));
}

static const struct row_view RECORDING = {
    .columns = {.text = {"id", "consultation_id", "consultation_title", "state", "error"},
                .integer = {"progress"},
                .time = {"started_at", "ended_at"}},
    .more = add_parts,
};

static struct response *list_recordings(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(
        request, &page, &RECORDING,
        SELECT "WHERE c.search LIKE ? ESCAPE '!' AND (? = '' OR (r.started_at, r.id) < "
               "(SELECT started_at, id FROM recordings WHERE id = ?)) ORDER BY r.started_at DESC, r.id DESC LIMIT ?",
        store_text(page.pattern), store_text(page.cursor), store_text(page.cursor), store_int(page.limit + 1));
}

static struct response *list_recordings_of_consultation(struct request *request)
{
    return list_of_consultation(request, SELECT "WHERE r.consultation_id = ? ORDER BY r.started_at, r.id LIMIT ?",
                                &RECORDING);
}

static struct response *get_recording(struct request *request)
{
    return one_answer(request, 200, &RECORDING, SELECT "WHERE r.id = ?", store_text(request_param(request, "id")));
}

/* ---- rendering again ---- */

static struct response *retry_recording(struct request *request)
{
    bool found;
    struct response *fault = retry_audited(request, recording_retry, "recording.retry", &found);
    if (fault)
        return fault;
    return found ? get_recording(request) : problem(request, "wrong-state");
}

/* ---- a file ---- */

static struct vault *open_file(struct request *request, const struct store_rows *rows)
{
    const struct server *server = request_server(request);
    g_autofree char *path = g_build_filename(server->config->recording.dir, rows_text(rows, "path"), NULL);
    unsigned char key[KEYWRAP_KEY_SIZE];
    struct vault *vault = NULL;
    int result = -1;
    if (keywrap_open(server->master_key, rows_text(rows, "key"), key))
        result = vault_open(path, key, &vault);
    sodium_memzero(key, sizeof key);
    return result == 0 ? vault : NULL;
}

static bool audit_file(const struct request *request, const char *consultation)
{
    json_t *detail = json_pack("{s:s}", "file", request_param(request, "name"));
    bool good = reading_audit_range(request, &(struct reading){.action = "recording.read",
                                                               .kind = "recording",
                                                               .id = request_param(request, "id"),
                                                               .consultation = consultation,
                                                               .detail = detail});
    json_decref(detail);
    return good;
}

static struct response *get_file(struct request *request)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(
        request_store(request), &error,
        "SELECT f.path, f.type, f.sha256, r.key, r.consultation_id FROM recording_files f JOIN recordings r "
        "ON r.id = f.recording_id WHERE f.recording_id = ? AND f.name = ? AND r.state = 'ready'",
        store_text(request_param(request, "id")), store_text(request_param(request, "name")));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    if (!audit_file(request, rows_text(rows, "consultation_id")))
        return problem(request, "busy");
    struct vault *vault = open_file(request, rows);
    if (!vault)
        return problem(request, "integrity");
    g_autofree char *etag = g_strdup_printf("\"%s\"", rows_text(rows, "sha256"));
    return reading_answer(request, vault, rows_text(rows, "type"), etag);
}

const struct route recording_routes[] = {
    {HTTP_GET, "/api/v1/recordings", ACCESS_ADMIN, .handler = list_recordings},
    {HTTP_GET, "/api/v1/recordings/{id}", ACCESS_ADMIN, .handler = get_recording},
    {HTTP_POST, "/api/v1/recordings/{id}/retry", ACCESS_ADMIN, .handler = retry_recording},
    {HTTP_GET, "/api/v1/recordings/{id}/files/{name}", ACCESS_ADMIN, .handler = get_file},
    {HTTP_GET, "/api/v1/consultations/{id}/recordings", ACCESS_STAFF, .handler = list_recordings_of_consultation},
    {0},
};

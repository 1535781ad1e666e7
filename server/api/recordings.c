/* Recordings: the lists, and the finished files, opened while they are sent. */
#include <string.h>

#include "media/vault.h"

#include "consultations.h"
#include "fields.h"
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
    "SELECT r.id, r.consultation_id, c.title, r.state, r.started_at, r.ended_at, r.progress, r.last_error "            \
    "FROM recordings r JOIN consultations c ON c.id = r.consultation_id "

static json_t *files_json(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT name, kind, type, size, sha256, duration_ms FROM recording_files WHERE recording_id = ? "
        "ORDER BY CASE kind WHEN 'composed' THEN 0 WHEN 'poster' THEN 1 WHEN 'track' THEN 2 ELSE 3 END, name "
        "LIMIT ?",
        store_text(recording), store_int(FILES_MAX));
    json_t *files = json_array();
    while (store_next(rows)) {
        json_t *file = json_pack("{s:s, s:s, s:s, s:I, s:s}", "name", rows_text(rows, "name"), "kind",
                                 rows_text(rows, "kind"), "type", rows_text(rows, "type"), "size",
                                 (json_int_t)rows_int(rows, "size"), "sha256", rows_text(rows, "sha256"));
        if (!rows_null(rows, "duration_ms"))
            json_object_set_new(file, "duration_ms", json_integer(rows_int(rows, "duration_ms")));
        json_array_append_new(files, file);
    }
    return files;
}

static json_t *gaps_json(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT track, from_ms, to_ms, cause FROM recording_gaps WHERE recording_id = ? "
                                       "ORDER BY from_ms, seq LIMIT ?",
                                       store_text(recording), store_int(GAPS_MAX));
    json_t *gaps = json_array();
    while (store_next(rows))
        json_array_append_new(gaps, json_pack("{s:s, s:I, s:I, s:s}", "track", rows_text(rows, "track"), "from_ms",
                                              (json_int_t)rows_int(rows, "from_ms"), "to_ms",
                                              (json_int_t)rows_int(rows, "to_ms"), "cause", rows_text(rows, "cause")));
    return gaps;
}

/** Whose each source is; a person who is gone from the consultation's list has no name any more. */
static json_t *tracks_json(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT t.track, t.kind, t.source, t.file, p.name FROM recording_tracks t "
                                       "LEFT JOIN participants p ON p.id = t.participant_id "
                                       "WHERE t.recording_id = ? ORDER BY p.name, t.source LIMIT ?",
                                       store_text(recording), store_int(TRACKS_MAX));
    json_t *tracks = json_array();
    while (store_next(rows)) {
        json_t *track = json_pack("{s:s, s:s, s:s}", "track", rows_text(rows, "track"), "kind", rows_text(rows, "kind"),
                                  "source", rows_text(rows, "source"));
        json_set_text(track, "file", rows_text(rows, "file"));
        json_set_text(track, "participant", rows_text(rows, "name"));
        json_array_append_new(tracks, track);
    }
    return tracks;
}

static json_t *recording_json(struct store *store, struct store_rows *rows, GError **error)
{
    const char *id = rows_text(rows, "id");
    json_t *r = json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", id, "consultation_id", rows_text(rows, "consultation_id"),
                          "consultation_title", rows_text(rows, "title"), "state", rows_text(rows, "state"), "progress",
                          (json_int_t)rows_int(rows, "progress"));
    json_set_time(r, "started_at", rows_int(rows, "started_at"));
    json_set_time(r, "ended_at", rows_int(rows, "ended_at"));
    json_set_text(r, "error", rows_text(rows, "last_error"));
    json_object_set_new(r, "files", files_json(store, id, error));
    json_object_set_new(r, "tracks", tracks_json(store, id, error));
    json_object_set_new(r, "gaps", gaps_json(store, id, error));
    if (!*error)
        return r;
    json_decref(r);
    return NULL;
}

static struct response *list_recordings(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(
        request, &page, recording_json,
        SELECT "WHERE c.search LIKE ? ESCAPE '!' AND (? = '' OR (r.started_at, r.id) < "
               "(SELECT started_at, id FROM recordings WHERE id = ?)) ORDER BY r.started_at DESC, r.id DESC LIMIT ?",
        store_text(page.pattern), store_text(page.cursor), store_text(page.cursor), store_int(page.limit + 1));
}

static struct response *list_recordings_of_consultation(struct request *request)
{
    return list_of_consultation(request, SELECT "WHERE r.consultation_id = ? ORDER BY r.started_at, r.id LIMIT ?",
                                recording_json);
}

static struct response *get_recording(struct request *request)
{
    return one_answer(request, 200, recording_json, SELECT "WHERE r.id = ?", store_text(request_param(request, "id")));
}

/* ---- rendering again ---- */

static struct response *retry_recording(struct request *request)
{
    bool found;
    struct response *fault = retry_audited(request, recording_retry, "recording.retry", "recording", &found);
    if (fault)
        return fault;
    return found ? get_recording(request) : problem(request, "wrong-state");
}

/* ---- a file ---- */

static ssize_t read_vault(void *arg, uint64_t offset, void *data, size_t size)
{
    return vault_read(arg, offset, data, size);
}

static void close_vault(void *arg)
{
    vault_close(arg);
}

static struct vault *open_file(struct request *request, const struct store_rows *rows, int *result)
{
    const struct server *server = request_server(request);
    const char *dir = server->config->recording.dir;
    g_autofree char *path = *dir ? g_build_filename(dir, rows_text(rows, "path"), NULL)
                                 : g_build_filename(server->config->server.state_dir, "recordings",
                                                    rows_text(rows, "path"), NULL);
    unsigned char key[KEYWRAP_KEY_SIZE];
    struct vault *vault = NULL;
    *result = -1;
    if (keywrap_open(server->master_key, rows_text(rows, "key"), key))
        *result = vault_open(path, key, &vault);
    memset(key, 0, sizeof key);
    return *result == 0 ? vault : NULL;
}

/** A player asks for many ranges; what is audited is that somebody began to look. */
static bool begins_here(const struct request *request)
{
    const char *range = request_header(request, "range");
    return !range || g_str_has_prefix(range, "bytes=0-");
}

static bool audit_work(struct store *store, void *arg, GError **error)
{
    struct request *request = arg;
    (void)store;
    json_t *detail = json_pack("{s:s}", "file", request_param(request, "name"));
    bool good = audit_or_fail(request, "recording.read", "recording", request_param(request, "id"), detail, error);
    json_decref(detail);
    return good;
}

static struct response *get_file(struct request *request)
{
    GError *error = NULL;
    int result;
    STORE_AUTO_ROWS rows = store_query(
        request_store(request), &error,
        "SELECT f.path, f.type, f.sha256, r.key FROM recording_files f JOIN recordings r "
        "ON r.id = f.recording_id WHERE f.recording_id = ? AND f.name = ? AND r.state = 'ready'",
        store_text(request_param(request, "id")), store_text(request_param(request, "name")));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    if (begins_here(request) && !store_transaction(request_store(request), audit_work, request, &error))
        return store_problem(request, error); /* what cannot be audited is not shown */
    struct vault *vault = open_file(request, rows, &result);
    if (!vault)
        return problem(request, "integrity");
    g_autofree char *etag = g_strdup_printf("\"%s\"", rows_text(rows, "sha256"));
    struct body_source source = {.size = vault_size(vault), .read = read_vault, .destroy = close_vault, .arg = vault};
    struct response *response = response_source(request, rows_text(rows, "type"), etag, &source);
    response_header(response, "cache-control", "private, no-store");
    return response;
}

const struct route recording_routes[] = {
    {HTTP_GET, "/api/v1/recordings", ACCESS_ADMIN, .handler = list_recordings},
    {HTTP_GET, "/api/v1/recordings/{id}", ACCESS_ADMIN, .handler = get_recording},
    {HTTP_POST, "/api/v1/recordings/{id}/retry", ACCESS_ADMIN, .handler = retry_recording},
    {HTTP_GET, "/api/v1/recordings/{id}/files/{name}", ACCESS_ADMIN, .handler = get_file},
    {HTTP_GET, "/api/v1/consultations/{id}/recordings", ACCESS_STAFF, .handler = list_recordings_of_consultation},
    {0},
};

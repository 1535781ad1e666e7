/* What the pool does for signaling's stills, and how news of files come back to it. */
#include "files/file.h"
#include "house_call.h"
#include "records/outbox.h"
#include "rfc3339.h"
#include "server.h"
#include "signaling/signaling.h"

bool house_still(struct house_call *call, struct store *store, GError **error)
{
    gsize size;
    const unsigned char *thumbnail = g_bytes_get_data(call->still.thumbnail, &size);
    const struct file_still still = {.id = call->still.id,
                                     .consultation = call->consultation,
                                     .participant = call->participant,
                                     .requested_by = call->still.requested_by,
                                     .source = call->still.source,
                                     .width = call->still.width,
                                     .height = call->still.height,
                                     .thumbnail = thumbnail,
                                     .thumbnail_size = size,
                                     .at = call->at};
    const char *problem = NULL;
    bool good = file_announce_still(&(struct files){store, call->server}, &still, &problem, error);
    call->problem = problem ? "full" : NULL;
    return good;
}

/** The last strokes may come when the consultation has just ended: then it is filed once more. */
static bool marks_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    char *text = json_dumps(call->still.marks, JSON_COMPACT);
    bool good = store_run(store, error,
                          "UPDATE files SET marks = ?, marked_at = ? WHERE id = ? AND consultation_id = ? AND kind = "
                          "'still'",
                          store_text(text), store_int(call->at), store_text(call->still.id),
                          store_text(call->consultation)) >= 0;
    free(text);
    return good && outbox_file(store, call->consultation, call->at, error);
}

bool house_still_marks(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, marks_work, call, error);
}

/* ---- what was before ---- */

/** The wire's Still. */
static json_t *still_json(const struct store_rows *rows)
{
    char at[RFC3339_SIZE];
    rfc3339_format(rows_int(rows, "created_at"), at);
    bool ready = g_str_equal(rows_text(rows, "state"), "ready"),
         refused = g_str_equal(rows_text(rows, "state"), "refused");
    json_t *still = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "id", rows_text(rows, "id"), "state",
                              ready     ? "ready"
                              : refused ? "failed"
                                        : "taken",
                              "participant", rows_text(rows, "participant"), "source", rows_text(rows, "source"), "at",
                              at, "width", (json_int_t)rows_int(rows, "width"), "height",
                              (json_int_t)rows_int(rows, "height"));
    if (rows_text(rows, "requested_by"))
        json_object_set_new(still, "by", json_string(rows_text(rows, "requested_by")));
    if (refused)
        json_object_set_new(still, "reason", json_string("fault"));
    json_t *drawn = rows_text(rows, "marks") ? json_loads(rows_text(rows, "marks"), 0, NULL) : NULL;
    json_t *marks = json_object_get(drawn, "marks");
    json_object_set_new(still, "marks", json_is_array(marks) ? json_incref(marks) : json_array());
    if (json_object_get(drawn, "calibration"))
        json_object_set(still, "calibration", json_object_get(drawn, "calibration"));
    json_decref(drawn);
    return still;
}

bool house_add_stills(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT " FILE_COLUMNS " FROM files f WHERE f.consultation_id = ? AND f.kind = "
                                       "'still' ORDER BY f.created_at, f.id LIMIT ?",
                                       store_text(call->consultation), store_int(FILES_PER_CONSULTATION_MAX));
    json_t *stills = json_array();
    while (store_next(rows))
        json_array_append_new(stills, still_json(rows));
    json_object_set_new(call->admitted, "stills", stills);
    return rows != NULL;
}

/* ---- news of files ---- */

struct news {
    struct server *server;
    char *consultation;
    json_t *file;
};

static gboolean tell_on_loop(void *arg)
{
    const struct news *news = arg;
    if (news->server->signaling)
        signaling_file(news->server->signaling, news->consultation, news->file);
    return G_SOURCE_REMOVE;
}

static void news_free(void *arg)
{
    struct news *news = arg;
    g_free(news->consultation);
    json_decref(news->file);
    g_free(news);
}

void house_tell_file(struct server *server, const char *consultation, json_t *file)
{
    struct news *news = g_new0(struct news, 1);
    news->server = server;
    news->consultation = g_strdup(consultation);
    news->file = file;
    g_idle_add_full(G_PRIORITY_DEFAULT, tell_on_loop, news, news_free);
    // cppcheck-suppress memleak ; news_free takes it
}

#define G_LOG_DOMAIN "files"
#include "file.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "media/vault.h"
#include "scan.h"
#include "server/audit.h"
#include "server/config.h"
#include "server/json_set.h"
#include "server/records/keywrap.h"
#include "server/records/outbox.h"
#include "server/server.h"
#include "sniff.h"

static const char *const STATES[] = {"announced", "uploading", "ready", "refused"};

static bool fault(GError **error, const struct file *file, int result)
{
    if (result == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "file %s: %s", file->id, g_strerror(-result));
    return false;
}

const char *file_state_name(enum file_state state)
{
    return STATES[state];
}

static enum file_state state_of(const char *name)
{
    enum file_state state = FILE_ANNOUNCED;
    while (state < FILE_REFUSED && strcmp(STATES[state], name) != 0)
        state++;
    return state;
}

struct pieces file_pieces(const struct file *file)
{
    return (struct pieces){.directory = file->directory, .id = file->id, .key = file->key};
}

void file_clear(struct file *file)
{
    sodium_memzero(file->key, sizeof file->key);
}

bool file_load(const struct files *files, const char *consultation, const char *id, struct file *file, bool *found,
               GError **error)
{
    STORE_AUTO_ROWS rows = store_query(files->store, error,
                                       "SELECT participant_id, kind, state, refusal, size, received, created_at, key "
                                       "FROM files WHERE id = ? AND consultation_id = ?",
                                       store_text(id), store_text(consultation));
    *found = store_next(rows);
    if (!*found)
        return rows != NULL;
    *file = (struct file){.chat = strcmp(rows_text(rows, "kind"), "chat") == 0,
                          .state = state_of(rows_text(rows, "state")),
                          .size = rows_int(rows, "size"),
                          .received = rows_int(rows, "received"),
                          .created_at = rows_int(rows, "created_at"),
                          .expired = g_strcmp0(rows_text(rows, "refusal"), "upload-expired") == 0};
    g_strlcpy(file->id, id, sizeof file->id);
    g_strlcpy(file->consultation, consultation, sizeof file->consultation);
    g_strlcpy(file->participant, rows_text(rows, "participant_id"), sizeof file->participant);
    if (!keywrap_open(files->server->master_key, rows_text(rows, "key"), file->key)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "file %s: another master key?", id);
        return false;
    }
    file->directory = files->server->config->files.dir;
    return true;
}

/* ---- beginning ---- */

struct beginning {
    const struct file_still *still; /* or: */
    const struct file_chat *chat;
    const char *id, *consultation;
    const char *key; /* wrapped */
    const char *problem;
    bool known;
};

static bool count_files(struct store *store, struct beginning *b, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT COUNT(*) AS count, SUM(CASE WHEN id = ? THEN 1 ELSE 0 END) AS known "
                                       "FROM files WHERE consultation_id = ?",
                                       store_text(b->id), store_text(b->consultation));
    if (!store_next(rows))
        return false;
    b->known = rows_int(rows, "known") > 0;
    b->problem = rows_int(rows, "count") >= FILES_PER_CONSULTATION_MAX ? "files-full" : NULL;
    return true;
}

static bool insert_chat(struct store *store, const struct beginning *b, GError **error)
{
    return store_run(
               store, error,
               "INSERT INTO files (id, consultation_id, participant_id, kind, state, name, size, key, created_at) "
               "VALUES (?, ?, ?, 'chat', 'uploading', ?, ?, ?, ?)",
               store_text(b->id), store_text(b->consultation), store_text(b->chat->participant),
               store_text(b->chat->name), store_int(b->chat->size), store_text(b->key), store_int(b->chat->at)) == 1;
}

static bool insert_still(struct store *store, const struct beginning *b, GError **error)
{
    const struct file_still *s = b->still;
    g_autofree char *actor = g_strconcat("participant:", s->participant, NULL);
    g_autofree char *object = g_strconcat("file:", s->id, NULL);
    if (store_run(store, error,
                  "INSERT INTO files (id, consultation_id, participant_id, kind, state, requested_by, source, width, "
                  "height, key, created_at) VALUES (?, ?, ?, 'still', 'announced', ?, ?, ?, ?, ?, ?)",
                  store_text(s->id), store_text(s->consultation), store_text(s->participant),
                  store_text(s->requested_by), store_text(s->source), store_int(s->width), store_int(s->height),
                  store_text(b->key), store_int(s->at)) != 1)
        return false;
    return audit_append(store,
                        &(struct audit_entry){.at_us = s->at,
                                              .actor = actor,
                                              .action = "still.take",
                                              .object = object,
                                              .address = "",
                                              .consultation = s->consultation},
                        error);
}

static bool begin_work(struct store *store, void *arg, GError **error)
{
    struct beginning *b = arg;
    if (!count_files(store, b, error))
        return false;
    if (b->known || b->problem)
        return true;
    return b->still ? insert_still(store, b, error) : insert_chat(store, b, error);
}

bool file_begin_chat(const struct files *files, const struct file_chat *chat, char id[STORE_ID_SIZE],
                     const char **problem, GError **error)
{
    unsigned char key[PIECES_KEY_SIZE];
    store_new_id(id);
    randombytes_buf(key, sizeof key);
    g_autofree char *wrapped = keywrap_seal(files->server->master_key, key);
    sodium_memzero(key, sizeof key);
    struct beginning b = {.chat = chat, .id = id, .consultation = chat->consultation, .key = wrapped};
    bool good = store_transaction(files->store, begin_work, &b, error);
    *problem = b.problem;
    return good;
}

static bool put_thumbnail(const struct server *server, const struct file_still *still, const unsigned char *key,
                          GError **error)
{
    struct file named = {0};
    g_strlcpy(named.id, still->id, sizeof named.id);
    struct pieces pieces = {.directory = server->config->files.dir, .id = still->id, .key = key};
    return fault(error, &named, pieces_put(&pieces, ".thumbnail", still->thumbnail, still->thumbnail_size));
}

/* Told again after a lost answer, it has another key: the row that is there, and its thumbnail, stay. */
bool file_announce_still(const struct files *files, const struct file_still *still, const char **problem,
                         GError **error)
{
    unsigned char key[PIECES_KEY_SIZE];
    randombytes_buf(key, sizeof key);
    g_autofree char *wrapped = keywrap_seal(files->server->master_key, key);
    struct beginning b = {.still = still, .id = still->id, .consultation = still->consultation, .key = wrapped};
    bool good = store_transaction(files->store, begin_work, &b, error);
    *problem = b.known ? NULL : b.problem;
    if (good && !b.known && !b.problem)
        good = put_thumbnail(files->server, still, key, error);
    sodium_memzero(key, sizeof key);
    return good;
}

bool file_begin_still(struct store *store, struct file *file, int64_t size, GError **error)
{
    if (file->state == FILE_ANNOUNCED &&
        store_run(store, error, "UPDATE files SET state = 'uploading', size = ? WHERE id = ? AND state = 'announced'",
                  store_int(size), store_text(file->id)) < 0)
        return false;
    if (file->state == FILE_ANNOUNCED)
        file->size = size;
    return true;
}

/* ---- coming in ---- */

/** The piece is on disk before the row says so: after a crash between the two, the same piece is sent again. */
bool file_take(struct store *store, struct file *file, const void *data, size_t size, GError **error)
{
    struct pieces pieces = file_pieces(file);
    if (!fault(error, file, pieces_write(&pieces, file->received, data, size)) ||
        store_run(store, error, "UPDATE files SET received = ? WHERE id = ? AND received = ? AND state = 'uploading'",
                  store_int(file->received + (int64_t)size), store_text(file->id), store_int(file->received)) != 1)
        return false;
    file->received += (int64_t)size;
    return true;
}

/* ---- judging ---- */

struct verdict {
    const struct file *file;
    const char *problem;
    const char *address;
    int64_t now;
    struct sniffed sniffed;
    struct pieces_joined joined;
};

static bool ask_scanner(struct verdict *v, const char *command, GError **error)
{
    struct pieces pieces = file_pieces(v->file);
    g_autofree char *path = pieces_path(&pieces, "");
    struct vault *vault;
    if (!fault(error, v->file, vault_open(path, v->file->key, &vault)))
        return false;
    enum scan_verdict verdict = scan(command, vault);
    vault_close(vault);
    v->problem = verdict == SCAN_CLEAN ? NULL : verdict == SCAN_INFECTED ? "file-infected" : "busy";
    return true;
}

static bool judge(struct verdict *v, const char *command, GError **error)
{
    struct pieces pieces = file_pieces(v->file);
    if (!fault(error, v->file, pieces_join(&pieces, v->file->size, &v->joined)))
        return false;
    if (!sniff(v->joined.head, v->joined.head_size, &v->sniffed) || (!v->file->chat && !v->sniffed.picture)) {
        v->problem = "file-type";
        return true;
    }
    return ask_scanner(v, command, error);
}

static bool append_audit(struct store *store, const struct verdict *v, GError **error)
{
    const struct file *file = v->file;
    g_autofree char *actor = g_strconcat("participant:", file->participant, NULL);
    g_autofree char *object = g_strconcat("file:", file->id, NULL);
    json_t *detail = json_pack("{s:s, s:I, s:s}", "kind", file->chat ? "chat" : "still", "size", (json_int_t)file->size,
                               "sha256", v->joined.sha256);
    if (v->problem)
        json_object_set_new(detail, "refused", json_string(v->problem));
    bool audited = audit_append(store,
                                &(struct audit_entry){.at_us = v->now,
                                                      .actor = actor,
                                                      .action = v->problem ? "file.refuse" : "file.receive",
                                                      .object = object,
                                                      .address = v->address,
                                                      .detail = detail,
                                                      .consultation = file->consultation},
                                error);
    json_decref(detail);
    return audited;
}

static bool settle_work(struct store *store, void *arg, GError **error)
{
    const struct verdict *v = arg;
    const struct file *file = v->file;
    int64_t changed =
        v->problem
            ? store_run(store, error,
                        "UPDATE files SET state = 'refused', refusal = ? WHERE id = ? AND state = "
                        "'uploading'",
                        store_text(v->problem), store_text(file->id))
            : store_run(store, error,
                        "UPDATE files SET state = 'ready', type = ?, width = COALESCE(?, width), height = COALESCE(?, "
                        "height), sha1 = ?, sha256 = ?, ready_at = ? WHERE id = ? AND state = 'uploading'",
                        store_text(v->sniffed.type), store_time(v->sniffed.width), store_time(v->sniffed.height),
                        store_text(v->joined.sha1), store_text(v->joined.sha256), store_int(v->now),
                        store_text(file->id));
    if (changed <= 0)
        return changed == 0; /* somebody else has settled it */
    if (!v->problem && !file->chat && !outbox_file(store, file->consultation, v->now, error))
        return false;
    return append_audit(store, v, error);
}

bool file_finish(const struct files *files, struct file *file, const char *address, int64_t now, const char **problem,
                 GError **error)
{
    struct verdict v = {.file = file, .address = address, .now = now};
    struct pieces pieces = file_pieces(file);
    bool good = judge(&v, files->server->config->files.scan_command, error);
    bool later = good && g_strcmp0(v.problem, "busy") == 0;
    good = good && (later || store_transaction(files->store, settle_work, &v, error));
    if (good && !later) {
        file->state = v.problem ? FILE_REFUSED : FILE_READY;
        pieces_discard(&pieces, v.problem != NULL);
        g_message("file consultation=%s file=%s %s", file->consultation, file->id, STATES[file->state]);
    }
    g_free(v.joined.head);
    *problem = v.problem;
    return good;
}

/* ---- news for the room ---- */

static void set_number(json_t *object, const struct store_rows *rows, const char *column)
{
    if (!rows_null(rows, column))
        json_object_set_new(object, column, json_integer(rows_int(rows, column)));
}

json_t *file_news(struct store *store, const struct file *file, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT f.name, f.type, f.width, f.height, p.name AS participant_name FROM files "
        "f JOIN participants p ON p.id = f.participant_id WHERE f.id = ?",
        store_text(file->id));
    if (!store_next(rows))
        return NULL;
    json_t *news = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "id", file->id, "kind", file->chat ? "chat" : "still", "state",
        STATES[file->state], "participant", file->participant, "participant_name", rows_text(rows, "participant_name"),
        "size", (json_int_t)file->size, "progress", (json_int_t)(file->size ? file->received * 100 / file->size : 0));
    json_set_text(news, "name", rows_text(rows, "name"));
    json_set_text(news, "content", rows_text(rows, "type"));
    set_number(news, rows, "width");
    set_number(news, rows, "height");
    return news;
}

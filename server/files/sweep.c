#define G_LOG_DOMAIN "files"
#include "sweep.h"

#include <string.h>
#include <unistd.h>

#include "file.h"
#include "pieces.h"
#include "server/config.h"

enum { AT_A_TIME = 50 };
#define PIECES_SUFFIX ".parts"

/** Under the upload's lock: a part that is just coming in is not lost. */
static bool give_up(struct store *store, const char *directory, const char *id, GError **error)
{
    const struct pieces pieces = {.directory = directory, .id = id};
    int lock = pieces_lock(&pieces);
    if (lock < 0)
        return true; /* somebody is at it: next time */
    int64_t changed = store_run(store, error,
                                "UPDATE files SET state = 'refused', refusal = 'upload-expired' WHERE id = ? AND state "
                                "IN ('announced', 'uploading')",
                                store_text(id));
    if (changed > 0) {
        pieces_discard(&pieces, true);
        g_message("event=upload_expired file=%s", id);
    }
    close(lock);
    return changed >= 0;
}

bool sweep_uploads(struct store *store, const struct config *config, int64_t now, GError **error)
{
    const char *directory = config->files.dir;
    g_autoptr(GPtrArray) due = g_ptr_array_new_with_free_func(g_free);
    STORE_AUTO_ROWS rows = store_query(
        store, error, "SELECT id FROM files WHERE state IN ('announced', 'uploading') AND created_at <= ? LIMIT ?",
        store_int(now - (int64_t)FILE_UPLOAD_S * G_USEC_PER_SEC), store_int(AT_A_TIME));
    bool good = rows != NULL;
    while (store_next(rows))
        g_ptr_array_add(due, g_strdup(rows_text(rows, "id")));
    for (guint i = 0; good && i < due->len; i++)
        good = give_up(store, directory, g_ptr_array_index(due, i), error);
    return good;
}

/** Ready and refused ones have no pieces: a crash came between the row and the disk. */
static bool drop_pieces(struct store *store, const char *directory, const char *id, GError **error)
{
    const struct pieces pieces = {.directory = directory, .id = id};
    int lock = pieces_lock(&pieces);
    if (lock < 0)
        return true;
    STORE_AUTO_ROWS rows = store_query(
        store, error, "SELECT id FROM files WHERE id = ? AND state IN ('announced', 'uploading')", store_text(id));
    if (rows && !store_next(rows))
        pieces_discard(&pieces, false);
    close(lock);
    return rows != NULL;
}

bool sweep_pieces(struct store *store, const struct config *config, GError **error)
{
    const char *directory = config->files.dir;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    bool good = true;
    for (const char *name; good && dir && (name = g_dir_read_name(dir));) {
        if (!g_str_has_suffix(name, PIECES_SUFFIX))
            continue;
        g_autofree char *id = g_strndup(name, strlen(name) - strlen(PIECES_SUFFIX));
        good = drop_pieces(store, directory, id, error);
    }
    return good;
}

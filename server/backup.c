#include "backup.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "store/store.h"

static bool fault(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fault(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, text);
    return false;
}

/* Times are kept, owners and modes are not: the folder is often on a disk that knows neither. */
static bool copy(const char *from, const char *to, bool move, GError **error)
{
    const char *const arguments[] = {"rsync",   "--recursive",
                                     "--times", "--modify-window=2",
                                     "--fsync", move ? "--remove-source-files" : "--quiet",
                                     "--",      from,
                                     to,        NULL};
    g_autofree char *said = NULL;
    int status;
    if (!g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                      NULL, &said, &status, error))
        return false;
    return status == 0 || fault(error, "%s was not copied to %s: %s", from, to, g_strstrip(said));
}

/* Its contents, so the slash; what a server has not made yet is left out. */
static bool copy_folder(const char *from, const char *to, GError **error)
{
    g_autofree char *inside = g_strconcat(from, "/", NULL), *into = g_strconcat(to, "/", NULL);
    if (!g_file_test(from, G_FILE_TEST_IS_DIR))
        return true;
    if (g_mkdir_with_parents(to, 0700))
        return fault(error, "%s cannot be made: %s", to, g_strerror(errno));
    return copy(inside, into, false, error);
}

enum { FOLDERS = 4 };
struct place {
    const char *name; /* in the backup */
    char *path;       /* at the server */
};

static void places_of(const struct config *config, struct place places[FOLDERS])
{
    const char *state = config->server.state_dir;
    places[0] = (struct place){"keys", g_build_filename(state, "keys", NULL)};
    places[1] = (struct place){"tls", g_build_filename(state, "tls", NULL)};
    places[2] = (struct place){"recordings", g_strdup(config->recording.dir)};
    places[3] = (struct place){"files", g_strdup(config->files.dir)};
}

static void places_clear(struct place places[FOLDERS])
{
    for (int i = 0; i < FOLDERS; i++)
        g_free(places[i].path);
}

static bool copy_places(const struct config *config, const char *folder, bool back, GError **error)
{
    struct place places[FOLDERS];
    bool good = true;
    places_of(config, places);
    for (int i = 0; good && i < FOLDERS; i++) {
        g_autofree char *kept = g_build_filename(folder, places[i].name, NULL);
        good = back ? copy_folder(kept, places[i].path, error) : copy_folder(places[i].path, kept, error);
    }
    places_clear(places);
    return good;
}

/* The database first: whatever a row of it names is on the disk by then, and is copied after it. */
bool backup_write(const struct config *config, const char *database, const char *folder, GError **error)
{
    g_autofree char *kept = g_build_filename(folder, "hoichan.db", NULL);
    mode_t mask = umask(077);
    bool good = g_mkdir_with_parents(folder, 0700) == 0 ||
                fault(error, "%s cannot be made: %s", folder, g_strerror(errno));
    good = good && (!database || copy(database, kept, true, error)) && copy_places(config, folder, false, error);
    umask(mask);
    return good;
}

/* ---- back ---- */

/** NULL: it is no file of ours. */
static const char *database_path(const struct config *config)
{
    const char *url = config->store.url;
    return g_str_has_prefix(url, "sqlite:") ? url + strlen("sqlite:") : NULL;
}

static bool is_new(const struct config *config, GError **error)
{
    const char *database = database_path(config);
    g_autofree char *keys = g_build_filename(config->server.state_dir, "keys", NULL);
    const char *there = database && g_file_test(database, G_FILE_TEST_EXISTS) ? database : keys;
    return !g_file_test(there, G_FILE_TEST_EXISTS) ||
           fault(error, "there is a server's data already (%s); move %s away first, nothing is written over", there,
                 config->server.state_dir);
}

static bool is_whole(const struct config *config, const char *folder, GError **error)
{
    const char *const needed[] = {"keys/master.key", database_path(config) ? "hoichan.db" : NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(needed) && needed[i]; i++) {
        g_autofree char *path = g_build_filename(folder, needed[i], NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return fault(error, "%s is not a whole backup: there is no %s in it", folder, needed[i]);
    }
    return true;
}

static bool check_database(const struct config *config, GError **error)
{
    struct store *store = store_open(config->store.url, error);
    STORE_AUTO_ROWS rows = store ? store_query(store, error, "PRAGMA quick_check(1)") : NULL;
    bool good = rows && store_next(rows);
    if (good && strcmp(rows_text(rows, "quick_check"), "ok"))
        good = fault(error, "the database of the backup is damaged: %s", rows_text(rows, "quick_check"));
    store_close(store);
    return good;
}

bool backup_restore(const struct config *config, const char *folder, GError **error)
{
    const char *database = database_path(config);
    g_autofree char *kept = g_build_filename(folder, "hoichan.db", NULL);
    if (!is_whole(config, folder, error) || !is_new(config, error))
        return false;
    mode_t mask = umask(077);
    bool good = copy_places(config, folder, true, error) &&
                (!database || (copy(kept, database, false, error) && check_database(config, error)));
    umask(mask);
    return good;
}

#include "store.h"

#include <string.h>

#include "backend.h"
#include "server/embed.h"

EMBED(migration_0001, "server/store/migrations/0001_initial.sql");
EMBED(migration_0002, "server/store/migrations/0002_files.sql");
EMBED(migration_0003, "server/store/migrations/0003_recording_tracks.sql");
EMBED(migration_0004, "server/store/migrations/0004_consent_said_by.sql");
EMBED(migration_0005, "server/store/migrations/0005_stills_to_pacs.sql");
EMBED(migration_0006, "server/store/migrations/0006_captions_role.sql");
EMBED(migration_0007, "server/store/migrations/0007_unfinished_uploads.sql");
EMBED(migration_0008, "server/store/migrations/0008_reason.sql");
EMBED(migration_0009, "server/store/migrations/0009_minutes.sql");
EMBED(migration_0010, "server/store/migrations/0010_growing_tables.sql");
EMBED(migration_0011, "server/store/migrations/0011_minutes_addenda.sql");
EMBED(migration_0012, "server/store/migrations/0012_patient_search.sql");
EMBED(migration_0013, "server/store/migrations/0013_shifts.sql");
EMBED(migration_0014, "server/store/migrations/0014_emergencies.sql");
EMBED(migration_0015, "server/store/migrations/0015_listening.sql");
EMBED(migration_0016, "server/store/migrations/0016_away.sql");

/* One line for each file of migrations/, in order; the number is the position, counted from 1. */
static const char *const migrations[] = {migration_0001, migration_0002, migration_0003, migration_0004,
                                         migration_0005, migration_0006, migration_0007, migration_0008,
                                         migration_0009, migration_0010, migration_0011, migration_0012,
                                         migration_0013, migration_0014, migration_0015, migration_0016};

static void replace_append_only(GString *sql, const char *statements)
{
    const char *found;
    while ((found = strstr(sql->str, "APPEND_ONLY("))) {
        const char *table = found + strlen("APPEND_ONLY("), *end = strchr(table, ')');
        g_assert(end);
        g_autofree char *name = g_strndup(table, (gsize)(end - table));
        GString *expanded = g_string_new(statements);
        g_string_replace(expanded, "@", name, 0);
        gssize at = found - sql->str;
        g_string_erase(sql, at, end + 1 - found);
        g_string_insert(sql, at, expanded->str);
        g_string_free(expanded, TRUE);
    }
}

/** Comments go first, so that a word in one is never taken for SQL. */
static char *in_dialect(const char *text, const struct store_dialect *dialect)
{
    g_autoptr(GRegex) comment = g_regex_new("--[^\n]*", 0, 0, NULL);
    g_autofree char *bare = g_regex_replace_literal(comment, text, -1, 0, "", 0, NULL);
    GString *sql = g_string_new(bare);
    g_string_replace(sql, "SERIAL_KEY", dialect->serial_key, 0);
    replace_append_only(sql, dialect->append_only);
    return g_string_free(sql, FALSE);
}

int store_version(struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT COALESCE(MAX(version), 0) AS version FROM migrations");
    return store_next(rows) ? (int)rows_int(rows, "version") : -1;
}

static bool apply_next(struct store *store, void *arg, GError **error)
{
    int *version = arg;
    *version = store_version(store, error);
    if (*version < 0)
        return false;
    if (*version > (int)G_N_ELEMENTS(migrations)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                    "the database is at version %d, this program knows %d: use a newer program", *version,
                    (int)G_N_ELEMENTS(migrations));
        return false;
    }
    if (*version == (int)G_N_ELEMENTS(migrations))
        return true;
    const struct store_backend *backend = store_backend_of(store);
    g_autofree char *sql = in_dialect(migrations[*version], &backend->dialect);
    if (!backend->script(store_connection_of(store), sql, error)) {
        g_prefix_error(error, "migration %04d: ", *version + 1);
        return false;
    }
    return store_run(store, error, "INSERT INTO migrations (version, applied_at) VALUES (?, ?)",
                     store_int(*version + 1), store_int(g_get_real_time())) > 0;
}

static bool migrate_locked(struct store *store, GError **error)
{
    const struct store_backend *backend = store_backend_of(store);
    g_autofree char *first = g_strconcat(
        backend->dialect.prelude,
        "CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)", NULL);
    if (!backend->script(store_connection_of(store), first, error))
        return false;
    int before;
    do {
        if (!store_transaction(store, apply_next, &before, error))
            return false;
    } while (before < (int)G_N_ELEMENTS(migrations));
    return true;
}

bool store_migrate(struct store *store, GError **error)
{
    const struct store_backend *backend = store_backend_of(store);
    if (!backend->lock_schema(store_connection_of(store), error))
        return false;
    bool done = migrate_locked(store, error);
    backend->unlock_schema(store_connection_of(store));
    return done;
}

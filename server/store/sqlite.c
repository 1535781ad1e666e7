#include "backend.h"

#include <sqlite3.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 5000, AGAIN_US = 10000, STATEMENT_CACHE_MAX = 256 };
/* Of one connection: each thread of the pool has its own, others' writes empty it, and the kernel has the pages too. */
#define CACHE_KIB "256"

struct sqlite {
    sqlite3 *db;
    GHashTable *statements; /* SQL text → sqlite3_stmt, finalised by the table */
};

static enum store_error error_code(sqlite3 *db)
{
    switch (sqlite3_extended_errcode(db)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
        return STORE_ERROR_DUPLICATE;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return STORE_ERROR_REFERENCE;
    }
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STORE_ERROR_BUSY;
    case SQLITE_CONSTRAINT:
        return STORE_ERROR_CONSTRAINT;
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return STORE_ERROR_UNAVAILABLE;
    }
    return STORE_ERROR_FAILED;
}

static void set_error(struct sqlite *sqlite, GError **error)
{
    g_set_error(error, STORE_ERROR, error_code(sqlite->db), "sqlite: %s", sqlite3_errmsg(sqlite->db));
}

static bool script(void *connection, const char *sql, GError **error)
{
    struct sqlite *sqlite = connection;
    if (sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    set_error(sqlite, error);
    return false;
}

static void finalize(void *statement)
{
    sqlite3_finalize(statement);
}

static void close_db(void *connection)
{
    struct sqlite *sqlite = connection;
    g_hash_table_unref(sqlite->statements);
    sqlite3_close(sqlite->db);
    g_free(sqlite);
}

/** The first to open a database changes it to WAL. Another who would at the same time is refused at once, since two who wait for
 * each other's lock would wait for ever: it is asked again here. */
static bool enter_wal(struct sqlite *sqlite, GError **error)
{
    int64_t until_us = g_get_monotonic_time() + INT64_C(1000) * BUSY_TIMEOUT_MS;
    while (sqlite3_exec(sqlite->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK) {
        if (error_code(sqlite->db) != STORE_ERROR_BUSY || g_get_monotonic_time() > until_us) {
            set_error(sqlite, error);
            return false;
        }
        g_usleep(AGAIN_US);
    }
    return true;
}

static void *open_db(const char *url, GError **error)
{
    const char *path = url + strlen("sqlite:");
    g_autofree char *directory = g_path_get_dirname(path);
    g_mkdir_with_parents(directory, 0700);
    struct sqlite *sqlite = g_new0(struct sqlite, 1);
    sqlite->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(path, &sqlite->db, flags, NULL) != SQLITE_OK) {
        set_error(sqlite, error);
        close_db(sqlite);
        return NULL;
    }
    sqlite3_busy_timeout(sqlite->db, BUSY_TIMEOUT_MS);
    /* synchronous FULL: what was answered "booked" must survive the power. */
    if (!enter_wal(sqlite, error) || !script(sqlite,
                                             "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
                                             "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -" CACHE_KIB ";",
                                             error)) {
        close_db(sqlite);
        return NULL;
    }
    return sqlite;
}

static sqlite3_stmt *statement_for(struct sqlite *sqlite, const char *sql, GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(sqlite->statements, sql);
    if (statement)
        return statement;
    if (sqlite3_prepare_v3(sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        set_error(sqlite, error);
        return NULL;
    }
    if (g_hash_table_size(sqlite->statements) >= STATEMENT_CACHE_MAX)
        g_hash_table_remove_all(sqlite->statements);
    g_hash_table_insert(sqlite->statements, g_strdup(sql), statement);
    return statement;
}

static void bind(sqlite3_stmt *statement, const struct store_value *values)
{
    int n = 0;
    for (; values[n].type != STORE_END; n++) {
        const struct store_value *v = &values[n];
        if (v->type == STORE_INT)
            sqlite3_bind_int64(statement, n + 1, v->integer);
        else if (v->type == STORE_TEXT)
            sqlite3_bind_text(statement, n + 1, v->text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_null(statement, n + 1);
    }
    g_assert_cmpint(n, ==, sqlite3_bind_parameter_count(statement));
}

static void take_row(sqlite3_stmt *statement, struct store_rows *rows)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
            store_rows_int(rows, sqlite3_column_int64(statement, i));
            break;
        case SQLITE_NULL:
            store_rows_null(rows);
            break;
        default:
            store_rows_text(rows, (const char *)sqlite3_column_text(statement, i));
        }
    }
}

static int64_t run(void *connection, const char *sql, const struct store_value *values, struct store_rows *rows,
                   GError **error)
{
    struct sqlite *sqlite = connection;
    sqlite3_stmt *statement = statement_for(sqlite, sql, error);
    if (!statement)
        return -1;
    bind(statement, values);
    for (int i = 0; rows && i < sqlite3_column_count(statement); i++)
        store_rows_column(rows, sqlite3_column_name(statement, i));
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        if (rows)
            take_row(statement, rows);
    int64_t changed = sqlite3_stmt_readonly(statement) ? 0 : sqlite3_changes64(sqlite->db);
    if (result != SQLITE_DONE)
        set_error(sqlite, error);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result == SQLITE_DONE ? changed : -1;
}

/** IMMEDIATE takes the writer's place at once: waiting for it is then the busy timeout's, and nothing fails later. */
static bool begin(void *connection, GError **error)
{
    return script(connection, "BEGIN IMMEDIATE", error);
}

static bool commit(void *connection, GError **error)
{
    return script(connection, "COMMIT", error);
}

static void rollback(void *connection)
{
    struct sqlite *sqlite = connection;
    if (!sqlite3_get_autocommit(sqlite->db))
        sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool lock_schema(void *connection, GError **error)
{
    (void)connection;
    (void)error;
    return true; /* BEGIN IMMEDIATE is enough */
}

static void unlock_schema(void *connection)
{
    (void)connection;
}

static bool backup(void *connection, const char *path, GError **error)
{
    return run(connection, "VACUUM INTO ?", (const struct store_value[]){store_text(path), {.type = STORE_END}}, NULL,
               error) >= 0;
}

const struct store_backend store_sqlite = {
    .dialect =
        {
            .serial_key = "INTEGER PRIMARY KEY AUTOINCREMENT",
            .append_only =
                "CREATE TRIGGER @_no_update BEFORE UPDATE ON @ BEGIN SELECT RAISE(ABORT, '@ only grows'); END;"
                "CREATE TRIGGER @_no_delete BEFORE DELETE ON @ BEGIN SELECT RAISE(ABORT, '@ only grows'); END",
            .prelude = "",
        },
    .open = open_db,
    .close = close_db,
    .run = run,
    .script = script,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .lock_schema = lock_schema,
    .unlock_schema = unlock_schema,
    .backup = backup,
};

#include "backend.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 64, STATEMENT_CACHE_MAX = 256, INTEGER_SIZE = 24 };
/* Types by their fixed numbers (pg_type.dat). */
enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 };
#define SCHEMA_LOCK "727236017"
#define PATIENCE    "SET lock_timeout = '10s'; SET statement_timeout = '60s'"

struct postgres {
    PGconn *connection;
    GHashTable *statements; /* SQL text with ? → name of the prepared statement */
    unsigned prepared;
    bool in_transaction;
};

static enum store_error error_code(struct postgres *pg, const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (PQstatus(pg->connection) != CONNECTION_OK)
        return STORE_ERROR_UNAVAILABLE;
    if (!state)
        return STORE_ERROR_FAILED;
    if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || strcmp(state, "55P03") == 0)
        return STORE_ERROR_BUSY;
    if (strcmp(state, "23505") == 0)
        return STORE_ERROR_DUPLICATE;
    if (strcmp(state, "23503") == 0)
        return STORE_ERROR_REFERENCE;
    if (strncmp(state, "23", 2) == 0)
        return STORE_ERROR_CONSTRAINT;
    static const char *const later[] = {"08", "53", "57P"}; /* no connection, no room, going down */
    for (size_t i = 0; i < G_N_ELEMENTS(later); i++)
        if (g_str_has_prefix(state, later[i]))
            return STORE_ERROR_UNAVAILABLE;
    return STORE_ERROR_FAILED;
}

static void set_error(struct postgres *pg, const PGresult *result, GError **error)
{
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    g_autofree char *line = g_strdelimit(g_strdup(text ? text : PQerrorMessage(pg->connection)), "\n", ' ');
    g_set_error(error, STORE_ERROR, error_code(pg, result), "postgresql: %s", g_strstrip(line));
}

static bool simple(struct postgres *pg, const char *sql, GError **error)
{
    PGresult *result = PQexec(pg->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!good)
        set_error(pg, result, error);
    PQclear(result);
    return good;
}

static void quiet(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static bool prepare_connection(struct postgres *pg, GError **error)
{
    g_hash_table_remove_all(pg->statements);
    if (PQstatus(pg->connection) != CONNECTION_OK) {
        set_error(pg, NULL, error);
        return false;
    }
    PQsetNoticeProcessor(pg->connection, quiet, NULL);
    return simple(pg,
                  "SET client_encoding = 'UTF8'; SET default_transaction_isolation = 'serializable';"
                  "SET standard_conforming_strings = on;" PATIENCE,
                  error);
}

/** What closed while nobody looked (a restarted server) is noticed before the next statement, when trying again is
 * safe. */
static bool ensure_connected(struct postgres *pg, GError **error)
{
    if (pg->in_transaction)
        return true;
    for (int i = 0; i < 2 && PQstatus(pg->connection) == CONNECTION_OK; i++)
        PQconsumeInput(pg->connection); /* the server's farewell first, the end of the stream after it */
    if (PQstatus(pg->connection) == CONNECTION_OK)
        return true;
    PQreset(pg->connection);
    return prepare_connection(pg, error);
}

static void close_connection(void *connection)
{
    struct postgres *pg = connection;
    PQfinish(pg->connection);
    g_hash_table_unref(pg->statements);
    g_free(pg);
}

static void *open_connection(const char *url, GError **error)
{
    struct postgres *pg = g_new0(struct postgres, 1);
    pg->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    /* Of a database machine that fell silent, a thread of the pool hears within half a minute. */
    const char *keywords[] = {"dbname",
                              "connect_timeout",
                              "fallback_application_name",
                              "keepalives_idle",
                              "keepalives_interval",
                              "keepalives_count",
                              "tcp_user_timeout",
                              NULL};
    const char *settings[] = {url, "10", "hoichan", "15", "5", "3", "30000", NULL};
    pg->connection = PQconnectdbParams(keywords, settings, 1);
    if (prepare_connection(pg, error))
        return pg;
    close_connection(pg);
    return NULL;
}

/** Our SQL marks values with ?, PostgreSQL's with $1, $2, … */
static char *numbered(const char *sql)
{
    GString *out = g_string_new(NULL);
    bool quoted = false;
    int n = 0;
    for (const char *p = sql; *p; p++) {
        quoted ^= *p == '\'';
        if (*p == '?' && !quoted)
            g_string_append_printf(out, "$%d", ++n);
        else
            g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

static const char *statement_for(struct postgres *pg, const char *sql, GError **error)
{
    const char *known = g_hash_table_lookup(pg->statements, sql);
    if (known)
        return known;
    if (g_hash_table_size(pg->statements) >= STATEMENT_CACHE_MAX && !pg->in_transaction) {
        if (!simple(pg, "DEALLOCATE ALL", error))
            return NULL;
        g_hash_table_remove_all(pg->statements);
    }
    g_autofree char *text = numbered(sql);
    char *name = g_strdup_printf("s%u", pg->prepared++);
    PGresult *result = PQprepare(pg->connection, name, text, 0, NULL);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!good)
        set_error(pg, result, error);
    PQclear(result);
    if (!good) {
        g_free(name);
        return NULL;
    }
    g_hash_table_insert(pg->statements, g_strdup(sql), name);
    return name;
}

struct texts {
    const char *values[VALUES_MAX];
    char numbers[VALUES_MAX][INTEGER_SIZE];
    int count;
};

static void to_texts(const struct store_value *values, struct texts *texts)
{
    int n = 0;
    for (; values[n].type != STORE_END; n++) {
        g_assert(n < VALUES_MAX);
        char *number = texts->numbers[n];
        texts->values[n] = number;
        if (values[n].type == STORE_INT)
            snprintf(number, sizeof texts->numbers[n], "%" G_GINT64_FORMAT, values[n].integer);
        else
            texts->values[n] = values[n].type == STORE_TEXT ? values[n].text : NULL;
    }
    texts->count = n;
}

static void take_cell(const PGresult *result, int row, int column, struct store_rows *rows)
{
    const char *text = PQgetvalue(result, row, column);
    if (PQgetisnull(result, row, column)) {
        store_rows_null(rows);
        return;
    }
    switch (PQftype(result, column)) {
    case OID_BOOL:
        store_rows_int(rows, text[0] == 't');
        break;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        store_rows_int(rows, g_ascii_strtoll(text, NULL, 10));
        break;
    default:
        store_rows_text(rows, text);
    }
}

static void take_rows(const PGresult *result, struct store_rows *rows)
{
    for (int i = 0; i < PQnfields(result); i++)
        store_rows_column(rows, PQfname(result, i));
    for (int row = 0; row < PQntuples(result); row++)
        for (int i = 0; i < PQnfields(result); i++)
            take_cell(result, row, i, rows);
}

static int64_t run(void *connection, const char *sql, const struct store_value *values, struct store_rows *rows,
                   GError **error)
{
    struct postgres *pg = connection;
    const char *name = ensure_connected(pg, error) ? statement_for(pg, sql, error) : NULL;
    if (!name)
        return -1;
    struct texts texts;
    to_texts(values, &texts);
    PGresult *result = PQexecPrepared(pg->connection, name, texts.count, texts.values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    int64_t changed = -1;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        changed = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
        if (rows)
            take_rows(result, rows);
    } else {
        set_error(pg, result, error);
    }
    PQclear(result);
    return changed;
}

static bool script(void *connection, const char *sql, GError **error)
{
    struct postgres *pg = connection;
    return ensure_connected(pg, error) && simple(pg, sql, error);
}

static bool begin(void *connection, GError **error)
{
    struct postgres *pg = connection;
    if (!ensure_connected(pg, error) || !simple(pg, "BEGIN ISOLATION LEVEL SERIALIZABLE", error))
        return false;
    pg->in_transaction = true;
    return true;
}

/** COMMIT of a transaction that has failed answers ROLLBACK without an error. */
static bool commit(void *connection, GError **error)
{
    struct postgres *pg = connection;
    PGresult *result = PQexec(pg->connection, "COMMIT");
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        set_error(pg, result, error);
    else if (!good)
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "postgresql: the transaction had failed before its end");
    pg->in_transaction = !good;
    PQclear(result);
    return good;
}

static void rollback(void *connection)
{
    struct postgres *pg = connection;
    if (PQstatus(pg->connection) == CONNECTION_OK && PQtransactionStatus(pg->connection) != PQTRANS_IDLE)
        simple(pg, "ROLLBACK", NULL);
    pg->in_transaction = false;
}

/** Neither waiting for the node that migrates nor a migration of a large table has a limit. */
static bool lock_schema(void *connection, GError **error)
{
    return script(connection,
                  "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(" SCHEMA_LOCK ");"
                  "SET lock_timeout = '10s'",
                  error);
}

static void unlock_schema(void *connection)
{
    script(connection, "SELECT pg_advisory_unlock(" SCHEMA_LOCK ");" PATIENCE, NULL);
}

static bool backup(void *connection, const char *path, GError **error)
{
    (void)connection;
    (void)path;
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "a PostgreSQL store is backed up with pg_dump");
    return false;
}

const struct store_backend store_postgres = {
    .dialect =
        {
            .serial_key = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
            .append_only = "CREATE TRIGGER @_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON @ "
                           "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()",
            .prelude = "CREATE OR REPLACE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                       "RAISE EXCEPTION 'this table only grows' USING ERRCODE = 'integrity_constraint_violation'; "
                       "END $$;",
        },
    .open = open_connection,
    .close = close_connection,
    .run = run,
    .script = script,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .lock_schema = lock_schema,
    .unlock_schema = unlock_schema,
    .backup = backup,
};

/**
 * The store: one connection to the database, prepared statements with typed values, transactions that are repeated when
 * somebody else was faster. Two backends behind it, SQLite (`sqlite:PATH`) and PostgreSQL (`postgresql://…`), and one
 * SQL text for both: `?` marks a value, columns are TEXT, BIGINT (also for booleans and for times, in microseconds
 * since the Unix epoch) or DOUBLE PRECISION, writes that may meet a row use ON CONFLICT. What differs is solved in
 * migrate.c.
 *
 * Thread: one connection belongs to one thread at a time; the pool opens one for each of its threads.
 *
 *     STORE_AUTO_ROWS rows = store_query(store, error, "SELECT id, name FROM rooms WHERE site_id = ?", store_text(site));
 *     while (store_next(rows))
 *         use(rows_text(rows, "id"), rows_text(rows, "name"));
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct store;
struct store_rows;

#define STORE_ERROR store_error_quark()
GQuark store_error_quark(void);
enum store_error {
    STORE_ERROR_FAILED,      /* a wrong statement: somebody must look */
    STORE_ERROR_BUSY,        /* another writer was faster; store_transaction has already tried again */
    STORE_ERROR_UNAVAILABLE, /* the database cannot be reached, or its disk is full: later it may be done */
    STORE_ERROR_DUPLICATE,   /* a unique constraint */
    STORE_ERROR_REFERENCE,   /* a foreign key: what is named does not exist, or is still in use */
    STORE_ERROR_CONSTRAINT,  /* any other constraint */
};
/** It passes by itself: whoever asked may ask again later. */
bool store_passes(const GError *error);

/** Connects and brings nothing up to date: see store_migrate. NULL with `error` set. */
struct store *store_open(const char *url, GError **error);
/** Takes NULL. */
void store_close(struct store *store);
/** Applies the migrations that this database lacks, each in its own transaction; safe when several nodes start at once.
 *  Refuses a database newer than this program. */
bool store_migrate(struct store *store, GError **error);
/** The number of the newest migration applied, or -1 with `error` set. */
int store_version(struct store *store, GError **error);
/** The backend's own way to a consistent copy: SQLite writes one to `path`; PostgreSQL refuses (use pg_dump). */
bool store_backup(struct store *store, const char *path, GError **error);

/* ---- values ---- */
enum store_type { STORE_END, STORE_NULL, STORE_INT, STORE_TEXT };
struct store_value {
    enum store_type type;
    int64_t integer;
    const char *text; /* borrowed for the call */
};
static inline struct store_value store_int(int64_t value)
{
    return (struct store_value){.type = STORE_INT, .integer = value};
}
/** NULL is SQL's NULL. */
static inline struct store_value store_text(const char *value)
{
    return (struct store_value){.type = value ? STORE_TEXT : STORE_NULL, .text = value};
}
/** NULL for 0: for times that may be unset. */
static inline struct store_value store_time(int64_t us)
{
    return (struct store_value){.type = us ? STORE_INT : STORE_NULL, .integer = us};
}

/* ---- statements ---- */
/* The first element is never looked at: it makes the list good when there are no values. */
#define STORE_VALUES(...) ((const struct store_value[]){{.type = STORE_NULL}, ##__VA_ARGS__, {.type = STORE_END}} + 1)

/** Runs a statement; the result is the number of rows it changed, or -1 with `error` set. */
#define store_run(store, error, sql, ...) store_run_values(store, error, sql, STORE_VALUES(__VA_ARGS__))
int64_t store_run_values(struct store *store, GError **error, const char *sql, const struct store_value *values);

/** Runs a query and takes all its rows (lists are bounded by LIMIT); NULL with `error` set. Caller frees. */
#define store_query(store, error, sql, ...) store_query_values(store, error, sql, STORE_VALUES(__VA_ARGS__))
struct store_rows *store_query_values(struct store *store, GError **error, const char *sql,
                                      const struct store_value *values);

/** Moves to the next row; the first call to the first. false at the end, and for NULL. */
bool store_next(struct store_rows *rows);
size_t store_count(const struct store_rows *rows);
/** Columns of the current row by name; asserts that the column exists. Text lives as long as `rows`, NULL for SQL's
 * NULL; numbers are 0 for NULL. */
const char *rows_text(const struct store_rows *rows, const char *column);
int64_t rows_int(const struct store_rows *rows, const char *column);
bool rows_bool(const struct store_rows *rows, const char *column);
bool rows_null(const struct store_rows *rows, const char *column);
/** Takes NULL. */
void store_rows_free(struct store_rows *rows);
void store_rows_clear(struct store_rows **rows);
#define STORE_AUTO_ROWS __attribute__((cleanup(store_rows_clear))) struct store_rows *

/* ---- transactions ---- */
/** Does its part inside a transaction. true commits; false rolls back, with `error` set or because a row is gone. It may
 * be run several times, so it changes nothing but the store and what it can set again. */
typedef bool (*store_work_fn)(struct store *store, void *arg, GError **error);
/** Serializable on both backends; repeated when another writer was faster. Inside another transaction it is part of
 *  it. */
bool store_transaction(struct store *store, store_work_fn work, void *arg, GError **error);

/* ---- small things every table needs ---- */
enum { STORE_ID_SIZE = 17 };
/** A new random id: 16 lower-case letters and digits, good in addresses, in FHIR and in the protocol. */
void store_new_id(char id[STORE_ID_SIZE]);
/** For the `search` columns and for what is looked up in them: case and Vietnamese marks folded away. Caller frees. */
char *store_fold(const char *text);
/** A LIKE pattern that finds what was typed anywhere in a `search` column (used with ESCAPE '!'). Caller frees. */
char *store_pattern(const char *typed);

#endif

/** What a database must be able to do to stand behind store.h. Only the files of store/ include this. */
#ifndef SERVER_STORE_BACKEND_H
#define SERVER_STORE_BACKEND_H

#include "store.h"

/** The differences between the dialects that a migration may use. */
struct store_dialect {
    const char *serial_key;  /* type of a key that counts up */
    const char *append_only; /* statements that refuse UPDATE and DELETE; @ stands for the table */
    const char *prelude;     /* run once before the first migration */
};

struct store_backend {
    struct store_dialect dialect;
    /** NULL with `error` set. */
    void *(*open)(const char *url, GError **error);
    void (*close)(void *connection);
    /** Runs one statement with values; `rows` may be NULL. Rows changed, or -1. */
    int64_t (*run)(void *connection, const char *sql, const struct store_value *values, struct store_rows *rows,
                   GError **error);
    /** Runs several statements without values. */
    bool (*script)(void *connection, const char *sql, GError **error);
    bool (*begin)(void *connection, GError **error);
    bool (*commit)(void *connection, GError **error);
    void (*rollback)(void *connection);
    /** Keeps other nodes from migrating at the same time. */
    bool (*lock_schema)(void *connection, GError **error);
    void (*unlock_schema)(void *connection);
    bool (*backup)(void *connection, const char *path, GError **error);
};

extern const struct store_backend store_sqlite;
extern const struct store_backend store_postgres;

struct store_rows *store_rows_create(void);
/** For the backends: a result is filled column names first, then cell by cell. */
void store_rows_column(struct store_rows *rows, const char *name);
void store_rows_null(struct store_rows *rows);
void store_rows_int(struct store_rows *rows, int64_t value);
void store_rows_text(struct store_rows *rows, const char *value);

/** For migrate.c. */
const struct store_backend *store_backend_of(struct store *store);
void *store_connection_of(struct store *store);

#endif

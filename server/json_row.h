/**
 * A row of the store as the API shows it, by a table of its columns: each is the member of the same name (rename in the
 * SQL), and what is NULL is left out.
 *
 * Owns: what is returned is the caller's. Thread: pool threads.
 */
#ifndef SERVER_JSON_ROW_H
#define SERVER_JSON_ROW_H

#include <jansson.h>

#include "store/store.h"

enum { JSON_COLUMNS_MAX = 12 };

struct json_columns {
    const char *text[JSON_COLUMNS_MAX];
    const char *integer[JSON_COLUMNS_MAX];
    const char *boolean[JSON_COLUMNS_MAX];
    const char *time[JSON_COLUMNS_MAX];   /* microseconds since the Unix epoch, shown as RFC 3339 */
    const char *number[JSON_COLUMNS_MAX]; /* integers that are ids, and so strings */
    const char *json[JSON_COLUMNS_MAX];   /* text that is JSON already */
};

/** The current row. */
json_t *json_row(const struct store_rows *rows, const struct json_columns *columns);
/** All rows that are left. For NULL an empty array. */
json_t *json_rows(struct store_rows *rows, const struct json_columns *columns);
/** `member`: {id, name} from the columns <member>_id and <member>_name; left out when there is no id. */
void json_row_set_named(json_t *object, const char *member, const struct store_rows *rows);

#endif

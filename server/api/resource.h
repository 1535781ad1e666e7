/**
 * What the API's resources have in common: lists with a cursor, single things, and writes that are audited in the same
 * transaction. A cursor is the id of the last item seen; the query continues behind it by comparing rows:
 * `(search, id) > (SELECT search, id FROM rooms WHERE id = ?)`.
 */
#ifndef SERVER_API_RESOURCE_H
#define SERVER_API_RESOURCE_H

#include "server/http.h"
#include "server/json_row.h"
#include "server/json_set.h"
#include "server/store/store.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 500 };

/** The response for what the store could not do. Takes `error`. */
struct response *store_problem(const struct request *request, GError *error);

struct page {
    int64_t limit;
    const char *cursor; /* "" at the beginning */
    char *pattern;      /* of ?q, for LIKE … ESCAPE '!'; "%" without */
};
void page_read(const struct request *request, struct page *page);
void page_clear(struct page *page);
/** What a list is narrowed to by a query parameter; "" when it is not: `(? = '' OR column = ?)`. */
const char *page_filter(const struct request *request, const char *name);
/** A time as a query parameter; what is none is added to `errors`. */
int64_t query_time(const struct request *request, const char *name, int64_t fallback, json_t *errors);
#define AUTO_PAGE __attribute__((cleanup(page_clear))) struct page

struct fields;
/** How a row is shown: by its columns, and `more` lays over them what no column says. */
struct row_view {
    struct json_columns columns;
    void (*more)(struct store *store, const struct store_rows *rows, json_t *item, GError **error); /* may be NULL */
};
/** The current row. Caller owns it; NULL only with `error` set. */
json_t *row_view_json(struct store *store, const struct store_rows *rows, const struct row_view *view, GError **error);
/** {items, next?} of a query made with LIMIT limit + 1. */
#define list_answer(request, page, view, sql, ...)                                                                     \
    list_answer_values(request, page, view, sql, STORE_VALUES(__VA_ARGS__))
struct response *list_answer_values(const struct request *request, const struct page *page, const struct row_view *view,
                                    const char *sql, const struct store_value *values);
/** A whole list by its `search` column, as ?q, ?cursor and ?limit want it; `select` ends in SEARCHED(table), which
 * looks for the page where an index on (search, id) alone answers, and only then reads whole rows. */
struct response *search_answer(const struct request *request, const struct row_view *view, const char *select);
#define SEARCHED(table)                                                                                                \
    "WHERE id IN (SELECT id FROM " table " WHERE search LIKE ? ESCAPE '!' AND (search, id) > "                         \
    "(CASE WHEN ? = '' THEN '' ELSE (SELECT search FROM " table " WHERE id = ?) END, ?) "                              \
    "ORDER BY search, id LIMIT ?) ORDER BY search, id"
/** The first row, or not-found. */
#define one_answer(request, status, view, sql, ...)                                                                    \
    one_answer_values(request, status, view, sql, STORE_VALUES(__VA_ARGS__))
struct response *one_answer_values(const struct request *request, int status, const struct row_view *view,
                                   const char *sql, const struct store_value *values);
/** Reads the fields, and writes them when none is wrong. */
typedef struct response *(*write_fn)(struct request *request, const char *id, struct fields *fields);
/** A change of the row that `sql` finds by the `id` of the path: `write` gets it as fields with the request's body laid over
 * it, so that what is left out stays. not-found when there is none. */
struct response *change_answer(struct request *request, const struct row_view *view, const char *sql, write_fn write);

/** One statement and its audit row: `action`, as "site.create", is done to "site:<id>". Rows changed, or -1 with `error` set. */
#define write_audited(request, error, action, id, sql, ...)                                                            \
    write_audited_values(request, error, action, id, sql, STORE_VALUES(__VA_ARGS__))
int64_t write_audited_values(const struct request *request, GError **error, const char *action, const char *id,
                             const char *sql, const struct store_value *values);
/** audit_request() of "<kind>:<id>" for use inside a transaction: false with `error` set. */
bool audit_or_fail(const struct request *request, const char *action, const char *kind, const char *id, GError **error);

/** write_audited() on the `id` of the path, for what is removed: 204, or not-found when nothing changed. */
#define delete_answer(request, action, sql, ...) delete_answer_values(request, action, sql, STORE_VALUES(__VA_ARGS__))
struct response *delete_answer_values(const struct request *request, const char *action, const char *sql,
                                      const struct store_value *values);

/** Makes what has failed be tried again; `found` says whether it was there to be. */
typedef bool (*retry_fn)(struct store *store, const char *id, int64_t now_us, bool *found, GError **error);
/** `retry` on the `id` of the path with its audit row. NULL when the store did its part, and then `found` is set. */
struct response *retry_audited(const struct request *request, retry_fn retry, const char *action, bool *found);

#endif

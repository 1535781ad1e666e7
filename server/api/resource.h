/**
 * What the API's resources have in common: lists with a cursor, single things, and writes that are audited in the same
 * transaction. A cursor is the id of the last item seen; the query continues behind it by comparing rows:
 * `(search, id) > (SELECT search, id FROM rooms WHERE id = ?)`.
 */
#ifndef SERVER_API_RESOURCE_H
#define SERVER_API_RESOURCE_H

#include "server/http.h"
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
#define AUTO_PAGE __attribute__((cleanup(page_clear))) struct page

/** NULL only with `error` set. */
typedef json_t *(*row_json_fn)(struct store *store, struct store_rows *rows, GError **error);
/** {items, next?} of a query made with LIMIT limit + 1. Takes `rows`, which may be NULL, and then `error`. */
struct response *list_answer(const struct request *request, struct store_rows *rows, const struct page *page,
                             row_json_fn row, GError *error);
/** The first row, or not-found. */
struct response *one_answer(const struct request *request, int status, struct store_rows *rows, row_json_fn row,
                            GError *error);

/** One statement and its audit row, "site.create" of "site:<id>". Rows changed, or -1 with `error` set. */
#define write_audited(request, error, action, kind, id, sql, ...)                                                      \
    write_audited_values(request, error, action, kind, id, sql, STORE_VALUES(__VA_ARGS__))
int64_t write_audited_values(const struct request *request, GError **error, const char *action, const char *kind,
                             const char *id, const char *sql, const struct store_value *values);
/** audit_request() for use inside a transaction: false with `error` set. */
bool audit_or_fail(const struct request *request, const char *action, const char *kind, const char *id, json_t *detail,
                   GError **error);

/** Answers 204, or not-found when nothing changed, or the problem of `error`. */
struct response *deleted_answer(const struct request *request, int64_t changed, GError *error);

void json_set_text(json_t *object, const char *name, const char *text); /* left out when NULL */
void json_set_time(json_t *object, const char *name, int64_t us);       /* left out when 0 */

#endif

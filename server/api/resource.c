#include "resource.h"

#include <string.h>

#include "fields.h"
#include "server/audit.h"
#include "server/problem.h"
#include "server/rfc3339.h"

static const char *code_of(const GError *error)
{
    if (store_passes(error))
        return "busy";
    if (g_error_matches(error, STORE_ERROR, STORE_ERROR_DUPLICATE))
        return "name-taken";
    return g_error_matches(error, STORE_ERROR, STORE_ERROR_REFERENCE) ? "in-use" : "internal";
}

struct response *store_problem(const struct request *request, GError *error)
{
    const char *code = code_of(error);
    if (error)
        g_warning("store: path=%s %s", request_path(request), error->message);
    g_clear_error(&error);
    return problem(request, code);
}

void page_read(const struct request *request, struct page *page)
{
    page->limit = request_query_int(request, "limit", LIST_DEFAULT, 1, LIST_MAX);
    const char *cursor = request_query(request, "cursor"), *typed = request_query(request, "q");
    page->cursor = cursor && id_is_good(cursor) ? cursor : "";
    page->pattern = store_pattern(typed ? typed : "");
}

void page_clear(struct page *page)
{
    g_free(page->pattern);
}

const char *page_filter(const struct request *request, const char *name)
{
    const char *value = request_query(request, name);
    return value ? value : "";
}

int64_t query_time(const struct request *request, const char *name, int64_t fallback, json_t *errors)
{
    const char *text = request_query(request, name);
    int64_t us = fallback;
    if (text && *text && !rfc3339_parse(text, &us))
        problem_field(errors, request, name, "not-a-time");
    return us;
}

json_t *row_view_json(struct store *store, const struct store_rows *rows, const struct row_view *view, GError **error)
{
    json_t *item = json_row(rows, &view->columns);
    if (view->more)
        view->more(store, rows, item, error);
    if (!*error)
        return item;
    json_decref(item);
    return NULL;
}

/** The page's items; `more` when there are others behind them. */
static json_t *items_json(const struct request *request, struct store_rows *rows, const struct page *page,
                          const struct row_view *view, bool *more, GError **error)
{
    json_t *items = json_array();
    while (!*error && (int64_t)json_array_size(items) < page->limit && store_next(rows)) {
        json_t *item = row_view_json(request_store(request), rows, view, error);
        if (item)
            json_array_append_new(items, item);
    }
    *more = (int64_t)store_count(rows) > page->limit;
    return items;
}

struct response *list_answer_values(const struct request *request, const struct page *page, const struct row_view *view,
                                    const char *sql, const struct store_value *values)
{
    GError *error = NULL;
    bool more;
    STORE_AUTO_ROWS rows = store_query_values(request_store(request), &error, sql, values);
    if (!rows)
        return store_problem(request, error);
    json_t *items = items_json(request, rows, page, view, &more, &error);
    if (error) {
        json_decref(items);
        return store_problem(request, error);
    }
    json_t *body = json_pack("{s:o}", "items", items);
    if (more) {
        json_t *last = json_array_get(items, json_array_size(items) - 1);
        json_object_set(body, "next", json_object_get(last, "id"));
    }
    return response_json(200, body);
}

struct response *search_answer(const struct request *request, const struct row_view *view, const char *select)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, view, select, store_text(page.pattern), store_text(page.cursor),
                       store_text(page.cursor), store_text(page.cursor), store_int(page.limit + 1));
}

struct response *one_answer_values(const struct request *request, int status, const struct row_view *view,
                                   const char *sql, const struct store_value *values)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query_values(request_store(request), &error, sql, values);
    json_t *item = store_next(rows) ? row_view_json(request_store(request), rows, view, &error) : NULL;
    if (error)
        return store_problem(request, error);
    return item ? response_json(status, item) : problem(request, "not-found");
}

static json_t *changed_json(const struct request *request, const struct row_view *view, const char *sql, const char *id,
                            struct response **fault)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error, sql, store_text(id));
    json_t *whole = store_next(rows) ? row_view_json(request_store(request), rows, view, &error) : NULL;
    if (whole)
        json_object_update(whole, request_json(request));
    else
        *fault = error ? store_problem(request, error) : problem(request, "not-found");
    return whole;
}

struct response *change_answer(struct request *request, const struct row_view *view, const char *sql, write_fn write)
{
    const char *id = request_param(request, "id");
    struct response *response;
    json_t *whole = changed_json(request, view, sql, id, &response);
    if (!whole)
        return response;
    struct fields fields = fields_of(request);
    fields.object = whole;
    response = write(request, id, &fields);
    json_decref(whole);
    // cppcheck-suppress returnDanglingLifetime ; a response keeps nothing of the fields
    return response;
}

bool audit_or_fail(const struct request *request, const char *action, const char *kind, const char *id, GError **error)
{
    g_autofree char *object = g_strdup_printf("%s:%s", kind, id);
    return audit_request(request, action, object, error);
}

/** "site.create" is done to a site. */
static bool audit_deed(const struct request *request, const char *action, const char *id, GError **error)
{
    g_autofree char *kind = g_strndup(action, strcspn(action, "."));
    return audit_or_fail(request, action, kind, id, error);
}

struct audited {
    const struct request *request;
    const char *action, *id, *sql;
    const struct store_value *values;
    int64_t changed;
};

static bool audited_work(struct store *store, void *arg, GError **error)
{
    struct audited *a = arg;
    a->changed = store_run_values(store, error, a->sql, a->values);
    if (a->changed <= 0)
        return a->changed == 0;
    return audit_deed(a->request, a->action, a->id, error);
}

int64_t write_audited_values(const struct request *request, GError **error, const char *action, const char *id,
                             const char *sql, const struct store_value *values)
{
    struct audited a = {request, action, id, sql, values, 0};
    return store_transaction(request_store(request), audited_work, &a, error) ? a.changed : -1;
}

struct response *delete_answer_values(const struct request *request, const char *action, const char *sql,
                                      const struct store_value *values)
{
    GError *error = NULL;
    int64_t changed = write_audited_values(request, &error, action, request_param(request, "id"), sql, values);
    if (changed < 0)
        return store_problem(request, error);
    return changed ? response_empty(204) : problem(request, "not-found");
}

struct retried {
    const struct request *request;
    retry_fn retry;
    const char *action;
    bool *found;
};

static bool retry_work(struct store *store, void *arg, GError **error)
{
    struct retried *r = arg;
    const char *id = request_param(r->request, "id");
    return r->retry(store, id, request_now_us(r->request), r->found, error) &&
           (!*r->found || audit_deed(r->request, r->action, id, error));
}

struct response *retry_audited(const struct request *request, retry_fn retry, const char *action, bool *found)
{
    struct retried retried = {request, retry, action, found};
    GError *error = NULL;
    return store_transaction(request_store(request), retry_work, &retried, &error) ? NULL
                                                                                   : store_problem(request, error);
}

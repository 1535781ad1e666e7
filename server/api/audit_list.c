/* The audit log, newest first: all of it, or a consultation's. */
#include <stdlib.h>

#include "resource.h"
#include "server/router.h"
#include "tables.h"

#define SELECT "SELECT seq, at, actor, action, object, detail, address FROM audit "

static json_t *entry_json(struct store *store, struct store_rows *rows, GError **error)
{
    (void)store;
    (void)error;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, rows_int(rows, "seq"));
    json_t *entry = json_pack("{s:s, s:s, s:s}", "id", id, "actor", rows_text(rows, "actor"), "action",
                              rows_text(rows, "action"));
    json_set_time(entry, "at", rows_int(rows, "at"));
    json_set_text(entry, "object", rows_text(rows, "object"));
    json_set_text(entry, "address", rows_text(rows, "address"));
    if (!rows_null(rows, "detail"))
        json_object_set_new(entry, "detail", json_loads(rows_text(rows, "detail"), JSON_DECODE_ANY, NULL));
    return entry;
}

/** Where the list continues: before this number. */
static int64_t before(const struct page *page)
{
    return *page->cursor ? g_ascii_strtoll(page->cursor, NULL, 10) : INT64_MAX;
}

static struct response *list_audit(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, entry_json,
                       SELECT "WHERE seq < ? AND (action LIKE ? ESCAPE '!' OR object LIKE ? ESCAPE '!' "
                              "OR actor LIKE ? ESCAPE '!') ORDER BY seq DESC LIMIT ?",
                       store_int(before(&page)), store_text(page.pattern), store_text(page.pattern),
                       store_text(page.pattern), store_int(page.limit + 1));
}

static struct response *list_of_consultation(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    const char *id = request_param(request, "id");
    g_autofree char *object = g_strconcat("consultation:", id, NULL);
    return list_answer(request, &page, entry_json,
                       SELECT "WHERE seq < ? AND (consultation_id = ? OR object = ? "
                              "OR object IN (SELECT 'recording:' || id FROM recordings WHERE consultation_id = ?) "
                              "OR object IN (SELECT 'participant:' || id FROM participants WHERE consultation_id = ?)) "
                              "ORDER BY seq DESC LIMIT ?",
                       store_int(before(&page)), store_text(id), store_text(object), store_text(id), store_text(id),
                       store_int(page.limit + 1));
}

const struct route audit_routes[] = {
    {HTTP_GET, "/api/v1/audit", ACCESS_ADMIN, .handler = list_audit},
    {HTTP_GET, "/api/v1/consultations/{id}/audit", ACCESS_ADMIN, .handler = list_of_consultation},
    {0},
};

/* The audit log, newest first: all of it, or a consultation's. */
#include <stdlib.h>

#include "resource.h"
#include "server/router.h"
#include "tables.h"

#define SELECT "SELECT seq AS id, at, actor, action, object, detail, address FROM audit "

static const struct row_view ENTRY = {
    .columns = {
        .number = {"id"}, .text = {"actor", "action", "object", "address"}, .time = {"at"}, .json = {"detail"}}};

/** Where the list continues: before this number. */
static int64_t before(const struct page *page)
{
    return *page->cursor ? g_ascii_strtoll(page->cursor, NULL, 10) : INT64_MAX;
}

static struct response *list_audit(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, &ENTRY,
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
    return list_answer(request, &page, &ENTRY,
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

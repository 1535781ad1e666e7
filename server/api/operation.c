/* What an operator asks of the whole: is the audit log intact, a copy of the database, what does the API look like. */
#define G_LOG_DOMAIN "operation"
#include <errno.h>
#include <string.h>

#include "resource.h"
#include "server/audit.h"
#include "server/config.h"
#include "server/embed.h"
#include "server/problem.h"
#include "server/server.h"
#include "tables.h"

EMBED(openapi_document, "server/openapi.json");

static struct response *get_openapi(struct request *request)
{
    struct response *response = response_text(200, "application/json", openapi_document, strlen(openapi_document));

    (void)request;
    response_header(response, "cache-control", "public, max-age=300");
    response_header(response, "access-control-allow-origin", "*");
    return response;
}

static struct response *verify_audit(struct request *request)
{
    GError *error = NULL;
    int64_t rows, broken_at;

    if (!audit_verify(request_store(request), &rows, &broken_at, &error))
        return store_problem(request, error);
    json_t *body = json_pack("{s:I, s:b}", "rows", (json_int_t)rows, "intact", broken_at == 0);
    if (broken_at)
        json_object_set_new(body, "broken_at", json_integer(broken_at));
    return response_json(200, body);
}

static struct response *make_backup(struct request *request)
{
    const struct config *config = request_server(request)->config;
    g_autofree char *folder = g_build_filename(config->server.state_dir, "backups", NULL);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(request_now_us(request) / G_USEC_PER_SEC);
    g_autofree char *name = g_date_time_format(now, "hoichan-%Y%m%dT%H%M%SZ.db");
    g_autofree char *path = g_build_filename(folder, name, NULL);
    GError *error = NULL;

    if (!g_str_has_prefix(config->store.url, "sqlite:"))
        return problem(request, "backup-elsewhere");
    if (g_mkdir_with_parents(folder, 0700)) {
        g_warning("event=no_backup_folder error=\"%s\"", g_strerror(errno));
        return problem(request, "internal");
    }
    if (!store_backup(request_store(request), path, &error))
        return store_problem(request, error);
    audit_request(request, "store.backup", NULL, NULL);
    return response_json(201, json_pack("{s:s}", "path", path));
}

const struct route operation_routes[] = {
    {HTTP_GET, "/api/v1/openapi.json", ACCESS_ANYONE, .handler = get_openapi},
    {HTTP_GET, "/api/v1/audit/verify", ACCESS_ADMIN, .handler = verify_audit},
    {HTTP_POST, "/api/v1/backup", ACCESS_ADMIN, .handler = make_backup},
    {0},
};

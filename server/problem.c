#include "server/problem.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "server/http_core.h"

static json_t *describe(const struct problem_text *text, const char *language)
{
    bool english = !strcmp(language, "en");
    g_autofree char *type = g_strconcat("/problems/", text->code, NULL);

    return json_pack("{s:s s:s s:i s:s s:s s:s}", "type", type, "title", english ? text->en.title : text->vi.title,
                     "status", text->status, "detail", english ? text->en.detail : text->vi.detail, "action",
                     english ? text->en.action : text->vi.action, "code", text->code);
}

struct response *problem_with(const struct request *request, const char *code, json_t *members)
{
    const struct problem_text *text = problem_find(code);

    if (!text)
        g_error("no problem is called %s", code);
    json_t *body = describe(text, request_language(request));
    if (members)
        json_object_update_missing(body, members);
    json_decref(members);
    char *dump = json_dumps(body, JSON_COMPACT);
    struct response *response = response_text(text->status, "application/problem+json", dump, strlen(dump));
    response_header(response, "content-language", request_language(request));
    response_header(response, "cache-control", "no-store");
    if (text->status == 401)
        response_header(response, "www-authenticate", "Bearer");
    free(dump);
    json_decref(body);
    return response;
}

struct response *problem(const struct request *request, const char *code)
{
    return problem_with(request, code, NULL);
}

struct response *problem_retry(const struct request *request, const char *code, int64_t retry_after_s)
{
    struct response *response = problem_with(request, code, json_pack("{s:I}", "retry_after_s", retry_after_s));
    g_autofree char *seconds = g_strdup_printf("%" PRId64, retry_after_s);

    response_header(response, "retry-after", seconds);
    return response;
}

struct response *problem_of_call(const struct request *request, const char *code, int64_t retry_after_s)
{
    g_autofree char *name = g_strdelimit(g_strdup(code), "_", '-');
    const char *known = problem_find(name) ? name : "internal";

    return retry_after_s ? problem_retry(request, known, retry_after_s) : problem(request, known);
}

void problem_field(json_t *errors, const struct request *request, const char *field, const char *reason)
{
    const char *message = problem_reason(reason, request_language(request));

    if (!message)
        g_error("no reason is called %s", reason);
    json_array_append_new(errors, json_pack("{s:s s:s s:s}", "field", field, "code", reason, "message", message));
}

struct response *problem_validation(const struct request *request, json_t *errors)
{
    return problem_with(request, "validation", json_pack("{s:o}", "errors", errors));
}

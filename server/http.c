#define G_LOG_DOMAIN "http"
#include "server/http_core.h"

#include <string.h>

#include "server/config.h"
#include "server/identity.h"
#include "server/problem.h"
#include "server/server.h"
#include "server/static.h"

/* The way of a request: transport → request_begin → request_data → request_finish → static file, or
 * authenticate (pool) → handler (pool or main loop) → respond (transport). */

enum { DISCARD_MAX = 32 * 1024 * 1024 };

/* ---- getters ---- */

enum http_method request_method(const struct request *request)
{
    return request->method;
}

const char *request_path(const struct request *request)
{
    return request->path;
}

const char *request_param(const struct request *request, const char *name)
{
    size_t size = strlen(name);

    for (int i = 0; i < request->match.count; i++)
        if (request->match.params[i].name_size == size && !memcmp(request->match.params[i].name, name, size))
            return request->match.params[i].value;
    g_error("route %s has no {%s}", request->match.route->pattern, name);
}

const char *request_query(const struct request *request, const char *name)
{
    return g_hash_table_lookup(request->query, name);
}

int64_t request_query_int(const struct request *request, const char *name, int64_t fallback, int64_t min, int64_t max)
{
    const char *text = request_query(request, name);
    gint64 value;

    return text && g_ascii_string_to_signed(text, 10, min, max, &value, NULL) ? value : fallback;
}

const char *request_header(const struct request *request, const char *name)
{
    return g_hash_table_lookup(request->headers, name);
}

void request_set_inside(struct request *request, bool inside)
{
    request->inside = inside;
}

bool request_is_inside(const struct request *request)
{
    return request->inside;
}

const char *request_bearer(const struct request *request)
{
    const char *value = request_header(request, "authorization");

    if (!value || g_ascii_strncasecmp(value, "Bearer ", 7))
        return NULL;
    return value + 7 + strspn(value + 7, " ");
}

json_t *request_json(const struct request *request)
{
    return request->json;
}

const char *request_body(const struct request *request, size_t *size)
{
    *size = request->body->len - 1; /* request_finish() added the zero byte */
    return (const char *)request->body->data;
}

const char *request_address(const struct request *request)
{
    return request->address;
}

const char *request_language(const struct request *request)
{
    return *request->caller.language ? request->caller.language : request->language;
}

const struct caller *request_caller(const struct request *request)
{
    return &request->caller;
}

struct server *request_server(const struct request *request)
{
    return request->server;
}

struct store *request_store(const struct request *request)
{
    return request->store;
}

int64_t request_now_us(const struct request *request)
{
    return request->now_us;
}

const char *request_origin(const struct request *request)
{
    return request->origin;
}

/* ---- coming in ---- */

struct request *request_create(struct server *server, const struct stream_ops *ops, void *stream, const char *address)
{
    struct request *request = g_new0(struct request, 1);

    request->server = server;
    request->ops = ops;
    request->stream = stream;
    request->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    request->body = g_byte_array_new();
    request->now_us = g_get_real_time();
    request->language = "vi";
    g_strlcpy(request->address, address, sizeof request->address);
    return request;
}

static void request_destroy(struct request *request)
{
    g_clear_pointer(&request->query, g_hash_table_unref);
    g_hash_table_unref(request->headers);
    g_byte_array_unref(request->body);
    json_decref(request->json);
    g_free(request->origin);
    g_free(request);
}

bool request_set_method(struct request *request, const char *name)
{
    request->head = !strcmp(name, "HEAD");
    if (request->head)
        return true; /* HTTP_GET is 0 */
    for (enum http_method method = HTTP_GET; method <= HTTP_OPTIONS; method++)
        if (!strcmp(name, http_method_name(method))) {
            request->method = method;
            return true;
        }
    return false;
}

void request_set_target(struct request *request, const char *raw, size_t size)
{
    const char *mark = memchr(raw, '?', size);
    size_t path_size = mark ? (size_t)(mark - raw) : size;

    if (!http_parse_path(raw, path_size, request->path)) {
        g_strlcpy(request->path, "/", sizeof request->path);
        request->refusal = "bad-request";
    }
    request->query = mark ? http_parse_query(mark + 1, size - path_size - 1) : http_parse_query("", 0);
    if (!request->query) {
        request->query = http_parse_query("", 0);
        request->refusal = "bad-request";
    }
}

void request_add_header(struct request *request, const char *name, size_t name_size, const char *value, size_t size)
{
    g_autofree char *key = g_ascii_strdown(name, (gssize)name_size);
    g_autofree char *text = g_strndup(value, size);
    const char *before = g_hash_table_lookup(request->headers, key);

    if (before) {
        char *joined = g_strconcat(before, strcmp(key, "cookie") ? ", " : "; ", text, NULL);
        g_hash_table_replace(request->headers, g_steal_pointer(&key), joined);
    } else {
        g_hash_table_replace(request->headers, g_steal_pointer(&key), g_steal_pointer(&text));
    }
}

void request_begin(struct request *request)
{
    const char *host = request_header(request, "host");
    const char *public_url = request->server->config->server.public_url;

    request->language = http_parse_language(request_header(request, "accept-language"));
    if (!host || !http_host_is_sane(host))
        request->refusal = "bad-request";
    if (*public_url)
        request->origin = g_strdup(public_url);
    else
        request->origin = g_strconcat("https://", request->refusal ? "localhost" : host, NULL);
    router_find(api_routes, request->method, request->path, &request->match);
    request->body_max = HTTP_JSON_MAX;
    if (request->match.route && request->match.route->body_max)
        request->body_max = request->match.route->body_max;
}

bool request_data(struct request *request, const void *data, size_t size)
{
    request->received += size;
    if (request->received > request->body_max) {
        g_byte_array_set_size(request->body, 0);
        request->refusal = "too-large"; /* the rest is read and dropped, so that the client gets to read it */
        return request->received < DISCARD_MAX;
    }
    g_byte_array_append(request->body, data, (guint)size);
    return true;
}

void request_abandon(struct request *request)
{
    request->stream = NULL;
    if (!request->finished)
        request_destroy(request);
}

/* ---- going out ---- */

static void allow_any_origin(struct response *response)
{
    response_header(response, "access-control-allow-origin", "*");
    response_header(response, "access-control-expose-headers", "location, link, etag, accept-patch, retry-after");
    response_header(response, "cross-origin-resource-policy", "cross-origin");
}

void request_answer(struct request *request, struct response *response)
{
    const struct route *route = request->match.route;

    if (route && route->cors)
        allow_any_origin(response);
    g_debug("method=%s route=%s status=%d ms=%" G_GINT64_FORMAT, http_method_name(request->method),
            route ? route->pattern : "-", response->status, (g_get_real_time() - request->now_us) / 1000);
    response_harden(response);
    if (request->stream)
        request->ops->respond(request->stream, response);
    else
        response_destroy(response);
    request_destroy(request);
}

/* ---- in between ---- */

static bool media_type_is(const char *header, const char *wanted)
{
    size_t size = strlen(wanted);
    return header && !g_ascii_strncasecmp(header, wanted, size) && strchr("; \t", header[size]);
}

/* NULL when the body is what the route wants, else the problem. */
static struct response *read_body(struct request *request)
{
    const struct route *route = request->match.route;
    const char *wanted = route->body_type ? route->body_type : "application/json";
    size_t size;
    const char *body = request_body(request, &size);
    json_error_t error;

    if (!size)
        return NULL;
    if (!media_type_is(request_header(request, "content-type"), wanted))
        return problem(request, "unsupported-media-type");
    if (route->body_type)
        return NULL;
    request->json = json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);
    return json_is_object(request->json) ? NULL : problem(request, "bad-json");
}

static struct response *let_in(struct request *request)
{
    struct response *refused = identity_check(request->server->identity, request, request->match.route);
    return refused ? refused : read_body(request);
}

static void work(void *arg, void *context)
{
    struct request *request = arg;

    request->store = context;
    request->response = let_in(request);
    if (!request->response && request->match.route->handler)
        request->response = request->match.route->handler(request);
    request->store = NULL;
}

static void worked(void *arg)
{
    struct request *request = arg;

    if (request->response)
        request_answer(request, request->response);
    else
        request->match.route->async_handler(request);
}

/* What can be said without any handler: NULL when the request may go on. */
static struct response *refuse_early(struct request *request)
{
    const struct route_match *match = &request->match;

    if (request->refusal)
        return problem(request, request->refusal);
    if (match->route)
        return NULL;
    if (match->other_methods) {
        struct response *response = problem(request, "method-not-allowed");
        response_header(response, "allow", match->allow);
        return response;
    }
    if (g_str_has_prefix(request->path, "/api/"))
        return problem(request, "not-found");
    return static_respond(request->server->files, request);
}

void request_finish(struct request *request)
{
    g_assert(!request->finished);
    request->finished = true;
    g_byte_array_append(request->body, (const guint8 *)"", 1);
    struct response *early = refuse_early(request);
    if (!early && request->match.route->gate)
        early = request->match.route->gate(request);
    if (early)
        request_answer(request, early);
    else if (pool_submit(request->server->pool, work, worked, request))
        request_answer(request, problem_retry(request, "busy", 5));
}

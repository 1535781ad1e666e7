/* WHIP (RFC 9725) and WHEP: one POST with an SDP offer joins, PATCH restarts ICE, DELETE leaves. Signaling does the
 * work. */
#define G_LOG_DOMAIN "whip"
#include <string.h>

#include "server/config.h"
#include "server/house.h"
#include "server/pool.h"
#include "server/problem.h"
#include "server/server.h"
#include "signaling/signaling.h"
#include "signaling/ticket.h"
#include "tables.h"

/* A request between its handler and its answer. */
struct exchange {
    struct request *request;
    const char *endpoint; /* "whip" or "whep" */
    struct response *response;
    char participant[65];
    json_t *ice_servers;
};

static struct response *response_of(const struct exchange *exchange, const struct http_answer *answer)
{
    const struct request *request = exchange->request;
    const char *body = answer->body ? answer->body : "";

    if (answer->problem)
        return problem_of_call(request, answer->problem, answer->retry_after_s);
    struct response *response = answer->content_type
                                    ? response_text(answer->status, answer->content_type, body, strlen(body))
                                    : response_empty(answer->status);
    if (answer->location) {
        g_autofree char *location = g_strdup_printf("/%s/%s/%s", exchange->endpoint,
                                                    request_param(request, "consultation"), answer->location);
        response_header(response, "location", location);
    }
    if (answer->etag)
        response_header(response, "etag", answer->etag);
    return response;
}

/* ---- the Link headers, whose TURN secret lies in a file ---- */

static void find_ice_servers(void *arg, void *context)
{
    struct exchange *exchange = arg;

    (void)context;
    exchange->ice_servers = house_ice_servers(request_server(exchange->request)->config, exchange->participant,
                                              request_now_us(exchange->request));
}

static void add_link(struct response *response, const char *url, const json_t *server)
{
    const char *username = json_string_value(json_object_get(server, "username"));
    const char *credential = json_string_value(json_object_get(server, "credential"));
    g_autofree char *link =
        username && credential
            ? g_strdup_printf(
                  "<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; credential-type=\"password\"", url,
                  username, credential)
            : g_strdup_printf("<%s>; rel=\"ice-server\"", url);

    response_header(response, "link", link);
}

static void answer_with_links(void *arg)
{
    struct exchange *exchange = arg;
    json_t *server, *url;
    size_t i, j;

    json_array_foreach(exchange->ice_servers, i, server) json_array_foreach(json_object_get(server, "urls"), j, url)
        add_link(exchange->response, json_string_value(url), server);
    json_decref(exchange->ice_servers);
    request_answer(exchange->request, exchange->response);
    g_free(exchange);
}

static void answered(void *arg, const struct http_answer *answer)
{
    struct exchange *exchange = arg;
    struct pool *pool = request_server(exchange->request)->pool;

    exchange->response = response_of(exchange, answer);
    if (answer->problem || answer->status != 201 || pool_submit(pool, find_ice_servers, answer_with_links, exchange))
        answer_with_links(exchange);
}

/* ---- handlers ---- */

/* NULL when the request cannot go on; it has been answered then. */
static struct exchange *begin(struct request *request, const char *endpoint)
{
    struct server *server = request_server(request);
    const char *text = request_bearer(request);
    struct ticket ticket = {0};
    enum ticket_verdict verdict = TICKET_INVALID;

    if (text && server->signaling)
        verdict = ticket_check(text, server->ticket_key, request_now_us(request) / G_USEC_PER_SEC, &ticket);
    if (verdict != TICKET_GOOD) {
        request_answer(request, problem(request, verdict == TICKET_EXPIRED ? "ticket-expired" : "ticket-invalid"));
        return NULL;
    }
    struct exchange *exchange = g_new0(struct exchange, 1);
    exchange->request = request;
    exchange->endpoint = endpoint;
    g_strlcpy(exchange->participant, ticket.participant, sizeof exchange->participant);
    return exchange;
}

static void offer(struct request *request, bool egress)
{
    struct exchange *exchange = begin(request, egress ? "whep" : "whip");
    size_t size;

    if (exchange)
        signaling_http_offer(request_server(request)->signaling,
                             &(struct http_offer){.consultation = request_param(request, "consultation"),
                                                  .ticket = request_bearer(request),
                                                  .sdp = request_body(request, &size),
                                                  .egress = egress},
                             answered, exchange);
}

static void whip_offer(struct request *request)
{
    offer(request, false);
}

static void whep_offer(struct request *request)
{
    offer(request, true);
}

static void patch(struct request *request)
{
    struct exchange *exchange = begin(request, "");
    size_t size;

    if (!exchange)
        return;
    struct http_patch patched = {.resource = request_param(request, "resource"),
                                 .ticket = request_bearer(request),
                                 .if_match = request_header(request, "if-match"),
                                 .sdpfrag = request_body(request, &size)};
    signaling_http_patch(request_server(request)->signaling, &patched, answered, exchange);
}

static void leave(struct request *request)
{
    struct exchange *exchange = begin(request, "");

    if (exchange)
        signaling_http_delete(request_server(request)->signaling, request_param(request, "resource"),
                              request_bearer(request), answered, exchange);
}

static struct response *options(struct request *request)
{
    struct response *response = response_empty(204);

    (void)request;
    response_header(response, "access-control-allow-methods", "POST, PATCH, DELETE, OPTIONS");
    response_header(response, "access-control-allow-headers", "authorization, content-type, if-match");
    response_header(response, "access-control-max-age", "86400");
    response_header(response, "accept-post", "application/sdp");
    response_header(response, "accept-patch", "application/trickle-ice-sdpfrag");
    return response;
}

#define SDP         .body_type = "application/sdp", .body_max = HTTP_SDP_MAX, .cors = true
#define SDPFRAG     .body_type = "application/trickle-ice-sdpfrag", .body_max = HTTP_SDP_MAX, .cors = true
#define ENDPOINT(x) "/" x "/{consultation}"
#define RESOURCE(x) "/" x "/{consultation}/{resource}"

const struct route whip_routes[] = {
    {HTTP_POST, ENDPOINT("whip"), ACCESS_ANYONE, .async_handler = whip_offer, SDP},
    {HTTP_POST, ENDPOINT("whep"), ACCESS_ANYONE, .async_handler = whep_offer, SDP},
    {HTTP_OPTIONS, ENDPOINT("whip"), ACCESS_ANYONE, .handler = options, .cors = true},
    {HTTP_OPTIONS, ENDPOINT("whep"), ACCESS_ANYONE, .handler = options, .cors = true},
    {HTTP_PATCH, RESOURCE("whip"), ACCESS_ANYONE, .async_handler = patch, SDPFRAG},
    {HTTP_PATCH, RESOURCE("whep"), ACCESS_ANYONE, .async_handler = patch, SDPFRAG},
    {HTTP_DELETE, RESOURCE("whip"), ACCESS_ANYONE, .async_handler = leave, .cors = true},
    {HTTP_DELETE, RESOURCE("whep"), ACCESS_ANYONE, .async_handler = leave, .cors = true},
    {HTTP_OPTIONS, RESOURCE("whip"), ACCESS_ANYONE, .handler = options, .cors = true},
    {HTTP_OPTIONS, RESOURCE("whep"), ACCESS_ANYONE, .handler = options, .cors = true},
    {0},
};

/* How the line is, before a call: transports at a media worker to try each way with, and bytes to time. All for whoever
 * has a ticket, all bounded: a transport lives for seconds, a body is at most LINE_BYTES_MAX. */
#define G_LOG_DOMAIN "line"
#include <sodium.h>
#include <string.h>

#include "server/problem.h"
#include "server/server.h"
#include "signaling/signaling.h"
#include "signaling/ticket.h"
#include "tables.h"

enum { LINE_OFFER_MAX = 32 * 1024, LINE_BYTES_MAX = 256 * 1024, LINE_BYTES = 16 * 1024 };

/* NULL when the bearer may join a consultation, else the problem. */
static struct response *check(const struct request *request)
{
    struct ticket ticket;
    const char *text = request_bearer(request);
    enum ticket_verdict verdict = TICKET_INVALID;

    if (text)
        verdict = ticket_check(text, request_server(request)->ticket_key, request_now_us(request) / G_USEC_PER_SEC,
                               &ticket);
    if (verdict == TICKET_GOOD && strcmp(ticket.use, "join") == 0)
        return NULL;
    return problem(request, verdict == TICKET_EXPIRED ? "ticket-expired" : "ticket-invalid");
}

static void answered(void *arg, const struct http_answer *answer)
{
    struct request *request = arg;

    request_answer(request, answer->problem ? problem_of_call(request, answer->problem, answer->retry_after_s)
                                            : response_text(answer->status, answer->content_type, answer->body,
                                                            strlen(answer->body)));
}

static void try_transport(struct request *request)
{
    struct signaling *signaling = request_server(request)->signaling;
    struct response *refused = signaling ? check(request) : problem(request, "busy");
    size_t size;

    if (refused)
        request_answer(request, refused);
    else
        signaling_line_test(signaling, request_bearer(request), request_body(request, &size), answered, request);
}

/* Random, so that no proxy on the way makes them fewer. */
static struct response *send_bytes(struct request *request)
{
    struct response *response = check(request);

    if (response)
        return response;
    size_t size = (size_t)request_query_int(request, "size", LINE_BYTES, 1, LINE_BYTES_MAX);
    g_autofree char *bytes = g_malloc(size);
    randombytes_buf(bytes, size);
    response = response_text(200, "application/octet-stream", bytes, size);
    response_header(response, "cache-control", "no-store");
    return response;
}

static struct response *take_bytes(struct request *request)
{
    struct response *refused = check(request);
    return refused ? refused : response_empty(204);
}

const struct route line_routes[] = {
    {HTTP_POST, "/api/v1/join/line", ACCESS_ANYONE, .async_handler = try_transport, .body_type = "application/sdp",
     .body_max = LINE_OFFER_MAX},
    {HTTP_GET, "/api/v1/join/line/bytes", ACCESS_ANYONE, .handler = send_bytes},
    {HTTP_POST, "/api/v1/join/line/bytes", ACCESS_ANYONE, .handler = take_bytes,
     .body_type = "application/octet-stream", .body_max = LINE_BYTES_MAX},
    {0},
};

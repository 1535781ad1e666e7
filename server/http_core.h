/**
 * Inside HTTP: what the transports (h1.c, h2.c), the exchange (http.c) and the response share. Not for handlers.
 *
 * A transport makes a request when a head has come, feeds it the body, says when it is complete, and is given one
 * response by its `respond`. When its client leaves first, it says request_abandon(). Thread: main loop, but for the
 * fields a pool thread works on while the request is with it.
 */
#ifndef SERVER_HTTP_CORE_H
#define SERVER_HTTP_CORE_H

#include <glib.h>

#include "server/http.h"
#include "server/http_parse.h"
#include "server/pool.h"
#include "server/router.h"

struct stream_ops {
    /** Owns: takes the response. The request is gone afterwards. */
    void (*respond)(void *stream, struct response *response);
};

struct request {
    struct server *server;
    const struct stream_ops *ops;
    void *stream; /* NULL: the client has left */

    enum http_method method;
    bool head;
    char path[HTTP_PATH_MAX];
    GHashTable *query;   /* name → value */
    GHashTable *headers; /* lower-case name → value */
    GByteArray *body;
    json_t *json;
    size_t body_max, received;
    bool inside;         /* request_is_inside */
    bool finished;       /* the body is complete; from then on whoever answers ends the request */
    const char *refusal; /* code of a problem that is already certain, NULL while all is well */
    struct route_match match;

    char address[64];
    char *origin;
    const char *language;
    int64_t now_us;

    struct caller caller;
    struct store *store; /* while on a pool thread */
    struct response *response;
};

/** What a transport has parsed of a head. Strings are copied. */
struct request *request_create(struct server *server, const struct stream_ops *ops, void *stream, const char *address);
/** False for a method that we do not know. */
bool request_set_method(struct request *request, const char *name);
/** The raw target: path and query. */
void request_set_target(struct request *request, const char *raw, size_t size);
/** Owns: copies. A name given again is joined with ", " ("; " for cookies). */
void request_add_header(struct request *request, const char *name, size_t name_size, const char *value, size_t size);
/** The head is complete: finds the route, so that the bound of the body is known. */
void request_begin(struct request *request);
/** False when so much came beyond the bound that the connection is better cut off. */
bool request_data(struct request *request, const void *data, size_t size);
/** The body is complete: the request goes its way. */
void request_finish(struct request *request);
/** The client has left. A request that was not finished ends here. */
void request_abandon(struct request *request);

/* ---- sending a response ---- */

struct header {
    char *name, *value;
};

struct response {
    int status;
    GArray *headers; /* struct header */
    GBytes *bytes;   /* a body in memory, or: */
    struct body_source source;
    bool has_source;
    uint64_t offset, end; /* of the body, still to be sent */
    /* the chunk of a source that has been read and waits to be sent */
    unsigned char *chunk;
    size_t chunk_size, chunk_sent;
    bool reading, orphan, broken;
    struct pool *pool;
    void (*wake)(void *arg);
    void *wake_arg;
};

enum response_state { RESPONSE_DATA, RESPONSE_WAIT, RESPONSE_END, RESPONSE_BROKEN };

struct response *response_create(int status);
/** Takes a reference of `bytes`. */
struct response *response_bytes(int status, const char *content_type, GBytes *bytes);
/** The whole of a source, without ranges. Owns: takes the source. */
struct response *response_stream(int status, const char *content_type, const struct body_source *source);
void response_attach(struct response *response, struct pool *pool, void (*wake)(void *arg), void *arg);
uint64_t response_size(const struct response *response);
/** What can be sent now; RESPONSE_WAIT calls `wake` when there is more. */
enum response_state response_peek(struct response *response, const unsigned char **data, size_t *size);
void response_advance(struct response *response, size_t size);
/** Headers that every answer carries: no sniffing, no framing, no referrer, and so on. */
void response_harden(struct response *response);

#endif

/**
 * What an API handler sees of HTTP: the request it answers and the response it makes.
 *
 * A plain handler runs on a pool thread, may block and returns its response. When it runs, the caller has been
 * authenticated and let in (router.h), the CSRF token has been checked and a JSON body has been parsed.
 * An async handler runs on the main loop, must not block, and answers later with request_answer().
 *
 * Owns: what a getter returns belongs to the request and lives as long as it.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server;
struct store;
struct request;
struct response;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

enum {
    HTTP_JSON_MAX = 1024 * 1024, /* bytes of a request body; beyond it the answer is 413 */
    HTTP_SDP_MAX = 256 * 1024,
};

/* ---- the request ---- */

enum caller_kind { CALLER_NOBODY, CALLER_USER, CALLER_SOFTWARE };

/** Who asks. `id` is the user's, or the API token's; both are empty for nobody. */
struct caller {
    enum caller_kind kind;
    char id[65];
    char session[65]; /* of a signed-in user */
    char language[3]; /* the user's setting, or empty */
    bool admin;       /* an admin, or software with a token, which may do what an admin may */
    bool must_change_password;
};

enum http_method request_method(const struct request *request);
/** The path without query, percent-decoded. */
const char *request_path(const struct request *request);
/** What stood at `{name}` in the route's pattern; never NULL for a name that is in it. */
const char *request_param(const struct request *request, const char *name);
/** A query parameter, decoded; NULL when absent. */
const char *request_query(const struct request *request, const char *name);
/** A whole number in the query, `fallback` when absent or not within min..max. */
int64_t request_query_int(const struct request *request, const char *name, int64_t fallback, int64_t min, int64_t max);
/** A header by its lower-case name, NULL when absent. */
const char *request_header(const struct request *request, const char *name);
/** The credential of `Authorization: Bearer`, NULL when there is none. */
const char *request_bearer(const struct request *request);
/** What a route's gate found: its participant is in the room just now. */
void request_set_inside(struct request *request, bool inside);
bool request_is_inside(const struct request *request);
/** The body as JSON object, borrowed; NULL when there was no body. Anything but an object was refused before. */
json_t *request_json(const struct request *request);
/** The raw body; terminated by a zero byte that `size` does not count. */
const char *request_body(const struct request *request, size_t *size);
const char *request_address(const struct request *request);
/** "vi" or "en": the user's setting, else Accept-Language, else Vietnamese. */
const char *request_language(const struct request *request);
const struct caller *request_caller(const struct request *request);
struct server *request_server(const struct request *request);
/** The pool thread's own connection. NULL in async handlers: they may not block. */
struct store *request_store(const struct request *request);
/** Microseconds since the epoch when the request came. */
int64_t request_now_us(const struct request *request);
/** "https://host[:port]" as the client called us, or the configured public_url. */
const char *request_origin(const struct request *request);

/**
 * Answers an async request, exactly once, on the main loop. Owns: takes both; the request is gone afterwards.
 * When the client has left meanwhile, the response is dropped.
 */
void request_answer(struct request *request, struct response *response);

/* ---- the response (problem.h makes the error ones) ---- */

/** Owns: takes `body`. */
struct response *response_json(int status, json_t *body);
struct response *response_empty(int status);
/** Copies `body`. */
struct response *response_text(int status, const char *content_type, const char *body, size_t size);
/** 201 with Location. Owns: takes `body`. */
struct response *response_created(const char *location, json_t *body);
/** Adds a header; `name` in lower case. A name given twice is sent twice. */
void response_header(struct response *response, const char *name, const char *value);

/**
 * A body that is made while it is sent, with `Range` served. `read` runs on pool threads (one call at a time): it
 * fills at most `size` bytes from `offset` and answers how many, or a negative errno, which breaks the connection off.
 * `destroy` runs once, on the main loop, when all is sent or the client has left.
 */
struct body_source {
    uint64_t size;
    ssize_t (*read)(void *arg, uint64_t offset, void *data, size_t size);
    void (*destroy)(void *arg);
    void *arg;
};
/** Answers 200, 206 or 416 as the request's Range wants. `etag` may be NULL. Owns: takes the source. */
struct response *response_source(const struct request *request, const char *content_type, const char *etag,
                                 const struct body_source *source);

void response_destroy(struct response *response);

#endif

/**
 * Routes: each api/ file exports one table of these, ended by an empty entry; api/routes.c names all tables.
 *
 *     const struct route site_routes[] = {
 *         {HTTP_GET, "/api/v1/sites", ACCESS_ADMIN, .handler = list_sites},
 *         {HTTP_GET, "/api/v1/sites/{id}", ACCESS_ADMIN, .handler = get_site},
 *         {0},
 *     };
 */
#ifndef SERVER_ROUTER_H
#define SERVER_ROUTER_H

#include "http.h"

enum access {
    ACCESS_ANYONE,    /* no session needed; handlers with credentials of their own use request_bearer() */
    ACCESS_SIGNED_IN, /* any user, even one who must change the password first */
    ACCESS_STAFF,     /* admin, doctor or API token; the handler sees to it that doctors get only their own */
    ACCESS_ADMIN,     /* admin or API token */
    ACCESS_THERE,     /* whoever takes part, by a join ticket that the handler checks (api/guest.h), or staff */
};

typedef struct response *(*handler_fn)(struct request *request);
typedef void (*async_handler_fn)(struct request *request);

struct route {
    enum http_method method;
    const char *pattern; /* a segment `{name}` matches one path segment */
    enum access access;
    handler_fn handler;             /* on a pool thread */
    async_handler_fn async_handler; /* or this, on the main loop */
    handler_fn gate;                /* on the main loop before either: what it answers is the answer; may be NULL */
    const char *body_type;          /* of the request; NULL: application/json */
    size_t body_max;                /* 0: HTTP_JSON_MAX */
    bool cors;                      /* pages of any origin may ask: the credential is in the request, not in a cookie */
};

enum { ROUTE_PARAMS_MAX = 4, ROUTE_PARAM_MAX = 128 };

struct route_match {
    const struct route *route; /* NULL: nothing matches */
    bool other_methods;        /* the path exists, with other methods: 405 */
    char allow[64];            /* they, for the Allow header */
    int count;
    struct {
        const char *name; /* in the pattern, `name_size` long */
        size_t name_size;
        char value[ROUTE_PARAM_MAX];
    } params[ROUTE_PARAMS_MAX];
};

/** `tables` is a list of tables, ended by NULL. HEAD is looked up as GET. Pure. */
void router_find(const struct route *const *tables, enum http_method method, const char *path,
                 struct route_match *match);

/** All tables of the API (api/routes.c). */
extern const struct route *const api_routes[];

const char *http_method_name(enum http_method method);

#endif

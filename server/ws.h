/**
 * WebSockets at /ws, subprotocol hoichan.v1: each is one peer of signaling.
 *
 * Messages are bounded (WS_MESSAGE_MAX; a larger one is answered with error too_large before the socket closes), the
 * queue of a client that does not read is bounded (it is cut off and may resume), a ping goes out every 5 s and a
 * socket that has been silent for 15 s is dead.
 *
 * Thread: main loop.
 */
#ifndef SERVER_WS_H
#define SERVER_WS_H

#include <libwebsockets.h>

struct server;
struct ws_hub;

#define WS_SUBPROTOCOL "hoichan.v1"
enum {
    WS_RECEIVE_SIZE = 16 * 1024,
    WS_MESSAGE_MAX = 512 * 1024,
    WS_QUEUE_MAX = 4 * 1024 * 1024,
    WS_PING_S = 5,
    WS_DEAD_S = 15,
};

struct ws_hub *ws_hub_create(struct server *server);
void ws_hub_destroy(struct ws_hub *hub);

/** libwebsockets' callback for the subprotocol; its user data is a `struct ws_socket *`. */
int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);
/** permessage-deflate, as far as libwebsockets takes part in it (ws_deflate.h). */
int ws_extension(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
                 enum lws_extension_callback_reasons reason, void *user, void *in, size_t size);
/** The hub of the context that `wsi` lives in (h1.c). */
struct ws_hub *h1_sockets(struct lws *wsi);

#endif

/**
 * Accepts connections, looks at their first bytes (tls_hello.h) and hands them on: HTTP/2 to h2.c, other TLS to h1.c,
 * and what speaks plain HTTP on either port to a redirect.
 *
 * Thread: main loop.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <gio/gio.h>

struct server;
struct tls;
struct listener;

/** The address for plain HTTP may fail to bind; that is logged and no more. */
struct listener *listener_create(struct server *server, struct tls *tls, GError **error);
/** Takes no new connections from now on; those that are there go on. */
void listener_stop(struct listener *listener);
void listener_destroy(struct listener *listener);
/** The port of HTTPS, also when the configuration said 0. */
int listener_port(const struct listener *listener);

#endif

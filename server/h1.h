/**
 * HTTP/1.1 and WebSockets, by libwebsockets on the GLib main loop. Takes over accepted sockets from the listener.
 *
 * HTTP/2 is not done here but in h2.c: libwebsockets 4.1 drops every header over HTTP/2 that its table does not know,
 * the CSRF token among them, and never ends a body without content-length. Thread: main loop.
 */
#ifndef SERVER_H1_H
#define SERVER_H1_H

#include <gio/gio.h>

struct server;
struct tls;
struct h1;

struct h1 *h1_create(struct server *server, struct tls *tls, GError **error);
/** Closes every connection. */
void h1_destroy(struct h1 *h1);
/** Owns: takes `fd`, on which a TLS client waits. */
void h1_adopt(struct h1 *h1, int fd);
/** The same for plain HTTP, which is sent on to HTTPS and nothing else. */
void h1_adopt_plain(struct h1 *h1, int fd);

#endif

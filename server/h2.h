/**
 * HTTP/2 over TLS, by nghttp2. Takes over accepted sockets from the listener whose clients offer "h2".
 *
 * Bounds: 100 streams at once, 16 KiB of headers, bodies as the routes say; a client that is slow to shake hands, sends
 * half a request or goes silent is let go.
 * Thread: main loop.
 */
#ifndef SERVER_H2_H
#define SERVER_H2_H

#include <glib.h>

struct server;
struct tls;
struct h2;

struct h2 *h2_create(struct server *server, struct tls *tls, GError **error);
void h2_destroy(struct h2 *h2);
/** Owns: takes `fd`. */
void h2_adopt(struct h2 *h2, int fd);

#endif

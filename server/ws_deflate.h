/**
 * permessage-deflate (RFC 7692) for whole messages. libwebsockets 4.1 has its own, which leaves what its inflater has
 * not drained in a buffer that the next read overwrites: over TLS, longer compressed messages break the connection. So
 * the extension given to libwebsockets here only negotiates and marks; bytes go through it as they are, and ws.c
 * inflates and deflates with these.
 *
 * Thread: any, one at a time for one inflater.
 */
#ifndef SERVER_WS_DEFLATE_H
#define SERVER_WS_DEFLATE_H

#include <glib.h>
#include <stdbool.h>

struct ws_inflater;

enum ws_inflate { WS_INFLATED, WS_INFLATE_TOO_LARGE, WS_INFLATE_BROKEN };

/** One for each connection: a client may refer back to its earlier messages (context takeover). */
struct ws_inflater *ws_inflater_create(void);
/** Takes NULL. */
void ws_inflater_destroy(struct ws_inflater *inflater);
/** Inflates one message into `out`, never beyond `max` bytes. After a failure the connection is of no more use. */
enum ws_inflate ws_inflate(struct ws_inflater *inflater, const unsigned char *data, size_t size, GByteArray *out,
                           size_t max);

/** The message compressed on its own, or NULL when that would not make it smaller. */
GBytes *ws_deflate(const char *text, size_t size);

#endif

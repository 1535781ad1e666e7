/**
 * Looks into the first bytes of a TLS connection to see whether the client offers HTTP/2 (ALPN "h2", RFC 7301), so that
 * it can be handed to the right server before the handshake. Pure; fuzzed.
 */
#ifndef SERVER_TLS_HELLO_H
#define SERVER_TLS_HELLO_H

#include <stddef.h>

enum { TLS_HELLO_MAX = 16 * 1024 };

enum tls_hello { TLS_HELLO_MORE, TLS_HELLO_H2, TLS_HELLO_OTHER };

/** `*wanted` is set for TLS_HELLO_MORE: how many bytes there must be for the next look. */
enum tls_hello tls_hello_look(const unsigned char *data, size_t size, size_t *wanted);

#endif

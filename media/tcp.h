/**
 * ICE-TCP, passive (RFC 6544): for networks that let no UDP through. Listens on the UDP port's number; each connection
 * carries framed packets (rfc4571.h) of one peer.
 *
 * Strangers may connect: who has not proven a path within TCP_PROOF_US is closed, one address has at most
 * TCP_UNPROVEN_PER_SOURCE such connections (an IPv6 /64 counts as one), and of all of them the oldest makes room.
 * What a slow peer does not read waits in at most TCP_QUEUE_MAX bytes; then whole packets are dropped, as on UDP.
 */
#ifndef MEDIA_TCP_H
#define MEDIA_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "media/path.h"

struct loop;
struct tcp;
struct tcp_connection;

enum {
    TCP_UNPROVEN_MAX = 256,
    TCP_UNPROVEN_PER_SOURCE = 16,
    TCP_PROVEN_MAX = 4000,
    TCP_QUEUE_MAX = 128 * 1024, /* a key frame fits */
    TCP_PROOF_US = 10 * 1000 * 1000,
    TCP_STALL_US = 15 * 1000 * 1000, /* a peer that reads nothing for so long is gone */
};

struct tcp_config {
    struct loop *loop;
    struct in6_addr bind;
    uint16_t port;
    /** One packet. Borrowed for the call; may be written to in place. */
    void (*input_fn)(void *arg, const struct path *from, uint8_t *packet, size_t size, uint64_t now_us);
    /** The connection ended by itself or was made to; its path is void. Not called for tcp_close. */
    void (*closed_fn)(void *arg, const struct path *path);
    void *arg;
};

int tcp_create(const struct tcp_config *config, struct tcp **out);
/** Takes NULL; closes all connections. */
void tcp_destroy(struct tcp *tcp);

/** The peer has proven the path: the connection stays. Errors: -ENOSPC. */
int tcp_prove(struct tcp_connection *connection);
/** Queues one packet. Errors: -EAGAIN when the peer does not read, -EMSGSIZE, -ENOMEM. */
int tcp_send(struct tcp_connection *connection, const void *packet, size_t size);
/** Writes what is queued, as far as the peer takes it. May end the connection (closed_fn). */
void tcp_flush(struct tcp_connection *connection);
void tcp_close(struct tcp_connection *connection);

#endif

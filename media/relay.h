/**
 * One end of a line to another worker of this machine: a member's packets travel over it as they are, in a Unix socket
 * instead of an encrypted path. A room that has outgrown a worker is carried on to a second one by a member with slots at
 * this end and one with tracks at that end; retransmission, key-frame requests and reports run over it as over any path.
 *
 * One packet is one datagram: RTP and RTCP are told apart as RFC 5761 §4 does. Thread: the worker's.
 * Owns: the descriptor.
 */
#ifndef MEDIA_RELAY_H
#define MEDIA_RELAY_H

#include <stddef.h>
#include <stdint.h>

struct loop;
struct relay;

enum { RELAY_PACKET_MAX = 2048 };

/** Packets are borrowed for the call and may be written to in place. */
struct relay_handler {
    void (*rtp_fn)(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us);
    void (*rtcp_fn)(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us);
    void (*closed_fn)(void *arg); /* the other end is gone; may destroy the relay */
    void *arg;
};

/** `fd` is one end of a SOCK_SEQPACKET pair. Errors: -ENOMEM, -errno; `fd` is closed then too. */
int relay_create(struct loop *loop, int fd, const struct relay_handler *handler, struct relay **relay);
/** Takes NULL. Its memory lives until the end of the loop turn. */
void relay_destroy(struct relay *relay);

/** Errors: -EAGAIN when the other end does not keep up: it asks again for what it missed. */
int relay_send_rtp(struct relay *relay, const uint8_t *header, size_t header_size, const uint8_t *payload,
                   size_t payload_size);
int relay_send_rtcp(struct relay *relay, const uint8_t *packet, size_t size);

#endif

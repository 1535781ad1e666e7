/**
 * The worker's one UDP port, IPv4 and IPv6 on one socket. Receives in batches (recvmmsg, UDP_GRO), sends bursts by
 * UDP_SEGMENT and falls back to single sends where the kernel or a device refuses that.
 */
#ifndef MEDIA_UDP_H
#define MEDIA_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/burst.h"
#include "media/path.h"

struct loop;
struct udp;

enum { UDP_PACKET_MAX = 1500 };

/** One datagram of at most UDP_PACKET_MAX bytes. Borrowed for the call; may be written to in place. */
typedef void (*udp_input_fn)(void *arg, const struct path *from, uint8_t *packet, size_t size, uint64_t arrival_us);

struct udp_config {
    struct loop *loop;
    struct in6_addr bind; /* :: for all */
    uint16_t port;        /* 0: any free one */
    udp_input_fn input_fn;
    void (*writable_fn)(void *arg); /* after a send was refused for want of room: there is room again */
    void *arg;
};

/** Errors: -errno of the socket; -EADDRINUSE when the port is taken. */
int udp_create(const struct udp_config *config, struct udp **out);
void udp_destroy(struct udp *udp);

uint16_t udp_port(const struct udp *udp);

/** Sends one datagram. Errors: -EAGAIN when the socket is full, else -errno. */
int udp_send(struct udp *udp, const struct path *to, const void *data, size_t size);

/**
 * Sends what is left of the burst. Packets the network refuses are counted in `dropped` and skipped.
 * Errors: -EAGAIN when the socket is full: the rest stays in the burst, and writable_fn will tell.
 */
int udp_send_burst(struct udp *udp, const struct path *to, struct burst *burst, uint64_t *dropped);

/** True while the socket is full; sending would be refused. */
bool udp_is_blocked(const struct udp *udp);

struct udp_stats {
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, tx_calls;
};
const struct udp_stats *udp_stats(const struct udp *udp);

#endif

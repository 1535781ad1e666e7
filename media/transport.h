/**
 * One participant's transport: ICE, DTLS and SRTP over one bundled 5-tuple. The seam between the network side
 * (udp tcp demux ice dtls srtp) and the routing side (room track slot), which sees decrypted packets only.
 *
 * Thread: the worker's one thread. Time is passed in, microseconds of the worker's monotonic clock.
 */
#ifndef MEDIA_TRANSPORT_H
#define MEDIA_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;

enum transport_state {
    TRANSPORT_CHECKING,
    TRANSPORT_CONNECTING,
    TRANSPORT_CONNECTED,
    TRANSPORT_DISCONNECTED,
    TRANSPORT_FAILED,
    TRANSPORT_CLOSED,
};

/** What the routing side hears. Packets are borrowed for the call and may be written to in place. */
struct transport_handler {
    void (*state_fn)(void *arg, enum transport_state state, const char *reason);
    void (*rtp_fn)(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us);
    void (*rtcp_fn)(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us);
    void *arg;
};

void transport_set_handler(struct transport *transport, const struct transport_handler *handler);

/**
 * Encrypts one RTP packet, given as a rewritten header and a payload that stays where it is, straight into the
 * transport's outgoing burst; transport_flush, called by the loop at the end of each batch, sends the burst.
 * Errors: -ENOTCONN before keys are there, -ENOBUFS when the burst is full and the socket would block.
 */
int transport_send_rtp(struct transport *transport, const uint8_t *header, size_t header_size,
                       const uint8_t *payload, size_t payload_size);

/** Encrypts and queues one compound RTCP packet (`size` bytes in a buffer with 64 bytes of room behind them). */
int transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t size);

bool transport_is_connected(const struct transport *transport);

/** True when the selected path is a stream (ICE-TCP): no packet is lost on it, so pacing may be gentler. */
bool transport_is_stream(const struct transport *transport);

#endif

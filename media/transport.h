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
struct transport_set;

enum {
    TRANSPORT_MAX = 2000,             /* per worker */
    TRANSPORT_PACKET_MAX = 1500 - 28, /* of an encrypted packet: IPv4 and UDP headers fit beside it in 1500 bytes */
};

enum transport_state {
    TRANSPORT_CHECKING,
    TRANSPORT_CONNECTING,
    TRANSPORT_CONNECTED,
    TRANSPORT_DISCONNECTED,
    TRANSPORT_FAILED,
    TRANSPORT_CLOSED,
};

/**
 * What the routing side hears of a transport. Packets are borrowed for the call and may be written to in place.
 * `size` of rtp_fn is at least a whole RTP header with its CSRCs and extension; of rtcp_fn at least 8.
 */
struct transport_handler {
    void (*state_fn)(void *arg, enum transport_state state, const char *reason);
    void (*rtp_fn)(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us);
    void (*rtcp_fn)(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us);
    void (*moved_fn)(void *arg); /* the path changed: loss and RTT start over, a key frame helps (may be NULL) */
    void *arg;
};

void transport_set_handler(struct transport *transport, const struct transport_handler *handler);

/** The routing side's say in the life of transports; set once at start, before any is opened. */
struct transport_hooks {
    /** A transport was asked for in `room`. Errors: -ENOENT (no such room), -ENOSPC (room full): it is not made. */
    int (*open_fn)(void *arg, struct transport *transport, const char *room);
    /** It ends, for `reason`; forget it and everything on it. Not called when open_fn refused. */
    void (*close_fn)(void *arg, struct transport *transport, const char *reason);
    void *arg;
};

void transport_set_hooks(struct transport_set *set, const struct transport_hooks *hooks);

struct transport *transport_find(const struct transport_set *set, const char *name);
/** Calls `fn` for each transport; `fn` may close the one it is given. */
void transport_each(struct transport_set *set, void (*fn)(void *arg, struct transport *transport), void *arg);

const char *transport_name(const struct transport *transport);
const char *transport_room(const struct transport *transport);
/** The routing side's own pointer, NULL at first. */
void transport_set_user(struct transport *transport, void *user);
void *transport_user(const struct transport *transport);

/** Ends it: close_fn, DTLS close_notify, event; its memory lives until the end of the loop turn. */
void transport_close(struct transport *transport, const char *reason);

/**
 * Encrypts one RTP packet, given as a rewritten header and a payload that stays where it is, straight into the
 * transport's outgoing burst; transport_flush, called by the loop at the end of each batch, sends the burst.
 *
 * A (SSRC, sequence) pair is sent once: retransmit by RTX. Under AES-GCM a second packet with the same pair but another
 * header would give the authentication key away, so it is refused.
 * Errors: -ENOTCONN before keys are there, -ENOBUFS when the burst is full and the socket would block, -EMSGSIZE,
 * -EALREADY for a pair already sent (or older than 1024 packets), -ENOSPC for more SSRCs than SRTP_STREAMS_MAX.
 */
int transport_send_rtp(struct transport *transport, const uint8_t *header, size_t header_size, const uint8_t *payload,
                       size_t payload_size);

/** Keeps the packet that transport_send_rtp has just taken, as it goes over the line (media/resend.h) … */
void transport_keep_last(struct transport *transport, uint32_t ssrc, uint16_t sequence);
/** … and sends it again, byte for byte. The result is its size, 0 when it is not kept any more. */
size_t transport_resend(struct transport *transport, uint32_t ssrc, uint16_t sequence);

/** Encrypts and queues one compound RTCP packet (`size` bytes in a buffer with 64 bytes of room behind them). */
int transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t size);

/** Forgets what was kept for sending `ssrc` (a closed slot's). The SSRC must not be used again on this transport. */
void transport_forget_ssrc(struct transport *transport, uint32_t ssrc);

/** Sends what transport_send_* queued, now; the loop does it for every transport at the end of each batch. */
void transport_flush(struct transport *transport);

bool transport_is_connected(const struct transport *transport);
enum transport_state transport_state(const struct transport *transport);

/** True when the selected path is a stream (ICE-TCP): no packet is lost on it, so pacing may be gentler. */
bool transport_is_stream(const struct transport *transport);

/** Counters since it was opened. */
struct transport_stats {
    uint64_t rx_packets, rx_bytes; /* authenticated RTP and RTCP */
    uint64_t tx_packets, tx_bytes; /* RTP and RTCP handed to the socket */
    uint64_t rx_dropped;           /* failed authentication, replays, before keys */
    uint64_t tx_dropped;           /* refused by a full socket or stream buffer */
};
void transport_stats(const struct transport *transport, struct transport_stats *stats);

/** Nothing at all has come for a moment: no media, no feedback, no check. */
bool transport_is_quiet(const struct transport *transport, uint64_t now_us);
/** "udp" or "tcp", NULL before a path is selected; `family` is 4 or 6. */
const char *transport_path(const struct transport *transport, int *family);

#endif

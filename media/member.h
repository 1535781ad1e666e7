/**
 * One participant as routing sees it: the tracks it publishes, the slots it is fed through, and what its one transport
 * needs besides: which SSRC is which layer, reports, feedback both ways, the estimate of its path and the allocation.
 *
 * Thread: the worker's. Owns: its tracks and slots.
 */
#ifndef MEDIA_MEMBER_H
#define MEDIA_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/slot.h"
#include "media/track.h"

struct member;

enum { MEMBER_TRACKS_MAX = 16, MEMBER_SLOTS_MAX = 64 };

/** Where its packets leave: a transport, or a test's pocket. */
struct member_out {
    int (*rtp_fn)(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size);
    /** Keeps what was just given to rtp_fn as it went out; may be NULL, as resend_fn then is … */
    void (*keep_fn)(void *arg, uint32_t ssrc, uint16_t sequence);
    /** … and sends it again just so. The result is its size, 0 when it is not kept any more. */
    size_t (*resend_fn)(void *arg, uint32_t ssrc, uint16_t sequence);
    /** 64 bytes of room behind the packet. */
    int (*rtcp_fn)(void *arg, uint8_t *packet, size_t size);
    void (*forget_fn)(void *arg, uint32_t ssrc); /* this SSRC is not used any more */
    void (*flush_fn)(void *arg);                 /* what was given so far leaves together; may be NULL */
    void *arg;
};

struct member_config {
    const char *name;
    struct member_out out;
    uint64_t epoch_us; /* NTP time (microseconds since 1900) of the worker's clock's zero */
    uint64_t now_us;
    /** An audio packet's level came, −dBov. */
    void (*level_fn)(void *arg, struct track *track, uint8_t level, uint64_t now_us);
    void *arg;
};

int member_create(const struct member_config *config, struct member **member);
/** Takes NULL. */
void member_destroy(struct member *member);
const char *member_name(const struct member *member);

/** A decrypted packet came. It may be written to. Pictures are handed on by member_flush, at the end of the batch. */
void member_rtp(struct member *member, uint8_t *packet, size_t size, uint64_t now_us);
void member_flush(struct member *member);
void member_rtcp(struct member *member, const uint8_t *packet, size_t size, uint64_t now_us);
/** Its path took so long to connect; tell it before it is. */
void member_begin(struct member *member, uint64_t connecting_us, uint64_t now_us);
/** The path is new or back: ask for what was missed. */
void member_connected(struct member *member, bool connected, uint64_t now_us);

/** Errors: -ENOSPC, -ENOMEM, -EINVAL. */
int member_open_track(struct member *member, const struct track_config *config, struct track **track);
void member_close_track(struct member *member, struct track *track);
int member_open_slot(struct member *member, const struct slot_config *config, struct slot **slot);
void member_close_slot(struct member *member, struct slot *slot);

/** As slot_assign, and finds room for it at once. */
int member_assign(struct member *member, struct slot *slot, struct track *track, const struct slot_wish *wish,
                  uint64_t now_us);
/** A ceiling the viewer asked for, 0: none. */
void member_set_ceiling(struct member *member, uint32_t bps, uint64_t now_us);

/** Every 10 ms or so. */
void member_tick(struct member *member, uint64_t now_us);

int member_track_count(const struct member *member);
struct track *member_track(const struct member *member, int index);
int member_slot_count(const struct member *member);
struct slot *member_slot(const struct member *member, int index);

struct member_stats {
    uint32_t rtt_ms;
    uint32_t estimate_bps;
    uint32_t loss_permille;
    uint64_t malformed, unknown;            /* packets */
    uint64_t nacks_sent, key_requests_sent; /* to it: packets asked for again, key frames asked for */
};
void member_stats(const struct member *member, struct member_stats *stats);

#endif

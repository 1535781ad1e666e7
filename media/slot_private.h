/**
 * A slot from inside: for slot.c (life, switching, allocation), slot_send.c (a packet on its way) and slot_feedback.c
 * (what the subscriber says, and the answer) and slot_stills.c only.
 */
#ifndef MEDIA_SLOT_PRIVATE_H
#define MEDIA_SLOT_PRIVATE_H

#include "media/history.h"
#include "media/rewrite.h"
#include "media/rtp.h"
#include "media/shape.h"
#include "media/slot.h"
#include "media/still.h"
#include "media/thin.h"

enum { SLOT_NO_PT = 0 };

struct slot {
    struct slot_config config;
    struct outlet outlet;
    struct track *track;
    struct track_subscriber subscriber;
    struct slot_wish wish;

    int layer;  /* what flows, −1: nothing */
    int target; /* what should, −1: nothing */
    uint32_t generation;
    bool key_wanted;  /* of the target */
    struct thin thin; /* which part of the layer */
    enum allocator_reason reason;
    int allocated; /* the allocator's memory of it … */
    struct allocator_trial trials[ALLOCATOR_TRIALS];

    struct still still; /* while nothing moves */
    uint64_t still_us;  /* the capture time that the one under way is given */

    struct rewrite rewrite;
    struct history history;
    uint8_t pts[128]; /* the track's payload type → ours */
    uint8_t rtx_pts[128];
    struct shape shape; /* of sound */
    uint16_t rtx_sequence;
    uint16_t mid_left;

    enum slot_state state;
    uint16_t width, height;
    bool changed;
    bool source_seen; /* packets come of what is not allocated */
    uint64_t assigned_us, sent_us, reported_us;
    struct slot_stats stats;
};

struct slot_outgoing {
    uint8_t header[RTP_HEADER_MAX]; /* written, never cleared: it is long, and this is every packet */
    struct outlet_packet packet;
};

void slot_set_state(struct slot *slot, enum slot_state state);

/** Sends a packet of the layer that flows, thinned out, shaped and rewritten. */
void slot_forward(struct slot *slot, const struct media_packet *packet, int layer, uint64_t now_us);
/** The bytes of what was sent (or is to be), out of its layer's cache. */
bool slot_find_packet(struct slot *slot, const struct history_entry *entry, struct media_packet *packet);
void slot_write_header(struct slot *slot, struct slot_outgoing *out, const struct rtp_fixed *fixed,
                       const struct media_packet *packet, const struct picture_counters *counters);
/** Sends the newest packet once more, as RTX. */
void slot_repeat_last(struct slot *slot, uint64_t now_us);

bool slot_is_still(const struct slot *slot);
/** Begins, goes on with or ends stills. */
void slot_still_set(struct slot *slot, const struct allocator_slot *decision, uint64_t now_us);
/** A packet of the source came while stills are shown. */
void slot_still_packet(struct slot *slot, const struct media_packet *packet, int layer, uint64_t now_us);
void slot_still_tick(struct slot *slot, uint64_t now_us);

#endif

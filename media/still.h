/**
 * Stills: one key frame of a source gathered whole, sent slowly, then a rest, then the next. What a path too thin for a
 * moving picture still carries, beside the sound and never before it.
 *
 *     idle → wanted (ask for a key frame) → gathering (its packets come) → sending (paced) → wanted, after a rest
 *
 * Keeps its own copy of the packets, and those of the one before: sending takes seconds, and the layer's cache holds one.
 * Pure but for the memory of its caches. Time is passed in.
 */
#ifndef MEDIA_STILL_H
#define MEDIA_STILL_H

#include <stdbool.h>
#include <stdint.h>

#include "media/cache.h"

enum {
    STILL_PACKETS_MAX = 256,      /* of one key frame; a larger one is not gathered */
    STILL_GATHER_US = 1500000,    /* what is not whole by then is given up */
    STILL_CYCLE_US = 3000000,     /* from one still to the next at least, */
    STILL_CYCLE_MAX_US = 4000000, /* at most, however little is left beside the sound, */
    STILL_REST_US = 1000000,      /* and after its last packet, for repairs */
    STILL_SENDING_US = 3000000,   /* a still is chosen so that sending takes no longer, … */
    STILL_LONGEST_US =
        6000000, /* … or no longer than this at the least rate that there is for stills: so a dip of the estimate … */
    STILL_GIVEN_UP_US = 8000000, /* … does not change it; at this it is given up */
};

enum still_phase { STILL_IDLE, STILL_WANTED, STILL_GATHERING, STILL_SENDING };

struct still {
    enum still_phase phase;
    struct still_kept {
        struct cache *cache;
        int layer;
    } kept, before; /* the one at hand, and the one before, for repairs; NULL until there is one */
    int layer;
    uint8_t point; /* what of the layer is shown */
    uint32_t generation, timestamp;
    int64_t first, last, next; /* sequence numbers; last below first: its end has not come */
    int gathered;
    uint32_t bytes, last_bytes; /* of all, and of its last packet */
    uint32_t bps, share_bps;
    uint32_t
        pace_bps; /* what the one that is being sent was begun at: it is dated to its end, and may not come before */
    int64_t budget_bytes;
    uint64_t updated_us, gathering_us, due_us;
    int repeats; /* of the last packet */
};

/**
 * Begins, or goes on with another layer or rate. Packets leave at `bps`, of one that was begun at less no quicker; over a whole
 * cycle `share_bps` is what there is.
 */
void still_start(struct still *still, int layer, uint32_t bps, uint32_t share_bps, uint64_t now_us);
/** Of the layer only what this operating point needs is shown; a still that is being sent is finished as it was begun. */
void still_set_point(struct still *still, uint8_t point);
void still_stop(struct still *still);
void still_finish(struct still *still);

/** A key frame is wanted now: ask for it. */
bool still_wants_key(const struct still *still, uint64_t now_us);
/** A packet of the source came. True when the frame is whole with it and sending begins. */
bool still_gather(struct still *still, const struct media_packet *packet, int layer, uint64_t now_us);

/** How long it is from the first packet's leaving until the last has left, on a line that is not much quicker than that. */
uint64_t still_duration_us(const struct still *still);
/** Takes the next packet that may leave now; its bytes are as cache_get gives them. */
bool still_next(struct still *still, struct media_packet *packet, uint64_t now_us);
/** A packet that was sent, for repairs; its bytes are as cache_get gives them. False when it is not there any more. */
bool still_find(const struct still *still, int layer, int64_t sequence, struct media_packet *packet);
/** True twice, a while after the last packet: nothing follows it that would show that it was lost, so repeat it, whatever repairs took. */
bool still_repeats_last(struct still *still, uint64_t now_us);
/** Something else (a retransmission) was sent out of what stills may take. */
void still_charge(struct still *still, size_t bytes);

#endif

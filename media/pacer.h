/**
 * Spreads what goes to one subscriber over time, where its path has shown that it is thin: a key frame sent in one
 * burst fills a slow queue, hurts the sound behind it and passes for congestion. Off (and no delay at all) everywhere
 * else.
 *
 * What is held back is not copied: an entry says whose it is and which packet, and is found again in a cache.
 * Pure code.
 */
#ifndef MEDIA_PACER_H
#define MEDIA_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/bucket.h"

enum {
    PACER_ENTRIES = 512,
    PACER_BURST_US = 20000,   /* what may leave at once, as time at the rate */
    PACER_DELAY_US = 400000,  /* what has waited longer may leave a burst ahead of the rate */
    PACER_REPAIR_US = 250000, /* what may be repeated at once, as time at the rate */
    PACER_REPAIR_LEAST_BYTES = 3000,
};

struct pacer_entry {
    void *owner; /* NULL: dropped */
    uint64_t held_us;
    uint16_t sequence;
};

struct pacer {
    uint32_t bps; /* 0: off */
    int64_t budget_bytes;
    uint64_t updated_us;
    struct bucket repairs;
    uint32_t head, tail;
    struct pacer_entry entries[PACER_ENTRIES];
};

/** 0 turns it off; what is held then leaves at the next pacer_next. */
void pacer_set_rate(struct pacer *pacer, uint32_t bps, uint64_t now_us);

/** True when a packet may leave now: nothing waits before it, and there is room. */
bool pacer_admit(struct pacer *pacer, uint64_t now_us);
/** A packet left: one that was admitted or held, and just so sound and repairs, which nothing holds back. */
void pacer_note(struct pacer *pacer, size_t size);
/**
 * True when a packet of `size` may be repeated: no more than `bps` in all, on any path. What a full queue drops is
 * asked for again and again; answered each time it would keep the queue full.
 */
bool pacer_repair(struct pacer *pacer, uint32_t bps, size_t size, uint64_t now_us);
/** Holds a packet back. False when there is no room: it leaves now. */
bool pacer_hold(struct pacer *pacer, void *owner, uint16_t sequence, uint64_t now_us);

/** Takes out the next packet that may leave now. */
bool pacer_next(struct pacer *pacer, uint64_t now_us, struct pacer_entry *entry);
/** Takes out the next packet of `owner`, whenever it might leave. */
bool pacer_take(struct pacer *pacer, const void *owner, struct pacer_entry *entry);
bool pacer_waits(const struct pacer *pacer);
/** Something waits, or may have to. */
bool pacer_is_on(const struct pacer *pacer);

#endif

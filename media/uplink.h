/**
 * A publisher's path, seen from this end of it: how much comes, whether most of what is sent is lost on it, and what may
 * be asked for again. A repeat takes the place of something new: on a line that was cut to a twentieth, asking for all that
 * is missing keeps the line full of what nobody can show any more, and the sound out of it.
 *
 * Pure code.
 */
#ifndef MEDIA_UPLINK_H
#define MEDIA_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/bucket.h"

enum {
    UPLINK_WINDOW_US = 200000,
    UPLINK_LIMITED_US = 2000000, /* after a flood: until then its sender sees for itself */
    UPLINK_LIMIT_LEAST_BPS = 40000,
    UPLINK_UNLIMITED_BPS = 100000000,
};

struct uplink {
    uint64_t since_us;          /* the window began; 0: nothing came yet */
    uint32_t bytes;             /* that came in it, … */
    uint32_t arrived, expected; /* … and packets */
    uint16_t newest;            /* transport-wide sequence number */
    bool numbered;
    uint8_t floods;      /* windows in a row in which most was lost … */
    uint8_t crowds;      /* … or much */
    uint32_t bps;        /* in the last window, half of the one before counts too */
    uint32_t limit_bps;  /* that arrived while it was flooded or crowded, 0: it never was */
    uint64_t flooded_us; /* when it was last */
    struct bucket repeats;
};

/** A packet of `size` bytes on the wire came. */
void uplink_received(struct uplink *uplink, size_t size, uint64_t now_us);
/** Its transport-wide sequence number, where it has one. */
void uplink_numbered(struct uplink *uplink, uint16_t seq);
/** Moves time on: at least once in a window. */
void uplink_tick(struct uplink *uplink, uint32_t rtt_us, uint64_t now_us);

/** Most of what is sent does not arrive, and not just for a moment: far more is sent than the path carries. */
bool uplink_is_flooded(const struct uplink *uplink);
/** Much does not arrive, and its sender goes on: Firefox sends no less than 440 kbit/s while it sends every size. */
bool uplink_is_crowded(const struct uplink *uplink);

/**
 * The most that its sender should send: what arrives of a flood, and no bound any more a while after it. Word of each packet
 * hardly gets back through a line that is cut both ways, and would tell it in seconds only. 0 when there never was a flood:
 * nothing has to be told.
 */
uint32_t uplink_limit_bps(const struct uplink *uplink, uint64_t now_us);

/** How many packets of a picture, `size` bytes each on the wire, may be asked for again now, at most `most`. */
int uplink_repeats(const struct uplink *uplink, size_t size, int most);
/** So many were asked for. What is asked for in any case counts, too. */
void uplink_asked(struct uplink *uplink, size_t size, int count);

#endif

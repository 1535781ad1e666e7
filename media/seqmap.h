/**
 * Maps a source's counter (sequence numbers, picture ids) to a receiver's, which must stay without gaps although
 * sources are switched and parts of a source are left out. What comes late finds the place that was left for it.
 *
 * Pure code. Counters are unwrapped to 64 bits before they come here.
 */
#ifndef MEDIA_SEQMAP_H
#define MEDIA_SEQMAP_H

#include <stdbool.h>
#include <stdint.h>

enum { SEQMAP_WINDOW = 1024 };

struct seqmap {
    int64_t first;   /* nothing of this source before it has a place */
    int64_t highest; /* seen so far */
    int64_t offset;  /* out = in + offset for what follows `highest` */
    uint64_t dropped[SEQMAP_WINDOW / 64];
};

/** A new source: its `in` becomes `out`. */
void seqmap_start(struct seqmap *map, int64_t in, int64_t out);

/** Where `in` goes. False when it has no place: dropped, older than the window or than the source's start. */
bool seqmap_forward(struct seqmap *map, int64_t in, int64_t *out);

/** Leaves `in` out: what follows closes the gap. Only of use when it is the newest; a late one's gap is already
 *  seen. */
void seqmap_drop(struct seqmap *map, int64_t in);

#endif

/**
 * One receiver's continuous stream out of changing sources: sequence numbers without gaps, timestamps that go on by the
 * time of capture, and VP8's and VP9's counters continued. A browser freezes for seconds where one of them jumps.
 *
 * Pure code.
 */
#ifndef MEDIA_REWRITE_H
#define MEDIA_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/picture.h"
#include "media/seqmap.h"

struct rewrite {
    struct seqmap sequence;
    struct seqmap picture;
    int64_t next_sequence;
    int64_t next_picture;
    uint32_t hz;
    uint32_t timestamp_delta;
    uint32_t last_timestamp;
    uint64_t last_capture_us;
    bool ahead; /* the newest was dated to what was to come; before it there was this: */
    uint32_t before_timestamp;
    uint64_t before_capture_us;
    uint8_t tl0_delta, tl0_last;
    uint8_t key_delta, key_last;
    bool used; /* something was sent, so there is a past to continue */
};

struct rewrite_in {
    int64_t sequence; /* unwrapped */
    uint32_t timestamp;
    uint64_t capture_us;                  /* on the worker's clock, by sender reports */
    const struct picture_fields *picture; /* NULL for codecs without */
};

struct rewrite_out {
    uint16_t sequence;
    uint32_t timestamp;
    struct picture_counters counters;
};

/** `sequence` and `timestamp` are the stream's random start. */
void rewrite_init(struct rewrite *rewrite, uint32_t hz, uint16_t sequence, uint32_t timestamp);

/** From here on packets of another source (or layer) follow, `in` first, of a key frame where there are such. */
void rewrite_switch(struct rewrite *rewrite, const struct rewrite_in *in);

/**
 * The same for a picture that is dated `ahead_us` into the future, to when it will be whole. What another switch brings goes on from
 * the time before it, be that earlier: such a picture may be given up half-way, and a receiver that took its date for the present
 * would hold back all that follows.
 */
void rewrite_switch_ahead(struct rewrite *rewrite, const struct rewrite_in *in, uint64_t ahead_us);

/** False when the packet has no place in the stream any more. */
bool rewrite_forward(struct rewrite *rewrite, const struct rewrite_in *in, struct rewrite_out *out);

/** The packet, and with it its whole picture, is left out: what follows closes the gap. */
void rewrite_drop(struct rewrite *rewrite, const struct rewrite_in *in);

#endif

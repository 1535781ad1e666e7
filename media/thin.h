/**
 * Thinning of one RTP stream that carries layers (VP8's and AV1's temporal ones, VP9's and AV1's spatial ones too): which
 * frames belong to an operating point, and when a receiver may go from one point to another.
 *
 * A point (s, t) is all that is needed to show spatial layer s at the frame rate of temporal layer t. s and t of 3 mean
 * "whatever there is": layers above are rare and are taken for the third.
 *
 * Pure code.
 */
#ifndef MEDIA_THIN_H
#define MEDIA_THIN_H

#include <stdbool.h>
#include <stdint.h>

struct media_packet;

enum { THIN_SIDS = 4, THIN_TIDS = 4, THIN_POINTS = THIN_SIDS * THIN_TIDS, THIN_ALL = THIN_POINTS - 1 };

static inline uint8_t thin_point(unsigned sid, unsigned tid)
{
    sid = sid < THIN_SIDS ? sid : THIN_SIDS - 1;
    tid = tid < THIN_TIDS ? tid : THIN_TIDS - 1;
    return (uint8_t)(sid * THIN_TIDS + tid);
}

/** What a frame's packets say of it: bits are of points. */
struct thin_marks {
    uint16_t needed; /* by these; 0: the stream has no layers that can be told apart */
    uint16_t opens;  /* whoever can decode it can go on with these */
    uint8_t sid, tid;
    bool alone; /* it needs nothing but the lowest layer's frames, which everybody has */
    bool end;   /* the frame's last packet */
};

/** The points of spatial layer `sid` alone, at the rate of `tid` and above. */
static inline uint16_t thin_beside(unsigned sid, unsigned tid)
{
    uint8_t lowest = thin_point(sid, tid);
    return (uint16_t)((0xFu << lowest % THIN_TIDS & 0xFu) << (lowest - lowest % THIN_TIDS));
}

/** The points of spatial layers `sid` and above, at the rate of `tid` and above. */
static inline uint16_t thin_above(unsigned sid, unsigned tid)
{
    return (uint16_t)(thin_beside(sid, tid) * 0x1111u); /* a nibble for each spatial layer */
}

/** The points of all spatial layers, at the rate of `tid` alone. */
static inline uint16_t thin_at_rate(unsigned tid)
{
    return (uint16_t)(0x1111u << thin_point(0, tid));
}

/** Whether the packet is part of what is shown at `point`. */
static inline bool thin_needs(uint8_t point, const struct thin_marks *marks)
{
    return !marks->needed || marks->needed >> point & 1;
}

/** One receiver's. */
struct thin {
    uint8_t point;     /* what flows */
    uint8_t allocated; /* what shall, as soon as it may */
    uint16_t complete; /* points of which the receiver lacks nothing */
};

/** The receiver begins with a key frame. */
void thin_begin(struct thin *thin);

/**
 * Whether the packet goes to this receiver. `newest`: none after it has been seen, so that the point may change if it
 * begins a picture.
 */
bool thin_passes(struct thin *thin, const struct media_packet *packet, bool newest);

/** The allocated size cannot be reached without a key frame. */
bool thin_wants_key(const struct thin *thin);

/** The marker bit ends a picture: that of its highest layer that this receiver gets. */
static inline bool thin_marker(const struct thin *thin, const struct thin_marks *marks, bool marker)
{
    unsigned sid = thin->point / THIN_TIDS;
    return marker || (marks->needed && marks->end && marks->sid == sid && sid < THIN_SIDS - 1);
}

#endif

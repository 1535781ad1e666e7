/**
 * Which layer of which video goes to one subscriber, out of one estimate. Sound is reserved before; then every picture
 * shown gets its smallest layer, pinned and exam sources first, then the speaker, then the rest; then they are raised
 * in the same order. Where nothing that moves fits, the most important pictures become stills. Going up needs headroom and patience, going down does not, so that a steady link shows a steady
 * picture.
 *
 * Pure: estimate, sources and clock come in, layers come out.
 */
#ifndef MEDIA_ALLOCATOR_H
#define MEDIA_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ALLOCATOR_LAYERS_MAX = 8,
    ALLOCATOR_UP_US = 2000000,      /* patience before going up again, and four times as long … */
    ALLOCATOR_UP_MAX_US = 60000000, /* … after each failed trial but the first, up to this */
    ALLOCATOR_MOVE_US = 1000000,    /* patience where nothing moves, instead of ALLOCATOR_UP_US */
    ALLOCATOR_TRIAL_US = 8000000,   /* what is given up sooner has failed, … */
    ALLOCATOR_PROVEN_US = 30000000, /* … and what is given up later than this had not */
    ALLOCATOR_POOR_US = 3000000,    /* a link so long so much worse is another one, and so is the one after it */
    ALLOCATOR_TRIALS = 32,
    ALLOCATOR_STILL_BPS = 14000, /* the least that stills are sent with; the one most wanted gets it whatever is left */
};

enum allocator_reason {
    ALLOCATOR_AS_WANTED,
    ALLOCATOR_BANDWIDTH, /* less than wanted, or nothing: the path carries no more */
    ALLOCATOR_SOURCE,    /* nothing comes from the source */
    ALLOCATOR_VIEWER,    /* the viewer wants no picture of it */
};

/** What is remembered of one layer (and temporal layer) between runs: a failed trial of the largest says nothing of the
 * middle one. Zero at first. */
struct allocator_trial {
    uint64_t lowered_us, raised_us;
    uint64_t poor_us; /* since then the estimate is less than half of that, 0: it is not */
    uint32_t patience_us;
    uint32_t tried_bps; /* the estimate when it was last raised to this */
};

/** One slot with a video in it. */
struct allocator_slot {
    /* in */
    uint8_t priority;               /* 3 pinned or exam, 2 speaker, 1 shown, 0 only if there is room */
    uint16_t max_width, max_height; /* what the viewer shows, 0: no bound */
    int layer_count;                /* live layers, smallest first; the same size twice is fewer frames first */
    struct {
        uint32_t bps; /* measured, with everything in it */
        uint16_t width, height;
        uint32_t key_bytes; /* of a key frame as it was last seen, 0: not known */
        uint8_t id, point;  /* the caller's: which stream, and which part of it */
    } layers[ALLOCATOR_LAYERS_MAX];
    /* in and out */
    int layer;                      /* index in layers, −1: none */
    struct allocator_trial *trials; /* ALLOCATOR_TRIALS, the caller's */
    /* out */
    enum allocator_reason reason;
    int still;                /* index in layers of what is shown as stills instead, −1: no stills … */
    uint32_t still_bps;       /* … how fast their packets are sent … */
    uint32_t still_share_bps; /* … and what they may take on the average, 0: next to nothing */
    bool overloads; /* what flows is far more than there is room for: it must not wait for a key frame of less */
};

struct allocator_input {
    uint32_t estimate_bps;
    uint32_t reserved_bps; /* for sound */
    uint32_t ceiling_bps;  /* the viewer's own, 0: none */
    bool calm;             /* neither queue nor loss lately: what flows may go on, whatever the estimate */
    bool empty;            /* no queue lately, whatever is lost: the estimate is a guess at what loss leaves */
    bool silent;           /* the path is cut: what is lowered now has not failed */
    uint64_t now_us;
};

/** Index in layers of the largest that is worth sending: the first that covers what is shown. −1 without layers. */
int allocator_top_layer(const struct allocator_slot *slot);

void allocator_run(const struct allocator_input *input, struct allocator_slot *slots, int count);

/** The estimate at which all slots go up to the most the viewer shows, sound not counted; for bwe_want. */
uint32_t allocator_wanted_bps(const struct allocator_slot *slots, int count);

#endif

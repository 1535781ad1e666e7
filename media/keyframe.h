/**
 * The key-frame arbiter of one published video: browsers silently drop a request that comes within 300 ms of the last,
 * so requests inside are deferred, never dropped, until a key frame has come. A request on one simulcast layer makes
 * key frames on all. Whoever waits says so again and again; who has left does not, and is forgotten.
 *
 * Pure code.
 */
#ifndef MEDIA_KEYFRAME_H
#define MEDIA_KEYFRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    KEYFRAME_LAYERS_MAX = 4,
    KEYFRAME_SPACING_US = 320000,
    KEYFRAME_HOLD_US = 2000000, /* a request that nobody repeats is asked for as long, and at least once */
};

struct keyframe {
    uint64_t asked_us;                       /* 0: never */
    uint64_t wanted_us[KEYFRAME_LAYERS_MAX]; /* when somebody last said so; 0: nobody waits */
    uint32_t asked;
};

/** Somebody waits for a key frame of `layer`. */
void keyframe_request(struct keyframe *keyframe, unsigned layer, uint64_t now_us);

/** A key frame of `layer` begins to arrive: whoever waited for it has it. */
void keyframe_arrived(struct keyframe *keyframe, unsigned layer);

/** True when a request has to go out now; `*layer` says for which. */
bool keyframe_due(struct keyframe *keyframe, uint64_t now_us, uint32_t rtt_us, unsigned *layer);

#endif

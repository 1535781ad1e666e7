/**
 * The key-frame arbiter of one published video: browsers silently drop a request that comes within 300 ms of the last,
 * so requests inside are deferred, never dropped, until a key frame has come. A request on one simulcast layer makes
 * key frames on all.
 *
 * Pure code.
 */
#ifndef MEDIA_KEYFRAME_H
#define MEDIA_KEYFRAME_H

#include <stdbool.h>
#include <stdint.h>

enum { KEYFRAME_SPACING_US = 320000 };

struct keyframe {
    uint64_t asked_us; /* 0: never */
    uint32_t wanted;   /* bit per layer */
    uint32_t asked;
};

/** Somebody waits for a key frame of `layer`. */
void keyframe_request(struct keyframe *keyframe, unsigned layer);

/** A key frame of `layer` begins to arrive: whoever waited for it has it. */
void keyframe_arrived(struct keyframe *keyframe, unsigned layer);

/** True when a request has to go out now; `*layer` says for which. */
bool keyframe_due(struct keyframe *keyframe, uint64_t now_us, uint32_t rtt_us, unsigned *layer);

#endif

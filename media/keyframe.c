#include "media/keyframe.h"

void keyframe_request(struct keyframe *keyframe, unsigned layer)
{
    keyframe->wanted |= 1u << layer;
}

void keyframe_arrived(struct keyframe *keyframe, unsigned layer)
{
    keyframe->wanted &= ~(1u << layer);
}

bool keyframe_due(struct keyframe *keyframe, uint64_t now_us, uint32_t rtt_us, unsigned *layer)
{
    if (!keyframe->wanted)
        return false;
    uint64_t spacing = KEYFRAME_SPACING_US + rtt_us; /* asked, and no answer after a round trip: asked in vain */
    if (keyframe->asked_us && now_us - keyframe->asked_us < spacing)
        return false;
    keyframe->asked_us = now_us;
    keyframe->asked++;
    *layer = (unsigned)__builtin_ctz(keyframe->wanted);
    return true;
}

#include "media/keyframe.h"

void keyframe_request(struct keyframe *keyframe, unsigned layer, uint64_t now_us)
{
    keyframe->wanted_us[layer] = now_us;
}

void keyframe_arrived(struct keyframe *keyframe, unsigned layer)
{
    keyframe->wanted_us[layer] = 0;
}

/* The first layer somebody waits for, -1: none. Who asked once and long ago has got another, or has gone. */
static int wanted_layer(struct keyframe *keyframe, uint64_t now_us)
{
    for (int i = 0; i < KEYFRAME_LAYERS_MAX; i++) {
        uint64_t wanted_us = keyframe->wanted_us[i];
        if (keyframe->asked_us >= wanted_us && now_us > wanted_us + KEYFRAME_HOLD_US)
            keyframe->wanted_us[i] = 0;
        if (keyframe->wanted_us[i])
            return i;
    }
    return -1;
}

bool keyframe_due(struct keyframe *keyframe, uint64_t now_us, uint32_t rtt_us, unsigned *layer)
{
    uint64_t spacing = KEYFRAME_SPACING_US + rtt_us; /* asked, and no answer after a round trip: asked in vain */
    int wanted = wanted_layer(keyframe, now_us);
    if (wanted < 0 || (keyframe->asked_us && now_us < keyframe->asked_us + spacing))
        return false;
    keyframe->asked_us = now_us;
    keyframe->asked++;
    *layer = (unsigned)wanted;
    return true;
}

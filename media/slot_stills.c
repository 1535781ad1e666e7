/* Stills in a slot: below the least that moves, one sharp picture after another. */
#include "media/slot_private.h"

enum { KEY_FRESH_US = 600000 };

bool slot_is_still(const struct slot *slot)
{
    return slot->still.phase != STILL_IDLE;
}

/* The picture is dated to when it will be whole: one that seems to come late makes a browser hold back the sound. */
static void begin_sending(struct slot *slot, uint64_t now_us)
{
    struct media_packet first;
    if (!still_find(&slot->still, slot->still.layer, slot->still.first, &first))
        return;
    uint64_t duration_us = still_duration_us(&slot->still);
    slot->still_us = now_us + duration_us;
    struct rewrite_in in = {.sequence = first.sequence,
                            .timestamp = first.timestamp,
                            .capture_us = slot->still_us,
                            .picture = media_packet_picture(&first)};
    rewrite_switch_ahead(&slot->rewrite, &in, duration_us);
    slot->thin.allocated = slot->still.point;
    thin_begin(&slot->thin);
    slot_set_state(slot, SLOT_STILLS);
}

/* What followed a first packet that came late is in the layer's cache. */
static void gather_from(struct slot *slot, int64_t first, uint64_t now_us)
{
    struct layer *layer = track_layer(slot->track, slot->still.layer);
    struct media_packet packet;
    for (int64_t at = first; at <= layer_highest(layer); at++) {
        if (!cache_get(layer_cache(layer), at, &packet))
            continue;
        if (!still_gather(&slot->still, &packet, slot->still.layer, now_us))
            continue;
        begin_sending(slot, now_us);
        return;
    }
}

void slot_still_packet(struct slot *slot, const struct media_packet *packet, int layer, uint64_t now_us)
{
    struct still *still = &slot->still;
    if (layer != still->layer)
        return;
    bool fresh = still->phase == STILL_WANTED || packet->timestamp != still->timestamp;
    if (packet->start && packet->key && fresh)
        gather_from(slot, packet->sequence, now_us);
    else if (still_gather(still, packet, layer, now_us))
        begin_sending(slot, now_us);
}

static void want(struct slot *slot, uint64_t now_us)
{
    struct layer *layer = track_layer(slot->track, slot->still.layer);
    int64_t key;
    uint64_t arrival_us;
    if (!layer || !still_wants_key(&slot->still, now_us))
        return;
    if (layer_key(layer, &key, &arrival_us) && now_us - arrival_us < KEY_FRESH_US)
        gather_from(slot, key, now_us);
    if (still_wants_key(&slot->still, now_us))
        track_request_key(slot->track, slot->still.layer, now_us); /* the arbiter spaces them */
}

void slot_still_tick(struct slot *slot, uint64_t now_us)
{
    struct media_packet packet;
    want(slot, now_us);
    while (still_next(&slot->still, &packet, now_us)) {
        packet.capture_us = slot->still_us;
        slot_forward(slot, &packet, slot->still.layer, now_us);
    }
    if (still_repeats_last(&slot->still, now_us))
        slot_repeat_last(slot, now_us);
}

void slot_still_set(struct slot *slot, const struct allocator_slot *decision, uint64_t now_us)
{
    if (decision->still < 0) {
        still_stop(&slot->still);
        return;
    }
    if (!slot_is_still(slot))
        history_clear(&slot->history); /* nobody waits any more for what moved before */
    int layer = decision->layers[decision->still].id;
    still_start(&slot->still, layer, decision->still_bps, decision->still_share_bps, now_us);
    still_set_point(&slot->still, decision->layers[decision->still].point);
}

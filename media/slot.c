#include "media/slot.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "media/slot_private.h"

enum {
    HISTORY_VIDEO = 512,
    HISTORY_AUDIO = 128,
    KEY_FRESH_EMPTY_US = 600000, /* a cached key frame and what followed may start an empty picture … */
    KEY_FRESH_US = 80000,        /* … or replace a running one */
    SOUND_START_BPS = 40000,     /* until it is measured */
    HEADER_BITS = (24 + RTP_WIRE_BYTES) * 8,
    MID_PACKETS = 100, /* how many packets say on which m-line they are; the SSRC is signalled anyway */
};

/* An encoder that has just switched the target off would be waited for in vain: until the allocator knows, an empty slot
 * takes a smaller layer that flows. */
static bool stands_in(const struct slot *slot, int layer, uint64_t now_us)
{
    const struct layer *target = track_layer(slot->track, slot->target);
    return slot->layer < 0 && slot->config.video && !slot->config.one_layer && target && !layer_flows(target, now_us) &&
           track_is_smaller(slot->track, layer, slot->target);
}

static void on_packet(void *arg, struct media_packet *packet, int layer);
static void on_batch(void *arg);
static void on_ended(void *arg);

void slot_set_state(struct slot *slot, enum slot_state state)
{
    slot->changed |= slot->state != state;
    slot->state = state;
}

/* ---- life ---- */

static uint32_t hz_of(const struct slot_config *config)
{
    return config->codecs.count && config->codecs.items[0].hz ? config->codecs.items[0].hz
           : config->video                                    ? 90000
                                                              : 48000;
}

int slot_create(const struct slot_config *config, const struct outlet *outlet, struct slot **result)
{
    struct slot *slot = calloc(1, sizeof *slot);
    uint32_t random[3] = {0};
    if (!slot)
        return -ENOMEM;
    RAND_bytes((unsigned char *)random, sizeof random);
    slot->config = *config;
    slot->outlet = *outlet;
    slot->layer = slot->target = slot->allocated = -1;
    slot->thin.allocated = slot->thin.point = THIN_ALL;
    slot->subscriber = (struct track_subscriber){
        .packet_fn = on_packet, .batch_fn = on_batch, .ended_fn = on_ended, .arg = slot, .at = -1};
    slot->wish.priority = 1;
    slot->rtx_sequence = (uint16_t)random[2];
    slot->mid_left = MID_PACKETS;
    rewrite_init(&slot->rewrite, hz_of(config), (uint16_t)(random[0] & 0x7FFF), random[1]);
    *result = slot;
    return 0;
}

void slot_destroy(struct slot *slot)
{
    if (!slot)
        return;
    if (slot->track)
        track_unsubscribe(slot->track, &slot->subscriber);
    history_finish(&slot->history);
    still_finish(&slot->still);
    free(slot);
}

const struct slot_config *slot_config(const struct slot *slot)
{
    return &slot->config;
}

struct track *slot_track(const struct slot *slot)
{
    return slot->track;
}

static uint8_t own_pt(const struct slot *slot, enum codec_kind kind)
{
    for (int i = 0; i < slot->config.codecs.count; i++)
        if (slot->config.codecs.items[i].kind == kind)
            return slot->config.codecs.items[i].pt;
    return SLOT_NO_PT;
}

static bool map_payload_types(struct slot *slot, const struct track_config *track)
{
    bool any = false;
    slot->shape.opus_pt = own_pt(slot, CODEC_OPUS);
    slot->shape.red_pt = own_pt(slot, CODEC_RED);
    memset(slot->pts, SLOT_NO_PT, sizeof slot->pts);
    memset(slot->rtx_pts, SLOT_NO_PT, sizeof slot->rtx_pts);
    for (int i = 0; i < track->codecs.count; i++) {
        const struct codec *theirs = &track->codecs.items[i];
        const struct codec *ours = codec_match(&slot->config.codecs, theirs);
        if (!ours)
            continue;
        slot->pts[theirs->pt] = ours->pt;
        slot->rtx_pts[theirs->pt] = slot->config.rtx_ssrc ? ours->rtx_pt : SLOT_NO_PT;
        any = true;
    }
    return any;
}

static void detach(struct slot *slot)
{
    if (slot->track)
        track_unsubscribe(slot->track, &slot->subscriber);
    slot->track = NULL;
    slot->layer = slot->target = slot->allocated = -1;
    memset(slot->trials, 0, sizeof slot->trials);
    slot->key_wanted = false;
    slot->reason = ALLOCATOR_AS_WANTED;
    slot->width = slot->height = 0;
    history_clear(&slot->history);
    still_finish(&slot->still);
}

static void on_ended(void *arg)
{
    struct slot *slot = arg;
    slot->track = NULL;
    detach(slot);
    slot_set_state(slot, SLOT_EMPTY);
}

int slot_assign(struct slot *slot, struct track *track, uint64_t now_us)
{
    if (track == slot->track)
        return 0;
    if (track && track_config(track)->video != slot->config.video)
        return -EINVAL;
    if (!slot->history.entries && history_init(&slot->history, slot->config.video ? HISTORY_VIDEO : HISTORY_AUDIO) < 0)
        return -ENOMEM;
    slot->outlet.release_fn(slot->outlet.arg, slot, now_us);
    detach(slot);
    slot->changed = true;
    slot_set_state(slot, SLOT_EMPTY);
    if (!track)
        return 0;
    if (!map_payload_types(slot, track_config(track)))
        return -ENOTSUP;
    int result = track_subscribe(track, &slot->subscriber);
    if (result < 0)
        return result;
    slot->track = track;
    slot->assigned_us = now_us;
    slot_set_state(slot, SLOT_WAITING);
    if (!slot->config.video)
        slot->target = 0;
    return 0;
}

void slot_allow_redundancy(struct slot *slot, uint8_t distance)
{
    bool music = slot->track && track_is_music(slot->track); /* thrice 128 kbit/s helps nobody */
    slot->shape.distance = music ? 0 : distance;
}

uint32_t slot_sound_bps_at(const struct slot *slot, uint8_t distance)
{
    struct layer *layer = slot->track && !slot->config.video ? track_layer(slot->track, 0) : NULL;
    struct layer_stats stats;
    if (!layer || !track_is_heard(slot->track))
        return 0;
    layer_stats(layer, &stats);
    uint32_t times = distance + 1u, headers = stats.pps * HEADER_BITS;
    return stats.plain_bps ? stats.plain_bps * times + headers * (slot->shape.red_pt ? 1 : times) : SOUND_START_BPS;
}

uint32_t slot_sound_bps(const struct slot *slot)
{
    return slot_sound_bps_at(slot, shape_distance(&slot->shape));
}

void slot_set_wish(struct slot *slot, const struct slot_wish *wish)
{
    slot->wish = *wish;
}

/* ---- switching ---- */

static void begin_layer(struct slot *slot, const struct media_packet *first, int layer)
{
    struct rewrite_in in = {.sequence = first->sequence,
                            .timestamp = first->timestamp,
                            .capture_us = first->capture_us,
                            .picture = media_packet_picture(first)};
    rewrite_switch(&slot->rewrite, &in);
    slot->changed |= slot->layer != layer;
    slot->layer = layer;
    slot->generation = first->generation;
    slot->key_wanted = layer != slot->target;
    thin_begin(&slot->thin);
    slot->stats.switches++;
    slot_set_state(slot, SLOT_LIVE);
}

/* Sends the cached packets from `first` to the newest. What is missing of them finds its place when it comes. */
static void replay(struct slot *slot, struct layer *layer, int64_t first, int index, uint64_t now_us)
{
    struct media_packet packet;
    for (int64_t at = first; at <= layer_highest(layer); at++)
        if (!track_is_waiting(slot->track, index, at) && cache_get(layer_cache(layer), at, &packet) &&
            packet.generation == slot->generation)
            slot_forward(slot, &packet, index, now_us);
}

/* Goes over to the target at its newest key frame, if that is fresh enough. */
static bool switch_to_cached(struct slot *slot, uint64_t fresh_us, uint64_t now_us)
{
    struct layer *layer = track_layer(slot->track, slot->target);
    struct media_packet first;
    int64_t key;
    uint64_t arrival_us;
    if (!layer || !layer_key(layer, &key, &arrival_us) || now_us - arrival_us > fresh_us ||
        !cache_get(layer_cache(layer), key, &first))
        return false;
    begin_layer(slot, &first, slot->target);
    replay(slot, layer, key, slot->target, now_us);
    return true;
}

static void aim_at(struct slot *slot, int target, uint64_t now_us)
{
    slot->target = target;
    slot->key_wanted = false;
    if (target < 0) {
        slot->changed |= slot->layer >= 0;
        slot->layer = -1;
        return;
    }
    if (target == slot->layer)
        return;
    if (switch_to_cached(slot, slot->layer < 0 ? KEY_FRESH_EMPTY_US : KEY_FRESH_US, now_us))
        return;
    slot->key_wanted = true;
    track_request_key(slot->track, target, now_us);
}

void slot_begin(struct slot *slot, uint64_t now_us)
{
    bool moves = slot->track && slot->config.video && slot->layer >= 0 && slot->target >= 0;
    if (moves && !switch_to_cached(slot, KEY_FRESH_EMPTY_US, now_us))
        slot_request_key(slot, now_us);
}

static void on_packet(void *arg, struct media_packet *packet, int layer)
{
    struct slot *slot = arg;
    if (layer == slot->layer && packet->generation == slot->generation) {
        slot_forward(slot, packet, layer, packet->arrival_us);
        return;
    }
    slot->source_seen |= slot->target < 0;
    if (slot_is_still(slot))
        slot_still_packet(slot, packet, layer, packet->arrival_us);
    if (layer != slot->target && !stands_in(slot, layer, packet->arrival_us))
        return;
    slot->key_wanted = true;
    if (!packet->start || !packet->key)
        return;
    begin_layer(slot, packet, layer);
    slot_forward(slot, packet, layer, packet->arrival_us);
    replay(slot, track_layer(slot->track, layer), packet->sequence + 1, layer, packet->arrival_us);
}

static void on_batch(void *arg)
{
    struct slot *slot = arg;
    slot->outlet.flush_fn(slot->outlet.arg);
}

/* ---- allocation ---- */

/* What `bps` of a layer's payload take on the line. */
static uint32_t with_headers(const struct layer_stats *stats, uint32_t bps)
{
    uint64_t headers = (uint64_t)stats->pps * HEADER_BITS;
    return bps + (stats->bps ? (uint32_t)(headers * bps / stats->bps) : bps / 16);
}

/* What a part of a layer costs; until it is measured, what a picture of its size usually does. */
static uint32_t cost_of(const struct layer_stats *stats, uint32_t bps, uint16_t width, uint16_t height)
{
    uint32_t pixels = (uint32_t)width * height;
    return with_headers(stats, bps ? bps : pixels ? pixels * 3 / 2 : 150000);
}

static void describe_point(const struct slot *slot, const struct layer_stats *stats, int index, uint8_t point,
                           struct allocator_slot *out)
{
    int at = out->layer_count;
    if (at == ALLOCATOR_LAYERS_MAX)
        return;
    uint16_t width, height;
    layer_size(track_layer(slot->track, index), point, &width, &height);
    out->layer_count++;
    out->layers[at].bps = cost_of(stats, stats->points[point].bps, width, height);
    out->layers[at].key_bytes = stats->points[point].key_bytes;
    out->layers[at].width = width;
    out->layers[at].height = height;
    out->layers[at].id = (uint8_t)index;
    out->layers[at].point = point;
    if (index == slot->allocated && (point <= slot->thin.allocated || out->layer < 0))
        out->layer = at; /* what flows, or the next below it where the stream has changed */
}

/* Who shows more than there is takes what comes above it at once. */
static bool wants_more(const struct slot *slot, int index)
{
    uint16_t width, height;
    layer_size(track_layer(slot->track, index), THIN_ALL, &width, &height);
    return slot->wish.max_width == 0 || width < slot->wish.max_width;
}

/* The parts of one stream, smallest first. Only the smallest picture may lose frames too: elsewhere a smaller one is
 * better. */
static void describe_layer(const struct slot *slot, const struct layer_stats *stats, int index, bool smallest,
                           struct allocator_slot *out)
{
    for (int sid = 0; sid < stats->spatial; sid++) {
        for (int tid = 0; smallest && sid == 0 && stats->bps && tid + 1 < stats->temporal; tid++)
            describe_point(slot, stats, index, thin_point((unsigned)sid, (unsigned)tid), out);
        describe_point(slot, stats, index, thin_point((unsigned)sid, THIN_TIDS - 1), out);
    }
    if (out->layer_count && wants_more(slot, index))
        out->layers[out->layer_count - 1].point = THIN_ALL;
}

/* A relay's slot has its own layer to give, and nothing while everybody there shows no more than the smaller ones have. */
static void keep_own(const struct slot *slot, struct allocator_slot *out)
{
    int top = allocator_top_layer(out), own = 0;
    while (own <= top && out->layers[own].id != slot->config.layer)
        own++;
    out->layer_count = own <= top;
    out->layers[0] = out->layers[own <= top ? own : 0];
    out->layer = out->layer >= 0 && own <= top ? 0 : -1;
}

bool slot_describe(struct slot *slot, uint64_t now_us, struct allocator_slot *out)
{
    int indexes[TRACK_LAYERS_MAX];
    memset(out, 0, sizeof *out);
    out->layer = -1;
    if (!slot->track || !slot->config.video)
        return false;
    out->priority = slot->wish.priority;
    out->max_width = slot->wish.max_width;
    out->max_height = slot->wish.max_height;
    out->trials = slot->trials;
    if (track_is_paused(slot->track))
        return true;
    int count = track_live_layers(slot->track, now_us, indexes);
    for (int i = 0; i < count; i++) {
        struct layer_stats stats;
        layer_stats(track_layer(slot->track, indexes[i]), &stats);
        if (slot->config.one_layer)
            describe_point(slot, &stats, indexes[i], THIN_ALL, out);
        else
            describe_layer(slot, &stats, indexes[i], i == 0, out);
    }
    if (slot->config.one_layer)
        keep_own(slot, out);
    return true;
}

/* Neither what waits nor what was lost is sent any more: a picture that stands for a moment harms less than lost sound. */
static void cut_off(struct slot *slot, uint64_t now_us)
{
    history_clear(&slot->history);
    slot->outlet.release_fn(slot->outlet.arg, slot, now_us);
    slot->layer = -1;
}

void slot_apply(struct slot *slot, const struct allocator_slot *decision, uint64_t now_us)
{
    int target = decision->layer < 0 ? -1 : decision->layers[decision->layer].id;
    slot->changed |= slot->reason != decision->reason;
    slot->reason = decision->reason;
    slot->allocated = target;
    slot->thin.allocated = decision->layer < 0 ? THIN_ALL : decision->layers[decision->layer].point;
    if (decision->overloads && target != slot->layer)
        cut_off(slot, now_us);
    slot_still_set(slot, decision, now_us);
    if (target != slot->target)
        aim_at(slot, target, now_us);
    if (slot_is_still(slot))
        slot_set_state(slot, SLOT_STILLS);
    else if (target < 0 && (slot->state != SLOT_WAITING || decision->reason == ALLOCATOR_BANDWIDTH))
        slot_set_state(slot, SLOT_PAUSED);
    else if (target >= 0 && slot->layer < 0)
        slot_set_state(slot, SLOT_WAITING);
}

bool slot_is_settled(const struct slot *slot)
{
    return slot->layer >= 0 && slot->layer == slot->target && !thin_wants_key(&slot->thin);
}

/* ---- state ---- */

static void note_size(struct slot *slot)
{
    struct layer *layer = track_layer(slot->track, slot_is_still(slot) ? slot->still.layer : slot->layer);
    uint16_t width = 0, height = 0;
    if (layer)
        layer_size(layer, slot->thin.point, &width, &height);
    slot->changed |= slot->width != width || slot->height != height;
    slot->width = width;
    slot->height = height;
}

bool slot_tick(struct slot *slot, uint64_t now_us)
{
    if (!slot->track)
        return false;
    if (slot->config.video)
        note_size(slot);
    bool larger = slot->layer >= 0 && slot->layer == slot->target && thin_wants_key(&slot->thin);
    if (slot->key_wanted || larger)
        track_request_key(slot->track, slot->target, now_us); /* the arbiter spaces them */
    if (slot_is_still(slot))
        slot_still_tick(slot, now_us);
    bool wants = slot->source_seen && slot->reason == ALLOCATOR_SOURCE;
    slot->source_seen = false;
    return wants;
}

static const char *rid_of(const struct slot *slot, int layer)
{
    const struct track_config *config = slot->track ? track_config(slot->track) : NULL;
    return config && layer >= 0 && layer < config->rid_count ? config->rids[layer] : NULL;
}

void slot_status(const struct slot *slot, struct slot_status *status)
{
    memset(status, 0, sizeof *status);
    status->state = slot->state;
    status->reason = slot->reason;
    status->layer = slot_is_still(slot) ? slot->still.layer : slot->layer;
    status->width = slot->width;
    status->height = slot->height;
    status->rid = rid_of(slot, status->layer);
    status->target_rid = rid_of(slot, slot->target);
}

bool slot_take_changed(struct slot *slot)
{
    bool changed = slot->changed;
    slot->changed = false;
    return changed;
}

void slot_stats(const struct slot *slot, struct slot_stats *stats)
{
    *stats = slot->stats;
}

#include "media/slot.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "media/history.h"
#include "media/rewrite.h"
#include "media/rtp.h"
#include "media/shape.h"

enum {
    HISTORY_VIDEO = 512,
    HISTORY_AUDIO = 128,
    KEY_FRESH_EMPTY_US = 600000, /* a cached key frame and what followed may start an empty picture … */
    KEY_FRESH_US = 80000,        /* … or replace a running one */
    REPORT_US = 1000000,
    IDLE_US = 2000000,
    MID_PACKETS = 100, /* how many packets say on which m-line they are; the SSRC is signalled anyway */
    NO_PT = 0,
    PADDING = 224,
    ALL_TIDS = LAYER_TIDS_MAX - 1,
};

struct slot {
    struct slot_config config;
    struct outlet outlet;
    struct track *track;
    struct track_subscriber subscriber;
    struct slot_wish wish;

    int layer;  /* what flows, −1: nothing */
    int target; /* what should, −1: nothing */
    uint32_t generation;
    bool key_wanted; /* of the target */
    uint8_t tid;     /* the highest temporal layer that flows now */
    enum allocator_reason reason;
    int allocated; /* the allocator's memory of it … */
    uint8_t allocated_tid;
    uint64_t lowered_us, raised_us, patience_us;

    struct rewrite rewrite;
    struct history history;
    uint8_t pts[128]; /* the track's payload type → ours */
    uint8_t rtx_pts[128];
    struct shape shape; /* of sound */
    uint16_t rtx_sequence;
    uint16_t mid_left;

    enum slot_state state;
    uint16_t width, height;
    bool changed;
    bool source_seen; /* packets come of what is not allocated */
    uint64_t assigned_us, sent_us, reported_us;
    struct slot_stats stats;
};

static void on_packet(void *arg, struct media_packet *packet, int layer);
static void on_ended(void *arg);

static void set_state(struct slot *slot, enum slot_state state)
{
    slot->changed |= slot->state != state;
    slot->state = state;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

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
    slot->tid = slot->allocated_tid = ALL_TIDS;
    slot->subscriber = (struct track_subscriber){.packet_fn = on_packet, .ended_fn = on_ended, .arg = slot, .at = -1};
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
    return NO_PT;
}

static bool map_payload_types(struct slot *slot, const struct track_config *track)
{
    bool any = false;
    slot->shape.opus_pt = own_pt(slot, CODEC_OPUS);
    slot->shape.red_pt = own_pt(slot, CODEC_RED);
    memset(slot->pts, NO_PT, sizeof slot->pts);
    memset(slot->rtx_pts, NO_PT, sizeof slot->rtx_pts);
    for (int i = 0; i < track->codecs.count; i++) {
        const struct codec *theirs = &track->codecs.items[i];
        const struct codec *ours = codec_match(&slot->config.codecs, theirs);
        if (!ours)
            continue;
        slot->pts[theirs->pt] = ours->pt;
        slot->rtx_pts[theirs->pt] = slot->config.rtx_ssrc ? ours->rtx_pt : NO_PT;
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
    slot->lowered_us = slot->raised_us = slot->patience_us = 0;
    slot->key_wanted = false;
    slot->reason = ALLOCATOR_AS_WANTED;
    slot->width = slot->height = 0;
    history_clear(&slot->history);
}

static void on_ended(void *arg)
{
    struct slot *slot = arg;
    slot->track = NULL;
    detach(slot);
    set_state(slot, SLOT_EMPTY);
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
    set_state(slot, SLOT_EMPTY);
    if (!track)
        return 0;
    if (!map_payload_types(slot, track_config(track)))
        return -ENOTSUP;
    int result = track_subscribe(track, &slot->subscriber);
    if (result < 0)
        return result;
    slot->track = track;
    slot->assigned_us = now_us;
    set_state(slot, SLOT_WAITING);
    if (!slot->config.video)
        slot->target = 0;
    return 0;
}

void slot_allow_redundancy(struct slot *slot, bool allowed)
{
    slot->shape.allowed = allowed;
}

void slot_set_wish(struct slot *slot, const struct slot_wish *wish)
{
    slot->wish = *wish;
}

/* ---- a packet on its way ------------------------------------------------------------------------------------------
 */

struct outgoing {
    uint8_t header[RTP_HEADER_MAX];
    struct outlet_packet packet;
};

static void write_mid(struct slot *slot, struct rtp_writer *writer)
{
    size_t size = strlen(slot->config.mid);
    if (!slot->config.extensions.mid || !slot->mid_left || size == 0)
        return;
    slot->mid_left--;
    uint8_t *at = rtp_write_extension(writer, slot->config.extensions.mid, size);
    if (at)
        memcpy(at, slot->config.mid, size);
}

static void write_header(struct slot *slot, struct outgoing *out, const struct rtp_fixed *fixed,
                         const struct media_packet *packet)
{
    const struct extension_ids *ids = &slot->config.extensions;
    struct rtp_writer writer;
    rtp_write_fixed(&writer, out->header, fixed);
    out->packet.twcc = ids->twcc ? rtp_write_extension(&writer, ids->twcc, 2) : NULL;
    out->packet.send_time = ids->abs_send_time ? rtp_write_extension(&writer, ids->abs_send_time, 3) : NULL;
    if (ids->level && !slot->config.video) {
        uint8_t *at = rtp_write_extension(&writer, ids->level, 1);
        if (at)
            *at = (uint8_t)(packet->voice << 7 | packet->level);
    }
    write_mid(slot, &writer);
    out->packet.header = out->header;
    out->packet.header_size = rtp_write_end(&writer);
}

static void note_sent(struct slot *slot, const struct media_packet *packet, const struct rewrite_out *out, int layer)
{
    struct history_entry *entry = history_add(&slot->history, out->sequence);
    entry->in_sequence = packet->sequence;
    entry->generation = packet->generation;
    entry->timestamp = out->timestamp;
    entry->layer = (uint8_t)layer;
    entry->vp8 = out->vp8;
}

/* Puts the outgoing payload and its type into `out`. False when this subscriber cannot take it. */
static bool shape_payload(struct slot *slot, const struct media_packet *packet, int layer, struct shaped *shaped)
{
    if (!slot->config.video) {
        shape_sound(&slot->shape, packet, layer_cache(track_layer(slot->track, layer)), shaped);
        return shaped->pt != NO_PT;
    }
    shaped->payload = packet->payload;
    shaped->size = packet->payload_size;
    shaped->pt = slot->pts[packet->pt];
    return shaped->pt != NO_PT;
}

/* Frames of temporal layers above what is allocated are left out. Down at any frame, up only where one refers to
 * nothing that was left out. */
static bool thins_out(struct slot *slot, const struct media_packet *packet)
{
    if (!packet->vp8.has_tid)
        return false;
    if (packet->start) {
        if (packet->key || slot->tid > slot->allocated_tid)
            slot->tid = slot->allocated_tid;
        else if (packet->vp8.tid > slot->tid && packet->vp8.tid <= slot->allocated_tid && packet->vp8.sync)
            slot->tid = packet->vp8.tid;
    }
    return packet->vp8.tid > slot->tid;
}

static void send_out(struct slot *slot, const struct outgoing *out, uint64_t now_us)
{
    if (slot->outlet.rtp_fn(slot->outlet.arg, &out->packet, now_us) < 0)
        return; /* the subscriber asks again for what it missed */
    slot->stats.packets++;
    slot->stats.bytes += out->packet.payload_size;
    slot->sent_us = now_us;
}

/* The bytes of what was sent (or is to be), out of its layer's cache. */
static bool find_packet(struct slot *slot, const struct history_entry *entry, struct media_packet *packet)
{
    struct layer *layer = slot->track ? track_layer(slot->track, entry->layer) : NULL;
    return layer && cache_get(layer_cache(layer), entry->in_sequence, packet) &&
           packet->generation == entry->generation;
}

static void forward(struct slot *slot, const struct media_packet *packet, int layer, uint64_t now_us)
{
    bool is_vp8 = packet->codec == CODEC_VP8;
    struct rewrite_in in = {.sequence = packet->sequence,
                            .timestamp = packet->timestamp,
                            .capture_us = packet->capture_us,
                            .vp8 = is_vp8 ? &packet->vp8 : NULL};
    struct rewrite_out rewritten;
    struct shaped shaped;
    if (is_vp8 && thins_out(slot, packet)) {
        rewrite_drop(&slot->rewrite, &in);
        return;
    }
    if (!shape_payload(slot, packet, layer, &shaped)) {
        rewrite_drop(&slot->rewrite, &in);
        return;
    }
    if (!rewrite_forward(&slot->rewrite, &in, &rewritten))
        return;
    if (is_vp8)
        vp8_patch(packet->payload, &packet->vp8, &rewritten.vp8);
    struct rtp_fixed fixed = {.timestamp = rewritten.timestamp,
                              .ssrc = slot->config.ssrc,
                              .sequence = rewritten.sequence,
                              .pt = shaped.pt,
                              .marker = packet->marker};
    struct outgoing out = {.packet = {.payload = shaped.payload, .payload_size = shaped.size}};
    note_sent(slot, packet, &rewritten, layer);
    if (slot->config.video && slot->outlet.hold_fn(slot->outlet.arg, slot, rewritten.sequence, shaped.size, now_us))
        return;
    write_header(slot, &out, &fixed, packet);
    send_out(slot, &out, now_us);
}

void slot_send_held(struct slot *slot, uint16_t sequence, uint64_t now_us)
{
    struct history_entry *entry = history_find(&slot->history, sequence);
    struct media_packet packet;
    if (!entry || !find_packet(slot, entry, &packet))
        return;
    if (packet.codec == CODEC_VP8)
        vp8_patch(packet.payload, &packet.vp8, &entry->vp8);
    struct rtp_fixed fixed = {.timestamp = entry->timestamp,
                              .ssrc = slot->config.ssrc,
                              .sequence = entry->sequence,
                              .pt = slot->pts[packet.pt],
                              .marker = packet.marker};
    struct outgoing out = {.packet = {.payload = packet.payload, .payload_size = packet.payload_size}};
    write_header(slot, &out, &fixed, &packet);
    send_out(slot, &out, now_us);
}

/* ---- switching ----------------------------------------------------------------------------------------------------
 */

static void begin_layer(struct slot *slot, const struct media_packet *first, int layer)
{
    struct rewrite_in in = {.sequence = first->sequence,
                            .timestamp = first->timestamp,
                            .capture_us = first->capture_us,
                            .vp8 = first->codec == CODEC_VP8 ? &first->vp8 : NULL};
    rewrite_switch(&slot->rewrite, &in);
    slot->changed |= slot->layer != layer;
    slot->layer = layer;
    slot->generation = first->generation;
    slot->key_wanted = false;
    slot->tid = slot->allocated_tid;
    slot->stats.switches++;
    set_state(slot, SLOT_LIVE);
}

/* Sends the cached packets from `first` to the newest. What is missing of them finds its place when it comes. */
static void replay(struct slot *slot, struct layer *layer, int64_t first, int index, uint64_t now_us)
{
    struct media_packet packet;
    for (int64_t at = first; at <= layer_highest(layer); at++)
        if (cache_get(layer_cache(layer), at, &packet) && packet.generation == slot->generation)
            forward(slot, &packet, index, now_us);
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

static void on_packet(void *arg, struct media_packet *packet, int layer)
{
    struct slot *slot = arg;
    if (layer == slot->layer && packet->generation == slot->generation) {
        forward(slot, packet, layer, packet->arrival_us);
        return;
    }
    slot->source_seen |= slot->target < 0;
    if (layer != slot->target)
        return;
    if (!packet->start || !packet->key) {
        slot->key_wanted = true;
        return;
    }
    begin_layer(slot, packet, layer);
    replay(slot, track_layer(slot->track, layer), packet->sequence, layer, packet->arrival_us);
}

/* ---- allocation ---------------------------------------------------------------------------------------------------
 */

/* What a layer costs with its headers; until it is measured, what a picture of its size usually does. */
static uint32_t cost_of(const struct layer_stats *stats)
{
    uint32_t pixels = (uint32_t)stats->width * stats->height;
    uint32_t bps = stats->bps ? stats->bps : pixels ? pixels * 3 / 2 : 150000;
    return bps + bps / 16;
}

static void describe_layer(const struct slot *slot, const struct layer_stats *stats, int index, uint32_t bps,
                           uint8_t tid, struct allocator_slot *out)
{
    int at = out->layer_count;
    if (at == ALLOCATOR_LAYERS_MAX)
        return;
    out->layer_count++;
    out->layers[at].bps = bps;
    out->layers[at].width = stats->width;
    out->layers[at].height = stats->height;
    out->layers[at].id = (uint8_t)index;
    out->layers[at].tid = tid;
    if (index == slot->allocated && tid == slot->allocated_tid)
        out->layer = at;
}

bool slot_describe(const struct slot *slot, uint64_t now_us, struct allocator_slot *out)
{
    int indexes[TRACK_LAYERS_MAX];
    memset(out, 0, sizeof *out);
    out->layer = -1;
    if (!slot->track || !slot->config.video)
        return false;
    out->priority = slot->wish.priority;
    out->max_width = slot->wish.max_width;
    out->max_height = slot->wish.max_height;
    out->lowered_us = slot->lowered_us;
    out->raised_us = slot->raised_us;
    out->patience_us = slot->patience_us;
    if (track_is_paused(slot->track))
        return true;
    int count = track_live_layers(slot->track, now_us, indexes);
    for (int i = 0; i < count; i++) {
        struct layer_stats stats;
        layer_stats(track_layer(slot->track, indexes[i]), &stats);
        for (int tid = 0; i == 0 && stats.bps && tid + 1 < stats.temporal; tid++) /* the smallest may lose frames too */
            describe_layer(slot, &stats, indexes[i], stats.tid_bps[tid] + stats.tid_bps[tid] / 16, (uint8_t)tid, out);
        describe_layer(slot, &stats, indexes[i], cost_of(&stats), ALL_TIDS, out);
    }
    return true;
}

void slot_apply(struct slot *slot, const struct allocator_slot *decision, uint64_t now_us)
{
    int target = decision->layer < 0 ? -1 : decision->layers[decision->layer].id;
    slot->changed |= slot->reason != decision->reason;
    slot->reason = decision->reason;
    slot->lowered_us = decision->lowered_us;
    slot->raised_us = decision->raised_us;
    slot->patience_us = decision->patience_us;
    slot->allocated = target;
    slot->allocated_tid = decision->layer < 0 ? ALL_TIDS : decision->layers[decision->layer].tid;
    if (target != slot->target)
        aim_at(slot, target, now_us);
    if (target < 0 && slot->state != SLOT_WAITING)
        set_state(slot, SLOT_PAUSED);
    else if (target < 0 && decision->reason == ALLOCATOR_BANDWIDTH)
        set_state(slot, SLOT_PAUSED);
    else if (target >= 0 && slot->layer < 0)
        set_state(slot, SLOT_WAITING);
}

/* ---- feedback -----------------------------------------------------------------------------------------------------
 */

static size_t send_rtx(struct slot *slot, const struct history_entry *entry, int probe, uint64_t now_us)
{
    struct media_packet packet;
    if (!find_packet(slot, entry, &packet) || slot->rtx_pts[packet.pt] == NO_PT)
        return 0;
    if (packet.codec == CODEC_VP8)
        vp8_patch(packet.payload, &packet.vp8, &entry->vp8);
    rtp_put16(packet.payload - 2, entry->sequence); /* RFC 4588 §4: the original sequence number comes first */
    struct rtp_fixed fixed = {.timestamp = entry->timestamp,
                              .ssrc = slot->config.rtx_ssrc,
                              .sequence = slot->rtx_sequence,
                              .pt = slot->rtx_pts[packet.pt],
                              .marker = packet.marker};
    struct outgoing out = {
        .packet = {.payload = packet.payload - 2, .payload_size = packet.payload_size + 2u, .probe = probe}};
    write_header(slot, &out, &fixed, &packet);
    if (slot->outlet.rtp_fn(slot->outlet.arg, &out.packet, now_us) < 0)
        return 0;
    slot->rtx_sequence++;
    return out.packet.header_size + out.packet.payload_size;
}

int slot_retransmit(struct slot *slot, const uint16_t *sequences, int count, uint32_t rtt_us, uint64_t now_us)
{
    uint32_t now_ms = (uint32_t)(now_us / 1000) | 1, spacing_ms = rtt_us / 1000;
    int sent = 0;
    slot->stats.nacks += (uint64_t)count;
    for (int i = 0; i < count; i++) {
        struct history_entry *entry = history_find(&slot->history, sequences[i]);
        if (!entry || (entry->resent_ms && now_ms - entry->resent_ms < spacing_ms))
            continue;
        if (send_rtx(slot, entry, 0, now_us) == 0)
            continue;
        entry->resent_ms = now_ms;
        sent++;
    }
    slot->stats.retransmitted += (uint64_t)sent;
    return sent;
}

/* Nothing to repeat: a packet of padding alone (RFC 3550 §5.1, the P bit), as browsers send it too. */
static size_t send_empty(struct slot *slot, int probe, uint64_t now_us)
{
    static const uint8_t padding[PADDING] = {[PADDING - 1] = PADDING};
    const struct codec *codec = &slot->config.codecs.items[0];
    struct rtp_fixed fixed = {.timestamp = slot->rewrite.last_timestamp,
                              .ssrc = slot->config.rtx_ssrc,
                              .sequence = slot->rtx_sequence,
                              .pt = codec->rtx_pt};
    struct outgoing out = {.packet = {.payload = padding, .payload_size = sizeof padding, .probe = probe}};
    struct media_packet nothing = {0};
    if (codec->rtx_pt == NO_PT)
        return 0;
    write_header(slot, &out, &fixed, &nothing);
    out.header[0] |= 1 << 5;
    if (slot->outlet.rtp_fn(slot->outlet.arg, &out.packet, now_us) < 0)
        return 0;
    slot->rtx_sequence++;
    return out.packet.header_size + out.packet.payload_size;
}

size_t slot_send_padding(struct slot *slot, int probe, uint64_t now_us)
{
    if (!slot->config.rtx_ssrc)
        return 0;
    struct history_entry *entry = history_find(&slot->history, (uint16_t)(slot->rewrite.next_sequence - 1));
    size_t sent = entry && slot->layer >= 0 ? send_rtx(slot, entry, probe, now_us) : 0;
    return sent ? sent : send_empty(slot, probe, now_us);
}

void slot_request_key(struct slot *slot, uint64_t now_us)
{
    if (!slot->track || !slot->config.video || slot->layer < 0)
        return; /* an empty slot has nothing to ask for; one that waits has asked */
    slot->stats.key_requests++;
    track_request_key(slot->track, slot->layer, now_us);
}

void slot_note_report(struct slot *slot, const struct rtcp_block *block)
{
    slot->stats.fraction_lost = block->fraction;
    shape_note_loss(&slot->shape, block->fraction);
    slot->stats.lost = block->lost;
    slot->stats.jitter_ms = (uint32_t)((uint64_t)block->jitter * 1000 / slot->rewrite.hz);
    if (slot->track)
        track_note_loss(slot->track, block->fraction);
}

bool slot_report_due(const struct slot *slot, uint64_t now_us)
{
    return slot->sent_us && slot->layer >= 0 && now_us - slot->sent_us < IDLE_US &&
           (!slot->reported_us || now_us - slot->reported_us >= REPORT_US);
}

void slot_report(struct slot *slot, uint64_t now_us, uint64_t epoch_us, struct rtcp_sender_info *info)
{
    int64_t since_us = (int64_t)(now_us - slot->rewrite.last_capture_us);
    slot->reported_us = now_us;
    info->ssrc = slot->config.ssrc;
    info->ntp = rtcp_ntp_from_us(now_us + epoch_us);
    /* a publisher's clock may claim any time: wide enough for all of them */
    __int128 ticks = (__int128)since_us * slot->rewrite.hz / 1000000;
    info->rtp = slot->rewrite.last_timestamp + (uint32_t)ticks;
    info->packets = (uint32_t)slot->stats.packets;
    info->bytes = (uint32_t)slot->stats.bytes;
}

/* ---- state --------------------------------------------------------------------------------------------------------
 */

static void note_size(struct slot *slot)
{
    struct layer *layer = slot->track && slot->layer >= 0 ? track_layer(slot->track, slot->layer) : NULL;
    struct layer_stats stats = {0};
    if (layer)
        layer_stats(layer, &stats);
    slot->changed |= slot->width != stats.width || slot->height != stats.height;
    slot->width = stats.width;
    slot->height = stats.height;
}

bool slot_tick(struct slot *slot, uint64_t now_us)
{
    if (!slot->track)
        return false;
    if (slot->config.video)
        note_size(slot);
    if (slot->key_wanted)
        track_request_key(slot->track, slot->target, now_us); /* the arbiter spaces them */
    bool wants = slot->source_seen && slot->reason == ALLOCATOR_SOURCE;
    slot->source_seen = false;
    return wants;
}

void slot_status(const struct slot *slot, struct slot_status *status)
{
    memset(status, 0, sizeof *status);
    status->state = slot->state;
    status->reason = slot->reason;
    status->layer = slot->layer;
    status->width = slot->width;
    status->height = slot->height;
    if (slot->track && slot->layer >= 0 && slot->layer < track_config(slot->track)->rid_count)
        status->rid = track_config(slot->track)->rids[slot->layer];
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

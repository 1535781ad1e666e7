#include "media/layer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/inspect.h"
#include "media/rtp.h"

enum {
    RED_REACH = 8, /* packets ahead of the newest that redundancy may fill in */
    QUICK_US = 200000,
    QUICK_MEASURES = 5,
    MEASURE_US = 1000000,
};

struct layer {
    bool video;
    const struct wall_clock *wall;
    struct capture_clock clock;
    struct nack nack;
    struct cache *cache;
    int64_t highest;
    uint32_t generation;
    bool started;
    uint64_t arrival_us;

    bool has_key;
    int64_t key_sequence;
    uint64_t key_arrival_us;
    uint16_t width, height;
    uint32_t key_timestamp;
    bool key_sized; /* key_timestamp holds */

    /* RFC 3550 §A.3, §A.8 */
    int64_t base;
    uint64_t received, received_before, expected_before;
    double jitter;
    int64_t transit;
    uint32_t last_sr;
    uint64_t last_sr_us;

    uint64_t packets, bytes, repaired, duplicates;
    uint64_t repeated;    /* came again as they were, without RTX: sound has none */
    uint64_t plain_bytes; /* since it was measured, without what redundancy repeats */
    uint64_t measured_us, measured_bytes, measured_packets;
    uint32_t frames, measured_frames, frame_timestamp, measures;
    uint32_t bps, plain_bps, pps, fps;
    int temporal;
    struct {
        uint64_t bytes; /* since it was measured */
        uint32_t bps, key_bytes;
    } points[THIN_POINTS];
    struct inspector inspector;
};

struct layer *layer_create(bool video, uint32_t hz, const struct wall_clock *wall)
{
    struct layer *layer = calloc(1, sizeof *layer);
    if (!layer)
        return NULL;
    layer->cache = cache_create(video ? 64 * 1024 : 8 * 1024, video ? 128 : 64);
    if (!layer->cache) {
        free(layer);
        return NULL;
    }
    layer->video = video;
    layer->wall = wall;
    capture_clock_init(&layer->clock, hz);
    nack_init(&layer->nack, layer->video ? NACK_TRIES_VIDEO : NACK_TRIES_AUDIO);
    return layer;
}

void layer_destroy(struct layer *layer)
{
    if (!layer)
        return;
    cache_destroy(layer->cache);
    free(layer);
}

static void begin(struct layer *layer, int64_t sequence)
{
    layer->started = true;
    layer->generation++;
    layer->highest = layer->base = sequence;
    layer->received = layer->received_before = layer->expected_before = 0;
    layer->has_key = false;
}

static void note_jitter(struct layer *layer, const struct media_packet *packet)
{
    int64_t arrival = (int64_t)(packet->arrival_us * layer->clock.hz / 1000000);
    int64_t transit = (int32_t)((uint32_t)arrival - packet->timestamp);
    int64_t change = transit - layer->transit;
    if (layer->received > 1)
        layer->jitter += ((double)(change < 0 ? -change : change) - layer->jitter) / 16;
    layer->transit = transit;
}

static bool is_of_key(struct layer *layer, const struct media_packet *packet)
{
    if (packet->key && packet->start && (!layer->key_sized || packet->timestamp != layer->key_timestamp)) {
        layer->key_timestamp = packet->timestamp;
        layer->key_sized = true;
        for (int i = 0; i < THIN_POINTS; i++)
            layer->points[i].key_bytes = 0;
    }
    return layer->key_sized && packet->timestamp == layer->key_timestamp;
}

/* What each operating point takes: on the average, and in the newest key frame as far as that has come. */
static void note_points(struct layer *layer, const struct media_packet *packet)
{
    bool key = is_of_key(layer, packet);
    if (packet->marks.needed && packet->marks.tid >= layer->temporal)
        layer->temporal = packet->marks.tid < THIN_TIDS ? packet->marks.tid + 1 : THIN_TIDS;
    for (int i = 0; i < THIN_POINTS; i++) {
        if (!thin_needs((uint8_t)i, &packet->marks))
            continue;
        layer->points[i].bytes += packet->payload_size;
        layer->points[i].key_bytes += key ? packet->payload_size : 0;
    }
}

static void note_frame(struct layer *layer, const struct media_packet *packet)
{
    note_points(layer, packet);
    if (packet->timestamp != layer->frame_timestamp)
        layer->frames++;
    layer->frame_timestamp = packet->timestamp;
    if (!packet->key || !packet->start || (layer->has_key && packet->sequence < layer->key_sequence))
        return;
    bool same_frame = false;
    if (layer->has_key && packet->codec == CODEC_H264) { /* parameter sets and slices come in packets of their own */
        struct media_packet first;
        same_frame = cache_get(layer->cache, layer->key_sequence, &first) && first.timestamp == packet->timestamp;
    }
    if (packet->width) {
        layer->width = packet->width;
        layer->height = packet->height;
    }
    if (same_frame)
        return;
    layer->has_key = true;
    layer->key_sequence = packet->sequence;
    layer->key_arrival_us = packet->arrival_us;
}

static bool accept(struct layer *layer, struct media_packet *packet)
{
    enum nack_verdict verdict = nack_input(&layer->nack, packet->sequence, packet->arrival_us);
    if (verdict == NACK_DUPLICATE) {
        layer->duplicates++;
        return false;
    }
    if (verdict == NACK_RESTART)
        begin(layer, packet->sequence);
    if (packet->sequence > layer->highest)
        layer->highest = packet->sequence;
    packet->generation = layer->generation;
    return true;
}

bool layer_misses(const struct layer *layer, uint16_t low, uint64_t now_us)
{
    int64_t sequence = rtp_unwrap16(layer->highest, low);
    bool recent = sequence >= layer->base && sequence <= layer->highest + RED_REACH;
    return layer->started && recent && now_us - layer->arrival_us < LAYER_LIVE_US && !nack_has(&layer->nack, sequence);
}

void layer_restart(struct layer *layer)
{
    layer->started = false;
    layer->has_key = false;
    nack_init(&layer->nack, layer->video ? NACK_TRIES_VIDEO : NACK_TRIES_AUDIO);
    capture_clock_init(&layer->clock, layer->clock.hz);
}

bool layer_input(struct layer *layer, struct media_packet *packet, uint16_t low)
{
    if (!layer->started)
        begin(layer, low + 65536);
    packet->sequence = rtp_unwrap16(layer->highest, low);
    bool newest = packet->sequence >= layer->highest;
    uint32_t recovered = layer->nack.recovered;
    if (!accept(layer, packet))
        return false;
    layer->repeated += layer->nack.recovered > recovered && !packet->repaired;
    layer->arrival_us = packet->arrival_us;
    layer->packets++;
    layer->bytes += packet->payload_size;
    layer->plain_bytes += packet->payload_size - packet->repeated_size;
    layer->repaired += packet->repaired;
    if (!packet->repaired) {
        layer->received++;
        note_jitter(layer, packet);
        capture_clock_arrival(&layer->clock, packet->timestamp, packet->arrival_us);
    }
    packet->capture_us = capture_clock_time(&layer->clock, layer->wall, packet->timestamp);
    int error = packet->payload_size ? inspector_look(&layer->inspector, packet, newest) : -EBADMSG;
    if (error < 0)
        return false;
    note_frame(layer, packet);
    cache_put(layer->cache, packet);
    return true;
}

void layer_report(struct layer *layer, const struct rtcp_sender_info *info, uint64_t arrival_us)
{
    layer->last_sr = (uint32_t)(info->ntp >> 16);
    layer->last_sr_us = arrival_us;
    capture_clock_report(&layer->clock, rtcp_ntp_to_us(info->ntp), info->rtp);
}

static uint8_t fraction_lost(struct layer *layer, uint64_t expected)
{
    uint64_t expected_now = expected - layer->expected_before;
    uint64_t received_now = layer->received - layer->received_before;
    layer->expected_before = expected;
    layer->received_before = layer->received;
    if (expected_now == 0 || received_now >= expected_now)
        return 0;
    uint64_t fraction = (expected_now - received_now) * 256 / expected_now;
    return fraction > 255 ? 255 : (uint8_t)fraction;
}

bool layer_block(struct layer *layer, uint64_t now_us, struct rtcp_block *block)
{
    if (!layer->started)
        return false;
    uint64_t expected = (uint64_t)(layer->highest - layer->base + 1);
    int64_t lost = (int64_t)expected - (int64_t)layer->received;
    memset(block, 0, sizeof *block);
    block->fraction = fraction_lost(layer, expected);
    block->lost = lost > 0x7FFFFF ? 0x7FFFFF : lost < -0x800000 ? -0x800000 : (int32_t)lost;
    block->highest = (uint32_t)layer->highest;
    block->jitter = (uint32_t)layer->jitter;
    if (layer->last_sr_us) {
        block->last_sr = layer->last_sr;
        block->delay = (uint32_t)((now_us - layer->last_sr_us) * 65536 / 1000000);
    }
    return true;
}

struct nack *layer_nack(struct layer *layer)
{
    return &layer->nack;
}

struct cache *layer_cache(struct layer *layer)
{
    return layer->cache;
}

bool layer_is_live(const struct layer *layer, uint64_t now_us)
{
    return layer->started && now_us - layer->arrival_us < LAYER_LIVE_US;
}

bool layer_flows(const struct layer *layer, uint64_t now_us)
{
    return layer->started && now_us - layer->arrival_us < LAYER_FLOWS_US;
}

bool layer_key(const struct layer *layer, int64_t *sequence, uint64_t *arrival_us)
{
    *sequence = layer->key_sequence;
    *arrival_us = layer->key_arrival_us;
    return layer->has_key;
}

int64_t layer_highest(const struct layer *layer)
{
    return layer->highest;
}

/* Half of the last value stays. */
static uint32_t averaged(const struct layer *layer, uint32_t before, uint64_t now)
{
    return layer->measures ? before / 2 + (uint32_t)now / 2 : (uint32_t)now;
}

static void measure_points(struct layer *layer, uint64_t span_us)
{
    for (int i = 0; i < THIN_POINTS; i++) {
        layer->points[i].bps = averaged(layer, layer->points[i].bps, layer->points[i].bytes * 8 * 1000000 / span_us);
        layer->points[i].bytes = 0;
    }
}

/* Often at first, so that allocation soon knows what it deals with, then each second. */
void layer_measure(struct layer *layer, uint64_t now_us)
{
    if (!layer->measured_us || !layer->started) {
        layer->measured_us = now_us;
        layer->measured_bytes = layer->bytes;
        layer->plain_bytes = 0;
        layer->measured_packets = layer->packets;
        layer->measured_frames = layer->frames;
        return;
    }
    uint64_t span = now_us - layer->measured_us;
    if (span < (layer->measures < QUICK_MEASURES ? QUICK_US : MEASURE_US))
        return;
    layer->bps = averaged(layer, layer->bps, (layer->bytes - layer->measured_bytes) * 8 * 1000000 / span);
    layer->plain_bps = averaged(layer, layer->plain_bps, layer->plain_bytes * 8 * 1000000 / span);
    layer->plain_bytes = 0;
    layer->pps = averaged(layer, layer->pps, (layer->packets - layer->measured_packets) * 1000000 / span);
    measure_points(layer, span);
    layer->fps = (uint32_t)(((uint64_t)(layer->frames - layer->measured_frames) * 1000000 + span / 2) / span);
    layer->measures++;
    layer->measured_us = now_us;
    layer->measured_bytes = layer->bytes;
    layer->measured_packets = layer->packets;
    layer->measured_frames = layer->frames;
}

void layer_size(const struct layer *layer, uint8_t point, uint16_t *width, uint16_t *height)
{
    const struct inspector *inspector = &layer->inspector;
    int sid = point / THIN_TIDS;
    sid = sid < inspector->layers ? sid : inspector->layers - 1;
    bool told = inspector->layers > 1 && inspector->width[sid];
    *width = told ? inspector->width[sid] : layer->width;
    *height = told ? inspector->height[sid] : layer->height;
}

void layer_stats(const struct layer *layer, struct layer_stats *stats)
{
    uint64_t expected = layer->started ? (uint64_t)(layer->highest - layer->base + 1) : 0;
    memset(stats, 0, sizeof *stats);
    stats->width = layer->width;
    stats->height = layer->height;
    stats->bps = layer->bps;
    stats->plain_bps = layer->plain_bps;
    stats->pps = layer->pps;
    stats->fps = layer->fps;
    stats->packets = layer->packets;
    stats->bytes = layer->bytes;
    stats->lost = layer->repeated + (expected > layer->received ? expected - layer->received : 0);
    stats->repaired = layer->repaired + layer->repeated;
    stats->duplicates = layer->duplicates;
    stats->temporal = layer->temporal;
    stats->spatial = layer->inspector.layers > 1 ? layer->inspector.layers : 1;
    for (int i = 0; i < THIN_POINTS; i++) {
        stats->points[i].bps = layer->points[i].bps;
        stats->points[i].key_bytes = layer->points[i].key_bytes;
    }
    stats->jitter_ms = (uint32_t)(layer->jitter * 1000 / layer->clock.hz);
}

/**
 * One RTP stream that a publisher sends: its sound, or one simulcast layer of its video. Unwraps sequence numbers,
 * tells new packets from repeated ones, knows what is missing, keeps the last second, measures.
 *
 * Pure but for the memory of its cache. Time is passed in.
 */
#ifndef MEDIA_LAYER_H
#define MEDIA_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/cache.h"
#include "media/capture_clock.h"
#include "media/nack.h"
#include "media/rtcp.h"
#include "media/thin.h"

enum { LAYER_LIVE_US = 2000000, LAYER_FLOWS_US = 300000 };

struct layer;

/** `wall` is its publisher's, borrowed. */
struct layer *layer_create(bool video, uint32_t hz, const struct wall_clock *wall);
void layer_destroy(struct layer *layer);

/**
 * Takes in a packet with payload, codec, pt, marker, timestamp, arrival and repaired filled in; fills in the rest.
 * False when there is nothing to forward: repeated, or no payload of its codec.
 */
bool layer_input(struct layer *layer, struct media_packet *packet, uint16_t sequence);

/** Something has come, but this one, which is recent, has not. */
bool layer_misses(const struct layer *layer, uint16_t sequence, uint64_t now_us);

/** The publisher took another SSRC for it: the next packet begins anew. */
void layer_restart(struct layer *layer);

void layer_report(struct layer *layer, const struct rtcp_sender_info *info, uint64_t arrival_us);

/** A reception report block on it (all but its SSRC) for the time since the last call. False while nothing has come. */
bool layer_block(struct layer *layer, uint64_t now_us, struct rtcp_block *block);

struct nack *layer_nack(struct layer *layer);
struct cache *layer_cache(struct layer *layer);

/** Packets have come lately. */
bool layer_is_live(const struct layer *layer, uint64_t now_us);
/** Packets come just now: an encoder that has switched it off is noticed by this first. */
bool layer_flows(const struct layer *layer, uint64_t now_us);

/** The newest key frame: where it starts, and when that came. False when there is none. */
bool layer_key(const struct layer *layer, int64_t *sequence, uint64_t *arrival_us);
int64_t layer_highest(const struct layer *layer);

/** Every 10 ms or so: rates. */
void layer_measure(struct layer *layer, uint64_t now_us);

struct layer_stats {
    uint16_t width, height;
    uint32_t bps, pps;  /* payload; packets */
    uint32_t plain_bps; /* payload without what redundant sound repeats */
    uint32_t fps;
    uint64_t packets, bytes, lost, repaired, duplicates;
    uint32_t jitter_ms;
    int spatial;  /* layers inside it, told by the stream; at least 1 */
    int temporal; /* layers seen, 0: not told */
    struct {
        uint32_t bps;       /* 0: not measured */
        uint32_t key_bytes; /* of the newest key frame, 0: none came */
    } points[THIN_POINTS];  /* for each operating point what it takes */
};
/** How large the picture is at an operating point. */
void layer_size(const struct layer *layer, uint8_t point, uint16_t *width, uint16_t *height);
void layer_stats(const struct layer *layer, struct layer_stats *stats);

#endif

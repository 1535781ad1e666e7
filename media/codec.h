/**
 * Codecs as negotiated for an m-line, and what a router needs to know of one payload.
 *
 * Pure code.
 */
#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/picture.h"
#include "media/thin.h"

enum codec_kind { CODEC_NONE, CODEC_OPUS, CODEC_RED, CODEC_VP8, CODEC_H264, CODEC_VP9, CODEC_AV1 };

enum { CODECS_MAX = 12, CODEC_FMTP_MAX = 128 };

struct codec {
    enum codec_kind kind;
    uint8_t pt;
    uint8_t rtx_pt; /* 0: none */
    uint32_t hz;
    char fmtp[CODEC_FMTP_MAX];
};

struct codec_list {
    int count;
    struct codec items[CODECS_MAX];
};

/** Header extension ids as negotiated for an m-line; 0: none. */
struct extension_ids {
    uint8_t mid, rid, rrid, level, twcc, abs_send_time, dependency_descriptor, playout_delay, toffset;
};

enum codec_kind codec_kind_of(const char *name);
const char *codec_name(enum codec_kind kind);

/** The codec whose payload type this is, or NULL; `*rtx` tells that it is its retransmission's. */
const struct codec *codec_by_pt(const struct codec_list *list, uint8_t pt, bool *rtx);

/** The entry of `list` that decodes what `codec` (of another m-line) names, or NULL. H.264 needs the same
 * packetization. */
const struct codec *codec_match(const struct codec_list *list, const struct codec *codec);

/** One packet of a received stream as it is handed on: what follows from a single look at it. */
struct media_packet {
    uint8_t *payload; /* borrowed, two writable bytes before it */
    uint16_t payload_size;
    uint16_t repeated_size; /* of sound: what of it has been in packets before (RFC 2198) */
    uint8_t pt;
    bool marker;
    bool start; /* begins a frame */
    bool key;   /* … of a key frame */
    bool repaired;
    uint8_t level; /* audio level, 127: silence or not told */
    bool voice;
    enum codec_kind codec;
    uint32_t timestamp;
    int64_t sequence;    /* unwrapped */
    uint32_t generation; /* of the stream: another one shares no counters with the one before */
    uint64_t arrival_us;
    uint64_t capture_us;
    uint16_t width, height;        /* of a key frame, else 0 */
    struct picture_fields picture; /* of VP8, VP9 and AV1 */
    struct thin_marks marks;
    const uint8_t *descriptor; /* the dependency descriptor, borrowed as the payload is; NULL: none */
    uint8_t descriptor_size;
};

/** Its counters when it may have some, else NULL: for rewriting. */
static inline const struct picture_fields *media_packet_picture(const struct media_packet *packet)
{
    return packet->codec == CODEC_H264 || packet->codec < CODEC_VP8 ? NULL : &packet->picture;
}

#endif

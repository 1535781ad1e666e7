/** What depay.c and its codecs share; not for others. */
#ifndef MEDIA_RENDER_DEPAY_CODEC_H
#define MEDIA_RENDER_DEPAY_CODEC_H

#include <glib.h>

#include "media/render/depay.h"

struct depay {
    enum depay_codec codec;
    uint8_t red_pt;
    depay_frame_fn frame_fn;
    void *arg;

    GByteArray *frame; /* in the making */
    bool making;
    int64_t timestamp; /* of the frame in the making, or of the last sound */
    bool key;
    int width, height;
    bool lost;     /* since the last frame that was given out */
    bool awaiting; /* a frame that can be decoded without what is missing */

    bool sounded; /* Opus: `timestamp` holds */
    int picture;  /* VP8: id of the frame before, -1 unknown … */
    int picture_bits;
    int base; /* … and its TL0PICIDX */
    int making_picture, making_base;

    bool fragment; /* H.264: within FU-A, which began here */
    size_t fragment_at;
    GByteArray *parameters;
    uint8_t sps[256], pps[256];
    size_t sps_size, pps_size;
};

/** Adds to the frame in the making; false when it grows beyond all bounds. */
bool depay_add(struct depay *depay, const uint8_t *data, size_t size);
/** Gives out the frame in the making if it can be decoded. */
void depay_emit(struct depay *depay);
void depay_drop(struct depay *depay);

void depay_opus(struct depay *depay, const struct reordered *packet);
void depay_vp8(struct depay *depay, const struct reordered *packet);
void depay_h264(struct depay *depay, const struct reordered *packet);

bool depay_vp8_key(const struct packet *packet, int *width, int *height);
bool depay_h264_key(const struct packet *packet, int *width, int *height);

#endif

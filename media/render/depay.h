/**
 * From packets in order to frames: Opus packets (RFC 7587, out of RFC 2198 redundancy where there is any), VP8 frames
 * (RFC 7741) and H.264 access units (RFC 6184) with length prefixes.
 *
 * After a loss, video frames that need what was lost are held back until one comes that does not: what cannot be
 * decoded rightly is a gap, not a smear. What strangers sent is parsed here: every field is checked, nothing is
 * trusted.
 */
#ifndef MEDIA_RENDER_DEPAY_H
#define MEDIA_RENDER_DEPAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/render/reorder.h"

enum depay_codec { DEPAY_NONE, DEPAY_OPUS, DEPAY_VP8, DEPAY_H264 };
enum { DEPAY_FRAME_MAX = 8 * 1024 * 1024 };

struct depay_frame {
    const uint8_t *data; /* borrowed for the call */
    size_t size;
    int64_t timestamp; /* unwrapped RTP time */
    uint32_t duration; /* in clock ticks, 0: not known */
    bool key;
    bool after_loss;   /* something between the frame before and this one is missing */
    int width, height; /* of key frames that tell, else 0 */
};
typedef void (*depay_frame_fn)(void *arg, const struct depay_frame *frame);

struct depay;

/** "opus", "VP8", "H264" in any case; DEPAY_NONE for others. */
enum depay_codec depay_codec_of(const char *name);

/** `red_pt`: payload type of redundant packets, 0: none. */
struct depay *depay_create(enum depay_codec codec, uint8_t red_pt, depay_frame_fn frame, void *arg);
void depay_destroy(struct depay *depay);

void depay_push(struct depay *depay, const struct reordered *packet);
/** The stream ends here, or goes on elsewhere: gives out the frame in the making if it is whole, awaits a key frame. */
void depay_flush(struct depay *depay);

/** H.264: the latest parameter sets as an avcC record; NULL before any came. Borrowed until the next push. */
const uint8_t *depay_parameters(const struct depay *depay, size_t *size);

/** True when the packet begins a frame that needs no other. `width` and `height` are set when it tells them. */
bool depay_is_key(enum depay_codec codec, const struct packet *packet, int *width, int *height);

#endif

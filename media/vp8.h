/**
 * The VP8 payload descriptor (RFC 7741 §4.2), as far as a router reads and rewrites it, and the size of key frames.
 *
 * Pure code.
 */
#ifndef MEDIA_VP8_H
#define MEDIA_VP8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/picture.h"

struct vp8_descriptor {
    struct picture_fields picture;
    uint16_t width, height; /* of a key frame's first packet, else 0 */
    uint8_t tid;
    bool start; /* first packet of a frame */
    bool key;   /* of a key frame, known from its first packet only */
    bool has_tid;
    bool sync; /* Y: depends on layer 0 only, so a receiver may step up here */
};

/** Errors: -EBADMSG. */
int vp8_parse(const uint8_t *payload, size_t size, struct vp8_descriptor *descriptor);

#endif

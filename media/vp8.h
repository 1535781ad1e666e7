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

struct vp8_descriptor {
    uint16_t picture_id;
    uint16_t width, height; /* of a key frame's first packet, else 0 */
    uint8_t tl0picidx;
    uint8_t tid;
    uint8_t keyidx;
    uint8_t picture_at, tl0_at, key_at; /* offsets in the payload, 0: absent */
    bool wide;                          /* 15-bit picture id */
    bool start;                         /* first packet of a frame */
    bool key;                           /* of a key frame, known from its first packet only */
    bool has_tid;
    bool sync; /* Y: depends on layer 0 only, so a receiver may step up here */
};

/** Errors: -EBADMSG. */
int vp8_parse(const uint8_t *payload, size_t size, struct vp8_descriptor *descriptor);

/** The counters a receiver is shown in place of the publisher's. */
struct vp8_counters {
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint8_t keyidx;
};

/** Writes `counters` over those in the payload, in the width they have there. */
void vp8_patch(uint8_t *payload, const struct vp8_descriptor *descriptor, const struct vp8_counters *counters);

#endif

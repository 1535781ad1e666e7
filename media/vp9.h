/**
 * The VP9 payload descriptor (RFC 9628 §4.2), as far as a router reads it, and the size in a key frame's header
 * (VP9 bitstream specification §6.2).
 *
 * Pure code.
 */
#ifndef MEDIA_VP9_H
#define MEDIA_VP9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/picture.h"

enum { VP9_LAYERS_MAX = 8, VP9_REFERENCES_MAX = 3 };

/** The scalability structure (§4.2.1), as far as it tells of spatial layers. */
struct vp9_structure {
    uint8_t layers; /* spatial ones; 0: the packet has no structure */
    bool has_sizes;
    uint16_t width[VP9_LAYERS_MAX], height[VP9_LAYERS_MAX];
};

struct vp9_descriptor {
    struct picture_fields picture;
    struct vp9_structure structure;
    uint16_t width, height; /* of a key frame's first packet, else 0 */
    uint8_t tid, sid;
    uint8_t references[VP9_REFERENCES_MAX]; /* P_DIFF: distance in pictures, flexible mode only */
    uint8_t reference_count;
    uint16_t size;          /* of the descriptor: the frame's bytes follow */
    bool predicted;         /* P: from earlier pictures */
    bool layered;           /* L: tid and sid are told */
    bool flexible;          /* F */
    bool start, end;        /* B, E: of a layer's frame */
    bool inter_layer;       /* D: predicted from the spatial layer below */
    bool switch_up;         /* U: later pictures of higher temporal layers need none from before this one */
    bool never_inter_layer; /* Z: no spatial layer above is predicted from this frame */
};

/** Errors: -EBADMSG. */
int vp9_parse(const uint8_t *payload, size_t size, struct vp9_descriptor *descriptor);

#endif

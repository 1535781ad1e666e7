/**
 * The one look at a received packet's payload: whether it begins a picture, a key frame and of what size, where its counters
 * are, and to which layers of its stream its frame belongs. Remembers of the stream what comes with key frames alone.
 *
 * Pure code. Embedded in its layer.
 */
#ifndef MEDIA_INSPECT_H
#define MEDIA_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "media/codec.h"
#include "media/dependency.h"
#include "media/thin.h"

enum { INSPECT_NO_TARGET = 255 };

struct inspector {
    uint8_t layers; /* spatial layers that are produced at present, 0: not told, or a stream of one */
    uint16_t width[THIN_SIDS], height[THIN_SIDS]; /* of each, 0: not told */
    bool has_structure;                           /* of the dependency descriptor */
    struct dependency_structure structure;
    uint8_t target_of[THIN_POINTS]; /* the decode target that serves each operating point, or INSPECT_NO_TARGET */
};

/**
 * Fills in start, key, size, picture and marks. `newest`: none after it has come, so what it says of the stream holds.
 * Errors: -EBADMSG for a payload that is none of its codec.
 */
int inspector_look(struct inspector *inspector, struct media_packet *packet, bool newest);

#endif

/**
 * The counters of pictures that VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2) carry in their payload descriptors, in the same
 * form: where they are, and how a receiver's are written over them. AV1 counts its frames in the dependency descriptor.
 *
 * Pure code.
 */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a payload has, and where: offsets of 0 mean absent. */
struct picture_fields {
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint8_t keyidx; /* VP8's alone */
    uint8_t picture_at, tl0_at, key_at;
    uint8_t bits; /* of the picture id, 0: absent */
    bool
        gaps; /* a picture that is left out leaves its number unused: others refer to one another by distance (VP9, AV1) */
};

/** What a receiver is shown in their place. */
struct picture_counters {
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint8_t keyidx;
};

/** Reads the picture id at `at`; answers where it ends, 0 when it overruns the payload. */
size_t picture_parse_id(const uint8_t *payload, size_t size, size_t at, struct picture_fields *fields);

/** Writes `counters` over those in the payload, in the width they have there. */
void picture_patch(uint8_t *payload, const struct picture_fields *fields, const struct picture_counters *counters);

#endif

#include "media/vp9.h"

#include <errno.h>
#include <string.h>

#include "media/wire.h"

enum { I = 0x80, P = 0x40, L = 0x20, F = 0x10, B = 0x08, E = 0x04, V = 0x02, Z = 0x01 };
enum { Y = 0x10, G = 0x08 }; /* of the structure */

/* Each part answers where it ends, 0 when it overruns the payload. */
static size_t parse_layers(const uint8_t *payload, size_t size, size_t at, struct vp9_descriptor *d)
{
    if (at >= size)
        return 0;
    d->layered = true;
    d->tid = payload[at] >> 5;
    d->switch_up = payload[at] >> 4 & 1;
    d->sid = payload[at] >> 1 & 7;
    d->inter_layer = payload[at] & 1;
    at++;
    if (d->flexible)
        return at;
    if (at >= size)
        return 0;
    d->picture.tl0_at = (uint8_t)at;
    d->picture.tl0picidx = payload[at];
    return at + 1;
}

static size_t parse_references(const uint8_t *payload, size_t size, size_t at, struct vp9_descriptor *d)
{
    bool more = true;
    while (more) {
        if (at >= size || d->reference_count == VP9_REFERENCES_MAX)
            return 0;
        d->references[d->reference_count++] = payload[at] >> 1;
        more = payload[at++] & 1;
    }
    return at;
}

static size_t parse_sizes(const uint8_t *payload, size_t size, size_t at, struct vp9_structure *structure)
{
    if (at + 4u * structure->layers > size)
        return 0;
    structure->has_sizes = true;
    for (int i = 0; i < structure->layers; i++, at += 4) {
        structure->width[i] = wire_get16(payload + at);
        structure->height[i] = wire_get16(payload + at + 2);
    }
    return at;
}

/* The group of pictures tells nothing that the pictures do not tell themselves. */
static size_t skip_group(const uint8_t *payload, size_t size, size_t at)
{
    if (at >= size)
        return 0;
    unsigned pictures = payload[at++];
    for (unsigned i = 0; i < pictures; i++) {
        if (at >= size)
            return 0;
        at += 1u + (payload[at] >> 2 & 3);
    }
    return at <= size ? at : 0;
}

static size_t parse_structure(const uint8_t *payload, size_t size, size_t at, struct vp9_structure *structure)
{
    if (at >= size)
        return 0;
    uint8_t flags = payload[at++];
    structure->layers = (uint8_t)((flags >> 5) + 1);
    if (flags & Y && (at = parse_sizes(payload, size, at, structure)) == 0)
        return 0;
    return flags & G ? skip_group(payload, size, at) : at;
}

static size_t parse_descriptor(const uint8_t *payload, size_t size, struct vp9_descriptor *d)
{
    uint8_t flags = payload[0];
    size_t at = 1;
    d->predicted = flags & P;
    d->flexible = flags & F;
    d->start = flags & B;
    d->end = flags & E;
    d->never_inter_layer = flags & Z;
    if (flags & I && (at = picture_parse_id(payload, size, at, &d->picture)) == 0)
        return 0;
    if (flags & L && (at = parse_layers(payload, size, at, d)) == 0)
        return 0;
    if (d->flexible && d->predicted && (at = parse_references(payload, size, at, d)) == 0)
        return 0;
    return flags & V ? parse_structure(payload, size, at, &d->structure) : at;
}

/* A key frame of profile 0: a byte of flags, the sync code, four bits of colour, then two sizes less one of 16 bits. */
static void parse_frame(const uint8_t *frame, size_t size, struct vp9_descriptor *d)
{
    enum { MARKER_AND_PROFILE = 0xF0, PROFILE_0 = 0x80, SHOWN_AGAIN = 0x08, NOT_KEY = 0x04 };
    if (size < 9 || (frame[0] & MARKER_AND_PROFILE) != PROFILE_0 || frame[0] & (SHOWN_AGAIN | NOT_KEY))
        return;
    if (wire_get24(frame + 1) != 0x498342)
        return;
    d->width = (uint16_t)((wire_get24(frame + 4) >> 4 & 0xFFFF) + 1);
    d->height = (uint16_t)((wire_get24(frame + 6) >> 4 & 0xFFFF) + 1);
}

int vp9_parse(const uint8_t *payload, size_t size, struct vp9_descriptor *descriptor)
{
    memset(descriptor, 0, sizeof *descriptor);
    descriptor->picture.gaps = true;
    if (size == 0)
        return -EBADMSG;
    size_t at = parse_descriptor(payload, size, descriptor);
    if (at == 0 || at >= size || at > UINT16_MAX)
        return -EBADMSG;
    descriptor->size = (uint16_t)at;
    if (descriptor->start && !descriptor->predicted)
        parse_frame(payload + at, size - at, descriptor);
    return 0;
}

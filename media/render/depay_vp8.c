#include "media/render/depay_codec.h"

/* RFC 7741 §4.2 */
struct descriptor {
    size_t size;
    bool start;  /* of a frame */
    int picture; /* -1: not told */
    int picture_bits;
    int base;  /* TL0PICIDX, -1: not told */
    int layer; /* TID, -1: not told */
};

static bool parse(const struct packet *packet, struct descriptor *d)
{
    const uint8_t *at = packet->payload, *end = at + packet->size;
    *d = (struct descriptor){.picture = -1, .base = -1, .layer = -1};
    uint8_t first = *at++;
    d->start = first & 0x10 && (first & 0x07) == 0;
    if (first & 0x80) {
        if (at == end)
            return false;
        uint8_t extended = *at++;
        if (extended & 0x80) {
            if (end - at < 2)
                return false;
            d->picture_bits = *at & 0x80 ? 15 : 7;
            d->picture = *at & 0x80 ? (at[0] & 0x7f) << 8 | at[1] : *at;
            at += *at & 0x80 ? 2 : 1;
        }
        if (extended & 0x40) {
            if (at == end)
                return false;
            d->base = *at++;
        }
        if (extended & 0x30) {
            if (at == end)
                return false;
            d->layer = extended & 0x20 ? *at >> 6 : -1;
            at++;
        }
    }
    d->size = (size_t)(at - packet->payload);
    return at < end;
}

/* RFC 6386 §9.1: the uncompressed head of a frame. */
static bool is_key(const uint8_t *data, size_t size, int *width, int *height)
{
    if (size < 10 || data[0] & 1)
        return false;
    if (data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a)
        return false;
    *width = (data[6] | data[7] << 8) & 0x3fff;
    *height = (data[8] | data[9] << 8) & 0x3fff;
    return *width > 0 && *height > 0;
}

bool depay_vp8_key(const struct packet *packet, int *width, int *height)
{
    struct descriptor d;
    return parse(packet, &d) && d.start && is_key(packet->payload + d.size, packet->size - d.size, width, height);
}

static bool follows(int before, int now, int bits)
{
    return before >= 0 && now >= 0 && now == ((before + 1) & ((1 << bits) - 1));
}

/*
 * A hole in the sequence before this frame: was a frame in it that this one needs? Not if the picture ids go on (the
 * hole was padding or repair: nothing is lost), nor if this is the next frame of the base layer, which needs no frame
 * of those above.
 */
static bool next_picture(const struct depay *depay, const struct descriptor *d)
{
    return follows(depay->picture, d->picture, d->picture_bits);
}

static bool next_base(const struct depay *depay, const struct descriptor *d)
{
    return d->layer == 0 && follows(depay->base, d->base, 8);
}

static void begin(struct depay *depay, const struct descriptor *d, const struct reordered *packet)
{
    depay_drop(depay);
    depay->making = true;
    depay->timestamp = packet->timestamp;
    depay->making_picture = d->picture;
    depay->making_base = d->base;
    depay->key = is_key(packet->packet.payload + d->size, packet->packet.size - d->size, &depay->width, &depay->height);
    if (!depay->key)
        depay->width = depay->height = 0;
    if (next_picture(depay, d))
        depay->lost = depay->awaiting = false;
    else if (next_base(depay, d))
        depay->awaiting = false;
    else if (depay->lost)
        depay->awaiting = true;
}

static void finish(struct depay *depay)
{
    bool good = depay->key || !depay->awaiting;
    if (good) {
        depay->picture = depay->making_picture;
        depay->base = depay->making_base >= 0 ? depay->making_base : depay->base;
    }
    depay_emit(depay);
}

void depay_vp8(struct depay *depay, const struct reordered *packet)
{
    struct descriptor d;
    if (!parse(&packet->packet, &d)) {
        depay->lost = true;
        return;
    }
    bool same = depay->making && packet->timestamp == depay->timestamp && packet->lost == 0;
    if (depay->making && !same) { /* the marker was lost, or a middle part */
        depay->lost = true;
        depay_drop(depay);
    }
    if (d.start && !depay->making)
        begin(depay, &d, packet);
    if (!depay->making) {
        depay->lost = depay->awaiting = true; /* the frame's begin is missing */
        return;
    }
    if (!depay_add(depay, packet->packet.payload + d.size, packet->packet.size - d.size)) {
        depay->lost = true;
        depay_drop(depay);
    } else if (packet->packet.marker) {
        finish(depay);
    }
}

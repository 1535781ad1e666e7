#include "media/vp8.h"

#include <errno.h>
#include <string.h>

enum { X = 0x80, S = 0x10, PID = 0x07, I = 0x80, L = 0x40, T = 0x20, K = 0x10 };

/* Answers where the extension ends, 0 when it overruns the payload. */
static size_t parse_extension(const uint8_t *payload, size_t size, struct vp8_descriptor *d)
{
    size_t at = 2;
    if (size < 2)
        return 0;
    uint8_t flags = payload[1];
    if (flags & I && (at = picture_parse_id(payload, size, at, &d->picture)) == 0)
        return 0;
    if (flags & L) {
        if (at >= size)
            return 0;
        d->picture.tl0_at = (uint8_t)at;
        d->picture.tl0picidx = payload[at++];
    }
    if (flags & (T | K)) {
        if (at >= size)
            return 0;
        d->has_tid = flags & T;
        if (d->has_tid) {
            d->tid = payload[at] >> 6;
            d->sync = payload[at] >> 5 & 1;
        }
        if (flags & K) {
            d->picture.key_at = (uint8_t)at;
            d->picture.keyidx = payload[at] & 31;
        }
        at++;
    }
    return at;
}

/* RFC 6386 §9.1: three bytes of frame tag, then for key frames a start code and the size. */
static void parse_frame(const uint8_t *frame, size_t size, struct vp8_descriptor *d)
{
    if (size < 3 || frame[0] & 1)
        return;
    d->key = true;
    if (size < 10 || frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A)
        return;
    d->width = (uint16_t)((frame[7] << 8 | frame[6]) & 0x3FFF);
    d->height = (uint16_t)((frame[9] << 8 | frame[8]) & 0x3FFF);
}

int vp8_parse(const uint8_t *payload, size_t size, struct vp8_descriptor *descriptor)
{
    memset(descriptor, 0, sizeof *descriptor);
    if (size == 0)
        return -EBADMSG;
    size_t at = payload[0] & X ? parse_extension(payload, size, descriptor) : 1;
    if (at == 0 || at >= size)
        return -EBADMSG;
    descriptor->start = payload[0] & S && (payload[0] & PID) == 0;
    if (descriptor->start)
        parse_frame(payload + at, size - at, descriptor);
    return 0;
}

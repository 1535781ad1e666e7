#include "media/rfc4571.h"

#include <errno.h>
#include <string.h>

uint8_t *rfc4571_room(struct rfc4571 *reader, size_t *size)
{
    *size = sizeof reader->bytes - reader->used;
    return reader->bytes + reader->used;
}

int rfc4571_take(struct rfc4571 *reader, size_t size, rfc4571_fn fn, void *arg)
{
    size_t at = 0;
    reader->used += size;
    while (reader->used - at >= RFC4571_HEADER) {
        uint8_t *frame = reader->bytes + at;
        size_t length = (size_t)(frame[0] << 8 | frame[1]);
        if (length > RFC4571_FRAME_MAX)
            return -EMSGSIZE;
        if (reader->used - at - RFC4571_HEADER < length)
            break;
        if (length > 0 && !fn(arg, frame + RFC4571_HEADER, length))
            return -ECANCELED;
        at += RFC4571_HEADER + length;
    }
    reader->used -= at;
    memmove(reader->bytes, reader->bytes + at, reader->used);
    return 0;
}

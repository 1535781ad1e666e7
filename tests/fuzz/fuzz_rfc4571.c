/* A stream cut anywhere gives the same frames as the stream in one piece, and never a byte that was not in it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/rfc4571.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct digest {
    size_t frames, bytes;
    uint32_t sum;
};

static bool add(void *arg, uint8_t *frame, size_t size)
{
    struct digest *digest = arg;
    digest->frames++;
    digest->bytes += size;
    for (size_t i = 0; i < size; i++)
        digest->sum = digest->sum * 31 + frame[i];
    return true;
}

static int feed(const uint8_t *data, size_t size, size_t step, struct digest *digest)
{
    struct rfc4571 *reader = calloc(1, sizeof *reader);
    int result = 0;
    for (size_t at = 0; at < size && result == 0;) {
        size_t room, length = size - at < step ? size - at : step;
        uint8_t *to = rfc4571_room(reader, &room);
        if (room == 0)
            abort();
        length = length < room ? length : room;
        memcpy(to, data + at, length);
        result = rfc4571_take(reader, length, add, digest);
        at += length;
    }
    free(reader);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct digest whole = {0}, pieces = {0};
    int first = feed(data + 1, size - 1, size, &whole);
    int second = feed(data + 1, size - 1, 1 + (size_t)data[0], &pieces);
    if (first != second || whole.frames != pieces.frames || whole.bytes != pieces.bytes || whole.sum != pieces.sum)
        abort();
    return 0;
}

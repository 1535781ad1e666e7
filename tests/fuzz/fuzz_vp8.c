/* The VP8 payload descriptor: what is patched in reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "media/vp8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vp8_descriptor before, after;
    struct picture_counters counters = {.picture_id = 0x1234, .tl0picidx = 77, .keyidx = 21};
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (vp8_parse(copy, size, &before) == 0) {
        picture_patch(copy, &before.picture, &counters);
        if (vp8_parse(copy, size, &after) < 0 || after.tid != before.tid || after.start != before.start ||
            after.key != before.key || (after.picture.tl0_at && after.picture.tl0picidx != 77) ||
            (after.picture.key_at && after.picture.keyidx != 21))
            abort();
    }
    free(copy);
    return 0;
}

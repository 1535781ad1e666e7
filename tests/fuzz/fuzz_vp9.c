/* The VP9 payload descriptor: what is patched in reads back the same, and nothing else has changed. */
#include <stdlib.h>
#include <string.h>

#include "media/vp9.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vp9_descriptor before, after;
    struct picture_counters counters = {.picture_id = 0x1234, .tl0picidx = 77};
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (vp9_parse(copy, size, &before) == 0) {
        picture_patch(copy, &before.picture, &counters);
        if (vp9_parse(copy, size, &after) < 0 || after.size != before.size || after.sid != before.sid ||
            after.tid != before.tid || after.width != before.width ||
            (after.picture.tl0_at && after.picture.tl0picidx != 77) ||
            (after.picture.picture_at && after.picture.picture_id != (after.picture.bits == 15 ? 0x1234 : 0x34)))
            abort();
    }
    free(copy);
    return 0;
}

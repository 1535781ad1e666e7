/* Redundant audio: anything may be read; what is read and made again reads the same. */
#include <stdlib.h>
#include <string.h>

#include "media/red.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct red red, again;
    struct red_part parts[RED_BLOCKS_MAX];
    uint8_t out[5000], *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (red_parse(copy, size, &red) == 0) {
        red_set_types(copy, &red, 111);
        for (int i = 0; i < red.count; i++)
            parts[i] = (struct red_part){
                .payload = copy + red.blocks[i].at, .size = red.blocks[i].size, .offset = red.blocks[i].offset};
        size_t made = red_make(parts, red.count, 111, out, sizeof out);
        if (made && (made != size || memcmp(out, copy, size) != 0 || red_parse(out, made, &again) < 0))
            abort();
    }
    free(copy);
    return 0;
}

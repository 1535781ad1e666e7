/* Two messages on one connection, as a stranger may compress them: whatever comes, the bound holds. */
#include "server/ws_deflate.h"

#include <stdint.h>

enum { MAX = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_inflater *inflater = ws_inflater_create();
    GByteArray *out = g_byte_array_new();
    size_t first = size ? data[0] % size : 0;

    if (ws_inflate(inflater, data, first, out, MAX) == WS_INFLATED) {
        g_byte_array_set_size(out, 0);
        ws_inflate(inflater, data + first, size - first, out, MAX);
    }
    g_assert(out->len <= MAX);
    g_byte_array_unref(out);
    ws_inflater_destroy(inflater);
    return 0;
}

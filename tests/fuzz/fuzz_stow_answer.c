/* What a PACS answers: status in the first byte, the rest is the body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "server/records/stow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const long statuses[] = {200, 202, 302, 400, 401, 409, 500, 503};
    char reason[64];
    if (size < 1)
        return 0;
    stow_read_answer(statuses[data[0] % G_N_ELEMENTS(statuses)], (const char *)data + 1, size - 1, reason,
                     sizeof reason);
    g_assert(memchr(reason, '\0', sizeof reason));
    return 0;
}

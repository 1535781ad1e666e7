/* The first bytes of an uploaded file: the bounds hold whatever they are. */
#include <stdlib.h>

#include "server/files/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sniffed sniffed;
    if (!sniff(data, size, &sniffed))
        return 0;
    if (!sniffed.type)
        abort();
    if (sniffed.picture && (sniffed.width < 1 || sniffed.height < 1 || sniffed.width > SNIFF_SIDE_MAX ||
                            sniffed.height > SNIFF_SIDE_MAX || sniffed.width * sniffed.height > SNIFF_PIXELS_MAX))
        abort();
    return 0;
}

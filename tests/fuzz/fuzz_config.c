#include "server/config.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    struct config *config = config_parse("fuzz", (const char *)data, size, &error);

    g_assert((config == NULL) == (error != NULL));
    config_destroy(config);
    g_clear_error(&error);
    return 0;
}

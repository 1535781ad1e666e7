/* The headers of an upload: numbers stay within their bounds, names are text that fits. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "server/files/tus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = g_strndup((const char *)data, size), name[32];
    int64_t number;
    if (tus_number(header, &number) && (number < 0 || number > INT64_C(1) << 53))
        abort();
    bool found = tus_metadata(header, "filename", name, sizeof name);
    if (strlen(name) >= sizeof name || !g_utf8_validate(name, -1, NULL) || (!found && *name))
        abort();
    g_free(header);
    return 0;
}

/* Times and dates that strangers write; what is taken must come out as it went in. */
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "server/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    int64_t us, again;
    char written[RFC3339_SIZE];
    rfc3339_date(text);
    if (!rfc3339_parse(text, &us))
        return 0;
    rfc3339_format(us, written);
    g_assert_true(rfc3339_parse(written, &again));
    g_assert_cmpint(again / 1000, ==, us / 1000);
    return 0;
}

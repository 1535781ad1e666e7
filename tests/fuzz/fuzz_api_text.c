/* Texts of requests that end in a query, a file name or a webhook's address. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "server/api/fields.h"
#include "server/records/keywrap.h"
#include "server/records/recording_files.h"
#include "server/records/webhook.h"
#include "server/store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char master[KEYWRAP_KEY_SIZE] = {1};
    unsigned char key[KEYWRAP_KEY_SIZE];
    g_autofree char *text = g_strndup((const char *)data, size);
    if (recording_file_name_is_good(text))
        g_assert_null(strchr(text, '/'));
    if (id_is_good(text))
        g_assert_cmpint(strlen(text), <=, 64);
    webhook_url_is_good(text);
    g_assert_false(keywrap_open(master, text, key));
    if (!g_utf8_validate(text, -1, NULL))
        return 0; /* jansson and the query's decoder let nothing else through */
    g_autofree char *pattern = store_pattern(text);
    g_assert_true(g_utf8_validate(pattern, -1, NULL));
    return 0;
}

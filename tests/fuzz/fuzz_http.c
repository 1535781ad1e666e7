/* The parsers of what strangers send in HTTP, chosen by the first byte. */
#include "server/http_parse.h"

#include <string.h>

#include "server/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void path(const char *text, size_t size)
{
    char out[HTTP_PATH_MAX];
    struct route_match match;

    if (!http_parse_path(text, size, out))
        return;
    g_assert(out[0] == '/' && g_utf8_validate(out, -1, NULL));
    g_assert(!strstr(out, "/../") && !g_str_has_suffix(out, "/.."));
    router_find(api_routes, HTTP_GET, out, &match);
}

static void query(const char *text, size_t size)
{
    GHashTable *found = http_parse_query(text, size);

    g_assert(!found || g_hash_table_size(found) <= HTTP_QUERY_MAX);
    g_clear_pointer(&found, g_hash_table_unref);
}

static void range(const char *text)
{
    uint64_t first = 0, last = 0, size = strlen(text) * 10;

    if (http_parse_range(text, size, &first, &last) == RANGE_PART)
        g_assert(first <= last && last < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char cookie[HTTP_COOKIE_MAX];

    if (!size)
        return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    switch (data[0] % 8) {
    case 0:
        path((const char *)data + 1, size - 1);
        break;
    case 1:
        query((const char *)data + 1, size - 1);
        break;
    case 2:
        http_parse_cookie(text, "__Host-hoichan", cookie);
        break;
    case 3:
        range(text);
        break;
    case 4:
        http_parse_language(text);
        break;
    case 5:
        http_accepts_encoding(text, "br");
        break;
    case 6:
        http_etag_matches(text, "\"abc\"");
        break;
    default:
        http_host_is_sane(text);
    }
    return 0;
}

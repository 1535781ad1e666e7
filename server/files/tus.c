#include "tus.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

bool tus_number(const char *header, int64_t *number)
{
    return header && g_ascii_string_to_signed(header, 10, 0, INT64_C(1) << 53, number, NULL);
}

/** Where `key`'s base64 begins, and how long it is; NULL when it is not there. */
static const char *find(const char *header, const char *key, size_t *length)
{
    size_t key_length = strlen(key);
    for (const char *at = header; at; at = strchr(at, ',')) {
        at += strspn(at, ", ");
        if (strncmp(at, key, key_length) != 0 || at[key_length] != ' ')
            continue;
        at += key_length + 1;
        *length = strcspn(at, ", ");
        return at;
    }
    return NULL;
}

static bool is_plain(const char *text, size_t length)
{
    if (memchr(text, '\0', length) || !g_utf8_validate(text, (gssize)length, NULL))
        return false;
    for (const char *at = text; at < text + length; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return false;
    return true;
}

bool tus_metadata(const char *header, const char *key, char *into, size_t size)
{
    size_t length, decoded = 0;
    const char *text = header ? find(header, key, &length) : NULL;
    bool good = text && length &&
                sodium_base642bin((unsigned char *)into, size - 1, text, length, NULL, &decoded, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0 &&
                is_plain(into, decoded);
    into[good ? decoded : 0] = '\0';
    return good;
}

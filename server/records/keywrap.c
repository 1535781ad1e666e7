#include "keywrap.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

enum {
    BOX_SIZE = KEYWRAP_KEY_SIZE + crypto_secretbox_MACBYTES,
    WRAPPED_SIZE = crypto_secretbox_NONCEBYTES + BOX_SIZE,
    TEXT_SIZE = sodium_base64_ENCODED_LEN(WRAPPED_SIZE, sodium_base64_VARIANT_ORIGINAL),
};

char *keywrap_seal(const unsigned char master[KEYWRAP_KEY_SIZE], const unsigned char key[KEYWRAP_KEY_SIZE])
{
    unsigned char wrapped[WRAPPED_SIZE];
    randombytes_buf(wrapped, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(wrapped + crypto_secretbox_NONCEBYTES, key, KEYWRAP_KEY_SIZE, wrapped, master);
    char *text = g_malloc(TEXT_SIZE);
    sodium_bin2base64(text, TEXT_SIZE, wrapped, sizeof wrapped, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

bool keywrap_open(const unsigned char master[KEYWRAP_KEY_SIZE], const char *text, unsigned char key[KEYWRAP_KEY_SIZE])
{
    unsigned char wrapped[WRAPPED_SIZE];
    size_t size;
    const char *end;
    if (sodium_base642bin(wrapped, sizeof wrapped, text, strlen(text), NULL, &size, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != WRAPPED_SIZE || *end)
        return false;
    return crypto_secretbox_open_easy(key, wrapped + crypto_secretbox_NONCEBYTES, BOX_SIZE, wrapped, master) == 0;
}

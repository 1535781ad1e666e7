#include "webhook.h"

#include <glib.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { URL_MAX = 1000 };

const char *const webhook_events[] = {
    "consultation.booked", "consultation.started", "consultation.ended", "consultation.cancelled", "recording.ready",
    "minutes.signed",      "minutes.addendum",     "record.filed",       "emergency.called",       NULL};

void webhook_secret(const unsigned char key[WEBHOOK_KEY_SIZE], char secret[WEBHOOK_SECRET_SIZE])
{
    size_t prefix = g_strlcpy(secret, "whsec_", WEBHOOK_SECRET_SIZE);
    sodium_bin2base64(secret + prefix, WEBHOOK_SECRET_SIZE - prefix, key, WEBHOOK_KEY_SIZE,
                      sodium_base64_VARIANT_ORIGINAL);
}

void webhook_sign(const unsigned char *key, size_t key_size, const char *id, int64_t timestamp_s, const char *body,
                  char signature[WEBHOOK_SIGNATURE_SIZE])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    char time[32];
    int n = snprintf(time, sizeof time, ".%" G_GINT64_FORMAT ".", timestamp_s);
    crypto_auth_hmacsha256_init(&state, key, key_size);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)id, strlen(id));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, (size_t)n);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
    crypto_auth_hmacsha256_final(&state, mac);
    size_t prefix = g_strlcpy(signature, "v1,", WEBHOOK_SIGNATURE_SIZE);
    sodium_bin2base64(signature + prefix, WEBHOOK_SIGNATURE_SIZE - prefix, mac, sizeof mac,
                      sodium_base64_VARIANT_ORIGINAL);
}

bool webhook_url_is_good(const char *url)
{
    if (strnlen(url, URL_MAX + 1) > URL_MAX)
        return false;
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    if (!uri || !g_uri_get_host(uri) || !*g_uri_get_host(uri) || g_uri_get_userinfo(uri) || g_uri_get_fragment(uri))
        return false;
    return strcmp(g_uri_get_scheme(uri), "http") == 0 || strcmp(g_uri_get_scheme(uri), "https") == 0;
}

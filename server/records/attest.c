#include "attest.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

static char *base64url(const void *data, size_t size)
{
    char *text = g_base64_encode(data, size);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

/* jansson writes what has no letter of its own as \u001F, RFC 8785 wants \u001f; nothing of ours has control characters
 * but line ends, which fields.c sees to. */
char *attest_canonical(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

void attest_hash(const char *text, char hex[ATTEST_HASH_SIZE])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    sodium_bin2hex(hex, ATTEST_HASH_SIZE, hash, sizeof hash);
}

static json_t *bare_jwk(const unsigned char seed[ATTEST_SEED_SIZE])
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public, secret, seed);
    sodium_memzero(secret, sizeof secret);
    g_autofree char *x = base64url(public, sizeof public);
    return json_pack("{s:s, s:s, s:s}", "crv", "Ed25519", "kty", "OKP", "x", x);
}

static char *thumbprint(const json_t *jwk)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char *text = attest_canonical(jwk);
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    free(text);
    return base64url(hash, sizeof hash);
}

json_t *attest_jwk(const unsigned char seed[ATTEST_SEED_SIZE])
{
    json_t *jwk = bare_jwk(seed);
    g_autofree char *kid = thumbprint(jwk);
    json_object_set_new(jwk, "kid", json_string(kid));
    json_object_set_new(jwk, "alg", json_string("EdDSA"));
    json_object_set_new(jwk, "use", json_string("sig"));
    return jwk;
}

/** Base64url of the canonical form. Owns: takes `value`. */
static char *encoded(json_t *value)
{
    char *text = attest_canonical(value);
    char *result = base64url(text, strlen(text));
    free(text);
    json_decref(value);
    return result;
}

char *attest_sign(const unsigned char seed[ATTEST_SEED_SIZE], const json_t *payload)
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], raw[crypto_sign_BYTES];
    json_t *jwk = bare_jwk(seed);
    g_autofree char *kid = thumbprint(jwk);
    g_autofree char *header = encoded(json_pack("{s:s, s:s}", "alg", "EdDSA", "kid", kid));
    g_autofree char *body = encoded(json_incref((json_t *)payload));
    g_autofree char *signed_part = g_strconcat(header, ".", body, NULL);
    json_decref(jwk);
    crypto_sign_seed_keypair(public, secret, seed);
    crypto_sign_detached(raw, NULL, (const unsigned char *)signed_part, strlen(signed_part), secret);
    sodium_memzero(secret, sizeof secret);
    g_autofree char *signature = base64url(raw, sizeof raw);
    return g_strconcat(signed_part, ".", signature, NULL);
}

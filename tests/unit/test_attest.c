/* What signatures on minutes are made of: the canonical form, its hash, the server's own signature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <sodium.h>

#include "server/records/attest.h"

static void assert_canonical(const char *text, const char *wanted)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    char *canonical = attest_canonical(value);
    assert_string_equal(canonical, wanted);
    free(canonical);
    json_decref(value);
}

/* RFC 8785: members sorted, no spaces, letters as they are, only what must be escaped is. */
static void test_attest_canonical_form(void **state)
{
    (void)state;
    assert_canonical("{ \"b\" : [ 1 , true ] , \"a\" : { } }", "{\"a\":{},\"b\":[1,true]}");
    assert_canonical("\"Gi\\u00e0ng A Pao / \\u20ac\"", "\"Giàng A Pao / €\"");
    assert_canonical("\"\\u000a\\u0022\\u005c\\u0009\"", "\"\\n\\\"\\\\\\t\"");
    assert_canonical("{\"q10\":1,\"q1\":2,\"Q\":3}", "{\"Q\":3,\"q1\":2,\"q10\":1}");
}

static void test_attest_hash_is_sha256(void **state)
{
    char hex[ATTEST_HASH_SIZE];
    (void)state;
    attest_hash("abc", hex); /* FIPS 180-2 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* The key pair and thumbprint of RFC 8037, appendix A. */
static void test_attest_key_is_that_of_rfc_8037(void **state)
{
    unsigned char seed[ATTEST_SEED_SIZE];
    (void)state;
    assert_int_equal(sodium_base642bin(seed, sizeof seed, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", 43, NULL, NULL,
                                       NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    json_t *jwk = attest_jwk(seed);
    assert_string_equal(json_string_value(json_object_get(jwk, "x")), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_string_equal(json_string_value(json_object_get(jwk, "kid")), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    json_decref(jwk);
}

static void test_attest_signature_is_of_this_payload(void **state)
{
    unsigned char seed[ATTEST_SEED_SIZE] = {7}, public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    unsigned char raw[crypto_sign_BYTES];
    json_t *payload = json_pack("{s:s}", "sha256", "00");
    (void)state;
    g_autofree char *jws = attest_sign(seed, payload);
    g_autofree char *again = attest_sign(seed, payload);
    assert_string_equal(jws, again);
    crypto_sign_seed_keypair(public, secret, seed);
    char *dot = strrchr(jws, '.');
    assert_int_equal(sodium_base642bin(raw, sizeof raw, dot + 1, strlen(dot + 1), NULL, NULL, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    assert_int_equal(crypto_sign_verify_detached(raw, (unsigned char *)jws, (size_t)(dot - jws), public), 0);
    dot[-1] = dot[-1] == 'A' ? 'B' : 'A';
    assert_int_not_equal(crypto_sign_verify_detached(raw, (unsigned char *)jws, (size_t)(dot - jws), public), 0);
    json_decref(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attest_canonical_form),
        cmocka_unit_test(test_attest_hash_is_sha256),
        cmocka_unit_test(test_attest_key_is_that_of_rfc_8037),
        cmocka_unit_test(test_attest_signature_is_of_this_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

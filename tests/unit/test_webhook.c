#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "server/records/webhook.h"

/** The example that the specification and its libraries are tested with. */
static void test_webhook_signs_as_the_specification_shows(void **state)
{
    (void)state;
    unsigned char key[64];
    size_t size;
    char signature[WEBHOOK_SIGNATURE_SIZE];
    static const char secret[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_int_equal(
        sodium_base642bin(key, sizeof key, secret, strlen(secret), NULL, &size, NULL, sodium_base64_VARIANT_ORIGINAL),
        0);
    webhook_sign(key, size, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}", signature);
    assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_webhook_secret_is_the_key_in_base64(void **state)
{
    (void)state;
    unsigned char key[WEBHOOK_KEY_SIZE], back[WEBHOOK_KEY_SIZE];
    char secret[WEBHOOK_SECRET_SIZE];
    size_t size;
    randombytes_buf(key, sizeof key);
    webhook_secret(key, secret);
    assert_memory_equal(secret, "whsec_", 6);
    assert_int_equal(sodium_base642bin(back, sizeof back, secret + 6, strlen(secret + 6), NULL, &size, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    assert_memory_equal(key, back, sizeof key);
}

static void test_webhook_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"https://example.org/hook", "http://10.1.2.3:8080/", "https://[::1]:8443/x?y=z"};
    static const char *const bad[] = {"",
                                      "example.org",
                                      "ftp://example.org/",
                                      "file:///etc/passwd",
                                      "https://",
                                      "https:///x",
                                      "https://user:word@example.org/",
                                      "https://example.org/#here",
                                      "javascript:alert(1)"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(webhook_url_is_good(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (webhook_url_is_good(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhook_signs_as_the_specification_shows),
        cmocka_unit_test(test_webhook_secret_is_the_key_in_base64),
        cmocka_unit_test(test_webhook_addresses),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

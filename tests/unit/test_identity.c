#include "server/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "server/store/store.h"
#include "server/throttle.h"

static struct store *open_store(void)
{
    struct store *store = store_open("sqlite::memory:", NULL);

    assert_non_null(store);
    assert_true(store_migrate(store, NULL));
    return store;
}

static void test_identity_passwords_are_verified(void **state)
{
    struct identity *identity = identity_create();
    char hash[IDENTITY_HASH_SIZE], again[IDENTITY_HASH_SIZE];

    (void)state;
    assert_true(identity_hash_password(identity, "một câu dễ nhớ", hash));
    assert_true(identity_hash_password(identity, "một câu dễ nhớ", again));
    assert_string_not_equal(hash, again); /* salted */
    assert_memory_equal(hash, "$argon2id$", 10);
    assert_int_equal(identity_verify_password(identity, hash, "một câu dễ nhớ"), PASSWORD_GOOD);
    assert_int_equal(identity_verify_password(identity, hash, "một câu dễ nhớ "), PASSWORD_WRONG);
    assert_int_equal(identity_verify_password(identity, hash, ""), PASSWORD_WRONG);
    assert_int_equal(identity_verify_password(identity, NULL, "anything"), PASSWORD_WRONG); /* an unknown user */
    identity_destroy(identity);
}

static void test_identity_password_rules(void **state)
{
    g_autofree char *large = g_strnfill(IDENTITY_PASSWORD_MAX + 1, 'x');

    (void)state;
    assert_null(identity_password_fault("correct horse battery", "admin"));
    assert_null(identity_password_fault("đủ mười hai ký", "admin")); /* characters, not bytes */
    assert_string_equal(identity_password_fault("elevenchars", "admin"), "password-too-short");
    assert_string_equal(identity_password_fault("ạạạạạạ", "admin"), "password-too-short");
    assert_string_equal(identity_password_fault("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "admin"),
                        "password-too-short");
    assert_string_equal(identity_password_fault("ADMIN-admin-1234", "admin"), "password-has-name");
    assert_string_equal(identity_password_fault(large, "admin"), "too-long");
}

static void test_identity_one_time_passwords_are_readable_and_differ(void **state)
{
    char first[IDENTITY_ONE_TIME_SIZE], second[IDENTITY_ONE_TIME_SIZE];

    (void)state;
    identity_one_time_password(first);
    identity_one_time_password(second);
    assert_string_not_equal(first, second);
    assert_true(g_regex_match_simple("^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$", first, 0, 0));
    assert_null(identity_password_fault(first, "admin"));
}

static void test_identity_secrets(void **state)
{
    char secret[IDENTITY_SECRET_SIZE], other[IDENTITY_SECRET_SIZE], digest[IDENTITY_DIGEST_SIZE];

    (void)state;
    identity_new_secret(secret);
    identity_new_secret(other);
    assert_string_not_equal(secret, other);
    assert_int_equal(strlen(secret), 43);
    identity_digest("abc", digest); /* FIPS 180-4's example */
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_throttle_waits_double_up_to_a_bound(void **state)
{
    static const struct throttle_rule rule = {3, 5, 60, 900};

    (void)state;
    assert_int_equal(throttle_pause_s(&rule, 2), 0);
    assert_int_equal(throttle_pause_s(&rule, 3), 5);
    assert_int_equal(throttle_pause_s(&rule, 4), 10);
    assert_int_equal(throttle_pause_s(&rule, 6), 40);
    assert_int_equal(throttle_pause_s(&rule, 7), 60);
    assert_int_equal(throttle_pause_s(&rule, 1000000), 60);
}

static void test_throttle_counts_forgives_and_forgets(void **state)
{
    static const struct throttle_rule rule = {2, 10, 60, 100};
    struct store *store = open_store();
    int64_t now = 1000 * G_USEC_PER_SEC;

    (void)state;
    throttle_failed(store, "account:a", &rule, now);
    assert_int_equal(throttle_wait_s(store, "account:a", now), 0);
    throttle_failed(store, "account:a", &rule, now);
    assert_int_equal(throttle_wait_s(store, "account:a", now), 10);
    assert_int_equal(throttle_wait_s(store, "account:b", now), 0);
    assert_int_equal(throttle_wait_s(store, "account:a", now + 9 * G_USEC_PER_SEC + 1), 1);
    assert_int_equal(throttle_wait_s(store, "account:a", now + 10 * G_USEC_PER_SEC), 0);
    throttle_forgive(store, "account:a");
    assert_int_equal(throttle_wait_s(store, "account:a", now), 0);

    throttle_failed(store, "account:a", &rule, now);
    now += 101 * G_USEC_PER_SEC; /* long ago: counted from one again */
    throttle_failed(store, "account:a", &rule, now);
    assert_int_equal(throttle_wait_s(store, "account:a", now), 0);
    store_close(store);
}

static void test_throttle_keeps_nobody_for_ever(void **state)
{
    struct store *store = open_store();
    int64_t now = INT64_C(1000000) * G_USEC_PER_SEC, day = INT64_C(86400) * G_USEC_PER_SEC;

    (void)state;
    throttle_failed(store, "address:192.0.2.1", &throttle_address, now - day - 1);
    throttle_failed(store, "address:192.0.2.2", &throttle_address, now - day + 1);
    assert_true(throttle_sweep(store, now, NULL));
    STORE_AUTO_ROWS rows = store_query(store, NULL, "SELECT key FROM throttles");
    assert_int_equal(store_count(rows), 1);
    assert_true(store_next(rows));
    assert_string_equal(rows_text(rows, "key"), "address:192.0.2.2");
    store_close(store);
}

static void test_throttle_by_a_clock_that_was_ahead_does_not_last_until_then(void **state)
{
    static const struct throttle_rule rule = {1, 10, 60, 100};
    struct store *store = open_store();
    int64_t now = INT64_C(1000000) * G_USEC_PER_SEC, year = INT64_C(31536000) * G_USEC_PER_SEC;

    (void)state;
    throttle_failed(store, "account:a", &rule, now + year);
    assert_int_equal(throttle_wait_s(store, "account:a", now), 0);
    throttle_failed(store, "account:a", &rule, now);
    assert_int_equal(throttle_wait_s(store, "account:a", now), 10);
    store_close(store);
}

static void test_throttle_counts_ipv6_by_network(void **state)
{
    char first[96], second[96], other[96];

    (void)state;
    throttle_address_key("2001:db8:1:2:3:4:5:6", first);
    throttle_address_key("2001:db8:1:2:ffff::1", second);
    throttle_address_key("2001:db8:1:3::1", other);
    assert_string_equal(first, second);
    assert_string_not_equal(first, other);
    throttle_address_key("192.0.2.1", other);
    assert_string_equal(other, "address:192.0.2.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity_passwords_are_verified),
        cmocka_unit_test(test_identity_password_rules),
        cmocka_unit_test(test_identity_one_time_passwords_are_readable_and_differ),
        cmocka_unit_test(test_identity_secrets),
        cmocka_unit_test(test_throttle_waits_double_up_to_a_bound),
        cmocka_unit_test(test_throttle_counts_forgives_and_forgets),
        cmocka_unit_test(test_throttle_keeps_nobody_for_ever),
        cmocka_unit_test(test_throttle_by_a_clock_that_was_ahead_does_not_last_until_then),
        cmocka_unit_test(test_throttle_counts_ipv6_by_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

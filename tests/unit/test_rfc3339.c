#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/rfc3339.h"

static void test_rfc3339_reads_what_the_rfc_shows(void **state)
{
    (void)state;
    int64_t us;
    assert_true(rfc3339_parse("1985-04-12T23:20:50.52Z", &us)); /* RFC 3339 §5.8 */
    assert_true(us == 482196050520000);
    assert_true(rfc3339_parse("1996-12-19T16:39:57-08:00", &us));
    assert_true(us == 851042397000000);
    assert_true(rfc3339_parse("2026-11-22T21:00:00+07:00", &us));
    char text[RFC3339_SIZE];
    rfc3339_format(us, text);
    assert_string_equal(text, "2026-11-22T14:00:00Z");
    rfc3339_format(us + 5000, text);
    assert_string_equal(text, "2026-11-22T14:00:00.005Z");
}

static void test_rfc3339_refuses_everything_else(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "now",
                                      "2026-11-22",
                                      "2026-11-22T14:00:00",
                                      "2026-11-22 14:00:00Z",
                                      "2026-13-22T14:00:00Z",
                                      "2026-02-30T14:00:00Z",
                                      "2026-11-22T24:00:01Z",
                                      "2026-11-22T14:00:00Zx",
                                      "2026-11-22T14:00:00.Z",
                                      "2026-11-22T14:00:00+7:00",
                                      "20261122T140000Z",
                                      "1969-12-31T23:59:59Z",
                                      "2026-11-22T14:00:00.0000000000000000000000000Z"};
    int64_t us;
    assert_false(rfc3339_parse(NULL, &us));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (rfc3339_parse(bad[i], &us))
            fail_msg("taken: %s", bad[i]);
}

static void test_rfc3339_dates_exist(void **state)
{
    (void)state;
    assert_true(rfc3339_date("1980-02-29"));
    assert_false(rfc3339_date("1981-02-29"));
    assert_false(rfc3339_date("1980-2-29"));
    assert_false(rfc3339_date("1980-02-29T"));
    assert_false(rfc3339_date("0000-01-01"));
    assert_false(rfc3339_date(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc3339_reads_what_the_rfc_shows),
        cmocka_unit_test(test_rfc3339_refuses_everything_else),
        cmocka_unit_test(test_rfc3339_dates_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

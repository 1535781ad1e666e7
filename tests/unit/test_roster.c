#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/roster.h"

static const int64_t DAY = INT64_C(86400000000);

static void test_roster_shift_ends_after_it_begins(void **state)
{
    (void)state;
    const char *field = NULL;
    assert_null(shift_time_fault(DAY, DAY + 1, &field));
    assert_string_equal(shift_time_fault(DAY, DAY, &field), "end-before-start");
    assert_string_equal(field, "ends_at");
    assert_string_equal(shift_time_fault(DAY, 0, &field), "end-before-start");
}

static void test_roster_shift_is_a_month_at_most(void **state)
{
    (void)state;
    const char *field = NULL;
    assert_null(shift_time_fault(DAY, 32 * DAY, &field));
    assert_string_equal(shift_time_fault(DAY, 32 * DAY + 1, &field), "shift-too-long");
    assert_string_equal(field, "ends_at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roster_shift_ends_after_it_begins),
        cmocka_unit_test(test_roster_shift_is_a_month_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

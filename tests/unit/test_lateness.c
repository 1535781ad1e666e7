/* When word of what was sent is overdue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "media/lateness.h"

enum { WORDS = 40, SPACING_US = 50000, LAG_US = 90000 };

static struct lateness used_to(uint64_t lag_us)
{
    struct lateness lateness;
    lateness_init(&lateness);
    for (int i = 0; i < WORDS; i++)
        lateness_word(&lateness, lag_us, SPACING_US);
    return lateness;
}

static void test_lateness_is_not_told_before_anything_is_usual(void **state)
{
    (void)state;
    struct lateness lateness;
    lateness_init(&lateness);
    assert_false(lateness_is_unusual(&lateness, 900000, 0));
    assert_false(lateness_is_long(&lateness, 900000));
}

static void test_lateness_is_half_as_long_again_as_usual(void **state)
{
    (void)state;
    struct lateness lateness = used_to(LAG_US);
    assert_false(lateness_is_unusual(&lateness, 0, 0));
    assert_false(lateness_is_unusual(&lateness, LAG_US * 14 / 10, 0));
    assert_true(lateness_is_unusual(&lateness, LAG_US * 16 / 10, 0));
}

static void test_lateness_allows_for_a_little_where_word_comes_at_once(void **state)
{
    (void)state;
    struct lateness lateness = used_to(5000);
    assert_false(lateness_is_unusual(&lateness, 40000, 0));
    assert_true(lateness_is_unusual(&lateness, 50000, 0));
}

/* What was told of last stood in a queue: what went out behind it stands there, too. */
static void test_lateness_is_foreseen_from_a_queue(void **state)
{
    (void)state;
    struct lateness lateness = used_to(LAG_US);
    assert_true(lateness_is_unusual(&lateness, LAG_US / 2, LAG_US * 11 / 10));
    assert_false(lateness_is_unusual(&lateness, LAG_US / 2, LAG_US / 2));
    assert_false(lateness_is_unusual(&lateness, LAG_US / 2, INT64_MAX)); /* of nothing that came */
}

/* One message of feedback often comes in parts, and an outage says nothing of what is usual. */
static void test_lateness_learns_neither_from_parts_nor_from_outages(void **state)
{
    (void)state;
    struct lateness lateness = used_to(LAG_US);
    uint32_t usual_us = lateness.usual_us;
    lateness_word(&lateness, 1000, 2000);
    lateness_word(&lateness, 9000000, 9000000);
    assert_int_equal(lateness.usual_us, usual_us);
}

/* Word of a line that had been cut came 0.5 s late once, and what was late after that passed for usual: the queue filled again. */
static void test_lateness_learns_little_from_one_that_is_far_too_late(void **state)
{
    (void)state;
    struct lateness lateness = used_to(LAG_US);
    lateness_word(&lateness, 9 * LAG_US, SPACING_US);
    assert_in_range(lateness.usual_us, LAG_US, LAG_US * 6 / 5);
    for (int i = 0; i < 40; i++)
        lateness_word(&lateness, 5 * LAG_US, SPACING_US);
    assert_in_range(lateness.usual_us, 4 * LAG_US, 5 * LAG_US); /* where the line has become longer for good */
}

static void test_lateness_alarms_at_more_than_twice_the_usual(void **state)
{
    (void)state;
    struct lateness lateness = used_to(LAG_US);
    assert_false(lateness_is_alarming(&lateness, 2 * LAG_US + 100000));
    assert_true(lateness_is_alarming(&lateness, 2 * LAG_US + 160000));
}

static void test_lateness_is_long_when_three_words_are_missing(void **state)
{
    (void)state;
    struct lateness lateness = used_to(LAG_US);
    assert_false(lateness_is_long(&lateness, 4 * SPACING_US));
    assert_true(lateness_is_long(&lateness, 6 * SPACING_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lateness_is_not_told_before_anything_is_usual),
        cmocka_unit_test(test_lateness_is_half_as_long_again_as_usual),
        cmocka_unit_test(test_lateness_allows_for_a_little_where_word_comes_at_once),
        cmocka_unit_test(test_lateness_is_foreseen_from_a_queue),
        cmocka_unit_test(test_lateness_learns_neither_from_parts_nor_from_outages),
        cmocka_unit_test(test_lateness_learns_little_from_one_that_is_far_too_late),
        cmocka_unit_test(test_lateness_alarms_at_more_than_twice_the_usual),
        cmocka_unit_test(test_lateness_is_long_when_three_words_are_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

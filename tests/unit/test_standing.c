/* Queues that stand, and what comes out of them, out of delays alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/standing.h"

enum { LEAST_US = 40000, DEEP_US = 80000, FEEDBACK_US = 50000 };

/* What the packets of one feedback took, beyond the least. */
static int64_t feed(struct standing *standing, uint64_t now_us, const int64_t *beyond_us, int count)
{
    standing_begin(standing, DEEP_US);
    for (int i = 0; i < count; i++)
        standing_delay(standing, LEAST_US + beyond_us[i], (int64_t)now_us + i * 40000, 1000);
    return standing_input(standing, now_us);
}

static struct standing used_to_an_empty_path(void)
{
    struct standing standing;
    standing_init(&standing, 0);
    for (uint64_t i = 1; i <= 20; i++)
        feed(&standing, i * FEEDBACK_US, (const int64_t[]){1000, 0, 2000}, 3);
    return standing;
}

static void test_standing_tells_how_deep_a_queue_is(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    assert_int_equal(feed(&standing, 2000000, (const int64_t[]){150000, 160000, 170000}, 3), 150000);
    assert_int_equal(standing.behind_us, 170000);
    assert_int_equal(feed(&standing, 2050000, (const int64_t[]){120000}, 1), 0); /* it drains */
}

/*
 * While word was late nothing but sound went out, and the queue had drained when it came: the newest packets told of none, and what had
 * waited was let go at the rate of the line before. Those in front came out of a queue, 1000 bytes each 40 ms.
 */
static void test_standing_measures_a_queue_that_has_drained(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    feed(&standing, 2000000, (const int64_t[]){20000, 90000, 130000, 170000, 60000, 1000}, 6);
    assert_in_range((int64_t)standing_drain_bps(&standing), 190000, 210000);
    feed(&standing, 2500000, (const int64_t[]){1000, 0}, 2);
    assert_true(standing_drain_bps(&standing) == 0);
}

/* Two bursts, each of which drained before the next: the time between them is no time in the queue. */
static void test_standing_measures_no_gap_between_two_queues(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    feed(&standing, 2000000, (const int64_t[]){90000, 130000, 170000, 1000, 1000, 1000, 1000, 90000, 100000}, 9);
    assert_in_range((int64_t)standing_drain_bps(&standing), 190000, 210000);
}

/*
 * Fault: word came in small pieces while pictures were held up, each too short to measure anything, and the rate of the line before stood
 * for two seconds. One feedback every 40 ms, of one packet that stood in a queue.
 */
static void test_standing_measures_a_queue_over_several_feedbacks(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    for (uint64_t i = 0; i < 5; i++)
        feed(&standing, 2000000 + i * 40000, (const int64_t[]){90000 + (int64_t)i * 20000}, 1);
    assert_in_range((int64_t)standing_full_bps(&standing, 1000000), 190000, 210000);
    standing_miss(&standing); /* what left in between is not told of */
    feed(&standing, 2200000, (const int64_t[]){200000}, 1);
    assert_true(standing_drain_bps(&standing) == 0);
}

/* Seen on a line of 2 Mbit/s that wobbles by 30 ms: four packets of sound, each a little later, took the rate to 67 kbit/s. */
static void test_standing_takes_a_few_small_packets_for_no_full_queue(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    for (int i = 0; i < 5; i++) {
        standing_begin(&standing, DEEP_US);
        standing_delay(&standing, LEAST_US + 90000 + i * 8000, 2000000 + i * 14000, 136);
        standing_input(&standing, 2000000 + (uint64_t)i * 14000);
    }
    assert_true(standing_drain_bps(&standing) > 0);
    assert_true(standing_full_bps(&standing, 1000000) == 0);
}

static void test_standing_takes_wobbling_for_no_full_queue(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    for (uint64_t i = 0; i < 200; i++)
        feed(&standing, 2000000 + i * 40000, (const int64_t[]){i % 2 ? 70000 : 10000}, 1);
    for (uint64_t i = 0; i < 5; i++)
        feed(&standing, 10000000 + i * 40000, (const int64_t[]){90000 + (int64_t)i * 10000}, 1);
    assert_true(standing_is_sure(&standing));
    assert_true(standing_full_bps(&standing, 1000000) == 0);
}

/* Fault: after a machine had stood still all came later by as much, little was sent, and the line passed for as thin as that. */
static void test_standing_takes_a_longer_way_for_no_full_queue(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    feed(&standing, 2000000, (const int64_t[]){120000, 120000, 120000, 120000, 120000, 120000}, 6);
    assert_true(standing_is_sure(&standing));
    assert_true(standing_full_bps(&standing, 1000000) == 0);
}

/* A path that stood still lets all go at once. */
static void test_standing_takes_no_stall_for_a_queue(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    standing_begin(&standing, DEEP_US);
    for (int i = 0; i < 8; i++)
        standing_delay(&standing, LEAST_US + 300000 - i * 20000, 2000000 + i * 500, 1000);
    assert_true(standing_drain_bps(&standing) == 0);
}

/* One feedback that is a little off passed for a queue that grows: a mobile line of 2 Mbit/s showed the middle layer for most of a minute. */
static void test_standing_takes_what_wobbles_once_for_no_queue(void **state)
{
    (void)state;
    struct standing standing = used_to_an_empty_path();
    feed(&standing, 2000000, (const int64_t[]){25000, 30000}, 2);
    assert_true(standing_is_jitter(&standing, 2000000));
    feed(&standing, 2050000, (const int64_t[]){45000, 50000}, 2);
    assert_false(standing_is_jitter(&standing, 2000000)); /* twice in a row it grows … */
    standing = used_to_an_empty_path();
    feed(&standing, 2000000, (const int64_t[]){70000, 80000}, 2);
    assert_false(standing_is_jitter(&standing, 2000000)); /* … and at once where it is that much */
    assert_false(standing_is_jitter(&standing, 200000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standing_tells_how_deep_a_queue_is),
        cmocka_unit_test(test_standing_measures_a_queue_that_has_drained),
        cmocka_unit_test(test_standing_measures_no_gap_between_two_queues),
        cmocka_unit_test(test_standing_measures_a_queue_over_several_feedbacks),
        cmocka_unit_test(test_standing_takes_a_few_small_packets_for_no_full_queue),
        cmocka_unit_test(test_standing_takes_wobbling_for_no_full_queue),
        cmocka_unit_test(test_standing_takes_a_longer_way_for_no_full_queue),
        cmocka_unit_test(test_standing_takes_no_stall_for_a_queue),
        cmocka_unit_test(test_standing_takes_what_wobbles_once_for_no_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the trend says of packets whose way takes longer and longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "media/trendline.h"

enum { SPACING_US = 20000, WAY_US = 30000, STEADY = 100 };

/* `count` packets, each of which takes `more_us` longer than the one before. True when the trend told of a queue meanwhile. */
static bool send(struct trendline *line, uint64_t *at_us, int count, int64_t more_us)
{
    bool over = false;
    int64_t way_us = WAY_US;
    for (int i = 0; i < count; i++) {
        *at_us += SPACING_US;
        way_us += more_us;
        over |= trendline_input(line, *at_us, (int64_t)*at_us + way_us) == TREND_OVERUSE;
    }
    return over;
}

static void test_trendline_tells_of_a_queue_that_grows(void **state)
{
    (void)state;
    struct trendline line;
    uint64_t at_us = 1000000;
    trendline_init(&line);
    assert_false(send(&line, &at_us, STEADY, 0));
    assert_int_equal(line.trend, TREND_NORMAL);
    assert_true(send(&line, &at_us, 20, 10000));
}

/* A packet that was told of as lost and came after all is told of behind those that left later. Once that made a group end before the
 * one in front of it, a difference without a sign took it for half a million years, and the trend was never seen again. */
static void test_trendline_outlives_a_packet_that_is_told_of_late(void **state)
{
    (void)state;
    struct trendline line;
    uint64_t at_us = 1000000;
    trendline_init(&line);
    send(&line, &at_us, STEADY, 0);
    trendline_input(&line, at_us + 12000, (int64_t)at_us + 112000); /* held up on the way, and let go … */
    trendline_input(&line, at_us + 40000, (int64_t)at_us + 113000); /* … with what left later */
    trendline_input(&line, at_us + 25000, (int64_t)at_us + 190000);
    at_us += 200000;
    assert_false(send(&line, &at_us, STEADY, 0));
    assert_int_equal(line.trend, TREND_NORMAL);
    assert_true(send(&line, &at_us, 20, 10000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trendline_tells_of_a_queue_that_grows),
        cmocka_unit_test(test_trendline_outlives_a_packet_that_is_told_of_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

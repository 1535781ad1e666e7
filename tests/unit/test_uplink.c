/* A publisher's path seen from our end: what is asked for again leaves room for what is new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/uplink.h"

enum { PACKET = 1100, TICK_US = 10000, SLOW_US = 600000, QUICK_US = 50000 };

struct path {
    struct uplink uplink;
    uint64_t now_us;
    uint32_t sent, rtt_us;
    uint64_t asked;
};

/* Sends a packet every `every_us` of which every `of`th arrives, and asks for as much as it may. */
static void run(struct path *path, double seconds, uint64_t every_us, double of)
{
    uint64_t end_us = path->now_us + (uint64_t)(seconds * 1e6), next_us = path->now_us;
    for (; path->now_us < end_us; path->now_us += TICK_US) {
        for (; next_us <= path->now_us; next_us += every_us, path->sent++)
            if ((uint32_t)(path->sent / of) != (uint32_t)((path->sent - 1) / of)) {
                uplink_received(&path->uplink, PACKET, path->now_us);
                uplink_numbered(&path->uplink, (uint16_t)path->sent);
            }
        uplink_tick(&path->uplink, path->rtt_us, path->now_us);
        int count = uplink_repeats(&path->uplink, PACKET, 100);
        uplink_asked(&path->uplink, PACKET, count);
        path->asked += (uint64_t)count * PACKET;
    }
}

static struct path path_of(uint32_t rtt_us)
{
    return (struct path){.now_us = 1000000, .rtt_us = rtt_us};
}

static void test_uplink_asks_a_slow_line_for_a_quarter_of_what_comes(void **state)
{
    (void)state;
    struct path path = path_of(SLOW_US);
    run(&path, 20, 140000, 1); /* 63 kbit/s */
    uint64_t came = path.sent * (uint64_t)PACKET;
    assert_true(path.asked > came / 8 && path.asked < came / 3);
}

static void test_uplink_asks_a_quick_line_for_what_three_in_ten_lost_need(void **state)
{
    (void)state;
    struct path path = path_of(QUICK_US);
    run(&path, 20, 10000, 1);
    uint64_t came = path.sent * (uint64_t)PACKET;
    assert_true(path.asked > came * 6 / 10 && path.asked < came * 8 / 10);
}

/* 1.1 Mbit/s were sent into 64 kbit/s, and 115 to 170 kbit/s of repeats were asked for and came on top. */
static void test_uplink_that_was_cut_is_flooded_and_asked_for_nothing(void **state)
{
    (void)state;
    struct path path = path_of(QUICK_US);
    run(&path, 5, 8000, 1);
    assert_false(uplink_is_flooded(&path.uplink));
    run(&path, 1, 8000, 17);
    assert_true(uplink_is_flooded(&path.uplink));
    path.asked = 0;
    run(&path, 2, 8000, 17);
    assert_int_equal(path.asked, 0);
    run(&path, 1.5, 140000, 1);
    assert_false(uplink_is_flooded(&path.uplink));
}

/* Its sender is told what comes through, and a while after the flood that it may send what it likes. */
static void test_uplink_tells_a_floods_sender_what_arrives(void **state)
{
    (void)state;
    struct path path = path_of(QUICK_US);
    run(&path, 5, 8000, 1);
    assert_int_equal(uplink_limit_bps(&path.uplink, path.now_us), 0);
    run(&path, 1, 8000, 17);
    assert_in_range(uplink_limit_bps(&path.uplink, path.now_us), UPLINK_LIMIT_LEAST_BPS, 100000);
    run(&path, 1.5, 140000, 1);
    assert_in_range(uplink_limit_bps(&path.uplink, path.now_us), UPLINK_LIMIT_LEAST_BPS, 100000);
    run(&path, 2, 140000, 1);
    assert_int_equal(uplink_limit_bps(&path.uplink, path.now_us), UPLINK_UNLIMITED_BPS);
}

/* Firefox went on with 440 kbit/s into 200, and four in five packets of its sound were lost. */
static void test_uplink_whose_sender_goes_on_at_twice_what_fits_is_crowded(void **state)
{
    (void)state;
    struct path path = path_of(QUICK_US);
    run(&path, 20, 8000, 1 / 0.7); /* as much is lost in the air sometimes */
    assert_false(uplink_is_crowded(&path.uplink));
    run(&path, 0.5, 8000, 2.2);
    assert_false(uplink_is_crowded(&path.uplink)); /* it may find out by itself */
    run(&path, 1.5, 8000, 2.2);
    assert_true(uplink_is_crowded(&path.uplink));
    assert_false(uplink_is_flooded(&path.uplink));
    assert_in_range(uplink_limit_bps(&path.uplink, path.now_us), 400000, 600000);
    run(&path, 1, 20000, 1);
    assert_false(uplink_is_crowded(&path.uplink));
}

static void test_uplink_that_was_out_for_a_while_is_not_flooded(void **state)
{
    (void)state;
    struct path path = path_of(QUICK_US);
    run(&path, 5, 8000, 1);
    run(&path, 1, 8000, 100000);
    for (int i = 0; i < 50; i++) {
        run(&path, 0.02, 8000, 1);
        assert_false(uplink_is_flooded(&path.uplink));
    }
}

/* Sound is asked for in any case: what it takes is owed, but not for ever. */
static void test_uplink_forgives_old_debts(void **state)
{
    (void)state;
    struct path path = path_of(QUICK_US);
    run(&path, 1, 8000, 1);
    uplink_asked(&path.uplink, PACKET, 1000);
    assert_int_equal(uplink_repeats(&path.uplink, PACKET, 100), 0);
    run(&path, 1, 8000, 1);
    assert_true(path.asked > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uplink_asks_a_slow_line_for_a_quarter_of_what_comes),
        cmocka_unit_test(test_uplink_asks_a_quick_line_for_what_three_in_ten_lost_need),
        cmocka_unit_test(test_uplink_that_was_cut_is_flooded_and_asked_for_nothing),
        cmocka_unit_test(test_uplink_tells_a_floods_sender_what_arrives),
        cmocka_unit_test(test_uplink_whose_sender_goes_on_at_twice_what_fits_is_crowded),
        cmocka_unit_test(test_uplink_that_was_out_for_a_while_is_not_flooded),
        cmocka_unit_test(test_uplink_forgives_old_debts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

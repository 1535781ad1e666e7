#include "media/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 500 };

struct probe {
    struct timer timer;
    struct timer_wheel *wheel;
    int fired;
    uint64_t fired_us;
    uint64_t again_in_us;
    struct timer *cancels;
};

static void probe_fire(void *arg, uint64_t now_us)
{
    struct probe *probe = arg;
    probe->fired++;
    probe->fired_us = now_us;
    if (probe->again_in_us)
        timer_set(probe->wheel, &probe->timer, now_us + probe->again_in_us);
    if (probe->cancels)
        timer_cancel(probe->cancels);
}

static void probe_init(struct probe *probe, struct timer_wheel *wheel)
{
    *probe = (struct probe){.wheel = wheel};
    timer_init(&probe->timer, probe_fire, probe);
}

static struct timer_wheel *new_wheel(uint64_t now_us)
{
    struct timer_wheel *wheel = NULL;
    assert_int_equal(timer_wheel_create(now_us, &wheel), 0);
    return wheel;
}

static void test_timer_count_is_of_those_that_are_set(void **state)
{
    (void)state;
    struct timer_wheel *wheel = new_wheel(0);
    struct probe probes[3];
    static const uint64_t due[] = {100, 5000000, 3600000000};
    for (int i = 0; i < 3; i++) {
        probe_init(&probes[i], wheel);
        timer_set(wheel, &probes[i].timer, due[i]);
    }
    assert_int_equal(timer_wheel_count(wheel), 3);
    timer_wheel_run(wheel, 6000000);
    assert_int_equal(timer_wheel_count(wheel), 1);
    timer_cancel(&probes[2].timer);
    assert_int_equal(timer_wheel_count(wheel), 0);
    timer_wheel_destroy(wheel);
}

static void test_timer_never_fires_early_nor_a_tick_late(void **state)
{
    (void)state;
    static const uint64_t delays[] = {1,     255,     256,     257,     16383,    16384,
                                      20000, 1048576, 1048577, 5000000, 67108864, 120000000};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        uint64_t start = 123456789 + 77 * i;
        struct timer_wheel *wheel = new_wheel(start);
        struct probe probe;
        probe_init(&probe, wheel);
        uint64_t due = start + delays[i];
        timer_set(wheel, &probe.timer, due);
        timer_wheel_run(wheel, due - 1);
        assert_int_equal(probe.fired, 0);
        timer_wheel_run(wheel, due + TIMER_TICK_US);
        assert_int_equal(probe.fired, 1);
        timer_wheel_destroy(wheel);
    }
}

static void test_timer_beyond_the_wheels_reach(void **state)
{
    (void)state;
    struct timer_wheel *wheel = new_wheel(1000);
    struct probe probe;
    probe_init(&probe, wheel);
    uint64_t due = 5ULL * 3600 * 1000000;
    timer_set(wheel, &probe.timer, due);
    for (uint64_t now = 1000; now < due; now += 60ULL * 1000000)
        timer_wheel_run(wheel, now);
    assert_int_equal(probe.fired, 0);
    timer_wheel_run(wheel, due + TIMER_TICK_US);
    assert_int_equal(probe.fired, 1);
    timer_wheel_destroy(wheel);
}

static void test_timer_past_due_fires_at_next_run(void **state)
{
    (void)state;
    struct timer_wheel *wheel = new_wheel(1000000);
    struct probe probe;
    probe_init(&probe, wheel);
    timer_set(wheel, &probe.timer, 5);
    timer_wheel_run(wheel, 1000000);
    assert_int_equal(probe.fired, 1);
    timer_wheel_destroy(wheel);
}

static void test_timer_set_again_from_its_callback(void **state)
{
    (void)state;
    struct timer_wheel *wheel = new_wheel(0);
    struct probe probe;
    probe_init(&probe, wheel);
    probe.again_in_us = 20000;
    timer_set(wheel, &probe.timer, 20000);
    for (uint64_t now = 0; now <= 1000000; now += 1000)
        timer_wheel_run(wheel, now);
    assert_in_range(probe.fired, 47, 50);
    timer_cancel(&probe.timer);
    timer_wheel_run(wheel, 2000000);
    assert_in_range(probe.fired, 47, 50);
    timer_wheel_destroy(wheel);
}

static void test_timer_cancelled_by_another_of_the_same_tick(void **state)
{
    (void)state;
    struct timer_wheel *wheel = new_wheel(0);
    struct probe first, second;
    probe_init(&first, wheel);
    probe_init(&second, wheel);
    first.cancels = &second.timer;
    second.cancels = &first.timer;
    timer_set(wheel, &first.timer, 5000);
    timer_set(wheel, &second.timer, 5000);
    timer_wheel_run(wheel, 10000);
    assert_int_equal(first.fired + second.fired, 1);
    timer_wheel_destroy(wheel);
}

static void test_timer_next_is_never_after_a_due_timer(void **state)
{
    (void)state;
    struct timer_wheel *wheel = new_wheel(0);
    static struct probe probes[MANY];
    srand(7);
    assert_true(timer_wheel_next(wheel) == UINT64_MAX);
    for (int i = 0; i < MANY; i++) {
        probe_init(&probes[i], wheel);
        timer_set(wheel, &probes[i].timer, (uint64_t)rand() % 100000000);
    }
    int fired = 0;
    for (uint64_t now = 0; now < 200000000 && fired < MANY;) {
        uint64_t next = timer_wheel_next(wheel);
        assert_true(next != UINT64_MAX);
        now = next > now ? next : now + 1;
        timer_wheel_run(wheel, now);
        fired = 0;
        for (int i = 0; i < MANY; i++) {
            fired += probes[i].fired;
            if (probes[i].fired)
                assert_true(probes[i].fired_us >= probes[i].timer.due_us &&
                            probes[i].fired_us <= probes[i].timer.due_us + TIMER_TICK_US);
        }
    }
    assert_int_equal(fired, MANY);
    assert_true(timer_wheel_next(wheel) == UINT64_MAX);
    timer_wheel_destroy(wheel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer_count_is_of_those_that_are_set),
        cmocka_unit_test(test_timer_never_fires_early_nor_a_tick_late),
        cmocka_unit_test(test_timer_beyond_the_wheels_reach),
        cmocka_unit_test(test_timer_past_due_fires_at_next_run),
        cmocka_unit_test(test_timer_set_again_from_its_callback),
        cmocka_unit_test(test_timer_cancelled_by_another_of_the_same_tick),
        cmocka_unit_test(test_timer_next_is_never_after_a_due_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

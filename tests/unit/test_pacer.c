/* Spreading over time, and not at all where there is room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/pacer.h"

static struct pacer *fresh(void)
{
    static struct pacer pacer;
    pacer = (struct pacer){0};
    return &pacer;
}

static void test_pacer_that_is_off_delays_nothing(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    for (int i = 0; i < 1000; i++)
        assert_true(pacer_admit(pacer, 1000000));
}

static void test_pacer_keeps_to_its_rate_and_order(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    struct pacer_entry entry;
    int owner = 0, out = 0;
    uint64_t now_us = 1000000;
    pacer_set_rate(pacer, 800000, now_us); /* 100 bytes a millisecond */
    now_us += 100000;
    for (uint16_t i = 0; i < 30; i++)
        if (!pacer_admit(pacer, now_us)) {
            assert_true(pacer_hold(pacer, &owner, i, now_us));
        } else {
            pacer_note(pacer, 1000);
            out++;
        }
    assert_in_range(out, 2, 3); /* a burst of 20 ms */
    int expected = out;
    for (int tick = 0; tick < 10; tick++) {
        now_us += 10000;
        while (pacer_next(pacer, now_us, &entry)) {
            assert_int_equal(entry.sequence, expected++);
            pacer_note(pacer, 1000);
        }
    }
    assert_in_range(expected - out, 9, 10);
    assert_false(pacer_admit(pacer, now_us)); /* nothing overtakes */
}

/* A datagram is dated to when the kernel had it: each that came after a tick, and was older, filled the bucket. */
static void test_pacer_gives_nothing_for_time_that_runs_back(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    struct pacer_entry entry;
    int owner = 0;
    pacer_set_rate(pacer, 800000, 1000000);
    pacer_note(pacer, 4000);
    assert_false(pacer_admit(pacer, 990000));
    assert_true(pacer_hold(pacer, &owner, 1, 1000000));
    assert_false(pacer_next(pacer, 995000, &entry));
    assert_true(pacer_repair(pacer, 80000, 1000, 1000000));
    while (pacer_repair(pacer, 80000, 1000, 1000000))
        ;
    assert_false(pacer_repair(pacer, 80000, 1000, 980000));
}

/* What had waited for longer than 0.4 s left whatever the rate: a line that was cut was full of it, and the sound behind it lost. */
static void test_pacer_does_not_let_all_go_at_once_that_has_waited_long(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    struct pacer_entry entry;
    int owner = 0, out = 0;
    uint64_t now_us = 1000000;
    pacer_set_rate(pacer, 800000, now_us); /* 2000 bytes in 20 ms */
    for (uint16_t i = 0; i < 100; i++)
        assert_true(pacer_hold(pacer, &owner, i, now_us));
    now_us += PACER_DELAY_US + 1;
    for (; pacer_next(pacer, now_us, &entry); out++)
        pacer_note(pacer, 1000);
    assert_in_range(out, 3, 5); /* a burst, and one ahead */
    for (int tick = 0; tick < 10; tick++)
        for (now_us += 10000; pacer_next(pacer, now_us, &entry); out++)
            pacer_note(pacer, 1000);
    assert_in_range(out, 13, 15);
}

static void test_pacer_empties_when_turned_off(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    struct pacer_entry entry;
    int owner = 0, out = 0;
    pacer_set_rate(pacer, 8000, 1000000);
    for (uint16_t i = 0; i < 10; i++)
        assert_true(pacer_hold(pacer, &owner, i, 1000000));
    pacer_set_rate(pacer, 0, 1000000);
    assert_true(pacer_waits(pacer));
    for (; pacer_next(pacer, 1000000, &entry); out++)
        ;
    assert_int_equal(out, 10);
    assert_false(pacer_waits(pacer));
}

static void test_pacer_gives_back_what_an_owner_has_and_is_bounded(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    struct pacer_entry entry;
    int one = 0, other = 0, taken = 0;
    for (int i = 0; i < PACER_ENTRIES; i++)
        assert_true(pacer_hold(pacer, i % 2 ? &one : &other, (uint16_t)i, 1));
    assert_false(pacer_hold(pacer, &one, 0, 1));
    while (pacer_take(pacer, &one, &entry))
        taken++;
    assert_int_equal(taken, PACER_ENTRIES / 2);
    while (pacer_next(pacer, 1, &entry))
        assert_ptr_equal(entry.owner, &other);
}

/* Sound went beside the pacer unseen: picture and sound together were more than the line carried. */
static void test_pacer_leaves_room_for_what_it_does_not_hold(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    struct pacer_entry entry;
    int owner = 0, out = 0;
    uint64_t now_us = 1000000;
    pacer_set_rate(pacer, 800000, now_us);
    for (uint16_t i = 0; i < 300; i++)
        assert_true(pacer_hold(pacer, &owner, i, now_us));
    for (int tick = 0; tick < 35; tick++) {
        pacer_note(pacer, 500); /* half of it is sound */
        for (now_us += 10000; pacer_next(pacer, now_us, &entry); out++)
            pacer_note(pacer, 1000);
    }
    assert_in_range(out, 16, 19);
}

/* Seen on a 300 kbit/s line: 1,357 packets a second, most of them asked for because the queue was full of them. */
static void test_pacer_repairs_no_more_than_the_path_carries(void **state)
{
    (void)state;
    struct pacer *pacer = fresh();
    size_t bytes = 0;
    for (uint64_t now_us = 1000000; now_us < 3000000; now_us += 1000)
        bytes += pacer_repair(pacer, 240000, 1000, now_us) ? 1000 : 0;
    assert_in_range(bytes, 60000, 70000);                    /* two seconds, and a quarter at once */
    assert_true(pacer_repair(pacer, 24000, 1200, 10000000)); /* on the thinnest line too */
    assert_true(pacer_repair(pacer, 24000, 1200, 10000000));
    assert_false(pacer_repair(pacer, 24000, 1200, 10000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pacer_that_is_off_delays_nothing),
        cmocka_unit_test(test_pacer_keeps_to_its_rate_and_order),
        cmocka_unit_test(test_pacer_gives_nothing_for_time_that_runs_back),
        cmocka_unit_test(test_pacer_does_not_let_all_go_at_once_that_has_waited_long),
        cmocka_unit_test(test_pacer_empties_when_turned_off),
        cmocka_unit_test(test_pacer_gives_back_what_an_owner_has_and_is_bounded),
        cmocka_unit_test(test_pacer_leaves_room_for_what_it_does_not_hold),
        cmocka_unit_test(test_pacer_repairs_no_more_than_the_path_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which layer goes to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/allocator.h"

/* A camera that has never been allocated. */
static struct allocator_slot camera(uint8_t priority)
{
    static struct allocator_trial trials[8][ALLOCATOR_TRIALS];
    static unsigned next;
    struct allocator_trial *own = trials[next++ % 8];
    memset(own, 0, sizeof trials[0]);
    return (struct allocator_slot){.priority = priority,
                                   .trials = own,
                                   .layer = -1,
                                   .layer_count = 3,
                                   .layers = {{.bps = 100000, .width = 320, .height = 180},
                                              {.bps = 400000, .width = 640, .height = 360, .id = 1},
                                              {.bps = 1500000, .width = 1280, .height = 720, .id = 2}}};
}

static void run(struct allocator_slot *slots, int count, uint32_t bps, uint64_t now_us)
{
    struct allocator_input input = {.estimate_bps = bps, .reserved_bps = 50000, .now_us = now_us};
    allocator_run(&input, slots, count);
}

static void test_allocator_gives_each_a_little_before_anyone_much(void **state)
{
    (void)state;
    struct allocator_slot slots[3] = {camera(1), camera(3), camera(2)};
    run(slots, 3, 800000, 1);
    assert_int_equal(slots[0].layer, 0);
    assert_int_equal(slots[1].layer, 1); /* pinned */
    assert_int_equal(slots[2].layer, 0);
    assert_int_equal(slots[0].reason, ALLOCATOR_BANDWIDTH);
}

static void test_allocator_stops_the_least_important_first(void **state)
{
    (void)state;
    struct allocator_slot slots[3] = {camera(1), camera(3), camera(2)};
    run(slots, 3, 280000, 1);
    assert_int_equal(slots[0].layer, -1);
    assert_int_equal(slots[1].layer, 0);
    run(slots, 3, 40000, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(slots[i].layer, -1); /* sound before any picture */
}

static void test_allocator_sends_no_more_than_is_shown(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    slot.max_width = 400;
    slot.max_height = 225;
    run(&slot, 1, 10000000, 1);
    assert_int_equal(slot.layer, 1);
    assert_int_equal(slot.reason, ALLOCATOR_AS_WANTED);
    assert_int_equal(allocator_wanted_bps(&slot, 1), 460000);
    slot.max_width = slot.max_height = 0;
    run(&slot, 1, 10000000, 2);
    assert_int_equal(slot.layer, 2);
}

/* An estimate between what a camera costs and what going up to it asks for once left viewers without a picture. */
static void test_allocator_goes_up_at_the_rate_it_wants(void **state)
{
    (void)state;
    struct allocator_slot slots[2] = {camera(1), camera(2)};
    run(slots, 2, 60000, 1);
    assert_int_equal(slots[0].layer, -1);
    run(slots, 2, allocator_wanted_bps(slots, 2) + 50000, 10000000);
    assert_int_equal(slots[0].layer, 2);
    assert_int_equal(slots[1].layer, 2);
}

static void test_allocator_goes_down_at_once_and_up_with_patience(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 10000000;
    run(&slot, 1, 3000000, now_us);
    assert_int_equal(slot.layer, 2);
    run(&slot, 1, 900000, now_us += 100000);
    assert_int_equal(slot.layer, 1);
    run(&slot, 1, 3000000, now_us += 100000);
    assert_int_equal(slot.layer, 1);
    run(&slot, 1, 1560000, now_us += ALLOCATOR_UP_US); /* just enough is not enough */
    assert_int_equal(slot.layer, 1);
    run(&slot, 1, 3000000, now_us);
    assert_int_equal(slot.layer, 2);
}

static void test_allocator_is_patient_with_the_same_link_only(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 10000000;
    run(&slot, 1, 520000, now_us);
    assert_int_equal(slot.layer, 1);
    run(&slot, 1, 300000, now_us += 1000000);
    run(&slot, 1, 520000, now_us += ALLOCATOR_UP_US);
    run(&slot, 1, 300000, now_us += 1000000); /* a failed trial */
    run(&slot, 1, 560000, now_us += ALLOCATOR_UP_US);
    assert_int_equal(slot.layer, 0);
    run(&slot, 1, 2600000, now_us + 100000); /* the clinic's line is whole again */
    assert_int_equal(slot.layer, 2);
}

static void test_allocator_does_not_take_an_outage_for_a_failed_trial(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 10000000;
    run(&slot, 1, 2600000, now_us);
    assert_int_equal(slot.layer, 2);
    now_us += 1000000;
    struct allocator_input cut = {.estimate_bps = 24000, .silent = true, .now_us = now_us};
    allocator_run(&cut, &slot, 1);
    assert_int_equal(slot.layer, -1);
    run(&slot, 1, 2600000, now_us + 100000);
    assert_int_equal(slot.layer, 2);
}

static void test_allocator_says_when_what_flows_is_far_too_much(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    run(&slot, 1, 2000000, 10000000);
    assert_false(slot.overloads);
    run(&slot, 1, 1400000, 11000000); /* a little too much may wait for a key frame of less */
    assert_int_equal(slot.layer, 1);
    assert_false(slot.overloads);
    run(&slot, 1, 170000, 12000000);
    assert_int_equal(slot.layer, 0);
    assert_true(slot.overloads);
}

static void test_allocator_keeps_all_frames_of_the_size_that_is_shown(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    slot.max_width = 320;
    slot.layer_count = 2;
    slot.layers[0].bps = 40000;
    slot.layers[1] = slot.layers[0];
    slot.layers[1].bps = 100000;
    slot.layers[1].point = 3;
    run(&slot, 1, 1000000, 1);
    assert_int_equal(slot.layer, 1);
    run(&slot, 1, 100000, 2);
    assert_int_equal(slot.layer, 0);
    assert_int_equal(slot.reason, ALLOCATOR_BANDWIDTH);
}

static void test_allocator_is_more_patient_after_each_failed_trial(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 100000000, waited_us = 0;
    run(&slot, 1, 3000000, now_us);
    for (int trial = 0; trial < 8; trial++) {
        run(&slot, 1, 900000, now_us += 500000); /* it was too much */
        assert_int_equal(slot.layer, 1);
        uint64_t start_us = now_us;
        while (slot.layer == 1)
            run(&slot, 1, 3000000, now_us += 100000);
        assert_true(now_us - start_us >= waited_us);
        waited_us = now_us - start_us;
    }
    assert_in_range(waited_us, ALLOCATOR_UP_MAX_US, ALLOCATOR_UP_MAX_US + 100000);
}

/* Seen on a line that wobbles: what had lasted for twenty seconds was tried again as soon as if nothing had ever failed. */
static void test_allocator_stays_as_patient_where_a_trial_lasted_twenty_seconds(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 100000000;
    run(&slot, 1, 1800000, now_us);
    run(&slot, 1, 900000, now_us += 1000000);
    run(&slot, 1, 1800000, now_us += ALLOCATOR_UP_US);
    assert_int_equal(slot.layer, 2);
    for (int i = 0; i < 2; i++) {
        run(&slot, 1, 900000, now_us += i == 0 ? 1000000 : 20000000);
        run(&slot, 1, 1800000, now_us += ALLOCATOR_UP_US);
        assert_int_equal(slot.layer, 1);
        run(&slot, 1, 1800000, now_us += 3 * ALLOCATOR_UP_US);
        assert_int_equal(slot.layer, 2);
    }
    run(&slot, 1, 900000, now_us += ALLOCATOR_PROVEN_US); /* it was well, and the line has changed */
    run(&slot, 1, 1800000, now_us + ALLOCATOR_UP_US);
    assert_int_equal(slot.layer, 2);
}

static void test_allocator_lets_what_stands_still_move_again_sooner(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 100000000;
    run(&slot, 1, 300000, now_us);
    assert_int_equal(slot.layer, 0);
    run(&slot, 1, 90000, now_us += 1000000);
    assert_int_equal(slot.layer, -1);
    run(&slot, 1, 300000, now_us += ALLOCATOR_MOVE_US - 100000);
    assert_int_equal(slot.layer, -1);
    run(&slot, 1, 300000, now_us + 100000);
    assert_int_equal(slot.layer, 0);
}

/* Seen on a line of 700 kbit/s: the largest had failed, and the middle one had to wait with it. */
static void test_allocator_holds_no_layer_to_the_failure_of_a_larger_one(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 100000000;
    run(&slot, 1, 1800000, now_us);
    assert_int_equal(slot.layer, 2);
    run(&slot, 1, 900000, now_us += 1000000); /* a failed trial */
    run(&slot, 1, 1800000, now_us += ALLOCATOR_UP_US);
    assert_int_equal(slot.layer, 2);
    run(&slot, 1, 900000, now_us += 1000000); /* and another */
    assert_int_equal(slot.layer, 1);
    run(&slot, 1, 300000, now_us += 1000000);
    assert_int_equal(slot.layer, 0);
    run(&slot, 1, 1800000, now_us + ALLOCATOR_UP_US);
    assert_int_equal(slot.layer, 1); /* the middle has done nothing wrong */
}

/* Seen in the laboratory: the middle layer was just tried when the line was cut, and had to wait when it was whole again. */
static void test_allocator_does_not_take_a_cut_for_a_failed_trial(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 100000000;
    for (int i = 0; i < 3; i++) {
        run(&slot, 1, 600000, now_us += ALLOCATOR_UP_MAX_US);
        assert_int_equal(slot.layer, 1);
        run(&slot, 1, 200000, now_us += 1000000);
        assert_int_equal(slot.layer, 0);
    }
    run(&slot, 1, 600000, now_us += 1000000);
    assert_int_equal(slot.layer, 0); /* it has failed thrice */
    for (int i = 0; i < 40; i++)
        run(&slot, 1, 200000, now_us += 100000);
    run(&slot, 1, 600000, now_us + 100000);
    assert_int_equal(slot.layer, 1);
}

static void test_allocator_follows_a_viewer_s_window_at_once(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    uint64_t now_us = 100000000;
    for (int i = 0; i < 10; i++) {
        slot.max_width = slot.max_height = 0;
        run(&slot, 1, 3000000, now_us += 300000);
        assert_int_equal(slot.layer, 2);
        slot.max_width = 160;
        run(&slot, 1, 3000000, now_us += 300000);
        assert_int_equal(slot.layer, 0);
    }
}

static void test_allocator_leaves_what_flows_on_a_calm_path(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    struct allocator_input input = {.estimate_bps = 3000000, .now_us = 1};
    allocator_run(&input, &slot, 1);
    assert_int_equal(slot.layer, 2);
    input.estimate_bps = 700000; /* never tried for more */
    input.calm = true;
    allocator_run(&input, &slot, 1);
    assert_int_equal(slot.layer, 2);
    input.ceiling_bps = 700000; /* the viewer's own word counts */
    allocator_run(&input, &slot, 1);
    assert_int_equal(slot.layer, 1);
}

static void test_allocator_tells_a_dead_source(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(1);
    slot.layer_count = 0;
    run(&slot, 1, 1000000, 1);
    assert_int_equal(slot.layer, -1);
    assert_int_equal(slot.reason, ALLOCATOR_SOURCE);
}

static void test_allocator_shows_stills_of_what_matters_most(void **state)
{
    (void)state;
    struct allocator_slot slots[3] = {camera(1), camera(3), camera(0)};
    run(slots, 3, 40000, 1); /* less than the sound alone takes */
    assert_int_equal(slots[1].still, 0);
    assert_int_equal(slots[1].still_bps, ALLOCATOR_STILL_BPS);
    assert_int_equal(slots[0].still, -1);
    run(slots, 3, 145000, 2); /* not enough for a picture that moves */
    assert_true(slots[1].still >= 0 && slots[0].still >= 0);
    assert_true(slots[0].still_bps + slots[1].still_bps <= 95000);
    assert_int_equal(slots[2].still, -1); /* only if there is room */
}

static void test_allocator_chooses_the_sharpest_still_that_is_through_in_time(void **state)
{
    (void)state;
    struct allocator_slot slot = camera(3);
    for (int i = 0; i < 3; i++)
        slot.layers[i].key_bytes = 5000u << (2 * i); /* 5, 20 and 80 kB */
    run(&slot, 1, 50000 + 20000, 1);
    assert_int_equal(slot.still, 0);
    run(&slot, 1, 50000 + 60000, 2);
    assert_int_equal(slot.still, 1);
    slot.layers[1].key_bytes =
        10000; /* a dip of the estimate changes nothing: it would be through in time even at the least */
    run(&slot, 1, 50000 + 15000, 3);
    assert_int_equal(slot.still, 1);
    slot.max_width = 320;
    run(&slot, 1, 50000 + 60000, 3); /* no larger than it is shown */
    assert_int_equal(slot.still, 0);
}

static void test_allocator_ends_stills_when_the_picture_may_move(void **state)
{
    (void)state;
    struct allocator_slot slots[2] = {camera(3), camera(1)};
    run(slots, 2, 60000, 1);
    assert_true(slots[0].still >= 0);
    run(slots, 2, 200000, 60000000);
    assert_int_equal(slots[0].layer, 0);
    assert_int_equal(slots[0].still, -1);
    assert_true(slots[1].still >= 0); /* out of what is left, and only that */
    run(slots, 2, 155000, 60000001);
    assert_int_equal(slots[1].still, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocator_gives_each_a_little_before_anyone_much),
        cmocka_unit_test(test_allocator_stops_the_least_important_first),
        cmocka_unit_test(test_allocator_sends_no_more_than_is_shown),
        cmocka_unit_test(test_allocator_goes_up_at_the_rate_it_wants),
        cmocka_unit_test(test_allocator_goes_down_at_once_and_up_with_patience),
        cmocka_unit_test(test_allocator_is_patient_with_the_same_link_only),
        cmocka_unit_test(test_allocator_does_not_take_an_outage_for_a_failed_trial),
        cmocka_unit_test(test_allocator_says_when_what_flows_is_far_too_much),
        cmocka_unit_test(test_allocator_keeps_all_frames_of_the_size_that_is_shown),
        cmocka_unit_test(test_allocator_is_more_patient_after_each_failed_trial),
        cmocka_unit_test(test_allocator_stays_as_patient_where_a_trial_lasted_twenty_seconds),
        cmocka_unit_test(test_allocator_lets_what_stands_still_move_again_sooner),
        cmocka_unit_test(test_allocator_holds_no_layer_to_the_failure_of_a_larger_one),
        cmocka_unit_test(test_allocator_does_not_take_a_cut_for_a_failed_trial),
        cmocka_unit_test(test_allocator_follows_a_viewer_s_window_at_once),
        cmocka_unit_test(test_allocator_leaves_what_flows_on_a_calm_path),
        cmocka_unit_test(test_allocator_tells_a_dead_source),
        cmocka_unit_test(test_allocator_shows_stills_of_what_matters_most),
        cmocka_unit_test(test_allocator_chooses_the_sharpest_still_that_is_through_in_time),
        cmocka_unit_test(test_allocator_ends_stills_when_the_picture_may_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

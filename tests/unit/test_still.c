/* A key frame gathered, sent slowly, and the rest after it; time is passed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/still.h"

enum { START_US = 1000000000, STEP_US = 10000, SIZE = 1000, BPS = 16000 };

struct scene {
    struct still still;
    uint64_t now_us;
    int64_t sequence;
    uint32_t timestamp;
};

static int set_up(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);
    scene->now_us = START_US;
    scene->sequence = 70000;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    still_finish(&scene->still);
    test_free(scene);
    return 0;
}

static bool give(struct scene *scene, int64_t sequence, bool first, bool last)
{
    uint8_t payload[SIZE];
    memset(payload, (int)sequence & 0xFF, sizeof payload);
    struct media_packet packet = {.payload = payload,
                                  .payload_size = SIZE,
                                  .start = first,
                                  .key = first,
                                  .marker = last,
                                  .sequence = sequence,
                                  .timestamp = scene->timestamp,
                                  .arrival_us = scene->now_us};
    return still_gather(&scene->still, &packet, 1, scene->now_us);
}

/* A whole key frame of `packets`; true when sending began with it. */
static bool give_frame(struct scene *scene, int packets)
{
    bool whole = false;
    scene->timestamp += 90000;
    for (int i = 0; i < packets; i++)
        whole = give(scene, scene->sequence++, i == 0, i == packets - 1);
    return whole;
}

/* Lets time pass; answers how many packets left, and checks that each is the one that was given. */
static int drain(struct scene *scene, uint64_t us)
{
    struct media_packet packet;
    int sent = 0;
    for (uint64_t end = scene->now_us + us; scene->now_us < end;) {
        scene->now_us += STEP_US;
        for (; still_next(&scene->still, &packet, scene->now_us); sent++)
            assert_int_equal(packet.payload[SIZE - 1], (int)packet.sequence & 0xFF);
    }
    return sent;
}

static void test_still_is_sent_at_its_rate(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    assert_true(still_wants_key(&scene->still, scene->now_us));
    assert_true(give_frame(scene, 6));
    assert_false(still_wants_key(&scene->still, scene->now_us));
    assert_int_equal(still_duration_us(&scene->still),
                     2500000 + 150000);         /* the last need not wait for its turn's end */
    assert_int_equal(drain(scene, 1000000), 3); /* the first at once, then two a second */
    assert_int_equal(drain(scene, 5000000), 3);
}

static void test_still_is_not_whole_before_its_date(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    assert_true(give_frame(scene, 8)); /* 4 s */
    int sent = drain(scene, 1000000);
    still_start(&scene->still, 1, 10 * BPS, 10 * BPS, scene->now_us);
    sent += drain(scene, 1500000);
    assert_in_range(sent, 5, 6);
    assert_int_equal(sent + drain(scene, 1500000), 8);
}

static void test_still_rests_before_the_next(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, 1000000, 1000000, scene->now_us);
    assert_true(give_frame(scene, 6));
    assert_int_equal(drain(scene, 200000), 6);
    assert_false(still_wants_key(&scene->still, scene->now_us));
    assert_false(give_frame(scene, 6)); /* nobody waits for this one */
    assert_int_equal(drain(scene, STILL_CYCLE_US - 300000), 0);
    assert_false(still_wants_key(&scene->still, scene->now_us));
    drain(scene, 300000);
    assert_true(still_wants_key(&scene->still, scene->now_us));
    assert_true(give_frame(scene, 6));
}

static void test_still_comes_seldom_where_little_is_left(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, 100000, 13000, scene->now_us);
    give_frame(scene, 6);
    drain(scene, 3600000);
    assert_false(still_wants_key(&scene->still, scene->now_us));
    drain(scene, 200000);
    assert_true(still_wants_key(&scene->still, scene->now_us));
    still_start(&scene->still, 1, 100000, 0, scene->now_us);
    give_frame(scene, 6);
    drain(scene, STILL_CYCLE_MAX_US);
    assert_true(still_wants_key(&scene->still, scene->now_us));
}

static void test_still_waits_for_what_is_repaired(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    assert_false(give(scene, 10, true, false));
    assert_false(give(scene, 12, false, true));
    assert_int_equal(drain(scene, 100000), 0);
    assert_true(give(scene, 11, false, false));
    assert_int_equal(drain(scene, 3000000), 3);
}

static void test_still_asks_again_when_a_frame_stays_torn(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    give(scene, 10, true, false);
    give(scene, 12, false, true);
    drain(scene, STILL_GATHER_US / 2);
    assert_false(still_wants_key(&scene->still, scene->now_us));
    drain(scene, STILL_GATHER_US);
    assert_true(still_wants_key(&scene->still, scene->now_us));
    assert_true(give_frame(scene, 4));
    assert_int_equal(drain(scene, 3000000), 4);
}

static void test_still_repeats_its_last_packet_twice(void **state)
{
    struct scene *scene = *state;
    int repeats = 0;
    still_start(&scene->still, 1, 1000000, 1000000, scene->now_us);
    give_frame(scene, 3);
    assert_false(still_repeats_last(&scene->still, scene->now_us));
    drain(scene, 30000);
    for (int i = 0; i < 200; i++, scene->now_us += STEP_US)
        repeats += still_repeats_last(&scene->still, scene->now_us);
    assert_int_equal(repeats, 2);
}

/* Half of what is lost of a still is missed only when the next one has begun. */
static void test_still_keeps_the_one_before_for_repairs(void **state)
{
    struct scene *scene = *state;
    struct media_packet packet;
    int64_t first = scene->sequence;
    still_start(&scene->still, 1, 1000000, 1000000, scene->now_us);
    give_frame(scene, 3);
    drain(scene, STILL_CYCLE_US);
    scene->sequence += 1000; /* what went between them moves, and nobody is sent it */
    still_start(&scene->still, 2, 1000000, 1000000, scene->now_us);
    still_start(&scene->still, 1, 1000000, 1000000, scene->now_us);
    assert_true(give_frame(scene, 3));
    assert_true(still_find(&scene->still, 1, first, &packet));
    assert_int_equal(packet.payload[SIZE - 1], (int)first & 0xFF);
    assert_true(still_find(&scene->still, 1, first + 1003, &packet));
    assert_false(still_find(&scene->still, 2, first, &packet));
}

static void test_still_repeats_its_end_after_other_repairs(void **state)
{
    struct scene *scene = *state;
    int repeats = 0;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    give_frame(scene, 3);
    drain(scene, 1600000);
    still_charge(&scene->still, 3 * SIZE);
    for (uint64_t end = scene->now_us + STILL_REST_US; scene->now_us < end; scene->now_us += STEP_US)
        repeats += still_repeats_last(&scene->still, scene->now_us);
    assert_int_equal(repeats, 2);
}

static void test_still_takes_no_frame_without_end(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    assert_false(give_frame(scene, STILL_PACKETS_MAX + 10));
    assert_int_equal(scene->still.gathered, STILL_PACKETS_MAX);
}

static void test_still_goes_to_another_layer_after_the_present_one(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    give_frame(scene, 4);
    still_start(&scene->still, 2, BPS, BPS, scene->now_us);
    assert_int_equal(drain(scene, 3000000), 4);
    still_start(&scene->still, 2, BPS, BPS, scene->now_us);
    assert_int_equal(scene->still.layer, 2);
    drain(scene, STILL_CYCLE_US);
    assert_true(still_wants_key(&scene->still, scene->now_us));
}

static void test_still_gives_up_one_that_became_too_large(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, 100000, 100000, scene->now_us);
    give_frame(scene, 40);
    assert_int_equal(drain(scene, 800000), 11);
    still_start(&scene->still, 0, 10000, 10000, scene->now_us);
    assert_int_equal(scene->still.layer, 0);
    assert_int_equal(drain(scene, 1000000), 0);
    drain(scene, STILL_CYCLE_MAX_US);
    assert_true(still_wants_key(&scene->still, scene->now_us));
}

static void test_still_charges_repairs(void **state)
{
    struct scene *scene = *state;
    still_start(&scene->still, 1, BPS, BPS, scene->now_us);
    give_frame(scene, 6);
    drain(scene, 100000);
    still_charge(&scene->still, 2 * SIZE);
    assert_int_equal(drain(scene, 1000000), 0);
}

int main(void)
{
#define STILL(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STILL(test_still_is_sent_at_its_rate),
        STILL(test_still_is_not_whole_before_its_date),
        STILL(test_still_rests_before_the_next),
        STILL(test_still_comes_seldom_where_little_is_left),
        STILL(test_still_waits_for_what_is_repaired),
        STILL(test_still_asks_again_when_a_frame_stays_torn),
        STILL(test_still_repeats_its_last_packet_twice),
        STILL(test_still_keeps_the_one_before_for_repairs),
        STILL(test_still_repeats_its_end_after_other_repairs),
        STILL(test_still_takes_no_frame_without_end),
        STILL(test_still_goes_to_another_layer_after_the_present_one),
        STILL(test_still_gives_up_one_that_became_too_large),
        STILL(test_still_charges_repairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

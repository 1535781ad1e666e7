/* Continuous streams out of changing sources: sequence map, timestamps, VP8 counters, and the VP8 descriptor itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/rewrite.h"
#include "media/vp8.h"

static void test_seqmap_closes_gaps_of_what_is_dropped(void **state)
{
    (void)state;
    struct seqmap map;
    int64_t out;
    seqmap_start(&map, 100, 7);
    assert_true(seqmap_forward(&map, 100, &out));
    assert_int_equal(out, 7);
    seqmap_drop(&map, 101);
    seqmap_drop(&map, 102);
    assert_true(seqmap_forward(&map, 103, &out));
    assert_int_equal(out, 8);
    assert_false(seqmap_forward(&map, 102, &out));
}

static void test_seqmap_gives_late_ones_their_place(void **state)
{
    (void)state;
    struct seqmap map;
    int64_t out;
    seqmap_start(&map, 100, 0);
    assert_true(seqmap_forward(&map, 100, &out));
    assert_true(seqmap_forward(&map, 102, &out)); /* 101 is lost */
    assert_int_equal(out, 2);
    seqmap_drop(&map, 103);
    assert_true(seqmap_forward(&map, 104, &out));
    assert_int_equal(out, 3);
    assert_true(seqmap_forward(&map, 101, &out));
    assert_int_equal(out, 1);
    assert_false(seqmap_forward(&map, 99, &out)); /* before the source began */
    assert_true(seqmap_forward(&map, 104 + SEQMAP_WINDOW, &out));
    assert_false(seqmap_forward(&map, 104, &out)); /* older than the window */
}

static struct picture_fields descriptor(uint16_t picture, uint8_t tl0, uint8_t key, bool wide)
{
    return (struct picture_fields){.picture_id = picture,
                                   .tl0picidx = tl0,
                                   .keyidx = key,
                                   .bits = wide ? 15 : 7,
                                   .picture_at = 2,
                                   .tl0_at = 4,
                                   .key_at = 5};
}

static struct rewrite_out forward(struct rewrite *rewrite, int64_t sequence, uint32_t timestamp, uint64_t capture_us,
                                  const struct picture_fields *picture)
{
    struct rewrite_out out;
    struct rewrite_in in = {.sequence = sequence, .timestamp = timestamp, .capture_us = capture_us, .picture = picture};
    assert_true(rewrite_forward(rewrite, &in, &out));
    return out;
}

static void switch_to(struct rewrite *rewrite, int64_t sequence, uint32_t timestamp, uint64_t capture_us,
                      const struct picture_fields *picture)
{
    rewrite_switch(rewrite,
                   &(struct rewrite_in){
                       .sequence = sequence, .timestamp = timestamp, .capture_us = capture_us, .picture = picture});
}

static void test_rewrite_continues_all_counters_over_a_switch(void **state)
{
    (void)state;
    struct rewrite rewrite;
    struct picture_fields a = descriptor(0x7FFE, 255, 30, true), b = descriptor(5, 9, 3, true);
    rewrite_init(&rewrite, 90000, 65530, 0xFFFFFF00);
    switch_to(&rewrite, 1000, 500, 1000000, &a);
    struct rewrite_out first = forward(&rewrite, 1000, 500, 1000000, &a);
    assert_int_equal(first.sequence, 65530);
    switch_to(&rewrite, 70, 40000, 1100000, &b);
    struct rewrite_out second = forward(&rewrite, 70, 40000, 1100000, &b);
    assert_int_equal(second.sequence, 65531);
    assert_int_equal(second.timestamp - first.timestamp, 9000);
    assert_int_equal(second.counters.picture_id, (first.counters.picture_id + 1) & 0x7FFF);
    assert_int_equal(second.counters.tl0picidx, (uint8_t)(first.counters.tl0picidx + 1));
    assert_int_equal(second.counters.keyidx, (first.counters.keyidx + 1) & 31);
}

static void test_rewrite_timestamp_never_goes_back(void **state)
{
    (void)state;
    struct rewrite rewrite;
    rewrite_init(&rewrite, 90000, 0, 0);
    switch_to(&rewrite, 1, 1000, 5000000, NULL);
    struct rewrite_out first = forward(&rewrite, 1, 1000, 5000000, NULL);
    switch_to(&rewrite, 50, 777, 4000000, NULL); /* a source whose clock is a second behind */
    struct rewrite_out second = forward(&rewrite, 50, 777, 4000000, NULL);
    assert_in_range(second.timestamp - first.timestamp, 1, 3000);
}

/* Seen after a cut of the line: pictures that moved again were dated two seconds ahead, and Chromium held them back as long. */
static void test_rewrite_comes_back_from_a_picture_dated_ahead(void **state)
{
    (void)state;
    struct rewrite rewrite;
    rewrite_init(&rewrite, 90000, 0, 0);
    switch_to(&rewrite, 1, 1000, 5000000, NULL);
    struct rewrite_out first = forward(&rewrite, 1, 1000, 5000000, NULL);
    struct rewrite_in still = {.sequence = 50, .timestamp = 777, .capture_us = 5500000 + 3000000};
    for (int i = 0; i < 2; i++) { /* given up, and another one begun */
        rewrite_switch_ahead(&rewrite, &still, 3000000);
        struct rewrite_out dated = forward(&rewrite, still.sequence, still.timestamp, still.capture_us, NULL);
        assert_int_equal(dated.timestamp - first.timestamp, 45000 + 3 * 90000);
    }
    switch_to(&rewrite, 70, 40000, 6000000, NULL);
    assert_int_equal(forward(&rewrite, 70, 40000, 6000000, NULL).timestamp - first.timestamp, 90000);
}

static void test_rewrite_comes_back_from_a_first_picture_dated_ahead(void **state)
{
    (void)state;
    struct rewrite rewrite;
    rewrite_init(&rewrite, 90000, 0, 1234);
    rewrite_switch_ahead(&rewrite, &(struct rewrite_in){.sequence = 5, .timestamp = 777, .capture_us = 9000000},
                         3000000);
    struct rewrite_out dated = forward(&rewrite, 5, 777, 9000000, NULL);
    switch_to(&rewrite, 70, 40000, 7000000, NULL);
    struct rewrite_out moving = forward(&rewrite, 70, 40000, 7000000, NULL);
    assert_int_equal(dated.timestamp - moving.timestamp, 2 * 90000);
    assert_int_equal((uint16_t)(moving.sequence - dated.sequence), 1);
}

static void test_rewrite_follows_seven_bit_picture_ids(void **state)
{
    (void)state;
    struct rewrite rewrite;
    struct picture_fields d = descriptor(126, 1, 1, false);
    rewrite_init(&rewrite, 90000, 0, 0);
    switch_to(&rewrite, 1, 0, 0, &d);
    uint16_t before = forward(&rewrite, 1, 0, 0, &d).counters.picture_id;
    for (int i = 2; i < 300; i++) {
        d.picture_id = (uint16_t)((125 + i) & 127);
        uint16_t now = forward(&rewrite, i, (uint32_t)i * 3000, (uint64_t)i * 33333, &d).counters.picture_id;
        assert_int_equal((now - before) & 0x7FFF, 1);
        before = now;
    }
}

static void test_rewrite_closes_gaps_of_dropped_pictures(void **state)
{
    (void)state;
    struct rewrite rewrite;
    struct picture_fields d = descriptor(10, 1, 1, true);
    rewrite_init(&rewrite, 90000, 0, 0);
    switch_to(&rewrite, 1, 0, 0, &d);
    struct rewrite_out first = forward(&rewrite, 1, 0, 0, &d);
    d.picture_id = 11;
    for (int64_t i = 2; i < 5; i++) /* three packets of one picture */
        rewrite_drop(&rewrite, &(struct rewrite_in){.sequence = i, .timestamp = 3000, .picture = &d});
    d.picture_id = 12;
    struct rewrite_out next = forward(&rewrite, 5, 6000, 66666, &d);
    assert_int_equal((uint16_t)(next.sequence - first.sequence), 1);
    assert_int_equal((next.counters.picture_id - first.counters.picture_id) & 0x7FFF, 1);
    assert_int_equal(next.timestamp - first.timestamp, 6000);
}

static void test_vp8_reads_and_patches_in_place(void **state)
{
    (void)state;
    uint8_t key[] = {0x90, 0xF0, 0x92, 0x34, 0x56, 0x67, 0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01, 0};
    struct vp8_descriptor d;
    assert_int_equal(vp8_parse(key, sizeof key, &d), 0);
    assert_true(d.key && d.start && d.picture.bits == 15 && d.has_tid && d.sync);
    assert_int_equal(d.picture.picture_id, 0x1234);
    assert_int_equal(d.picture.tl0picidx, 0x56);
    assert_int_equal(d.tid, 1);
    assert_int_equal(d.picture.keyidx, 7);
    assert_int_equal(d.width, 640);
    assert_int_equal(d.height, 360);
    struct picture_counters counters = {.picture_id = 0x7FFF, .tl0picidx = 1, .keyidx = 31};
    picture_patch(key, &d.picture, &counters);
    assert_int_equal(vp8_parse(key, sizeof key, &d), 0);
    assert_int_equal(d.picture.picture_id, 0x7FFF);
    assert_int_equal(d.picture.keyidx, 31);
    assert_int_equal(d.tid, 1);
    uint8_t narrow[] = {0x90, 0x80, 0x12, 0x01, 0x00};
    assert_int_equal(vp8_parse(narrow, sizeof narrow, &d), 0);
    assert_false(d.picture.bits == 15 || d.key);
    picture_patch(narrow, &d.picture, &counters);
    assert_int_equal(narrow[2], 0x7F);
}

static void test_vp8_refuses_what_is_cut_short(void **state)
{
    (void)state;
    const uint8_t full[] = {0x90, 0xF0, 0x92, 0x34, 0x56, 0x67, 0x11};
    struct vp8_descriptor d;
    for (size_t size = 0; size < sizeof full; size++)
        assert_int_equal(vp8_parse(full, size, &d), -EBADMSG);
    assert_int_equal(vp8_parse(full, sizeof full, &d), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seqmap_closes_gaps_of_what_is_dropped),
        cmocka_unit_test(test_seqmap_gives_late_ones_their_place),
        cmocka_unit_test(test_rewrite_continues_all_counters_over_a_switch),
        cmocka_unit_test(test_rewrite_timestamp_never_goes_back),
        cmocka_unit_test(test_rewrite_comes_back_from_a_picture_dated_ahead),
        cmocka_unit_test(test_rewrite_comes_back_from_a_first_picture_dated_ahead),
        cmocka_unit_test(test_rewrite_follows_seven_bit_picture_ids),
        cmocka_unit_test(test_rewrite_closes_gaps_of_dropped_pictures),
        cmocka_unit_test(test_vp8_reads_and_patches_in_place),
        cmocka_unit_test(test_vp8_refuses_what_is_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

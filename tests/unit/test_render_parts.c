/* The renderer's pure parts, each alone: order, time, sound, places. */
#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "media/render/capture.h"
#include "media/render/depay.h"
#include "media/render/layout.h"
#include "media/render/mix.h"
#include "media/render/reorder.h"

/* ---- reorder ---- */

static bool push(struct reorder *reorder, uint16_t sequence, int64_t now_us)
{
    struct packet packet = {.sequence = sequence, .payload = (const uint8_t *)"x", .size = 1};
    return reorder_push(reorder, &packet, 0, now_us);
}

/* The sequence of the next packet, -1 for none; `lost` before it. */
static int pop(struct reorder *reorder, int64_t now_us, unsigned *lost)
{
    struct reordered *packet = reorder_pop(reorder, now_us);
    int sequence = packet ? packet->packet.sequence : -1;
    *lost = packet ? packet->lost : 0;
    g_free(packet);
    return sequence;
}

static void test_reorder_waits_for_the_one_that_is_missing(void **state)
{
    (void)state;
    struct reorder *reorder = reorder_create();
    unsigned lost;
    push(reorder, 65534, 0);
    assert_int_equal(pop(reorder, 4000000, &lost), 65534);
    push(reorder, 0, 4000000); /* 65535 is on its way */
    push(reorder, 1, 4000000);
    assert_int_equal(pop(reorder, 4100000, &lost), -1);
    push(reorder, 65535, 4200000);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pop(reorder, 4200000, &lost), (65535 + i) & 0xffff);
    push(reorder, 5, 4300000);
    assert_int_equal(pop(reorder, 4300000 + REORDER_WAIT_US - 1, &lost), -1);
    assert_int_equal(pop(reorder, 4300000 + REORDER_WAIT_US, &lost), 5);
    assert_int_equal(lost, 3);
    push(reorder, 3, 9000000); /* too late */
    push(reorder, 5, 9000000); /* twice */
    assert_int_equal(pop(reorder, INT64_MAX, &lost), -1);
    reorder_destroy(reorder);
}

static void test_reorder_says_when_a_sequence_begins_anew(void **state)
{
    (void)state;
    struct reorder *reorder = reorder_create();
    unsigned lost;
    assert_true(push(reorder, 100, 0));
    assert_false(push(reorder, 30000, 0));
    assert_int_equal(pop(reorder, INT64_MAX, &lost), 100);
    reorder_reset(reorder);
    assert_true(push(reorder, 30000, 0));
    assert_int_equal(pop(reorder, INT64_MAX, &lost), 30000);
    assert_int_equal(lost, 0);
    reorder_destroy(reorder);
}

/* ---- capture ---- */

static void test_capture_follows_a_drifting_clock(void **state)
{
    (void)state;
    struct capture *capture = capture_create(90000);
    struct unwrap unwrap = {0};
    int64_t timestamps[600];
    uint32_t first = 4294000000u;   /* wraps on the way */
    for (int i = 0; i < 600; i++) { /* ten minutes; the sender's clock runs 100 ppm fast */
        int64_t true_us = 1000000ll * i;
        uint32_t timestamp = first + (uint32_t)((double)true_us * 1.0001 * 0.09);
        timestamps[i] = unwrap_next(&unwrap, timestamp);
        capture_packet(capture, timestamp, true_us + 80000);
        if (i % 5 == 2)
            capture_report(capture, timestamp, true_us);
    }
    for (int i = 0; i < 600; i++)
        assert_true(llabs(capture_time(capture, timestamps[i]) - 1000000ll * i) < 500);
    capture_destroy(capture);
}

static void test_capture_ignores_a_report_that_makes_no_sense(void **state)
{
    (void)state;
    struct capture *capture = capture_create(90000);
    capture_packet(capture, 9000, 100000);
    capture_report(capture, 9000, 90000);
    capture_packet(capture, 99000, 1100000);
    capture_report(capture, 99000, 500000000);
    assert_int_equal(capture_time(capture, 189000), 2090000);
    capture_destroy(capture);
}

/* ---- mix ---- */

static void add_tone(struct mix *mix, struct mix_track *track, int packets, double hz, double amplitude, double rate)
{
    int16_t samples[2 * 960];
    for (int p = 0; p < packets; p++) {
        for (int i = 0; i < 960; i++)
            samples[2 * i] = samples[2 * i + 1] = (int16_t)(amplitude * sin(2 * M_PI * hz * (p * 960 + i) / 48000));
        mix_add(mix, track, (int64_t)(p * 20000 * rate), samples, 960);
    }
}

static void test_mix_adds_up_and_never_overflows(void **state)
{
    (void)state;
    struct mix *mix = mix_create();
    struct mix_track *one = mix_track_create(), *other = mix_track_create();
    add_tone(mix, one, 50, 500, 30000, 1);
    add_tone(mix, other, 50, 500, 30000, 1);
    int16_t out[2 * MIX_BLOCK];
    int peak = 0;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(mix_front_us(mix), i * 20000);
        mix_take(mix, out);
        for (int k = 1; i > 0 && k < 2 * MIX_BLOCK; k++) {
            peak = abs(out[k]) > peak ? abs(out[k]) : peak;
            assert_true(abs(out[k] - out[k - 1]) < 6000); /* a sine still, not a square */
        }
    }
    assert_in_range(peak, 29000, 31000);
    mix_track_destroy(one);
    mix_track_destroy(other);
    mix_destroy(mix);
}

static void test_mix_makes_up_drift_without_a_click(void **state)
{
    (void)state;
    struct mix *mix = mix_create();
    struct mix_track *track = mix_track_create();
    add_tone(mix, track, 900, 200, 10000, 1.0003); /* 300 ppm: 5 ms in 18 s */
    int16_t out[2 * MIX_BLOCK];
    int last = 0, loud = 0;
    for (int i = 0; i < 900; i++) {
        mix_take(mix, out);
        for (int k = 0; k < MIX_BLOCK; k++) {
            if (i > 0 && i < 899)
                assert_true(abs(out[2 * k] - last) < 400); /* 262 is the steepest of the sine */
            last = out[2 * k];
            loud += abs(last) > 5000;
        }
    }
    assert_true(loud > 500000);
    mix_track_destroy(track);
    mix_destroy(mix);
}

/* ---- layout ---- */

static void test_layout_cells_do_not_meet(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 30; count++) {
        struct layout_cell cells[30];
        layout_grid(count, 1280, 720, cells);
        for (size_t i = 0; i < count; i++) {
            const struct layout_cell *a = &cells[i];
            assert_true(a->x >= 0 && a->y >= 0 && a->x + a->width <= 1280 && a->y + a->height <= 720);
            assert_true(a->width >= 100 && a->height >= 50);
            assert_int_equal((a->x | a->y | a->width | a->height) & 1, 0);
            for (size_t k = 0; k < i; k++) {
                const struct layout_cell *b = &cells[k];
                assert_true(a->x >= b->x + b->width || b->x >= a->x + a->width || a->y >= b->y + b->height ||
                            b->y >= a->y + a->height);
            }
        }
    }
}

static void test_layout_keeps_shapes(void **state)
{
    (void)state;
    struct layout_cell cell = {100, 50, 640, 360}, place = layout_fit(&cell, 480, 640);
    assert_int_equal(place.height, 360);
    assert_int_equal(place.width, 270);
    assert_int_equal(place.x, 100 + 184);
    place = layout_fit(&cell, 3000, 10);
    assert_int_equal(place.width, 640);
    assert_int_equal(place.height, 2);
}

static void test_layout_gives_what_is_examined_most_of_the_picture(void **state)
{
    (void)state;
    bool large[4] = {false, true, false, false};
    struct layout_cell cells[4];
    layout_stage(4, large, 1280, 720, cells);
    assert_true(cells[1].width > 1000 && cells[1].height > 700);
    for (int i = 0; i < 4; i++)
        assert_true(i == 1 || (cells[i].x >= cells[1].x + cells[1].width && cells[i].x + cells[i].width <= 1280));
    assert_true(cells[0].y < cells[2].y && cells[2].y < cells[3].y);     /* in the order of coming */
    layout_stage(4, (bool[]){true, true, true, true}, 1280, 720, cells); /* nothing to be large beside */
    assert_int_equal(cells[0].width, cells[3].width);
    layout_stage(2, (bool[]){false, false}, 1280, 720, cells);
    assert_true(cells[0].width > 600 && cells[0].height > 700 && cells[1].x > 600);
}

static void test_layout_cuts_no_more_of_a_face_than_a_quarter(void **state)
{
    (void)state;
    struct layout_cell half = {0, 0, 640, 720}, part = layout_cut(&half, 640, 360);
    assert_int_equal(part.width, 480);
    assert_int_equal(part.height, 360);
    assert_int_equal(part.x, 80);
    struct layout_cell wide = {0, 0, 640, 360};
    part = layout_cut(&wide, 360, 640); /* a telephone held upright */
    assert_int_equal(part.width, 360);
    assert_int_equal(part.height, 480);
    part = layout_cut(&wide, 1280, 720); /* it fits */
    assert_int_equal(part.width, 1280);
    assert_int_equal(part.height, 720);
    part = layout_cut(&wide, 2, 2); /* nothing sensible */
    assert_int_equal(part.width, 2);
}

/* ---- depay ---- */

struct heard {
    int64_t timestamps[8];
    uint8_t first[8];
    bool after_loss[8];
    size_t count;
};

static void on_frame(void *arg, const struct depay_frame *frame)
{
    struct heard *heard = arg;
    assert_true(heard->count < 8);
    heard->timestamps[heard->count] = frame->timestamp;
    heard->after_loss[heard->count] = frame->after_loss;
    heard->first[heard->count++] = frame->data[frame->size - 1];
}

static void give(struct depay *depay, const void *data, size_t size, int64_t timestamp, uint8_t type, bool marker,
                 unsigned lost)
{
    struct reordered packet = {.timestamp = timestamp, .lost = lost};
    packet.packet = (struct packet){.type = type, .marker = marker, .payload = data, .size = size};
    depay_push(depay, &packet);
}

static void test_depay_mends_sound_from_redundancy(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct depay *depay = depay_create(DEPAY_OPUS, 63, on_frame, &heard);
    /* each carries the one before: head (block of 960 before, 2 bytes), head of the last, then both */
    give(depay,
         "\xef\x0f\x00\x02\x6f\x78"
         "1\x78"
         "2",
         9, 1920, 63, false, 0);
    give(depay,
         "\xef\x0f\x00\x02\x6f\x78"
         "3\x78"
         "4",
         9, 3840, 63, false, 1);
    give(depay, "\xef\x0f\x00\x7f\x6f\x78", 6, 4800, 63, false, 0); /* its lengths lie */
    assert_int_equal(heard.count, 3);
    assert_memory_equal(heard.first, "234", 3);
    assert_int_equal(heard.timestamps[1], 2880);
    depay_destroy(depay);
}

static void test_depay_holds_back_what_cannot_be_decoded(void **state)
{
    (void)state;
    static const char key[] = "\x90\x80\x01\x10\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00"
                              "K";
    struct heard heard = {0};
    struct depay *depay = depay_create(DEPAY_VP8, 0, on_frame, &heard);
    give(depay, "\x90\x80\x00\x11", 4, 0, 96, true, 0); /* nothing to build on yet */
    give(depay, key, 14, 3000, 96, true, 0);            /* picture 1 */
    give(depay,
         "\x90\x80\x02\x11"
         "a",
         5, 6000, 96, true, 0);
    give(depay,
         "\x90\x80\x04\x11"
         "b",
         5, 12000, 96, true, 1); /* 3 is missing */
    give(depay,
         "\x90\x80\x05\x11"
         "c",
         5, 15000, 96, true, 0);
    give(depay, key, 14, 18000, 96, true, 0); /* picture 1 again */
    give(depay,
         "\x90\x80\x02\x11"
         "d",
         5, 21000, 96, true, 2); /* what was lost there was no picture */
    assert_int_equal(heard.count, 4);
    assert_memory_equal(heard.first, "KaKd", 4);
    assert_true(heard.after_loss[2]);
    assert_false(heard.after_loss[3]);
    depay_destroy(depay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reorder_waits_for_the_one_that_is_missing),
        cmocka_unit_test(test_reorder_says_when_a_sequence_begins_anew),
        cmocka_unit_test(test_capture_follows_a_drifting_clock),
        cmocka_unit_test(test_capture_ignores_a_report_that_makes_no_sense),
        cmocka_unit_test(test_mix_adds_up_and_never_overflows),
        cmocka_unit_test(test_mix_makes_up_drift_without_a_click),
        cmocka_unit_test(test_layout_cells_do_not_meet),
        cmocka_unit_test(test_layout_keeps_shapes),
        cmocka_unit_test(test_layout_gives_what_is_examined_most_of_the_picture),
        cmocka_unit_test(test_layout_cuts_no_more_of_a_face_than_a_quarter),
        cmocka_unit_test(test_depay_mends_sound_from_redundancy),
        cmocka_unit_test(test_depay_holds_back_what_cannot_be_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

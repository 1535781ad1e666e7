/* Transport-wide feedback: what is written is what is read, and RFC-draft samples. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/twcc.h"
#include "media/wire.h"

struct world {
    struct twcc_receiver receiver;
    struct twcc_reference reference;
    struct bwe_result results[TWCC_RESULTS_MAX];
};

static int set_up(void **state)
{
    struct world *world = test_calloc(1, sizeof *world);
    twcc_receiver_init(&world->receiver);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    test_free(*state);
    return 0;
}

/* Writes one message and reads it; the result is the count, 0 when there was none. */
static int exchange(struct world *world)
{
    uint8_t data[1200];
    size_t size = twcc_write(&world->receiver, 1, 2, data, sizeof data);
    struct rtcp_reader reader = {.at = data, .left = size};
    struct rtcp_packet packet;
    if (size == 0)
        return 0;
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(reader.left, 0);
    assert_int_equal(packet.type, RTCP_RTPFB);
    assert_int_equal(packet.count, RTCP_RTPFB_TWCC);
    return twcc_parse(&world->reference, packet.body, packet.size, world->results);
}

static void test_twcc_tells_arrivals_and_losses(void **state)
{
    struct world *world = *state;
    const uint64_t start = 123456789000;
    for (int i = 0; i < 30; i++)
        if (i % 7 != 3)
            twcc_received(&world->receiver, (uint16_t)(65520 + i), start + (uint64_t)i * 1500);
    assert_int_equal(exchange(world), 30);
    int64_t origin = world->results[0].arrival_us;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(world->results[i].seq, (uint16_t)(65520 + i));
        assert_int_equal(world->results[i].received, i % 7 != 3);
        if (world->results[i].received)
            assert_in_range(world->results[i].arrival_us - origin + 300, i * 1500, i * 1500 + 600);
    }
    assert_int_equal(exchange(world), 0); /* told once */
}

static void test_twcc_is_continuous_over_messages(void **state)
{
    struct world *world = *state;
    uint64_t now = (1ull << 24) * 64000 - 500000; /* the reference time wraps */
    int64_t before = 0;
    for (int i = 0; i < 100; i++, now += 20000) {
        twcc_received(&world->receiver, (uint16_t)i, now);
        assert_int_equal(exchange(world), 1);
        if (i)
            assert_in_range(world->results[0].arrival_us - before, 19700, 20300);
        before = world->results[0].arrival_us;
    }
}

static void test_twcc_splits_long_stretches(void **state)
{
    struct world *world = *state;
    int told = 0, messages = 0, count;
    for (int i = 0; i < 800; i++)
        twcc_received(&world->receiver, (uint16_t)i, 1000000 + (uint64_t)(rand() % 100000));
    while ((count = exchange(world)) > 0) {
        told += count;
        messages++;
    }
    assert_int_equal(told, 800);
    assert_true(messages >= 3);
}

static void test_twcc_reads_run_lengths_and_one_bit_vectors(void **state)
{
    struct world *world = *state;
    /* base 5, 17 packets, reference 1: a run of 3 small, then one bit each for 14 */
    const uint8_t body[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0, 17, 0, 0, 1, 9, 0x20, 3, 0xA0, 0x01, 4, 4, 4, 8, 8};
    assert_int_equal(twcc_parse(&world->reference, body, sizeof body, world->results), 17);
    assert_int_equal(world->results[0].arrival_us, 64000 + 1000);
    assert_int_equal(world->results[2].arrival_us, 64000 + 3000);
    assert_true(world->results[3].received);
    assert_false(world->results[4].received);
    assert_true(world->results[16].received);
    assert_int_equal(world->results[16].arrival_us, 64000 + 7000);
    assert_int_equal(twcc_parse(&world->reference, body, sizeof body - 1, world->results), -EBADMSG);
    assert_int_equal(twcc_parse(&world->reference, body, 17, world->results), -EBADMSG);
}

static void test_twcc_survives_a_pause_of_hours(void **state)
{
    struct world *world = *state;
    twcc_received(&world->receiver, 1, 1000000);
    assert_int_equal(exchange(world), 1);
    twcc_received(&world->receiver, 2, 1000000 + 7200ull * 1000000);
    twcc_received(&world->receiver, 3, 1000000 + 7300ull * 1000000);
    int told = 0;
    for (int i = 0; i < 4; i++) {
        int count = exchange(world);
        told += count > 0 ? count : 0;
    }
    assert_true(told >= 2);
    twcc_received(&world->receiver, 40000, 9000000000); /* a jump: begins anew */
    assert_int_equal(exchange(world), 1);
}

/* Fault: reference times that a stranger sends in steps of half their range led below zero, and without end. */
static void test_twcc_takes_no_clock_below_zero(void **state)
{
    struct world *world = *state;
    uint8_t body[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 9, 0, 1, 0, 0, 0, 0, 0x20, 1, 4, 0};
    for (unsigned i = 0; i < 8; i++) {
        wire_put24(body + 12, i * 0x800001u & 0xFFFFFF);
        assert_int_equal(twcc_parse(&world->reference, body, sizeof body, world->results), 1);
        assert_true(world->results[0].arrival_us >= 0);
    }
}

int main(void)
{
#define TWCC(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TWCC(test_twcc_tells_arrivals_and_losses), TWCC(test_twcc_is_continuous_over_messages),
        TWCC(test_twcc_splits_long_stretches),     TWCC(test_twcc_reads_run_lengths_and_one_bit_vectors),
        TWCC(test_twcc_survives_a_pause_of_hours), TWCC(test_twcc_takes_no_clock_below_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

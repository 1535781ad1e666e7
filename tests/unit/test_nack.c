/* What is missing, what is repeated; the key-frame arbiter; the packet cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/cache.h"
#include "media/keyframe.h"
#include "media/nack.h"

enum { RTT = 40000 };

static void test_nack_asks_once_per_round_trip_and_gives_up(void **state)
{
    (void)state;
    struct nack nack;
    uint16_t asked[16];
    uint64_t now = 1000000;
    int rounds = 0;
    nack_init(&nack, NACK_TRIES_VIDEO);
    nack_input(&nack, 10, now);
    nack_input(&nack, 13, now);
    assert_int_equal(nack_due(&nack, now, RTT, asked, 16), 2);
    assert_int_equal(asked[0], 11);
    assert_int_equal(asked[1], 12);
    assert_int_equal(nack_due(&nack, now + RTT / 2, RTT, asked, 16), 0);
    assert_int_equal(nack_input(&nack, 12, now), NACK_NEW);
    assert_int_equal(nack.recovered, 1);
    for (int i = 0; i < 100; i++)
        rounds += nack_due(&nack, now += RTT * 2, RTT, asked, 16);
    assert_int_equal(rounds, NACK_TRIES_VIDEO - 1);
    assert_true(nack_take_unrepaired(&nack));
    assert_false(nack_take_unrepaired(&nack));
}

/* A round trip apart, and over before the stream began anew as after it. */
static void test_nack_asks_less_often_for_sound(void **state)
{
    (void)state;
    struct nack nack;
    uint16_t asked[16];
    uint64_t now = 1000000;
    nack_init(&nack, NACK_TRIES_AUDIO);
    for (int64_t start = 10; start < 20000; start += 10000) {
        int rounds = 0;
        nack_input(&nack, start, now);
        nack_input(&nack, start + 2, now);
        for (int i = 0; i < 20; i++)
            rounds += nack_due(&nack, now += RTT * 2, RTT, asked, 16);
        assert_int_equal(rounds, NACK_TRIES_AUDIO);
    }
}

static void test_nack_tells_repeated_from_late(void **state)
{
    (void)state;
    struct nack nack;
    nack_init(&nack, NACK_TRIES_VIDEO);
    assert_int_equal(nack_input(&nack, 5, 1), NACK_NEW);
    assert_int_equal(nack_input(&nack, 5, 1), NACK_DUPLICATE);
    assert_int_equal(nack_input(&nack, 8, 1), NACK_NEW);
    assert_int_equal(nack_input(&nack, 6, 1), NACK_NEW);
    assert_int_equal(nack_input(&nack, 6, 1), NACK_DUPLICATE);
    assert_int_equal(nack.recovered, 0); /* nobody had asked */
    assert_int_equal(nack_input(&nack, 5000, 1), NACK_RESTART);
    assert_true(nack_take_unrepaired(&nack));
}

static void test_nack_is_bounded(void **state)
{
    (void)state;
    struct nack nack;
    uint16_t asked[NACK_MISSING_MAX];
    nack_init(&nack, NACK_TRIES_VIDEO);
    nack_input(&nack, 0, 1);
    for (int64_t at = 900; at < 90000; at += 900)
        nack_input(&nack, at, 1);
    assert_int_equal(nack.count, NACK_MISSING_MAX);
    assert_int_equal(nack_due(&nack, 2, RTT, asked, NACK_MISSING_MAX), NACK_MISSING_MAX);
    assert_true(nack_take_unrepaired(&nack));
}

static void test_keyframe_forgets_who_asked_once_and_left(void **state)
{
    (void)state;
    struct keyframe keyframe = {0};
    uint64_t now = 5000000, end = now + 2 * KEYFRAME_HOLD_US;
    unsigned layer, asked = 0, last = 0;
    keyframe_request(&keyframe, 2, now); /* and leaves; the layer is off and sends nothing */
    for (uint64_t at = now; at <= end; at += 10000)
        if (keyframe_due(&keyframe, at, 0, &layer)) {
            asked++;
            last = (unsigned)(at - now);
            assert_int_equal(layer, 2);
        }
    assert_true(asked > 1 && last <= KEYFRAME_HOLD_US);
    for (uint64_t at = end; at < 2 * end; at += 10000)
        keyframe_request(&keyframe, 2, at); /* who waits says so again and again */
    assert_true(keyframe_due(&keyframe, 2 * end, 0, &layer));
}

static void test_keyframe_asks_once_for_who_had_to_wait_long(void **state)
{
    (void)state;
    struct keyframe keyframe = {0};
    uint64_t now = 5000000;
    uint32_t rtt = 2 * KEYFRAME_HOLD_US;
    unsigned layer;
    keyframe_request(&keyframe, 0, now);
    assert_true(keyframe_due(&keyframe, now, rtt, &layer));
    keyframe_arrived(&keyframe, 0);
    keyframe_request(&keyframe, 1, now + 1000);
    assert_false(keyframe_due(&keyframe, now + rtt, rtt, &layer));
    assert_true(keyframe_due(&keyframe, now + rtt + KEYFRAME_SPACING_US, rtt, &layer));
    assert_int_equal(layer, 1);
}

static void test_keyframe_defers_and_never_drops(void **state)
{
    (void)state;
    struct keyframe keyframe = {0};
    unsigned layer;
    uint64_t now = 1000000;
    assert_false(keyframe_due(&keyframe, now, 0, &layer));
    keyframe_request(&keyframe, 1, now);
    assert_true(keyframe_due(&keyframe, now, 0, &layer));
    assert_int_equal(layer, 1);
    keyframe_arrived(&keyframe, 1);
    keyframe_request(&keyframe, 0, now + 100000);
    assert_false(keyframe_due(&keyframe, now + 200000, 0, &layer));
    assert_true(keyframe_due(&keyframe, now + KEYFRAME_SPACING_US, 0, &layer));
    assert_false(keyframe_due(&keyframe, now + KEYFRAME_SPACING_US + 1, 0, &layer));
    assert_true(keyframe_due(&keyframe, now + 2 * KEYFRAME_SPACING_US, 0, &layer)); /* none came: again */
    keyframe_arrived(&keyframe, 0);
    assert_false(keyframe_due(&keyframe, now + 9 * KEYFRAME_SPACING_US, 0, &layer));
}

static void put(struct cache *cache, int64_t sequence, uint16_t size, uint64_t now_us)
{
    uint8_t payload[2000];
    memset(payload, (int)sequence, sizeof payload);
    cache_put(cache, &(struct media_packet){
                         .payload = payload, .payload_size = size, .sequence = sequence, .arrival_us = now_us});
}

static void assert_has(struct cache *cache, int64_t sequence, uint16_t size)
{
    struct media_packet packet;
    assert_true(cache_get(cache, sequence, &packet));
    assert_int_equal(packet.payload_size, size);
    for (int i = 0; i < size; i++)
        assert_int_equal(packet.payload[i], (uint8_t)sequence);
    memset(packet.payload - 2, 0xEE, 2); /* room for an RTX number */
}

static void test_cache_holds_enough_at_any_rate(void **state)
{
    (void)state;
    struct cache *cache = cache_create(16 * 1024, 64);
    int64_t sequence = 65000;
    uint64_t now = 1000000;
    for (int i = 0; i < 3000; i++, now += 2000) /* 500 packets, 4.4 Mbit a second */
        put(cache, sequence++, 1100, now);
    for (int64_t at = sequence - 340; at < sequence; at++)
        assert_has(cache, at, 1100);
    assert_true(cache_bytes(cache) <= CACHE_BYTES_MAX + CACHE_ENTRIES_MAX * 200);
    cache_destroy(cache);
}

static void test_cache_stays_small_for_sound(void **state)
{
    (void)state;
    struct cache *cache = cache_create(8 * 1024, 64);
    uint64_t now = 1000000;
    for (int i = 0; i < 3000; i++, now += 20000)
        put(cache, i, 80, now);
    assert_has(cache, 2999, 80);
    assert_has(cache, 2950, 80);
    assert_true(cache_bytes(cache) < 32 * 1024);
    struct media_packet packet;
    assert_false(cache_get(cache, 100, &packet));
    assert_false(cache_get(cache, 3000, &packet));
    cache_destroy(cache);
}

static void test_cache_never_shows_overwritten_bytes(void **state)
{
    (void)state;
    struct cache *cache = cache_create(4096, 64);
    for (int64_t i = 0; i < 5000; i++) {
        put(cache, i, (uint16_t)(100 + i * 7919 % 1200), (uint64_t)i * 10000000); /* slow: it never grows */
        for (int64_t at = i - 20 < 0 ? 0 : i - 20; at <= i; at++) {
            struct media_packet packet;
            if (cache_get(cache, at, &packet))
                assert_has(cache, at, (uint16_t)(100 + at * 7919 % 1200));
        }
    }
    cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nack_asks_once_per_round_trip_and_gives_up),
        cmocka_unit_test(test_nack_asks_less_often_for_sound),
        cmocka_unit_test(test_nack_tells_repeated_from_late),
        cmocka_unit_test(test_nack_is_bounded),
        cmocka_unit_test(test_keyframe_defers_and_never_drops),
        cmocka_unit_test(test_keyframe_forgets_who_asked_once_and_left),
        cmocka_unit_test(test_keyframe_asks_once_for_who_had_to_wait_long),
        cmocka_unit_test(test_cache_holds_enough_at_any_rate),
        cmocka_unit_test(test_cache_stays_small_for_sound),
        cmocka_unit_test(test_cache_never_shows_overwritten_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/net/shaper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t udp[1000] = {0x45, [9] = 17};

static struct shaper *shaper_with(const char *words)
{
    struct shaper_config config = {0};
    assert_int_equal(shaper_parse(&config, words), 0);
    struct shaper *shaper = shaper_create(7);
    shaper_configure(shaper, &config);
    return shaper;
}

static void test_shaper_delays(void **state)
{
    (void)state;
    struct shaper *shaper = shaper_with("delay=150");
    size_t size;
    assert_true(shaper_push(shaper, udp, sizeof udp, 1000));
    assert_null(shaper_pop(shaper, 150999, &size));
    assert_non_null(shaper_pop(shaper, 151000, &size));
    assert_int_equal(size, sizeof udp);
    shaper_destroy(shaper);
}

static void test_shaper_serialises_at_its_rate(void **state)
{
    (void)state;
    struct shaper *shaper = shaper_with("rate=800k queue=1000");
    for (int i = 0; i < 50; i++)
        assert_true(shaper_push(shaper, udp, sizeof udp, 0));
    size_t size, count = 0;
    while (shaper_pop(shaper, 250000, &size))
        count++;
    assert_int_equal(count, 25); /* 8000 bits each, 10 ms each */
    shaper_destroy(shaper);
}

static void test_shaper_drops_what_would_wait_too_long(void **state)
{
    (void)state;
    struct shaper *shaper = shaper_with("rate=800k queue=100");
    for (int i = 0; i < 50; i++)
        shaper_push(shaper, udp, sizeof udp, 0);
    assert_in_range(shaper_counts(shaper)->queue_full, 38, 40);
    shaper_destroy(shaper);
}

static double measured_loss(const char *words, double *mean_burst)
{
    struct shaper *shaper = shaper_with(words);
    int lost = 0, bursts = 0;
    bool before = true;
    size_t size;
    for (int i = 0; i < 100000; i++) {
        bool passed = shaper_push(shaper, udp, sizeof udp, (uint64_t)i);
        lost += !passed;
        bursts += before && !passed;
        before = passed;
        shaper_pop(shaper, (uint64_t)i, &size);
    }
    shaper_destroy(shaper);
    *mean_burst = (double)lost / bursts;
    return (double)lost / 100000;
}

static void test_shaper_loses_the_share_asked_for(void **state)
{
    (void)state;
    double burst;
    assert_in_range((int)(measured_loss("loss=10", &burst) * 1000), 95, 105);
    assert_in_range((int)(burst * 100), 105, 117);
    assert_in_range((int)(measured_loss("loss=5 burst=4", &burst) * 1000), 42, 58);
    assert_in_range((int)(burst * 100), 370, 430);
}

static void test_shaper_keeps_order_under_jitter(void **state)
{
    (void)state;
    struct shaper *shaper = shaper_with("delay=50 jitter=40");
    uint8_t packet[20] = {0x45, [9] = 17};
    for (uint8_t i = 0; i < 100; i++) {
        packet[4] = i;
        shaper_push(shaper, packet, sizeof packet, i * 1000u);
    }
    size_t size;
    for (uint8_t i = 0; i < 100; i++)
        assert_int_equal(shaper_pop(shaper, 10000000, &size)[4], i);
    shaper_destroy(shaper);
}

static void test_shaper_blocks(void **state)
{
    (void)state;
    struct shaper *shaper = shaper_with("block_udp=1");
    uint8_t tcp[20] = {0x45, [9] = 6};
    assert_false(shaper_push(shaper, udp, sizeof udp, 0));
    assert_true(shaper_push(shaper, tcp, sizeof tcp, 0));
    shaper_destroy(shaper);
}

static void test_shaper_refuses_words_it_does_not_know(void **state)
{
    (void)state;
    struct shaper_config config = {.delay_us = 5};
    assert_int_equal(shaper_parse(&config, "delay=9 speed=3"), -22);
    assert_int_equal(config.delay_us, 5);
    assert_int_equal(shaper_parse(&config, "rate=1.5M delay=20"), 0);
    assert_int_equal(config.rate_bps, 1500000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shaper_delays),
        cmocka_unit_test(test_shaper_serialises_at_its_rate),
        cmocka_unit_test(test_shaper_drops_what_would_wait_too_long),
        cmocka_unit_test(test_shaper_loses_the_share_asked_for),
        cmocka_unit_test(test_shaper_keeps_order_under_jitter),
        cmocka_unit_test(test_shaper_blocks),
        cmocka_unit_test(test_shaper_refuses_words_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

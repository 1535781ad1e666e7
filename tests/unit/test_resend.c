/* Packets of sound that may have to be sent again as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/resend.h"

static void put(struct resend *resend, uint32_t ssrc, uint16_t sequence, size_t size)
{
    uint8_t packet[RESEND_PACKET_MAX + 1];
    memset(packet, sequence & 255, sizeof packet);
    resend_put(resend, ssrc, sequence, packet, size);
}

static void test_resend_gives_what_was_put(void **state)
{
    (void)state;
    struct resend *resend = resend_create();
    size_t size;
    for (uint16_t i = 0; i < 40; i++)
        put(resend, 1 + i % 2, i, 100u + i);
    for (uint16_t i = 0; i < 40; i++) {
        const uint8_t *packet = resend_get(resend, 1 + i % 2, i, &size);
        assert_non_null(packet);
        assert_int_equal(size, 100 + i);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(packet[at], i);
    }
    assert_null(resend_get(resend, 2, 0, &size));
    assert_null(resend_get(resend, 1, 40, &size));
    resend_destroy(resend);
}

/* Whatever the sizes, what is found is whole, and the newest is always found. */
static void test_resend_forgets_the_oldest(void **state)
{
    (void)state;
    struct resend *resend = resend_create();
    size_t size, found = 0;
    for (unsigned i = 0; i < 70000; i++) {
        put(resend, 1, (uint16_t)i, 1 + i * 7919 % RESEND_PACKET_MAX);
        assert_non_null(resend_get(resend, 1, (uint16_t)i, &size));
        const uint8_t *packet = resend_get(resend, 1, (uint16_t)(i - i % 60), &size);
        if (!packet)
            continue;
        found++;
        assert_int_equal(packet[0], (i - i % 60) & 255);
        assert_int_equal(packet[size - 1], (i - i % 60) & 255);
    }
    assert_true(found > 1000);
    assert_null(resend_get(resend, 1, (uint16_t)(70000 - RESEND_PACKETS - 1), &size));
    resend_destroy(resend);
}

static void test_resend_leaves_out_what_is_too_large(void **state)
{
    (void)state;
    struct resend *resend = resend_create();
    size_t size;
    put(resend, 1, 1, RESEND_PACKET_MAX + 1);
    put(resend, 1, 2, 0);
    assert_null(resend_get(resend, 1, 1, &size));
    assert_null(resend_get(resend, 1, 2, &size));
    resend_destroy(resend);
    resend_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resend_gives_what_was_put),
        cmocka_unit_test(test_resend_forgets_the_oldest),
        cmocka_unit_test(test_resend_leaves_out_what_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

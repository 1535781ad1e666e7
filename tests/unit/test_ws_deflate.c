#include "server/ws_deflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 100000 };

static void assert_inflates(struct ws_inflater *inflater, const void *data, size_t size, const char *expected)
{
    GByteArray *out = g_byte_array_new();

    assert_int_equal(ws_inflate(inflater, data, size, out, MAX), WS_INFLATED);
    assert_int_equal(out->len, strlen(expected));
    assert_memory_equal(out->data, expected, out->len);
    g_byte_array_unref(out);
}

/* RFC 7692 §7.2.3: the same word compressed in several ways. */
static void test_ws_inflates_the_rfcs_examples(void **state)
{
    static const unsigned char fixed[] = {0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00},
                               takeover[] = {0xf2, 0x00, 0x11, 0x00, 0x00},
                               stored[] = {0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00},
                               final[] = {0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00},
                               two_blocks[] = {0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff,
                                               0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00};
    struct ws_inflater *inflater = ws_inflater_create();

    (void)state;
    assert_inflates(inflater, fixed, sizeof fixed, "Hello");
    assert_inflates(inflater, takeover, sizeof takeover, "Hello"); /* refers back to the message before */
    assert_inflates(inflater, stored, sizeof stored, "Hello");
    assert_inflates(inflater, two_blocks, sizeof two_blocks, "Hello");
    assert_inflates(inflater, final, sizeof final, "Hello");
    assert_inflates(inflater, fixed, sizeof fixed, "Hello");
    assert_inflates(inflater, "\0", 1, "");
    ws_inflater_destroy(inflater);
}

static void test_ws_deflates_what_it_inflates(void **state)
{
    struct ws_inflater *inflater = ws_inflater_create();
    GString *text = g_string_new(NULL);

    (void)state;
    for (int i = 0; i < 2000; i++)
        g_string_append_printf(text, "a=candidate:%d 1 udp 2130706431 192.0.2.1 10000 typ host\r\n", i);
    GBytes *compressed = ws_deflate(text->str, text->len);
    assert_non_null(compressed);
    assert_true(g_bytes_get_size(compressed) < text->len / 5);
    text->str[MAX - 1] = '\0'; /* what is expected; the whole is larger than MAX */
    GByteArray *out = g_byte_array_new();
    assert_int_equal(
        ws_inflate(inflater, g_bytes_get_data(compressed, NULL), g_bytes_get_size(compressed), out, text->len),
        WS_INFLATED);
    assert_int_equal(out->len, text->len);
    assert_memory_equal(out->data, text->str, MAX - 1);
    g_byte_array_unref(out);
    g_bytes_unref(compressed);
    g_string_free(text, TRUE);
    ws_inflater_destroy(inflater);
}

static void test_ws_leaves_alone_what_does_not_shrink(void **state)
{
    unsigned char noise[1000];

    (void)state;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)g_random_int();
    assert_null(ws_deflate((const char *)noise, sizeof noise));
    assert_null(ws_deflate("short", 5));
}

static void test_ws_inflate_bombs_and_garbage(void **state)
{
    static const char zeros[10 * MAX];
    GBytes *bomb = ws_deflate(zeros, sizeof zeros);
    struct ws_inflater *inflater = ws_inflater_create();
    GByteArray *out = g_byte_array_new();

    (void)state;
    assert_true(g_bytes_get_size(bomb) < 2000);
    assert_int_equal(ws_inflate(inflater, g_bytes_get_data(bomb, NULL), g_bytes_get_size(bomb), out, MAX),
                     WS_INFLATE_TOO_LARGE);
    assert_true(out->len <= MAX);
    ws_inflater_destroy(inflater);
    inflater = ws_inflater_create();
    assert_int_equal(ws_inflate(inflater, (const unsigned char *)"\xff\xff\xff\xff", 4, out, MAX), WS_INFLATE_BROKEN);
    ws_inflater_destroy(inflater);
    g_byte_array_unref(out);
    g_bytes_unref(bomb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ws_inflates_the_rfcs_examples),
        cmocka_unit_test(test_ws_deflates_what_it_inflates),
        cmocka_unit_test(test_ws_leaves_alone_what_does_not_shrink),
        cmocka_unit_test(test_ws_inflate_bombs_and_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "media/rfc4571.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    size_t count, bytes, stop_after;
    uint8_t last[RFC4571_FRAME_MAX];
    size_t last_size;
};

static bool see(void *arg, uint8_t *frame, size_t size)
{
    struct seen *seen = arg;
    memcpy(seen->last, frame, size);
    seen->last_size = size;
    seen->count++;
    seen->bytes += size;
    return seen->count != seen->stop_after;
}

/* Feeds `size` bytes in pieces of `step`. */
static int feed(struct rfc4571 *reader, const uint8_t *data, size_t size, size_t step, struct seen *seen)
{
    for (size_t at = 0; at < size;) {
        size_t room, length = size - at < step ? size - at : step;
        uint8_t *to = rfc4571_room(reader, &room);
        assert_true(room > 0);
        length = length < room ? length : room;
        memcpy(to, data + at, length);
        int result = rfc4571_take(reader, length, see, seen);
        if (result < 0)
            return result;
        at += length;
    }
    return 0;
}

static size_t put_frame(uint8_t *to, size_t size)
{
    to[0] = (uint8_t)(size >> 8);
    to[1] = (uint8_t)size;
    memset(to + 2, (int)(size & 0xff), size);
    return size + 2;
}

static void test_rfc4571_frames_come_out_however_the_stream_is_cut(void **state)
{
    (void)state;
    static uint8_t stream[400000];
    size_t size = 0, frames = 0, bytes = 0;
    for (size_t length = 1; length <= RFC4571_FRAME_MAX; length += 13) {
        size += put_frame(stream + size, length);
        bytes += length;
        frames++;
    }
    static const size_t steps[] = {1, 2, 3, 7, 100, 1501, 4000, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct rfc4571 *reader = calloc(1, sizeof *reader);
        struct seen seen = {0};
        assert_int_equal(feed(reader, stream, size, steps[i], &seen), 0);
        assert_int_equal(seen.count, frames);
        assert_int_equal(seen.bytes, bytes);
        assert_int_equal(seen.last[seen.last_size - 1], seen.last_size & 0xff);
        free(reader);
    }
}

static void test_rfc4571_too_long_a_frame_ends_the_stream(void **state)
{
    (void)state;
    struct rfc4571 *reader = calloc(1, sizeof *reader);
    struct seen seen = {0};
    uint8_t head[2] = {(RFC4571_FRAME_MAX + 1) >> 8, (RFC4571_FRAME_MAX + 1) & 0xff};
    assert_int_equal(feed(reader, head, sizeof head, 2, &seen), -EMSGSIZE);
    assert_int_equal(seen.count, 0);
    free(reader);
}

static void test_rfc4571_empty_frames_are_skipped(void **state)
{
    (void)state;
    struct rfc4571 *reader = calloc(1, sizeof *reader);
    struct seen seen = {0};
    uint8_t data[] = {0, 0, 0, 0, 0, 1, 'x', 0, 0};
    assert_int_equal(feed(reader, data, sizeof data, sizeof data, &seen), 0);
    assert_int_equal(seen.count, 1);
    free(reader);
}

static void test_rfc4571_stops_when_told(void **state)
{
    (void)state;
    struct rfc4571 *reader = calloc(1, sizeof *reader);
    struct seen seen = {.stop_after = 1};
    uint8_t data[] = {0, 1, 'a', 0, 1, 'b'};
    assert_int_equal(feed(reader, data, sizeof data, sizeof data, &seen), -ECANCELED);
    assert_int_equal(seen.count, 1);
    free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc4571_frames_come_out_however_the_stream_is_cut),
        cmocka_unit_test(test_rfc4571_too_long_a_frame_ends_the_stream),
        cmocka_unit_test(test_rfc4571_empty_frames_are_skipped),
        cmocka_unit_test(test_rfc4571_stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "media/relay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/loop.h"

/* Two ends of one line in one loop, as two workers have them. */
struct line {
    struct loop *loop;
    struct relay *near, *far;
    int rtp, rtcp, closed;
    size_t size;
    uint8_t last[RELAY_PACKET_MAX];
};

static void on_rtp(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    struct line *line = arg;
    (void)arrival_us;
    line->rtp++;
    line->size = size;
    memcpy(line->last, packet, size);
}

static void on_rtcp(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    struct line *line = arg;
    (void)arrival_us;
    line->rtcp++;
    line->size = size;
    memcpy(line->last, packet, size);
}

static void on_closed(void *arg)
{
    struct line *line = arg;
    line->closed++;
    relay_destroy(line->far);
    line->far = NULL;
}

static void open_line(struct line *line)
{
    int ends[2];
    *line = (struct line){0};
    const struct relay_handler handler = {.rtp_fn = on_rtp, .rtcp_fn = on_rtcp, .closed_fn = on_closed, .arg = line};
    assert_int_equal(loop_create(&line->loop), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(relay_create(line->loop, ends[0], &handler, &line->near), 0);
    assert_int_equal(relay_create(line->loop, ends[1], &handler, &line->far), 0);
}

static void close_line(struct line *line)
{
    relay_destroy(line->near);
    relay_destroy(line->far);
    loop_destroy(line->loop);
}

static void test_relay_carries_rtp_and_rtcp_apart(void **state)
{
    (void)state;
    struct line line;
    open_line(&line);
    static const uint8_t header[12] = {0x80, 96, 0, 7}, payload[3] = {1, 2, 3};
    static const uint8_t pli[12] = {0x81, 206, 0, 2};
    assert_int_equal(relay_send_rtp(line.near, header, sizeof header, payload, sizeof payload), 0);
    loop_turn(line.loop, 0);
    assert_int_equal(line.rtp, 1);
    assert_int_equal(line.size, 15);
    assert_memory_equal(line.last, header, 12);
    assert_memory_equal(line.last + 12, payload, 3);
    assert_int_equal(relay_send_rtcp(line.far, pli, sizeof pli), 0);
    loop_turn(line.loop, 0);
    assert_int_equal(line.rtcp, 1);
    assert_memory_equal(line.last, pli, sizeof pli);
    close_line(&line);
}

static void test_relay_takes_more_than_a_batch(void **state)
{
    (void)state;
    struct line line;
    open_line(&line);
    static const uint8_t header[12] = {0x80, 96}, payload[1000];
    int sent = 0;
    while (sent < 100 && relay_send_rtp(line.near, header, sizeof header, payload, sizeof payload) == 0)
        sent++;
    assert_true(sent > 32);
    for (int i = 0; i < 10; i++)
        loop_turn(line.loop, 0);
    assert_int_equal(line.rtp, sent);
    close_line(&line);
}

static void test_relay_refuses_when_nobody_reads(void **state)
{
    (void)state;
    struct line line;
    open_line(&line);
    static const uint8_t header[12] = {0x80, 96}, payload[1000];
    int result = 0;
    for (int i = 0; i < 100000 && result == 0; i++)
        result = relay_send_rtp(line.near, header, sizeof header, payload, sizeof payload);
    assert_int_equal(result, -EAGAIN);
    close_line(&line);
}

static void test_relay_leaves_out_what_is_no_packet(void **state)
{
    (void)state;
    struct line line;
    open_line(&line);
    static const uint8_t garbage[20] = {0x20}, stump[9] = {0x80, 96};
    relay_send_rtcp(line.near, garbage, sizeof garbage);
    relay_send_rtcp(line.near, stump, sizeof stump);
    relay_send_rtcp(line.near, garbage, 1);
    loop_turn(line.loop, 0);
    assert_int_equal(line.rtp + line.rtcp, 0);
    close_line(&line);
}

static void test_relay_says_once_that_the_other_end_is_gone(void **state)
{
    (void)state;
    struct line line;
    open_line(&line);
    relay_destroy(line.near);
    line.near = NULL;
    for (int i = 0; i < 3; i++)
        loop_turn(line.loop, 0);
    assert_int_equal(line.closed, 1);
    close_line(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relay_carries_rtp_and_rtcp_apart),
        cmocka_unit_test(test_relay_takes_more_than_a_batch),
        cmocka_unit_test(test_relay_refuses_when_nobody_reads),
        cmocka_unit_test(test_relay_leaves_out_what_is_no_packet),
        cmocka_unit_test(test_relay_says_once_that_the_other_end_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

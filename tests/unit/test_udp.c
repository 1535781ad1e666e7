/* Bursts over one socket: what leaves in one piece arrives as the packets it was, in order, and each where it belongs. */
#include "media/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/burst.h"
#include "media/loop.h"

enum { PEERS = 6 };

struct bench {
    struct loop *loop;
    struct udp *udp;
    struct burst_pool *bursts;
    struct path to[PEERS];
    int fds[PEERS];
};

static void ignore_input(void *arg, const struct path *from, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    (void)arg, (void)from, (void)packet, (void)size, (void)arrival_us;
}

static void ignore_room(void *arg)
{
    (void)arg;
}

static void open_peer(struct bench *bench, int index)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    bench->fds[index] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_return_code(bind(bench->fds[index], (struct sockaddr *)&name, size), 0);
    assert_return_code(getsockname(bench->fds[index], (struct sockaddr *)&name, &size), 0);
    path_set_remote(&bench->to[index], (struct sockaddr *)&name);
    path_parse_ip("127.0.0.1", &bench->to[index].local);
}

static int set_up(void **state)
{
    static struct bench bench;
    bench = (struct bench){0};
    assert_int_equal(loop_create(&bench.loop), 0);
    assert_int_equal(burst_pool_create(1, &bench.bursts), 0);
    const struct udp_config config = {.loop = bench.loop, .input_fn = ignore_input, .writable_fn = ignore_room};
    assert_int_equal(udp_create(&config, &bench.udp), 0);
    for (int i = 0; i < PEERS; i++)
        open_peer(&bench, i);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    udp_destroy(bench->udp);
    burst_pool_destroy(bench->bursts);
    loop_destroy(bench->loop);
    for (int i = 0; i < PEERS; i++)
        close(bench->fds[i]);
    return 0;
}

/* Packets of these sizes, 0 at the end; each begins with the peer's index and its own. The result is how many were refused. */
static uint64_t send_to(struct bench *bench, int peer, const size_t *sizes)
{
    struct burst *burst = burst_take(bench->bursts);
    assert_non_null(burst);
    for (uint8_t i = 0; sizes[i]; i++) {
        uint8_t *room = burst_room(burst, sizes[i]);
        memset(room, 0, sizes[i]);
        room[0] = (uint8_t)peer;
        room[1] = i;
        burst_add(burst, sizes[i]);
    }
    uint64_t dropped = 0;
    assert_int_equal(udp_send_burst(bench->udp, &bench->to[peer], burst, &dropped), 0);
    burst_give(bench->bursts, burst);
    return dropped;
}

static void assert_has(const struct bench *bench, int peer, const size_t *sizes)
{
    uint8_t packet[2048];
    for (int i = 0; sizes[i]; i++) {
        assert_int_equal(recv(bench->fds[peer], packet, sizeof packet, 0), (ssize_t)sizes[i]);
        assert_int_equal(packet[0], peer);
        assert_int_equal(packet[1], i);
    }
    assert_int_equal(recv(bench->fds[peer], packet, sizeof packet, 0), -1);
}

/* A frame with its short end, sound, and what cannot be cut out of one piece. */
static const size_t *sizes_for(int peer)
{
    static const size_t SIZES[][6] = {{1100, 1100, 1100, 1100, 300}, {120}, {300, 1100, 120, 1100}};
    return SIZES[peer % 3];
}

static void assert_all_get_theirs(struct bench *bench)
{
    for (int peer = 0; peer < PEERS; peer++)
        assert_int_equal(send_to(bench, peer, sizes_for(peer)), 0);
    for (int peer = 0; peer < PEERS; peer++)
        assert_has(bench, peer, sizes_for(peer));
}

static void test_udp_sends_runs_of_equal_packets_in_one_piece(void **state)
{
    struct bench *bench = *state;
    assert_all_get_theirs(bench);
    assert_int_equal(udp_stats(bench->udp)->tx_calls, PEERS / 3 * (1 + 1 + 3));
    assert_int_equal(udp_stats(bench->udp)->tx_packets, PEERS / 3 * (5 + 1 + 4));
}

static void test_udp_counts_and_skips_what_the_network_refuses(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_in all = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_BROADCAST)}; /* not allowed */
    struct path reachable = bench->to[0];
    path_set_remote(&bench->to[0], (struct sockaddr *)&all);
    assert_int_equal(send_to(bench, 0, (size_t[]){1100, 1100, 1100, 300, 1100, 0}), 5);
    bench->to[0] = reachable;
    assert_all_get_theirs(bench);
}

/* The descriptor with this port; the socket has no door for tests. */
static int socket_of(uint16_t port)
{
    for (int fd = 3; fd < 1024; fd++) {
        struct sockaddr_in6 name = {0};
        socklen_t size = sizeof name;
        if (getsockname(fd, (struct sockaddr *)&name, &size) == 0 && ntohs(name.sin6_port) == port)
            return fd;
    }
    return -1;
}

static void test_udp_sends_one_by_one_where_segments_are_refused(void **state)
{
    struct bench *bench = *state;
    int without_checksums = 1; /* which the kernel does not cut packets for: udp(7), UDP_SEGMENT */
    int fd = socket_of(udp_port(bench->udp));
    assert_return_code(setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &without_checksums, sizeof without_checksums), 0);
    assert_all_get_theirs(bench);
    assert_in_range(udp_stats(bench->udp)->tx_calls, PEERS / 3 * (5 + 1 + 4), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_udp_sends_runs_of_equal_packets_in_one_piece, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_udp_counts_and_skips_what_the_network_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_udp_sends_one_by_one_where_segments_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What the worker's own sending path costs per packet, part by part: protecting (each suite), and protecting and
 * sending in runs of N equal packets to one of 200 destinations on loopback, delivery included. Process time, one
 * thread.
 *
 *   send_path → one JSON object per line: {"what":"…","run":N,"ns_per_packet":X}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "media/burst.h"
#include "media/loop.h"
#include "media/srtp_send.h"
#include "media/udp.h"
#include "tests/bench/loopback.h"

enum { HEADER = 24, PAYLOAD = 1052, DESTINATIONS = 200, PACKETS = 300000 };

struct bench {
    struct loop *loop;
    struct udp *udp;
    struct burst_pool *pool;
    struct path to[DESTINATIONS];
    struct srtp_sender *senders[DESTINATIONS];
    uint32_t sequence;
};

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void report(const char *what, int run, uint64_t start, uint64_t packets)
{
    printf("{\"what\":\"%s\",\"run\":%d,\"ns_per_packet\":%.0f}\n", what, run,
           (double)(cpu_ns() - start) / (double)packets);
}

static void ignore_input(void *arg, const struct path *from, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    (void)arg, (void)from, (void)packet, (void)size, (void)arrival_us;
}

static void ignore_room(void *arg)
{
    (void)arg;
}

static void protect(struct srtp_sender *sender, uint32_t sequence, uint8_t *out)
{
    static const uint8_t payload[PAYLOAD];
    uint8_t header[HEADER] = {0x80, 96, (uint8_t)(sequence >> 8), (uint8_t)sequence};
    if (srtp_sender_protect(sender, header, HEADER, payload, PAYLOAD, out) < 0)
        abort();
}

static void bench_protect(const char *what, enum srtp_suite suite)
{
    static const uint8_t master[SRTP_MASTER_SIZE] = {1};
    struct srtp_sender *sender;
    uint8_t out[2048];
    if (srtp_sender_create(suite, master, &sender) < 0)
        abort();
    uint64_t start = cpu_ns();
    for (uint32_t i = 0; i < PACKETS; i++)
        protect(sender, i, out);
    report(what, 1, start, PACKETS);
    srtp_sender_destroy(sender);
}

static void open_bench(struct bench *bench)
{
    static const uint8_t master[SRTP_MASTER_SIZE] = {1};
    if (loop_create(&bench->loop) < 0 || burst_pool_create(4, &bench->pool) < 0)
        abort();
    struct udp_config config = {.loop = bench->loop, .input_fn = ignore_input, .writable_fn = ignore_room};
    if (udp_create(&config, &bench->udp) < 0)
        abort();
    for (int i = 0; i < DESTINATIONS; i++) {
        struct sockaddr_in name;
        loopback_socket(0, &name);
        path_set_remote(&bench->to[i], (struct sockaddr *)&name);
        path_parse_ip("127.0.0.1", &bench->to[i].local);
        if (srtp_sender_create(SRTP_SUITE_GCM_128, master, &bench->senders[i]) < 0)
            abort();
    }
}

static uint64_t send_round(struct bench *bench, int run)
{
    uint64_t dropped = 0;
    for (int i = 0; i < DESTINATIONS; i++) {
        struct burst *burst = burst_take(bench->pool);
        for (int packet = 0; packet < run; packet++) {
            size_t size = HEADER + PAYLOAD + srtp_sender_overhead(bench->senders[i]);
            protect(bench->senders[i], bench->sequence + (uint32_t)packet, burst_room(burst, size));
            burst_add(burst, size);
        }
        udp_send_burst(bench->udp, &bench->to[i], burst, &dropped);
        burst_give(bench->pool, burst);
    }
    bench->sequence += (uint32_t)run;
    return (uint64_t)run * DESTINATIONS;
}

int main(void)
{
    static struct bench bench;
    static const int runs[] = {1, 2, 4, 8, 16};
    bench_protect("protect AES-128-GCM", SRTP_SUITE_GCM_128);
    bench_protect("protect AES-128-CM SHA1-80", SRTP_SUITE_CM_SHA1_80);
    open_bench(&bench);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        uint64_t start = cpu_ns(), sent = 0;
        while (sent < PACKETS)
            sent += send_round(&bench, runs[i]);
        report("protect and send", runs[i], start, sent);
    }
    return 0; /* sockets and memory end with the process */
}

/*
 * The load generator: up to thousands of endpoints in one thread, told what to do by JSON lines, so that whoever knows
 * a server's signaling (bench.py) needs no media and this program no HTTP.
 *
 *   {"cmd":"publish","id":1,"video_bps":1000000}   → {"id":1,"offer":SDP}; with "layers":3 as simulcast; with "film":"x.ivf"
 *                                                    instead of a rate this film, unstamped
 *   {"cmd":"subscribe","id":2}                     → {"id":2,"offer":SDP}
 *   {"cmd":"subscribe","id":2,"offer":SDP}         → {"id":2,"answer":SDP}
 *   {"cmd":"answer","id":1,"sdp":SDP}              the far end's answer to our offer
 *   {"cmd":"go","id":2}                            our answer is with the far end
 *   {"cmd":"rate","id":1,"video_bps":3000000}      from now on
 *   {"cmd":"connected"}                            → {"connected":N,"of":M,"first_packet":N}
 *   {"cmd":"measure","seconds":5}                  → {"received":…,"lost":…,"delay_us":{"p50":…},…}; with "slices":20 a
 *                                                    line for each of so many, one right after the other
 *   {"cmd":"tally"}                                → the same sums so far, at once
 *   {"cmd":"close","id":2}                         → {"closed":2,"connected":bool,"received":bool}
 * It ends when standard input ends.
 */
#include "tests/bench/endpoint.h"
#include "tests/bench/film.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

enum { ENDPOINTS = 4096, LINE_MAX_BYTES = 65536, TICK_NS = 2000000, NAP_NS = 5000 };

struct load {
    struct endpoint *endpoints[ENDPOINTS];
    int highest;
    int epoll, timer;
    struct tally tally; /* since a measure began last */
    uint64_t measure_until_us, measure_from_us, cpu_from_us, slice_us;
    int64_t slices; /* still to come, this one counted */
    char input[LINE_MAX_BYTES];
    size_t input_size;
    bool ended;
};

static uint64_t clock_us(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(object);
}

static uint64_t delay_at(const struct tally *tally, double share)
{
    uint64_t total = 0, sum = 0;
    for (int i = 0; i < DELAY_BUCKETS; i++)
        total += tally->delays[i];
    for (int i = 0; i < DELAY_BUCKETS; i++) {
        sum += tally->delays[i];
        if (total > 0 && (double)sum >= share * (double)total)
            return (uint64_t)i * DELAY_STEP_US;
    }
    return 0;
}

static void report(struct load *load, uint64_t now_us)
{
    const struct tally *tally = &load->tally;
    double seconds = (double)(now_us - load->measure_from_us) / 1e6;
    double own = (double)(clock_us(CLOCK_PROCESS_CPUTIME_ID) - load->cpu_from_us) / 1e6 / seconds;
    print(json_pack("{s:f s:I s:I s:I s:I s:I s:I s:I s:I s:f s:{s:I s:I s:I s:I}}", "seconds", seconds, "sent",
                    (json_int_t)tally->sent, "received", (json_int_t)tally->received, "lost", (json_int_t)tally->lost,
                    "corrupt", (json_int_t)tally->corrupt, "undecrypted", (json_int_t)tally->undecrypted,
                    "retransmitted", (json_int_t)tally->retransmitted, "key_frames", (json_int_t)tally->key_frames,
                    "bytes", (json_int_t)tally->bytes, "own_cpu", own, "delay_us", "p50",
                    (json_int_t)delay_at(tally, 0.5), "p95", (json_int_t)delay_at(tally, 0.95), "p99",
                    (json_int_t)delay_at(tally, 0.99), "p999", (json_int_t)delay_at(tally, 0.999)));
}

/* NULL: none is wanted. */
static struct film *wanted_film(const json_t *order)
{
    const char *path = json_string_value(json_object_get(order, "film"));
    struct film *film = path ? film_open(path) : NULL;
    if (path && !film) {
        fprintf(stderr, "load: %s is no VP8 in IVF\n", path);
        exit(1);
    }
    return film;
}

static struct endpoint *add(struct load *load, int id, bool publishes, const json_t *order)
{
    int layers = (int)json_integer_value(json_object_get(order, "layers"));
    struct endpoint_config config = {.id = id,
                                     .publishes = publishes,
                                     .video_bps = (uint32_t)json_integer_value(json_object_get(order, "video_bps")),
                                     .layers = layers < ENDPOINT_LAYERS_MAX ? layers : ENDPOINT_LAYERS_MAX,
                                     .film = wanted_film(order),
                                     .tally = &load->tally};
    struct endpoint *endpoint = load->endpoints[id] = endpoint_create(&config);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = endpoint};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, endpoint_fd(endpoint), &event);
    if (id >= load->highest)
        load->highest = id + 1;
    return endpoint;
}

static void open_endpoint(struct load *load, int id, bool publishes, json_t *order)
{
    endpoint_destroy(load->endpoints[id]);
    struct endpoint *endpoint = add(load, id, publishes, order);
    const char *offer = json_string_value(json_object_get(order, "offer"));
    const char *sdp = offer ? endpoint_answer(endpoint, offer) : endpoint_offer(endpoint);
    print(json_pack("{s:i s:s?}", "id", id, offer ? "answer" : "offer", sdp));
}

static void count_connected(struct load *load)
{
    int all = 0, connected = 0, first = 0;
    json_t *joins = json_array();
    for (int i = 0; i < load->highest; i++) {
        const struct endpoint *endpoint = load->endpoints[i];
        if (!endpoint)
            continue;
        all++;
        connected += endpoint_is_connected(endpoint);
        if (endpoint_first_packet_us(endpoint) > 0) {
            first++;
            json_array_append_new(
                joins, json_integer((json_int_t)(endpoint_first_packet_us(endpoint) - endpoint_accepted_us(endpoint))));
        }
    }
    print(json_pack("{s:i s:i s:i s:o}", "connected", connected, "of", all, "first_packet", first, "join_us", joins));
}

static void start_slice(struct load *load, uint64_t now_us)
{
    memset(&load->tally, 0, sizeof load->tally);
    load->measure_from_us = now_us;
    load->cpu_from_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    load->measure_until_us = now_us + load->slice_us;
}

static void start_measure(struct load *load, const json_t *order, uint64_t now_us)
{
    load->slice_us = (uint64_t)(json_number_value(json_object_get(order, "seconds")) * 1e6);
    load->slices = json_integer_value(json_object_get(order, "slices"));
    start_slice(load, now_us);
}

static void obey(struct load *load, json_t *order, uint64_t now_us)
{
    const char *cmd = json_string_value(json_object_get(order, "cmd"));
    int id = (int)json_integer_value(json_object_get(order, "id"));
    if (!cmd || id < 0 || id >= ENDPOINTS)
        return;
    struct endpoint *endpoint = load->endpoints[id];
    if (strcmp(cmd, "publish") == 0) {
        open_endpoint(load, id, true, order);
    } else if (strcmp(cmd, "subscribe") == 0) {
        open_endpoint(load, id, false, order);
    } else if (strcmp(cmd, "answer") == 0 && endpoint) {
        if (endpoint_accept(endpoint, json_string_value(json_object_get(order, "sdp")), now_us) < 0)
            fprintf(stderr, "load: endpoint %d: the answer lacks ICE credentials or a UDP candidate\n", id);
    } else if (strcmp(cmd, "go") == 0 && endpoint) {
        endpoint_accept(endpoint, NULL, now_us);
    } else if (strcmp(cmd, "rate") == 0 && endpoint) {
        endpoint_set_rate(endpoint, (uint32_t)json_integer_value(json_object_get(order, "video_bps")));
    } else if (strcmp(cmd, "connected") == 0) {
        count_connected(load);
    } else if (strcmp(cmd, "measure") == 0) {
        start_measure(load, order, now_us);
    } else if (strcmp(cmd, "close") == 0) {
        print(json_pack("{s:i s:b s:b}", "closed", id, "connected", endpoint && endpoint_is_connected(endpoint),
                        "received", endpoint && endpoint_first_packet_us(endpoint) > 0));
        endpoint_destroy(endpoint);
        load->endpoints[id] = NULL;
    } else if (strcmp(cmd, "tally") == 0) {
        report(load, now_us);
    }
}

static void read_orders(struct load *load, uint64_t now_us)
{
    ssize_t got = read(STDIN_FILENO, load->input + load->input_size, sizeof load->input - load->input_size - 1);
    if (got <= 0) {
        load->ended = true;
        return;
    }
    load->input_size += (size_t)got;
    char *start = load->input, *end;
    while ((end = memchr(start, '\n', load->input_size - (size_t)(start - load->input))) != NULL) {
        json_t *order = json_loadb(start, (size_t)(end - start), 0, NULL);
        obey(load, order, now_us);
        json_decref(order);
        start = end + 1;
    }
    load->input_size -= (size_t)(start - load->input);
    memmove(load->input, start, load->input_size);
}

static void tick(struct load *load, uint64_t now_us)
{
    uint64_t expirations;
    if (read(load->timer, &expirations, sizeof expirations) < 0)
        return;
    for (int i = 0; i < load->highest; i++)
        if (load->endpoints[i])
            endpoint_tick(load->endpoints[i], now_us);
    if (load->measure_until_us > 0 && now_us >= load->measure_until_us) {
        load->measure_until_us = 0;
        report(load, now_us);
        if (--load->slices > 0)
            start_slice(load, now_us);
    }
}

/*
 * Who waits in epoll has to be woken, on loopback at the sender's cost; who never sleeps at real-time priority is
 * stopped by the kernel for 50 ms of each second, and makes up for it in bursts. So: a sleep that only a clock ends.
 */
static void nap(void)
{
    const struct timespec moment = {.tv_nsec = NAP_NS};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}

static void run(struct load *load)
{
    static char orders, timer;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &orders};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    event.data.ptr = &timer;
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, load->timer, &event);
    while (!load->ended) {
        struct epoll_event events[64];
        bool measuring = load->measure_until_us > 0;
        int count = epoll_wait(load->epoll, events, 64, measuring ? 0 : -1);
        if (count == 0 && measuring)
            nap();
        for (int i = 0; i < count; i++) {
            uint64_t now_us = clock_us(CLOCK_MONOTONIC);
            if (events[i].data.ptr == &orders)
                read_orders(load, now_us);
            else if (events[i].data.ptr == &timer)
                tick(load, now_us);
            else
                endpoint_readable(events[i].data.ptr, now_us);
            if (events[i].data.ptr == &orders)
                break; /* an endpoint among the rest of the batch may be closed by now */
        }
    }
}

int main(void)
{
    static struct load load;
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec every = {{0, TICK_NS}, {0, TICK_NS}};
    timerfd_settime(load.timer, 0, &every, NULL);
    run(&load);
    for (int i = 0; i < load.highest; i++)
        endpoint_destroy(load.endpoints[i]);
    return 0;
}

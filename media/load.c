#include "media/load.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "media/control.h"
#include "media/loop.h"
#include "media/transport_set.h"
#include "media/udp.h"

enum { INTERVAL_US = 1000 * 1000, TRIM_AFTER = 5 };

struct load {
    struct loop *loop;
    struct control *control;
    struct transport_set *transports;
    size_t (*rooms_fn)(void *arg);
    void *rooms_arg;
    struct timer timer;
    int statm, schedstat; /* of /proc/self, kept open because the sandbox opens no files */
    uint64_t last_us, last_cpu_us, last_waited_us, last_rx, last_tx;
    unsigned cpu_permille, waiting_permille;
    size_t count;        /* of transports */
    unsigned trim_after; /* intervals; 0: done */
};

static uint64_t cpu_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/* The second of the numbers that such a file holds; 0 where there is none. */
static unsigned long long second_number(int fd)
{
    char text[128];
    unsigned long long number = 0;
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    return sscanf(text, "%*u %llu", &number) == 1 ? number : 0;
}

static uint64_t rss_bytes(const struct load *load)
{
    return second_number(load->statm) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* How long it was ready to run while others had the core (Documentation/scheduler/sched-stats.rst). */
static uint64_t waited_us(const struct load *load)
{
    return second_number(load->schedstat) / 1000;
}

static size_t count_rooms(const struct load *load)
{
    return load->rooms_fn ? load->rooms_fn(load->rooms_arg) : 0;
}

/* Handshakes and growing caches leave holes, a tenth of what is held, when many have come; it takes about a millisecond. */
static void trim(struct load *load)
{
    size_t count = transport_set_count(load->transports);
    if (count != load->count)
        load->trim_after = TRIM_AFTER;
    else if (load->trim_after > 0 && --load->trim_after == 0)
        malloc_trim(0);
    load->count = count;
}

static void tell(void *arg, uint64_t now_us)
{
    struct load *load = arg;
    const struct udp_stats *udp = transport_set_udp_stats(load->transports);
    uint64_t passed_us = now_us - load->last_us, cpu = cpu_us(), waited = waited_us(load);
    if (passed_us == 0)
        passed_us = 1;
    load->cpu_permille = (unsigned)((cpu - load->last_cpu_us) * 1000 / passed_us);
    load->waiting_permille = (unsigned)((waited - load->last_waited_us) * 1000 / passed_us);
    size_t rooms = count_rooms(load);
    control_event(load->control,
                  json_pack("{s:s, s:i, s:i, s:I, s:I, s:I, s:I}", "event", "load", "cpu_permille",
                            (int)load->cpu_permille, "waiting_permille", (int)load->waiting_permille, "transports",
                            (json_int_t)transport_set_count(load->transports), "rooms", (json_int_t)rooms, "rx_pps",
                            (json_int_t)((udp->rx_packets - load->last_rx) * 1000000 / passed_us), "tx_pps",
                            (json_int_t)((udp->tx_packets - load->last_tx) * 1000000 / passed_us)));
    trim(load);
    load->last_us = now_us;
    load->last_cpu_us = cpu;
    load->last_waited_us = waited;
    load->last_rx = udp->rx_packets;
    load->last_tx = udp->tx_packets;
    loop_timer_in(load->loop, &load->timer, INTERVAL_US);
}

int load_create(struct loop *loop, struct control *control, struct transport_set *transports, struct load **out)
{
    struct load *load = calloc(1, sizeof *load);
    if (!load)
        return -ENOMEM;
    *load = (struct load){.loop = loop, .control = control, .transports = transports};
    load->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    load->schedstat = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
    load->last_us = loop_now_us(loop);
    load->last_cpu_us = cpu_us();
    load->last_waited_us = waited_us(load);
    timer_init(&load->timer, tell, load);
    loop_timer_in(loop, &load->timer, INTERVAL_US);
    *out = load;
    return 0;
}

void load_destroy(struct load *load)
{
    if (!load)
        return;
    timer_cancel(&load->timer);
    if (load->statm >= 0)
        close(load->statm);
    if (load->schedstat >= 0)
        close(load->schedstat);
    free(load);
}

void load_set_rooms(struct load *load, size_t (*rooms_fn)(void *arg), void *arg)
{
    load->rooms_fn = rooms_fn;
    load->rooms_arg = arg;
}

json_t *load_json(struct load *load)
{
    const struct udp_stats *udp = transport_set_udp_stats(load->transports);
    return json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "cpu_permille", (int)load->cpu_permille,
                     "waiting_permille", (int)load->waiting_permille, "open_rooms", (json_int_t)count_rooms(load),
                     "timers", (json_int_t)loop_timer_count(load->loop), "rss_bytes", (json_int_t)rss_bytes(load),
                     "rx_packets", (json_int_t)udp->rx_packets, "tx_packets", (json_int_t)udp->tx_packets, "rx_bytes",
                     (json_int_t)udp->rx_bytes, "tx_bytes", (json_int_t)udp->tx_bytes);
}

/*
 * The barest forwarder: the floor under the conditions that a server has. Somebody on the other core publishes what the
 * load generator does, frames of 1 Mbit/s and sound, and reads what comes; here each packet is received, decrypted once,
 * encrypted for each receiver and sent, a frame by one UDP_SEGMENT send. No routing, no statistics, no feedback, no pacing.
 * Where `floor` never sleeps and sends to sockets that nobody reads, this one is woken for each burst, finds its memory as
 * a server finds it, and what it sends arrives.
 *
 *   bare PUBLISHERS RECEIVERS SECONDS → {"publishers":P,"receivers":R,"us_per_packet":X,"arrived":A}
 *
 * RECEIVERS are each publisher's. The forwarder runs on core 0, the other on core 1, both at real-time priority if allowed.
 */
#include "tests/bench/loopback.h"
#include "tests/bench/seal.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER = 20,
    VIDEO = 1040,
    VIDEO_REST = 64,
    AUDIO = 80,
    FRAME_PACKETS = 5,
    SOUND_US = 20000,
    FRAME_US = 33333,
    PUBLISHERS_MAX = 256,
    RECEIVERS_MAX = 1024,
    ROOM = 1200, /* for a packet */
    BATCH = 32,
    NAP_NS = 5000,
};

struct shape {
    int publishers, receivers;
    double seconds;
};

struct receiver {
    struct aead key;
    struct sockaddr_in to;
};

static uint64_t now_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void take_core(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
    sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 5});
}

static int open_socket(struct sockaddr_in *address)
{
    int fd = loopback_socket(0, address), room = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return fd;
}

/* ---- the other core: publishes and reads ---- */

struct publisher {
    struct aead key;
    int fd;
    uint16_t sequence;
    uint64_t sound_us, frame_us;
};

static void publish(struct publisher *publisher, size_t payload)
{
    uint8_t packet[ROOM] = {0x90, 96, (uint8_t)(publisher->sequence >> 8), (uint8_t)publisher->sequence};
    publisher->sequence++;
    size_t sealed = seal_packet(&publisher->key, packet, HEADER, HEADER + payload);
    if (send(publisher->fd, packet, sealed, 0) < 0)
        err(1, "bare: send");
}

static void publish_due(struct publisher *publisher, uint64_t now)
{
    for (; now >= publisher->sound_us; publisher->sound_us += SOUND_US)
        publish(publisher, AUDIO);
    for (; now >= publisher->frame_us; publisher->frame_us += FRAME_US)
        for (int i = 1; i <= FRAME_PACKETS; i++)
            publish(publisher, i < FRAME_PACKETS ? VIDEO : VIDEO_REST);
}

static uint64_t read_some(int epoll)
{
    static uint8_t room[65536];
    struct epoll_event events[64];
    uint64_t packets = 0;
    int count = epoll_wait(epoll, events, 64, 0);
    for (int i = 0; i < count; i++)
        for (ssize_t got; (got = recv(events[i].data.fd, room, sizeof room, MSG_DONTWAIT)) > 0;)
            packets += ((size_t)got + HEADER + VIDEO + AEAD_TAG_SIZE - 1) / (HEADER + VIDEO + AEAD_TAG_SIZE);
    return packets;
}

/* Publishers begin spread over a frame, as people do. */
static void publish_and_read(const struct shape *shape, const struct sockaddr_in *server, int epoll,
                             volatile uint64_t *arrived)
{
    static struct publisher publishers[PUBLISHERS_MAX];
    uint64_t start = now_us(CLOCK_MONOTONIC);
    take_core(1);
    for (int i = 0; i < shape->publishers; i++) {
        struct sockaddr_in own;
        publishers[i] = (struct publisher){.fd = open_socket(&own)};
        seal_key(&publishers[i].key, true);
        if (connect(publishers[i].fd, (const struct sockaddr *)server, sizeof *server) < 0)
            err(1, "bare: connect");
        publishers[i].frame_us = start + (uint64_t)FRAME_US * (uint64_t)i / (uint64_t)shape->publishers;
        publishers[i].sound_us = start + (uint64_t)SOUND_US * (uint64_t)i / (uint64_t)shape->publishers;
    }
    for (;;) {
        uint64_t now = now_us(CLOCK_MONOTONIC), packets = read_some(epoll);
        *arrived += packets;
        for (int i = 0; i < shape->publishers; i++)
            publish_due(&publishers[i], now);
        if (packets == 0)
            clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = NAP_NS}, NULL);
    }
}

/* ---- the forwarder ---- */

struct run { /* of packets that came together from one publisher, the last the smallest: what one send takes */
    int first, count;
    size_t size;
};

static void forward_run(int fd, struct receiver *receiver, uint8_t (*packets)[ROOM], const size_t *sizes,
                        struct run run)
{
    static uint8_t burst[BATCH * ROOM];
    size_t at = 0;
    for (int i = run.first; i < run.first + run.count; i++) {
        memcpy(burst + at, packets[i], sizes[i]);
        at += seal_packet(&receiver->key, burst + at, HEADER, sizes[i]);
    }
    loopback_send(fd, &receiver->to, burst, at, run.size + AEAD_TAG_SIZE);
}

struct forwarder {
    const struct shape *shape;
    int fd;
    struct aead in;
    struct receiver *receivers;  /* publishers × receivers */
    int16_t publisher_of[65536]; /* by the port it sends from, 0 for nobody */
    int publishers;
};

static int publisher_at(struct forwarder *forwarder, const struct sockaddr_in *from)
{
    int16_t *number = &forwarder->publisher_of[ntohs(from->sin_port)];
    if (*number == 0)
        *number = (int16_t)++forwarder->publishers;
    return *number - 1;
}

/* The result is how many packets were sent. */
static uint64_t forward_batch(struct forwarder *forwarder)
{
    static uint8_t packets[BATCH][ROOM];
    static struct sockaddr_in from[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    size_t sizes[BATCH];
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){packets[i], ROOM};
        messages[i] = (struct mmsghdr){
            .msg_hdr = {.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    int got = recvmmsg(forwarder->fd, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < got; i++)
        sizes[i] = unseal_packet(&forwarder->in, packets[i], HEADER, messages[i].msg_len);
    int each = forwarder->shape->receivers;
    for (int i = 0; i < got;) {
        struct run run = {.first = i, .count = 1, .size = sizes[i]};
        int publisher = publisher_at(forwarder, &from[i]);
        while (++i < got && from[i].sin_port == from[run.first].sin_port && sizes[i - 1] == run.size &&
               sizes[i] <= run.size)
            run.count++;
        for (int r = 0; r < each; r++)
            forward_run(forwarder->fd, &forwarder->receivers[publisher * each + r], packets, sizes, run);
    }
    return got < 0 ? 0 : (uint64_t)got * (uint64_t)each;
}

static void forward(struct forwarder *forwarder)
{
    enum { WARM_UP_US = 500000 };
    uint64_t start = now_us(CLOCK_MONOTONIC), until = start + WARM_UP_US, cpu = 0, packets = 0;
    bool measuring = false;
    for (uint64_t now; (now = now_us(CLOCK_MONOTONIC)) < until || !measuring;) {
        if (now >= until) {
            measuring = true;
            until = now + (uint64_t)(forwarder->shape->seconds * 1e6);
            cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
            packets = 0;
        }
        packets += forward_batch(forwarder);
    }
    cpu = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"publishers\":%d,\"receivers\":%d,\"us_per_packet\":%.3f,\"packets_s\":%.0f",
           forwarder->shape->publishers, forwarder->shape->receivers, (double)cpu / (double)packets,
           (double)packets / forwarder->shape->seconds);
}

int main(int argc, char **argv)
{
    struct shape shape = {argc > 1 ? atoi(argv[1]) : 1, argc > 2 ? atoi(argv[2]) : 200, argc > 3 ? atof(argv[3]) : 3};
    if (shape.publishers < 1 || shape.publishers > PUBLISHERS_MAX || shape.receivers < 1 ||
        shape.receivers > RECEIVERS_MAX)
        errx(2, "bare PUBLISHERS RECEIVERS SECONDS");
    size_t count = (size_t)shape.publishers * (size_t)shape.receivers;
    static struct forwarder forwarder;
    struct sockaddr_in own;
    forwarder = (struct forwarder){
        .shape = &shape, .fd = open_socket(&own), .receivers = calloc(count, sizeof(struct receiver))};
    int epoll = epoll_create1(0), on = 1;
    volatile uint64_t *arrived = mmap(NULL, sizeof *arrived, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!forwarder.receivers || epoll < 0 || arrived == MAP_FAILED)
        err(1, "bare");
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){65536, 65536});
    for (size_t i = 0; i < count; i++) {
        int fd = open_socket(&forwarder.receivers[i].to);
        setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        seal_key(&forwarder.receivers[i].key, true);
    }
    seal_key(&forwarder.in, false);
    pid_t other = fork();
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        publish_and_read(&shape, &own, epoll, arrived);
    }
    take_core(0);
    forward(&forwarder);
    printf(",\"arrived\":%llu}\n", (unsigned long long)*arrived);
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    return 0;
}

/*
 * Ways into the kernel: what one frame (four equal packets) and one sound packet cost for each of 200 destinations on loopback, protecting and
 * delivery included, sent by one sendmsg each, by one sendmmsg for all, or by one io_uring_enter for all. Another process
 * receives, and sleeps in between as browsers do; each round waits until it has everything. Process time, the ring's own threads
 * counted.
 *
 *   send_ways [ROUNDS] → one JSON object per line: {"what":"…","batch":destinations together,"run":packets to each,"ns_per_packet":X,"of_it_protecting":Y,
 *   "receiver_woken":times a round}
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "media/srtp_send.h"
#include "tests/bench/loopback.h"

enum {
    DESTINATIONS = 200,
    HEADER = 24,
    FRAME_PAYLOAD = 1052,
    SOUND_PAYLOAD = 96,
    RUN_MAX = 4,
    SLOT = 1100,
    RING = 256
};

/* A destination, with the message to it as the kernel wants it. */
struct target {
    struct srtp_sender *sender;
    struct sockaddr_in to;
    struct iovec part;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
    } control;
    uint8_t bytes[RUN_MAX * SLOT];
};

struct ring {
    int fd;
    unsigned *sq_tail, *sq_array, *cq_head, *cq_tail;
    unsigned sq_mask, cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
    uint8_t op;
    bool notifies; /* a second completion says when the bytes are free again */
};

static struct target targets[DESTINATIONS];
static struct mmsghdr messages[DESTINATIONS];
static struct ring ring;
static struct {
    atomic_uint packets;
    atomic_long sleeps;
} * told; /* by who receives */
static int sending_fd;
static uint32_t sequence;
static int batch; /* how many destinations' messages enter the kernel together */

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- who receives ---- */

static void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
    sched_setaffinity(0, sizeof set, &set);
}

static long sleeps(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
}

static void receive_forever(const int *fds)
{
    int epoll = epoll_create1(0);
    struct epoll_event ready[64], event = {.events = EPOLLIN};
    uint8_t packet[2048];
    pin(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < DESTINATIONS; i++) {
        event.data.fd = fds[i];
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
    }
    for (;;) {
        int count = epoll_wait(epoll, ready, 64, -1);
        atomic_store(&told->sleeps, sleeps());
        for (int i = 0; i < count; i++)
            while (recv(ready[i].data.fd, packet, sizeof packet, 0) > 0)
                atomic_fetch_add(&told->packets, 1);
    }
}

static void await(unsigned wanted)
{
    for (int i = 0; i < 2000 && atomic_load(&told->packets) < wanted; i++)
        usleep(200);
    if (atomic_load(&told->packets) < wanted)
        errx(1, "%u of %u packets came", atomic_load(&told->packets), wanted);
    usleep(300); /* asleep again */
}

/* ---- the messages ---- */

static void *add_control(struct msghdr *message, int level, int type, size_t size)
{
    struct cmsghdr *header = (struct cmsghdr *)((char *)message->msg_control + message->msg_controllen);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    message->msg_controllen += CMSG_SPACE(size);
    return CMSG_DATA(header);
}

/* As the worker writes it: to an address, from an address, in segments. */
static void address(struct target *target, uint8_t *bytes, struct msghdr *message, size_t size, int run)
{
    target->part = (struct iovec){bytes, size * (size_t)run};
    *message = (struct msghdr){.msg_name = &target->to,
                               .msg_namelen = sizeof target->to,
                               .msg_iov = &target->part,
                               .msg_iovlen = 1,
                               .msg_control = target->control.room};
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK)};
    memcpy(add_control(message, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
    uint16_t segment = (uint16_t)size;
    if (run > 1)
        memcpy(add_control(message, SOL_UDP, UDP_SEGMENT, sizeof segment), &segment, sizeof segment);
}

static void protect(struct target *target, uint8_t *bytes, struct msghdr *message, int run)
{
    static const uint8_t payload[FRAME_PAYLOAD];
    size_t payload_size = run > 1 ? FRAME_PAYLOAD : SOUND_PAYLOAD;
    size_t size = HEADER + payload_size + srtp_sender_overhead(target->sender);
    for (int i = 0; i < run; i++) {
        uint32_t number = sequence + (uint32_t)i;
        uint8_t header[HEADER] = {0x80, 96, (uint8_t)(number >> 8), (uint8_t)number};
        if (srtp_sender_protect(target->sender, header, HEADER, payload, payload_size, bytes + (size_t)i * size) < 0)
            abort();
    }
    address(target, bytes, message, size, run);
}

/* ---- the ways ---- */

static void send_one_by_one(int run)
{
    for (int i = 0; i < DESTINATIONS; i++) {
        protect(&targets[i], targets[0].bytes, &messages[i].msg_hdr, run); /* one burst's memory serves all, as there */
        if (sendmsg(sending_fd, &messages[i].msg_hdr, MSG_DONTWAIT) < 0)
            err(1, "sendmsg");
    }
}

/* Protects those from `from` on, into as many bursts as may wait. */
static void protect_batch(int from, int run)
{
    for (int i = 0; i < batch; i++)
        protect(&targets[from + i], targets[i].bytes, &messages[i].msg_hdr, run);
}

static void protect_alone(int run)
{
    for (int i = 0; i < DESTINATIONS; i++)
        protect(&targets[i], targets[0].bytes, &messages[i].msg_hdr, run);
}

static void send_together(int run)
{
    for (int i = 0; i < DESTINATIONS; i += batch) {
        protect_batch(i, run);
        if (sendmmsg(sending_fd, messages, (unsigned)batch, MSG_DONTWAIT) != batch)
            err(1, "sendmmsg");
    }
}

/* ---- io_uring: as much of it as this takes ---- */

static int open_ring(uint8_t op, unsigned flags)
{
    struct io_uring_params setup = {.flags = flags};
    ring = (struct ring){.op = op, .notifies = op == IORING_OP_SENDMSG_ZC};
    ring.fd = (int)syscall(SYS_io_uring_setup, RING, &setup);
    if (ring.fd < 0)
        return -errno;
    size_t size = setup.cq_off.cqes + setup.cq_entries * sizeof(struct io_uring_cqe);
    size_t array_end = setup.sq_off.array + setup.sq_entries * sizeof(unsigned);
    int shared = MAP_SHARED | MAP_POPULATE, access = PROT_READ | PROT_WRITE;
    char *at = mmap(NULL, size > array_end ? size : array_end, access, shared, ring.fd, IORING_OFF_SQ_RING);
    ring.sqes = mmap(NULL, setup.sq_entries * sizeof *ring.sqes, access, shared, ring.fd, IORING_OFF_SQES);
    if (at == MAP_FAILED || (void *)ring.sqes == MAP_FAILED || !(setup.features & IORING_FEAT_SINGLE_MMAP))
        err(1, "ring");
    ring.sq_tail = (unsigned *)(void *)(at + setup.sq_off.tail);
    ring.sq_array = (unsigned *)(void *)(at + setup.sq_off.array);
    ring.cq_head = (unsigned *)(void *)(at + setup.cq_off.head);
    ring.cq_tail = (unsigned *)(void *)(at + setup.cq_off.tail);
    ring.cqes = (struct io_uring_cqe *)(void *)(at + setup.cq_off.cqes);
    ring.sq_mask = setup.sq_entries - 1;
    ring.cq_mask = setup.cq_entries - 1;
    return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &sending_fd, 1) < 0 ? -errno : 0;
}

static void queue(unsigned tail, const struct msghdr *message)
{
    unsigned index = tail & ring.sq_mask;
    ring.sqes[index] = (struct io_uring_sqe){.opcode = ring.op,
                                             .flags = IOSQE_FIXED_FILE,
                                             .addr = (uint64_t)(uintptr_t)message,
                                             .len = 1,
                                             .msg_flags = MSG_DONTWAIT};
    ring.sq_array[index] = index;
}

/* How many are done for good. */
static unsigned reap(void)
{
    unsigned head = *ring.cq_head, done = 0;
    for (; head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE); head++) {
        const struct io_uring_cqe *entry = &ring.cqes[head & ring.cq_mask];
        if (entry->res < 0 && !(entry->flags & IORING_CQE_F_NOTIF))
            errx(1, "ring: %s", strerror(-entry->res));
        done += !ring.notifies || entry->flags & IORING_CQE_F_NOTIF;
    }
    __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
    return done;
}

static void submit(int from, int run)
{
    unsigned tail = *ring.sq_tail, left = (unsigned)batch, fresh = left;
    protect_batch(from, run);
    for (int i = 0; i < batch; i++)
        queue(tail++, &messages[i].msg_hdr);
    __atomic_store_n(ring.sq_tail, tail, __ATOMIC_RELEASE);
    while ((left -= reap()) > 0) {
        if (syscall(SYS_io_uring_enter, ring.fd, fresh, left, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
            err(1, "io_uring_enter");
        fresh = 0;
    }
}

static void send_by_ring(int run)
{
    for (int i = 0; i < DESTINATIONS; i += batch)
        submit(i, run);
}

/* ---- measuring ---- */

static double per_packet(void (*way)(int run), int run, int rounds, bool sends)
{
    uint64_t spent = 0;
    for (int i = 0; i < rounds; i++) {
        unsigned wanted = atomic_load(&told->packets) + (sends ? DESTINATIONS * (unsigned)run : 0);
        uint64_t start = cpu_ns();
        way(run);
        spent += cpu_ns() - start;
        sequence += (uint32_t)run;
        await(wanted);
    }
    return (double)spent / rounds / (DESTINATIONS * run);
}

static void measure(const char *what, void (*way)(int run), int rounds)
{
    for (int run = 1; run <= RUN_MAX; run *= RUN_MAX) {
        long slept = atomic_load(&told->sleeps);
        double cost = per_packet(way, run, rounds, true);
        slept = atomic_load(&told->sleeps) - slept;
        printf("{\"what\":\"%s\",\"batch\":%d,\"run\":%d,\"ns_per_packet\":%.0f,\"of_it_protecting\":%.0f,\"receiver_"
               "woken\":%ld}\n",
               what, batch, run, cost, per_packet(protect_alone, run, rounds, false), slept / rounds);
        fflush(stdout);
    }
}

static void measure_ring(const char *what, uint8_t op, unsigned flags, int rounds)
{
    int error = open_ring(op, flags);
    if (error < 0)
        printf("{\"what\":\"%s\",\"not here\":\"%s\"}\n", what, strerror(-error));
    else
        measure(what, send_by_ring, rounds);
    if (ring.fd >= 0)
        close(ring.fd); /* its pages end with the process */
}

int main(int argc, char **argv)
{
    static const uint8_t master[SRTP_MASTER_SIZE] = {1};
    int fds[DESTINATIONS], rounds = argc > 1 ? atoi(argv[1]) : 300;
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < DESTINATIONS; i++) {
        fds[i] = loopback_socket(SOCK_NONBLOCK, &targets[i].to);
        if (srtp_sender_create(SRTP_SUITE_GCM_128, master, &targets[i].sender) < 0)
            abort();
    }
    pin(0);
    if (fork() == 0)
        receive_forever(fds);
    sending_fd = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned single = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    for (int turn = 0; turn < 3; turn++) {
        static const int batches[] = {8, 20, 40, 200};
        batch = 1;
        measure("sendmsg", send_one_by_one, rounds);
        for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
            batch = batches[i];
            measure("sendmmsg", send_together, rounds);
            measure_ring("io_uring", IORING_OP_SENDMSG, 0, rounds);
        }
        measure_ring("io_uring, single issuer", IORING_OP_SENDMSG, single, rounds);
        measure_ring("io_uring, zero copy", IORING_OP_SENDMSG_ZC, single, rounds);
    }
    return 0;
}

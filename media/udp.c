#include "media/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "media/bind.h"
#include "media/log.h"
#include "media/loop.h"

enum {
    BATCH = 32,
    BATCHES_PER_TURN = 8,
    BLOCK = 65536,               /* what the kernel may coalesce into one datagram */
    BLOCK_STRIDE = BLOCK + 1280, /* not a power of two: the blocks' heads shall not share the cache's sets */
    SOCKET_BUFFER = 4 * 1024 * 1024,
    ARRIVAL_MAX_US = 100 * 1000, /* a kernel's time stamp further back than this is a clock that was set */
};

union receive_control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(int))];
};

union send_control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

struct udp {
    struct udp_config config;
    struct loop_watch watch;
    int family;
    uint16_t port;
    bool segments; /* UDP_SEGMENT works here */
    bool blocked;
    int64_t clock_offset_us; /* realtime minus monotonic, read once per batch */
    struct udp_stats stats;
    uint8_t *blocks;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in6 names[BATCH];
    union receive_control controls[BATCH];
};

/* ---- receiving ---- */

struct received {
    struct path from;
    uint64_t arrival_us;
    size_t segment; /* 0 when not coalesced */
};

static uint64_t arrival_of(const struct udp *udp, const void *data, uint64_t now_us)
{
    struct timespec stamp;
    memcpy(&stamp, data, sizeof stamp);
    int64_t arrival = (int64_t)stamp.tv_sec * 1000000 + stamp.tv_nsec / 1000 - udp->clock_offset_us;
    int64_t age = (int64_t)now_us - arrival;
    return age > 0 && age < ARRIVAL_MAX_US ? (uint64_t)arrival : now_us;
}

static void read_control(struct udp *udp, struct msghdr *message, uint64_t now_us, struct received *received)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            received->from.local = info.ipi6_addr;
        } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            received->from.local = path_map_ipv4(&info.ipi_addr);
        } else if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_TIMESTAMPNS) {
            received->arrival_us = arrival_of(udp, CMSG_DATA(at), now_us);
        } else if (at->cmsg_level == SOL_UDP && at->cmsg_type == UDP_GRO) {
            int segment;
            memcpy(&segment, CMSG_DATA(at), sizeof segment);
            received->segment = segment > 0 ? (size_t)segment : 0;
        }
    }
}

static void deliver(struct udp *udp, const struct received *received, uint8_t *data, size_t size)
{
    size_t step = received->segment ? received->segment : size;
    for (size_t at = 0; at < size; at += step) {
        size_t length = size - at < step ? size - at : step;
        udp->stats.rx_packets++;
        if (length <= UDP_PACKET_MAX)
            udp->config.input_fn(udp->config.arg, &received->from, data + at, length, received->arrival_us);
    }
    udp->stats.rx_bytes += size;
}

static void prepare_batch(struct udp *udp)
{
    for (int i = 0; i < BATCH; i++) {
        udp->parts[i] = (struct iovec){.iov_base = udp->blocks + (size_t)i * BLOCK_STRIDE, .iov_len = BLOCK};
        udp->messages[i].msg_hdr = (struct msghdr){.msg_name = &udp->names[i],
                                                   .msg_namelen = sizeof udp->names[i],
                                                   .msg_iov = &udp->parts[i],
                                                   .msg_iovlen = 1,
                                                   .msg_control = udp->controls[i].room,
                                                   .msg_controllen = sizeof udp->controls[i].room};
    }
}

static int receive_batch(struct udp *udp, uint64_t now_us)
{
    prepare_batch(udp);
    int count = recvmmsg(udp->watch.fd, udp->messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &udp->messages[i].msg_hdr;
        struct received received = {.arrival_us = now_us};
        path_set_remote(&received.from, header->msg_name);
        read_control(udp, header, now_us, &received);
        if (!(header->msg_flags & MSG_TRUNC))
            deliver(udp, &received, udp->parts[i].iov_base, udp->messages[i].msg_len);
    }
    return count;
}

static void read_clock_offset(struct udp *udp, uint64_t now_us)
{
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    udp->clock_offset_us = (int64_t)real.tv_sec * 1000000 + real.tv_nsec / 1000 - (int64_t)now_us;
}

static void udp_ready(void *arg, uint32_t events, uint64_t now_us)
{
    struct udp *udp = arg;
    if (events & EPOLLOUT && udp->blocked) {
        udp->blocked = false;
        loop_watch_change(udp->config.loop, &udp->watch, EPOLLIN);
        udp->config.writable_fn(udp->config.arg);
    }
    for (int i = 0; i < BATCHES_PER_TURN; i++) {
        now_us = loop_read_clock(udp->config.loop);
        read_clock_offset(udp, now_us);
        if (receive_batch(udp, now_us) < BATCH)
            return;
    }
}

/* ---- sending ---- */

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size)
{
    struct cmsghdr *header = (struct cmsghdr *)((char *)message->msg_control + message->msg_controllen);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), data, size);
    message->msg_controllen += CMSG_SPACE(size);
}

static void add_source(const struct udp *udp, const struct path *to, struct msghdr *message)
{
    if (IN6_IS_ADDR_UNSPECIFIED(&to->local))
        return;
    if (udp->family == AF_INET) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, &to->local.s6_addr[12], sizeof info.ipi_spec_dst);
        add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
        return;
    }
    struct in6_pktinfo info = {.ipi6_addr = to->local};
    add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}

/* Answers leave from the address the peer spoke to: on a machine with several, the routing table might choose
 * another. */
static int send_parts(struct udp *udp, const struct path *to, const void *data, size_t size, size_t segment)
{
    struct sockaddr_storage name;
    socklen_t name_size = udp->family == AF_INET ? path_remote_native(to, &name) : path_remote(to, &name);
    struct iovec part = {.iov_base = (void *)data, .iov_len = size};
    union send_control control = {0};
    struct msghdr message = {
        .msg_name = &name, .msg_namelen = name_size, .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room};
    add_source(udp, to, &message);
    if (segment) {
        uint16_t value = (uint16_t)segment;
        add_control(&message, SOL_UDP, UDP_SEGMENT, &value, sizeof value);
    }
    if (message.msg_controllen == 0)
        message.msg_control = NULL;
    ssize_t sent = sendmsg(udp->watch.fd, &message, MSG_DONTWAIT);
    udp->stats.tx_calls++;
    return sent < 0 ? -errno : 0;
}

static int note_block(struct udp *udp, int result)
{
    if (result != -EAGAIN && result != -ENOBUFS)
        return result;
    if (!udp->blocked) {
        udp->blocked = true;
        loop_watch_change(udp->config.loop, &udp->watch, EPOLLIN | EPOLLOUT);
    }
    return -EAGAIN;
}

int udp_send(struct udp *udp, const struct path *to, const void *data, size_t size)
{
    int result = send_parts(udp, to, data, size, 0);
    if (result == 0) {
        udp->stats.tx_packets++;
        udp->stats.tx_bytes += size;
    }
    return note_block(udp, result);
}

/* Segmentation fails as a whole (-EIO: a device without checksum offload) or for this destination's MTU only. */
static bool refused_segments(struct udp *udp, int result)
{
    if (result == -EIO || result == -ENOPROTOOPT || result == -EOPNOTSUPP) {
        udp->segments = false;
        log_warn("udp", NULL, "no segmentation offload errno=%d", -result);
        return true;
    }
    return result == -EINVAL || result == -EMSGSIZE;
}

static int send_run(struct udp *udp, const struct path *to, const struct burst *burst, size_t *count, size_t *bytes)
{
    const uint8_t *data = burst->bytes + burst->first_offset;
    size_t size = burst->sizes[burst->first];
    *count = udp->segments ? burst_run(burst, bytes) : 1;
    if (*count > 1) {
        int result = send_parts(udp, to, data, *bytes, size);
        if (result == 0 || !refused_segments(udp, result))
            return result;
    }
    *count = 1;
    *bytes = size;
    return send_parts(udp, to, data, size, 0);
}

int udp_send_burst(struct udp *udp, const struct path *to, struct burst *burst, uint64_t *dropped)
{
    while (burst->first < burst->count) {
        size_t count, bytes;
        int result = note_block(udp, send_run(udp, to, burst, &count, &bytes));
        if (result == -EAGAIN)
            return result;
        burst_advance(burst, count);
        if (result < 0) {
            *dropped += count;
            continue;
        }
        udp->stats.tx_packets += count;
        udp->stats.tx_bytes += bytes;
    }
    return 0;
}

/* ---- life ---- */

static void set_option(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof value);
}

static void set_options(struct udp *udp)
{
    int fd = udp->watch.fd;
    set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
    set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    if (udp->family == AF_INET)
        set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
    else
        set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    /* Packets stay below 1500 bytes by themselves; where a link takes less, fragments arrive and refused sends do
     * not. */
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    if (udp->family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    set_option(fd, SOL_UDP, UDP_GRO, 1);
    int segment = 0;
    socklen_t size = sizeof segment;
    udp->segments = getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &size) == 0;
}

static int open_socket(struct udp *udp)
{
    struct bound_socket bound;
    int result = bind_socket(SOCK_DGRAM, &udp->config.bind, udp->config.port, &bound);
    if (result < 0)
        return result;
    udp->watch.fd = bound.fd;
    udp->family = bound.family;
    udp->port = bound.port;
    set_options(udp);
    return 0;
}

int udp_create(const struct udp_config *config, struct udp **out)
{
    struct udp *udp = calloc(1, sizeof *udp);
    if (!udp)
        return -ENOMEM;
    udp->config = *config;
    udp->watch = (struct loop_watch){.fd = -1, .fn = udp_ready, .arg = udp};
    udp->blocks = malloc((size_t)BATCH * BLOCK_STRIDE);
    int result = udp->blocks ? open_socket(udp) : -ENOMEM;
    if (result == 0)
        result = loop_watch_add(config->loop, &udp->watch, EPOLLIN);
    if (result < 0) {
        udp_destroy(udp);
        return result;
    }
    *out = udp;
    return 0;
}

void udp_destroy(struct udp *udp)
{
    if (!udp)
        return;
    if (udp->watch.fd >= 0) {
        loop_watch_remove(udp->config.loop, &udp->watch);
        close(udp->watch.fd);
    }
    free(udp->blocks);
    free(udp);
}

uint16_t udp_port(const struct udp *udp)
{
    return udp->port;
}

bool udp_is_blocked(const struct udp *udp)
{
    return udp->blocked;
}

const struct udp_stats *udp_stats(const struct udp *udp)
{
    return &udp->stats;
}

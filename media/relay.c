#include "media/relay.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/loop.h"

enum {
    BATCH = 32,
    BATCHES_A_TURN = 4, /* others want their turn too; what is left wakes us again */
    BUFFER_BYTES = 4 * 1024 * 1024,
    RTP_HEADER_LEAST = 12,
    RTCP_LEAST = 8,
};

struct relay {
    struct loop *loop;
    struct loop_watch watch;
    struct relay_handler handler;
    struct loop_deferred deferred;
    bool closed;
    uint8_t packets[BATCH][RELAY_PACKET_MAX];
};

static bool is_rtcp(const uint8_t *packet)
{
    return packet[1] >= 192 && packet[1] <= 223; /* RFC 5761 §4 */
}

static void take(struct relay *relay, uint8_t *packet, size_t size, uint64_t now_us)
{
    if (size < RTCP_LEAST || packet[0] >> 6 != 2)
        return;
    if (is_rtcp(packet))
        relay->handler.rtcp_fn(relay->handler.arg, packet, size, now_us);
    else if (size >= RTP_HEADER_LEAST)
        relay->handler.rtp_fn(relay->handler.arg, packet, size, now_us);
}

/* How many packets came; -EPIPE when the other end is gone. */
static int receive_batch(struct relay *relay, uint64_t now_us)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){.iov_base = relay->packets[i], .iov_len = RELAY_PACKET_MAX};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(relay->watch.fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
    for (int i = 0; i < count && !relay->closed; i++) {
        if (messages[i].msg_len == 0)
            return -EPIPE;
        if (!(messages[i].msg_hdr.msg_flags & MSG_TRUNC))
            take(relay, relay->packets[i], messages[i].msg_len, now_us);
    }
    return count;
}

static void on_readable(void *arg, uint32_t events, uint64_t now_us)
{
    struct relay *relay = arg;
    int count = BATCH;
    (void)events;
    for (int i = 0; i < BATCHES_A_TURN && count == BATCH && !relay->closed; i++)
        count = receive_batch(relay, now_us);
    if (count >= 0 || relay->closed)
        return;
    loop_watch_remove(relay->loop, &relay->watch);
    relay->closed = true;
    relay->handler.closed_fn(relay->handler.arg);
}

int relay_create(struct loop *loop, int fd, const struct relay_handler *handler, struct relay **result)
{
    struct relay *relay = calloc(1, sizeof *relay);
    int size = BUFFER_BYTES, error = relay ? 0 : -ENOMEM;
    if (relay) {
        relay->loop = loop;
        relay->handler = *handler;
        relay->watch = (struct loop_watch){.fd = fd, .fn = on_readable, .arg = relay};
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* as much as the kernel grants */
        error = loop_watch_add(loop, &relay->watch, EPOLLIN);
    }
    if (error < 0) {
        close(fd);
        free(relay);
        return error;
    }
    *result = relay;
    return 0;
}

void relay_destroy(struct relay *relay)
{
    if (!relay)
        return;
    if (!relay->closed)
        loop_watch_remove(relay->loop, &relay->watch);
    relay->closed = true;
    close(relay->watch.fd);
    loop_defer(relay->loop, &relay->deferred, free, relay);
}

static int send_parts(struct relay *relay, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    if (relay->closed)
        return -EPIPE;
    return sendmsg(relay->watch.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int relay_send_rtp(struct relay *relay, const uint8_t *header, size_t header_size, const uint8_t *payload,
                   size_t payload_size)
{
    struct iovec parts[2] = {{.iov_base = (void *)header, .iov_len = header_size},
                             {.iov_base = (void *)payload, .iov_len = payload_size}};
    return send_parts(relay, parts, 2);
}

int relay_send_rtcp(struct relay *relay, const uint8_t *packet, size_t size)
{
    struct iovec part = {.iov_base = (void *)packet, .iov_len = size};
    return send_parts(relay, &part, 1);
}

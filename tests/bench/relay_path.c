/*
 * What a packet costs on its way to another worker of this machine: through a Unix socket (as media/relay.c does) and
 * through a UDP socket on loopback. 1092-byte packets in batches of 32, both ends in one thread; microseconds a packet.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/loopback.h"

enum { PACKET = 1092, BATCH = 32, ROUNDS = 20000 };

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int receive_batch(int fd)
{
    static uint8_t packets[BATCH][2048];
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){.iov_base = packets[i], .iov_len = sizeof packets[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    return recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
}

static void measure(const char *name, const int ends[2])
{
    static uint8_t header[12] = {0x80}, payload[PACKET - 12];
    double sending = 0, receiving = 0;
    long received = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_us();
        for (int i = 0; i < BATCH; i++) {
            struct iovec parts[2] = {{header, sizeof header}, {payload, sizeof payload}};
            struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
            (void)!sendmsg(ends[0], &message, MSG_DONTWAIT);
        }
        double between = now_us();
        int count = receive_batch(ends[1]);
        received += count > 0 ? count : 0;
        sending += between - start;
        receiving += now_us() - between;
    }
    printf("%-28s send %.2f  receive %.2f  (%.1f %% came)\n", name, sending / ROUNDS / BATCH,
           receiving / ROUNDS / BATCH, 100.0 * (double)received / ROUNDS / BATCH);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    int ends[2];
    struct sockaddr_in near, far;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
        return 1;
    measure("Unix socket (SEQPACKET)", ends);
    ends[0] = loopback_socket(0, &near);
    ends[1] = loopback_socket(0, &far);
    if (connect(ends[0], (struct sockaddr *)&far, sizeof far) < 0)
        return 1;
    measure("UDP on loopback", ends);
    return 0;
}

/*
 * The floor: what forwarding one packet costs when nothing else is done. One packet is decrypted once, encrypted for N
 * receivers and sent in bursts of four with UDP_SEGMENT to their sockets on loopback.
 *
 *   floor RECEIVERS SECONDS → {"receivers":N,"us_per_packet":X}
 */
#include "tests/bench/seal.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 1076, BURST = 4, MAX = 1024 };

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void send_burst(int fd, const struct sockaddr_in *to, uint8_t *data, size_t segment)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control = {0};
    struct iovec part = {data, segment * BURST};
    struct msghdr message = {.msg_name = (void *)to,
                             .msg_namelen = sizeof *to,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    uint16_t size = (uint16_t)segment;
    memcpy(CMSG_DATA(header), &size, sizeof size);
    if (sendmsg(fd, &message, 0) < 0)
        perror("floor: sendmsg");
}

int main(int argc, char **argv)
{
    int receivers = argc > 1 ? atoi(argv[1]) : 200;
    double seconds = argc > 2 ? atof(argv[2]) : 3;
    if (receivers < 1 || receivers > MAX)
        return 2;
    static struct aead out[MAX];
    static struct sockaddr_in to[MAX];
    static uint8_t burst[BURST * (PACKET + AEAD_TAG_SIZE)];
    uint8_t plain[PACKET + AEAD_TAG_SIZE] = {0x80, 96};
    struct aead publisher, in;
    seal_key(&publisher, true);
    seal_key(&in, false);
    for (int i = 0; i < receivers; i++) {
        seal_key(&out[i], true);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        socklen_t size = sizeof to[i];
        to[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (bind(fd, (struct sockaddr *)&to[i], size) < 0)
            err(1, "bind");
        getsockname(fd, (struct sockaddr *)&to[i], &size);
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    double start = cpu_seconds(), spent = 0, own = 0;
    uint64_t packets = 0;
    while ((spent = cpu_seconds() - start) < seconds) {
        double before = cpu_seconds(); /* the publisher's own work is not the floor's */
        size_t sealed = seal_packet(&publisher, plain, 12, PACKET);
        own += cpu_seconds() - before;
        for (int i = 0; i < BURST; i++) {
            uint8_t copy[PACKET + AEAD_TAG_SIZE];
            memcpy(copy, plain, sealed);
            unseal_packet(&in, copy, 12, sealed);
        }
        for (int r = 0; r < receivers; r++) {
            for (int i = 0; i < BURST; i++) {
                uint8_t *at = burst + (size_t)i * (PACKET + AEAD_TAG_SIZE);
                memcpy(at, plain, PACKET);
                seal_packet(&out[r], at, 12, PACKET);
            }
            send_burst(fd, &to[r], burst, PACKET + AEAD_TAG_SIZE);
            packets += BURST;
        }
    }
    printf("{\"receivers\":%d,\"us_per_packet\":%.3f}\n", receivers, (spent - own) * 1e6 / (double)packets);
    return 0;
}

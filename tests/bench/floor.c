/*
 * The floor: what forwarding one packet costs when nothing else is done. One packet is decrypted once, encrypted for N
 * receivers and sent in bursts of four with UDP_SEGMENT to their sockets on loopback.
 *
 *   floor RECEIVERS SECONDS → {"receivers":N,"us_per_packet":X}
 */
#include "tests/bench/gcm.h"

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
    static struct gcm out[MAX];
    static struct sockaddr_in to[MAX];
    static uint8_t burst[BURST * (PACKET + GCM_TAG)];
    uint8_t key[GCM_KEY] = {1}, salt[GCM_SALT] = {2}, plain[PACKET + GCM_TAG] = {0x80, 96};
    struct gcm publisher, in;
    gcm_init(&publisher, key, salt, 1);
    gcm_init(&in, key, salt, 0);
    for (int i = 0; i < receivers; i++) {
        gcm_init(&out[i], key, salt, 1);
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
        size_t sealed = gcm_protect_rtp(&publisher, plain, 12, PACKET, 0);
        own += cpu_seconds() - before;
        for (int i = 0; i < BURST; i++) {
            uint8_t copy[PACKET + GCM_TAG];
            memcpy(copy, plain, sealed);
            gcm_unprotect_rtp(&in, copy, 12, sealed, 0);
        }
        for (int r = 0; r < receivers; r++) {
            for (int i = 0; i < BURST; i++) {
                uint8_t *at = burst + (size_t)i * (PACKET + GCM_TAG);
                memcpy(at, plain, PACKET);
                gcm_protect_rtp(&out[r], at, 12, PACKET, 0);
            }
            send_burst(fd, &to[r], burst, PACKET + GCM_TAG);
            packets += BURST;
        }
    }
    printf("{\"receivers\":%d,\"us_per_packet\":%.3f}\n", receivers, (spent - own) * 1e6 / (double)packets);
    return 0;
}

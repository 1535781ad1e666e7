/*
 * The floor: what forwarding one packet costs when nothing else is done. One packet is decrypted once, encrypted for N
 * receivers and sent in bursts of four with UDP_SEGMENT to their sockets on loopback.
 *
 *   floor RECEIVERS SECONDS → {"receivers":N,"us_per_packet":X}
 */
#include "tests/bench/loopback.h"
#include "tests/bench/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 1076, BURST = 4, MAX = 1024 };

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
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
        loopback_socket(0, &to[i]);
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
            loopback_send(fd, &to[r], burst, sizeof burst, PACKET + AEAD_TAG_SIZE);
            packets += BURST;
        }
    }
    printf("{\"receivers\":%d,\"us_per_packet\":%.3f}\n", receivers, (spent - own) * 1e6 / (double)packets);
    return 0;
}

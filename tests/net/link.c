/*
 * A bad link between two network namespaces: a TUN device in each, and this program between them.
 *
 *   link LEFT_NS LEFT_ADDRESS RIGHT_NS RIGHT_ADDRESS [SEED]
 *
 * The devices are called `wan`; each side gets a default route over it. The left one may be called `-`: the namespace this
 * program runs in, whose routes stay as they are. Orders come on standard input, one a line:
 *   up WORDS      left to right (see shaper_parse)      down WORDS   right to left
 *   both WORDS    the two alike                         counts       prints a line of JSON
 * "ready" is printed once packets pass; it ends when standard input ends. Needs root and /dev/net/tun.
 */
#include "tests/net/shaper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct side {
    const char *space;
    const char *address;
    int tun;
    struct shaper *out; /* what leaves this side */
};

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int fail(const char *what)
{
    fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
    return -1;
}

static bool is_here(const char *space)
{
    return strcmp(space, "-") == 0;
}

/* Runs `ip -n SPACE WORDS…`. */
static int run_ip(const char *space, const char *words)
{
    char command[512];
    snprintf(command, sizeof command, "ip %s %s %s", is_here(space) ? "" : "-n", is_here(space) ? "" : space, words);
    return system(command) == 0 ? 0 : fail(command);
}

static int enter(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", name);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) < 0)
        return fail(path);
    return close(space);
}

static int open_tun(struct side *side)
{
    if (!is_here(side->space) && enter(side->space) < 0)
        return -1;
    side->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strcpy(request.ifr_name, "wan");
    if (side->tun < 0 || ioctl(side->tun, TUNSETIFF, &request) < 0)
        return fail("tun");
    char words[128];
    snprintf(words, sizeof words, "addr add %s dev wan", side->address);
    if (run_ip(side->space, words) < 0 || run_ip(side->space, "link set wan up mtu 1500 txqueuelen 1000") < 0)
        return -1;
    return is_here(side->space) ? 0 : run_ip(side->space, "route replace default dev wan");
}

static void take(struct side *side)
{
    uint8_t packet[2048];
    ssize_t got;
    for (int i = 0; i < 256 && (got = read(side->tun, packet, sizeof packet)) > 0; i++)
        shaper_push(side->out, packet, (size_t)got, clock_us());
}

static void give(struct shaper *from, int tun)
{
    size_t size;
    const uint8_t *packet;
    while ((packet = shaper_pop(from, clock_us(), &size)) != NULL)
        if (write(tun, packet, size) < 0 && errno != EAGAIN && errno != EIO)
            fail("write");
}

static void print_counts(const char *name, const struct shaper *shaper, const char *end)
{
    const struct shaper_counts *counts = shaper_counts(shaper);
    printf("\"%s\":{\"in\":%lu,\"delivered\":%lu,\"lost\":%lu,\"queue_full\":%lu,\"blocked\":%lu}%s", name, counts->in,
           counts->delivered, counts->lost, counts->queue_full, counts->blocked, end);
}

static void change(struct shaper *shaper, const char *words)
{
    struct shaper_config config = *shaper_config(shaper);
    if (shaper_parse(&config, words) < 0)
        fprintf(stderr, "link: not understood: %s", words);
    else
        shaper_configure(shaper, &config);
}

static void obey(struct side sides[2], const char *line)
{
    if (strncmp(line, "counts", 6) == 0) {
        printf("{");
        print_counts("up", sides[0].out, ",");
        print_counts("down", sides[1].out, "}\n");
        return;
    }
    bool both = strncmp(line, "both ", 5) == 0;
    const char *words = strchr(line, ' ');
    if (!words)
        return;
    if (both || strncmp(line, "up ", 3) == 0)
        change(sides[0].out, words);
    if (both || strncmp(line, "down ", 5) == 0)
        change(sides[1].out, words);
    printf("ok\n");
}

/* Orders are short; a line arrives whole because its writer flushes whole lines. */
static bool read_orders(struct side sides[2])
{
    char text[4096];
    ssize_t got = read(STDIN_FILENO, text, sizeof text - 1);
    if (got <= 0)
        return false;
    text[got] = '\0';
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        obey(sides, line);
    fflush(stdout);
    return true;
}

static void shuttle(struct side sides[2])
{
    for (;;) {
        uint64_t due = shaper_due_us(sides[0].out);
        if (shaper_due_us(sides[1].out) < due)
            due = shaper_due_us(sides[1].out);
        uint64_t now = clock_us();
        uint64_t wait = due == UINT64_MAX ? 1000000 : due > now ? due - now : 0;
        struct timespec timeout = {(time_t)(wait / 1000000), (long)(wait % 1000000) * 1000};
        struct pollfd waits[3] = {{sides[0].tun, POLLIN, 0}, {sides[1].tun, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (ppoll(waits, 3, &timeout, NULL) < 0 && errno != EINTR)
            return;
        take(&sides[0]);
        take(&sides[1]);
        give(sides[0].out, sides[1].tun);
        give(sides[1].out, sides[0].tun);
        if (waits[2].revents && !read_orders(sides))
            return;
    }
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: link LEFT_NS LEFT_ADDRESS/LEN RIGHT_NS RIGHT_ADDRESS/LEN [SEED]\n");
        return 2;
    }
    uint32_t seed = argc > 5 ? (uint32_t)atoi(argv[5]) : 1;
    struct side sides[2] = {{argv[1], argv[2], -1, shaper_create(seed)},
                            {argv[3], argv[4], -1, shaper_create(seed + 1)}};
    if (open_tun(&sides[0]) < 0 || open_tun(&sides[1]) < 0)
        return 1;
    /* A line that waits for a processor is another line than was asked for; without the right to it, so be it. */
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    printf("ready\n");
    fflush(stdout);
    shuttle(sides);
    shaper_destroy(sides[0].out);
    shaper_destroy(sides[1].out);
    return 0;
}

/* hoichan-media: one media worker. Sets everything up, locks itself in, and runs its loop until told to end. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "media/aead.h"
#include "media/control.h"
#include "media/control_room.h"
#include "media/control_transport.h"
#include "media/journal_disk.h"
#include "media/load.h"
#include "media/log.h"
#include "media/loop.h"
#include "media/path.h"
#include "media/sandbox.h"
#include "media/transport_set.h"

enum { DESCRIPTORS = 16384 };

struct options {
    const char *socket, *announce, *user;
    struct in6_addr bind;
    int worker;
    uint16_t port;
};

struct worker {
    struct loop *loop;
    struct control *control;
    struct control_transport *transports;
    struct load *load;
    struct control_room *rooms;
    struct loop_watch signals;
};

/* ---- options ---- */

static void usage(FILE *to)
{
    fputs(
        "hoichan-media: forwards the media of consultations. Started by hoichand, which speaks to it over its socket.\n"
        "\n"
        "usage: hoichan-media --socket PATH [options]\n"
        "  --socket PATH      Unix socket to listen on for hoichand\n"
        "  --worker N         this worker's number (0)\n"
        "  --port PORT        UDP and TCP port for media; 0 takes a free one (10000)\n"
        "  --announce IP,IP   addresses that participants are told; without it the machine's own, or\n"
        "                     loopback where there are none\n"
        "  --bind IP          address to listen on (all; 0.0.0.0: IPv4 only)\n"
        "  --user NAME        whom to become when started as root (nobody)\n"
        "  --log-level LEVEL  error, warn, info or debug (info)\n"
        "  --help             this text\n"
        "\n"
        "SIGTERM ends it in order: transports are closed, recordings sealed. Without hoichand it goes on\n"
        "forwarding and recording for five minutes.\n",
        to);
}

static int read_number(const char *text, long max, long *number)
{
    char *end;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number >= 0 && *number <= max ? 0 : -EINVAL;
}

static int take_option(struct options *options, int option, const char *value)
{
    long number = 0;
    int result = 0;
    switch (option) {
    case 's':
        options->socket = value;
        break;
    case 'w':
        result = read_number(value, 100000, &number);
        options->worker = (int)number;
        break;
    case 'p':
        result = read_number(value, 65535, &number);
        options->port = (uint16_t)number;
        break;
    case 'a':
        options->announce = value;
        break;
    case 'b':
        result = path_parse_ip(value, &options->bind);
        break;
    case 'u':
        options->user = value;
        break;
    case 'l':
        result = log_set_level(value);
        break;
    default:
        return -EINVAL;
    }
    if (result < 0)
        fprintf(stderr, "hoichan-media: \"%s\" is not a value for this option\n", value);
    return result;
}

/* 1 when the help was asked for and given. */
static int read_options(int count, char **arguments, struct options *options)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"worker", required_argument, NULL, 'w'},
        {"port", required_argument, NULL, 'p'},
        {"announce", required_argument, NULL, 'a'},
        {"bind", required_argument, NULL, 'b'},
        {"user", required_argument, NULL, 'u'},
        {"log-level", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(count, arguments, "", known, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            return 1;
        }
        int result = take_option(options, option, optarg);
        if (result < 0)
            return result;
    }
    if (options->socket && optind == count)
        return 0;
    fputs("hoichan-media: --socket PATH is needed; --help tells the options\n", stderr);
    return -EINVAL;
}

/* ---- setting up ---- */

static bool is_any(const struct in6_addr *ip)
{
    static const uint8_t zeros[4];
    return IN6_IS_ADDR_UNSPECIFIED(ip) || (IN6_IS_ADDR_V4MAPPED(ip) && memcmp(&ip->s6_addr[12], zeros, 4) == 0);
}

static int find_addresses(const struct options *options, struct candidate_addresses *addresses)
{
    if (options->announce && options->announce[0])
        return candidate_addresses_parse(options->announce, addresses);
    if (is_any(&options->bind))
        return candidate_addresses_find(IN6_IS_ADDR_UNSPECIFIED(&options->bind), addresses);
    *addresses = (struct candidate_addresses){.count = 1, .ips = {options->bind}};
    return 0;
}

static void signalled(void *arg, uint32_t events, uint64_t now_us)
{
    (void)events;
    struct worker *worker = arg;
    struct signalfd_siginfo info;
    if (read(worker->signals.fd, &info, sizeof info) == sizeof info)
        control_quit(worker->control, "signal", now_us);
}

static int watch_signals(struct worker *worker)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    worker->signals = (struct loop_watch){
        .fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), .fn = signalled, .arg = worker};
    return worker->signals.fd < 0 ? -errno : loop_watch_add(worker->loop, &worker->signals, EPOLLIN);
}

static int create_rooms(struct worker *worker)
{
    struct control_room_config config = {.control = worker->control,
                                         .loop = worker->loop,
                                         .transports = control_transport_set(worker->transports),
                                         .load = worker->load};
    return control_room_create(&config, &worker->rooms);
}

static int create_parts(struct worker *worker, const struct options *options)
{
    struct control_transport_config config = {.bind = options->bind, .port = options->port, .worker = options->worker};
    int result = find_addresses(options, &config.announce);
    if (result == 0)
        result = control_create(worker->loop, options->socket, &worker->control);
    config.loop = worker->loop;
    config.control = worker->control;
    if (result == 0)
        result = control_transport_create(&config, &worker->transports);
    if (result == 0)
        result = load_create(worker->loop, worker->control, control_transport_set(worker->transports), &worker->load);
    if (result == 0)
        result = create_rooms(worker);
    return result;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int set_up(struct worker *worker, const struct options *options)
{
    raise_descriptors();
    aead_start();
    int result = loop_create(&worker->loop);
    if (result == 0)
        result = watch_signals(worker);
    if (result == 0)
        result = create_parts(worker, options);
    if (result == 0)
        result = sandbox_enter(options->user);
    return result;
}

static void take_down(struct worker *worker)
{
    load_destroy(worker->load);
    control_transport_destroy(worker->transports); /* transports leave their rooms */
    control_room_destroy(worker->rooms);
    control_destroy(worker->control);
    if (worker->signals.fd >= 0)
        close(worker->signals.fd);
    loop_destroy(worker->loop);
}

/* A journal's blocks, 32 KiB each, come from the kernel and go back to it: freed into the heap after a slow moment of the disk,
 * they were holes for as long as the worker lived, 35 KiB a recorded participant. Left alone, malloc would learn not to. */
static void return_large_pieces(void)
{
    mallopt(M_MMAP_THRESHOLD, (int)sizeof(struct journal_block));
}

int main(int count, char **arguments)
{
    struct options options = {.port = 10000};
    struct worker worker = {.signals.fd = -1};
    return_large_pieces();
    int result = read_options(count, arguments, &options);
    if (result != 0)
        return result < 0 ? 2 : 0;
    result = set_up(&worker, &options);
    if (result == 0) {
        log_info("worker", NULL, "started worker=%d port=%d", options.worker,
                 (int)transport_set_port(control_transport_set(worker.transports)));
        result = loop_run(worker.loop);
    }
    if (result < 0)
        log_error("worker", NULL, "ended error=%s", strerror(-result));
    take_down(&worker);
    return result < 0 ? 1 : 0;
}

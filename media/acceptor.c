#include "media/acceptor.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "media/log.h"

static void rested(void *arg, uint64_t now_us)
{
    (void)now_us;
    struct acceptor *acceptor = arg;
    loop_watch_change(acceptor->loop, &acceptor->watch, EPOLLIN);
}

static void rest(struct acceptor *acceptor)
{
    log_warn("acceptor", NULL, "out of descriptors rest_ms=%d", ACCEPTOR_REST_US / 1000);
    loop_watch_change(acceptor->loop, &acceptor->watch, 0);
    loop_timer_in(acceptor->loop, &acceptor->rest, ACCEPTOR_REST_US);
}

void acceptor_init(struct acceptor *acceptor, struct loop *loop, void (*fn)(void *, uint32_t, uint64_t), void *arg)
{
    acceptor->loop = loop;
    acceptor->watch = (struct loop_watch){.fd = -1, .fn = fn, .arg = arg};
    timer_init(&acceptor->rest, rested, acceptor);
}

int acceptor_open(struct acceptor *acceptor, int fd)
{
    acceptor->watch.fd = fd;
    return loop_watch_add(acceptor->loop, &acceptor->watch, EPOLLIN);
}

void acceptor_finish(struct acceptor *acceptor)
{
    if (acceptor->watch.fd < 0)
        return;
    timer_cancel(&acceptor->rest);
    loop_watch_remove(acceptor->loop, &acceptor->watch);
    close(acceptor->watch.fd);
    acceptor->watch.fd = -1;
}

int acceptor_take(struct acceptor *acceptor, struct sockaddr_storage *peer)
{
    socklen_t size = sizeof *peer;
    int fd = accept4(acceptor->watch.fd, (struct sockaddr *)peer, peer ? &size : NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        return fd;
    int error = errno;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
        rest(acceptor);
    return -error;
}

#include "media/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "media/acceptor.h"
#include "media/bind.h"
#include "media/log.h"
#include "media/loop.h"
#include "media/rfc4571.h"

enum {
    READS_PER_TURN = 16,
    ACCEPTS_PER_TURN = 32,
    QUEUE_FIRST = 4096,
    UNSENT_MAX = 32 * 1024, /* in the kernel: what lies there for seconds is of no use to a call */
};

struct tcp_connection {
    struct tcp *tcp;
    struct tcp_connection *next, **link; /* among the unproven or the proven, newest first */
    struct path path;
    struct loop_watch watch;
    struct loop_deferred deferred;
    struct timer timer; /* proof, then stall */
    bool proven, closed, wants_room;
    uint64_t progress_us; /* when the peer last took something */
    uint8_t *queue;
    size_t queue_first, queue_end, queue_room;
    struct rfc4571 reader;
};

struct tcp {
    struct tcp_config config;
    struct acceptor listener;
    struct tcp_connection *unproven, *proven;
    size_t unproven_count, proven_count;
};

/* ---- lists ---- */

static void list_add(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    struct tcp_connection **head = connection->proven ? &tcp->proven : &tcp->unproven;
    connection->next = *head;
    connection->link = head;
    if (*head)
        (*head)->link = &connection->next;
    *head = connection;
    ++*(connection->proven ? &tcp->proven_count : &tcp->unproven_count);
}

static void list_remove(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    --*(connection->proven ? &tcp->proven_count : &tcp->unproven_count);
}

/* ---- a connection's end ---- */

static void destroy(void *object)
{
    struct tcp_connection *connection = object;
    free(connection->queue);
    free(connection);
}

void tcp_close(struct tcp_connection *connection)
{
    if (connection->closed)
        return;
    struct loop *loop = connection->tcp->config.loop;
    connection->closed = true;
    list_remove(connection);
    timer_cancel(&connection->timer);
    loop_watch_remove(loop, &connection->watch);
    close(connection->watch.fd);
    loop_defer(loop, &connection->deferred, destroy, connection);
}

static void end(struct tcp_connection *connection, const char *reason)
{
    if (connection->closed)
        return;
    log_debug("tcp", NULL, "connection ended reason=%s", reason);
    tcp_close(connection);
    connection->tcp->config.closed_fn(connection->tcp->config.arg, &connection->path);
}

static void timer_fired(void *arg, uint64_t now_us)
{
    struct tcp_connection *connection = arg;
    if (!connection->proven)
        end(connection, "unproven");
    else if (connection->queue_first == connection->queue_end)
        return;
    else if (connection->progress_us + TCP_STALL_US <= now_us)
        end(connection, "stalled");
    else
        loop_timer_set(connection->tcp->config.loop, &connection->timer, connection->progress_us + TCP_STALL_US);
}

/* ---- sending ---- */

static int make_room(struct tcp_connection *connection, size_t size)
{
    size_t used = connection->queue_end - connection->queue_first;
    if (used + size > TCP_QUEUE_MAX)
        return -EAGAIN;
    if (connection->queue_first > 0) {
        memmove(connection->queue, connection->queue + connection->queue_first, used);
        connection->queue_first = 0;
        connection->queue_end = used;
    }
    size_t room = connection->queue_room ? connection->queue_room : QUEUE_FIRST;
    while (room < used + size)
        room *= 2;
    uint8_t *larger = room > connection->queue_room ? realloc(connection->queue, room) : connection->queue;
    if (!larger)
        return -ENOMEM;
    connection->queue = larger;
    connection->queue_room = room;
    return 0;
}

int tcp_send(struct tcp_connection *connection, const void *packet, size_t size)
{
    if (size == 0 || size > UINT16_MAX)
        return -EMSGSIZE;
    if (connection->queue_room - connection->queue_end < RFC4571_HEADER + size) {
        int result = make_room(connection, RFC4571_HEADER + size);
        if (result < 0)
            return result;
    }
    uint8_t *to = connection->queue + connection->queue_end;
    to[0] = (uint8_t)(size >> 8);
    to[1] = (uint8_t)size;
    memcpy(to + RFC4571_HEADER, packet, size);
    connection->queue_end += RFC4571_HEADER + size;
    return 0;
}

static void want_room(struct tcp_connection *connection, bool wanted)
{
    struct loop *loop = connection->tcp->config.loop;
    if (connection->wants_room == wanted)
        return;
    connection->wants_room = wanted;
    loop_watch_change(loop, &connection->watch, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if (wanted && connection->proven)
        loop_timer_set(loop, &connection->timer, connection->progress_us + TCP_STALL_US);
}

void tcp_flush(struct tcp_connection *connection)
{
    while (!connection->closed && connection->queue_first < connection->queue_end) {
        ssize_t written = send(connection->watch.fd, connection->queue + connection->queue_first,
                               connection->queue_end - connection->queue_first, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written < 0 && (errno == EAGAIN || errno == EINTR)) {
            want_room(connection, true);
            return;
        }
        if (written < 0) {
            end(connection, "send_failed");
            return;
        }
        connection->queue_first += (size_t)written;
        connection->progress_us = loop_now_us(connection->tcp->config.loop);
    }
    connection->queue_first = connection->queue_end = 0;
    if (!connection->closed)
        want_room(connection, false);
}

/* ---- receiving ---- */

static bool deliver(void *arg, uint8_t *frame, size_t size)
{
    struct tcp_connection *connection = arg;
    const struct tcp_config *config = &connection->tcp->config;
    config->input_fn(config->arg, &connection->path, frame, size, loop_now_us(config->loop));
    return !connection->closed;
}

/* False when there is nothing more to read now. */
static bool read_once(struct tcp_connection *connection)
{
    size_t room;
    uint8_t *to = rfc4571_room(&connection->reader, &room);
    ssize_t size = recv(connection->watch.fd, to, room, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size <= 0) {
        end(connection, "peer");
        return false;
    }
    if (rfc4571_take(&connection->reader, (size_t)size, deliver, connection) < 0)
        end(connection, "framing");
    return !connection->closed && (size_t)size == room;
}

static void connection_ready(void *arg, uint32_t events, uint64_t now_us)
{
    (void)now_us;
    struct tcp_connection *connection = arg;
    if (events & EPOLLOUT)
        tcp_flush(connection);
    for (int i = 0; i < READS_PER_TURN && !connection->closed; i++)
        if (!read_once(connection))
            return;
}

/* ---- accepting ---- */

static bool same_source(const struct path *a, const struct path *b)
{
    size_t size = path_family(a) == 6 ? 8 : 16;
    return memcmp(&a->remote, &b->remote, size) == 0;
}

static bool source_has_too_many(const struct tcp *tcp, const struct path *path)
{
    size_t count = 0;
    for (const struct tcp_connection *at = tcp->unproven; at; at = at->next)
        count += same_source(&at->path, path);
    return count >= TCP_UNPROVEN_PER_SOURCE;
}

static void close_oldest_unproven(struct tcp *tcp)
{
    struct tcp_connection *at = tcp->unproven;
    while (at->next)
        at = at->next;
    end(at, "crowded_out");
}

static int adopt(struct tcp *tcp, int fd, const struct sockaddr_storage *peer)
{
    struct path path = {0};
    path_set_remote(&path, (const struct sockaddr *)peer);
    if (source_has_too_many(tcp, &path))
        return -ENOSPC;
    if (tcp->unproven_count == TCP_UNPROVEN_MAX)
        close_oldest_unproven(tcp);
    struct tcp_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return -ENOMEM;
    connection->tcp = tcp;
    connection->path = path;
    connection->path.stream = connection;
    connection->progress_us = loop_now_us(tcp->config.loop);
    connection->watch = (struct loop_watch){.fd = fd, .fn = connection_ready, .arg = connection};
    timer_init(&connection->timer, timer_fired, connection);
    if (loop_watch_add(tcp->config.loop, &connection->watch, EPOLLIN) < 0) {
        free(connection);
        return -ENOMEM;
    }
    list_add(connection);
    loop_timer_in(tcp->config.loop, &connection->timer, TCP_PROOF_US);
    int on = 1, unsent = UNSENT_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    return 0;
}

static void listener_ready(void *arg, uint32_t events, uint64_t now_us)
{
    (void)events;
    (void)now_us;
    struct tcp *tcp = arg;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage peer = {0};
        int fd = acceptor_take(&tcp->listener, &peer);
        if (fd < 0)
            return;
        if (adopt(tcp, fd, &peer) < 0)
            close(fd);
    }
}

int tcp_prove(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    if (connection->proven)
        return 0;
    if (tcp->proven_count == TCP_PROVEN_MAX)
        return -ENOSPC;
    list_remove(connection);
    connection->proven = true;
    list_add(connection);
    timer_cancel(&connection->timer);
    return 0;
}

/* ---- life ---- */

static int open_listener(struct tcp *tcp)
{
    struct bound_socket bound;
    int result = bind_socket(SOCK_STREAM, &tcp->config.bind, tcp->config.port, &bound);
    if (result < 0)
        return result;
    if (listen(bound.fd, 128) < 0) {
        result = -errno;
        close(bound.fd);
        return result;
    }
    return acceptor_open(&tcp->listener, bound.fd);
}

int tcp_create(const struct tcp_config *config, struct tcp **out)
{
    struct tcp *tcp = calloc(1, sizeof *tcp);
    if (!tcp)
        return -ENOMEM;
    tcp->config = *config;
    acceptor_init(&tcp->listener, config->loop, listener_ready, tcp);
    int result = open_listener(tcp);
    if (result < 0) {
        tcp_destroy(tcp);
        return result;
    }
    *out = tcp;
    return 0;
}

void tcp_destroy(struct tcp *tcp)
{
    if (!tcp)
        return;
    while (tcp->unproven)
        tcp_close(tcp->unproven);
    while (tcp->proven)
        tcp_close(tcp->proven);
    acceptor_finish(&tcp->listener);
    free(tcp);
}

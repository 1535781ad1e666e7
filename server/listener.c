#define G_LOG_DOMAIN "listener"
#include "server/listener.h"

#include <errno.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/config.h"
#include "server/h1.h"
#include "server/h2.h"
#include "server/server.h"
#include "server/tls_hello.h"

enum { BACKLOG = 512, NEWCOMERS_MAX = 1024, HELLO_S = 10, PAUSE_MS = 500, TLS_HANDSHAKE_BYTE = 22 };

struct listener {
    struct h1 *h1;
    struct h2 *h2;
    int fd, plain_fd;
    guint source, plain_source, timer, pause;
    GHashTable *newcomers; /* a set of struct newcomer */
};

/* A connection whose first bytes have not all come. */
struct newcomer {
    struct listener *listener;
    int fd;
    guint source;
    size_t wanted;
    int64_t since_us;
};

/* ---- newcomers ---- */

/* Lets go of the newcomer; the result is its socket, as it was. */
static int newcomer_release(struct newcomer *newcomer)
{
    int fd = newcomer->fd, one = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
    g_source_remove(newcomer->source);
    g_hash_table_remove(newcomer->listener->newcomers, newcomer);
    g_free(newcomer);
    return fd;
}

static gboolean on_hello(int fd, GIOCondition condition, void *arg)
{
    struct newcomer *newcomer = arg;
    struct listener *listener = newcomer->listener;
    unsigned char hello[TLS_HELLO_MAX];
    ssize_t got = recv(fd, hello, sizeof hello, MSG_PEEK);

    (void)condition;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    if (got <= 0 || (size_t)got < newcomer->wanted) { /* it has left, or said its last word */
        close(newcomer_release(newcomer));
        return G_SOURCE_CONTINUE;
    }
    enum tls_hello verdict = tls_hello_look(hello, (size_t)got, &newcomer->wanted);
    if (hello[0] != TLS_HANDSHAKE_BYTE) {
        h1_adopt_plain(listener->h1, newcomer_release(newcomer));
    } else if (verdict == TLS_HELLO_H2) {
        h2_adopt(listener->h2, newcomer_release(newcomer));
    } else if (verdict == TLS_HELLO_OTHER) {
        h1_adopt(listener->h1, newcomer_release(newcomer));
    } else {
        int low_water = (int)newcomer->wanted;
        setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof low_water);
    }
    return G_SOURCE_CONTINUE;
}

static void welcome(struct listener *listener, int fd)
{
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (g_hash_table_size(listener->newcomers) >= NEWCOMERS_MAX) {
        close(fd);
        return;
    }
    struct newcomer *newcomer = g_new0(struct newcomer, 1);
    newcomer->listener = listener;
    newcomer->fd = fd;
    newcomer->since_us = g_get_monotonic_time();
    newcomer->source = g_unix_fd_add(fd, G_IO_IN, on_hello, newcomer);
    g_hash_table_add(listener->newcomers, newcomer);
}

static gboolean tick(void *arg)
{
    struct listener *listener = arg;
    int64_t now_us = g_get_monotonic_time();
    g_autoptr(GList) newcomers = g_hash_table_get_keys(listener->newcomers);

    for (GList *item = newcomers; item; item = item->next) {
        struct newcomer *newcomer = item->data;
        if (now_us - newcomer->since_us > (int64_t)HELLO_S * G_USEC_PER_SEC)
            close(newcomer_release(newcomer));
    }
    return G_SOURCE_CONTINUE;
}

/* ---- accepting ---- */

static gboolean on_accept(int fd, GIOCondition condition, void *arg);
static gboolean on_accept_plain(int fd, GIOCondition condition, void *arg);

static void accept_again(struct listener *listener)
{
    listener->source = g_unix_fd_add(listener->fd, G_IO_IN, on_accept, listener);
    if (listener->plain_fd >= 0)
        listener->plain_source = g_unix_fd_add(listener->plain_fd, G_IO_IN, on_accept_plain, listener);
}

static gboolean pause_over(void *arg)
{
    struct listener *listener = arg;

    listener->pause = 0;
    accept_again(listener);
    return G_SOURCE_REMOVE;
}

/* Without descriptors the one who waits cannot be taken: asking again and again would only burn a core. */
static void take_a_pause(struct listener *listener)
{
    g_warning("event=out_of_descriptors pause_ms=%d", PAUSE_MS);
    g_clear_handle_id(&listener->source, g_source_remove);
    g_clear_handle_id(&listener->plain_source, g_source_remove);
    listener->pause = g_timeout_add(PAUSE_MS, pause_over, listener);
}

static int accept_client(struct listener *listener, int fd)
{
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
        take_a_pause(listener);
    return client;
}

static gboolean on_accept(int fd, GIOCondition condition, void *arg)
{
    int client = accept_client(arg, fd);

    (void)condition;
    if (client >= 0)
        welcome(arg, client);
    return G_SOURCE_CONTINUE;
}

static gboolean on_accept_plain(int fd, GIOCondition condition, void *arg)
{
    struct listener *listener = arg;
    int client = accept_client(listener, fd);

    (void)condition;
    if (client >= 0)
        h1_adopt_plain(listener->h1, client);
    return G_SOURCE_CONTINUE;
}

static int open_socket(const struct addrinfo *address)
{
    int one = 1, zero = 0;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, BACKLOG)) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/* A listening socket for "address:port", or a negative errno. */
static int listen_on(const char *text)
{
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    g_autofree char *host = bracketed ? g_strndup(text + 1, (size_t)(colon - text) - 2)
                                      : g_strndup(text, (size_t)(colon - text));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;

    if (getaddrinfo(*host ? host : NULL, colon + 1, &hints, &found))
        return -EADDRNOTAVAIL;
    int fd = open_socket(found);
    freeaddrinfo(found);
    return fd;
}

struct listener *listener_create(struct server *server, struct tls *tls, GError **error)
{
    const struct config_server *config = &server->config->server;
    struct listener *listener = g_new0(struct listener, 1);

    listener->plain_fd = -1;
    listener->newcomers = g_hash_table_new(NULL, NULL);
    listener->fd = listen_on(config->listen);
    if (listener->fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(-listener->fd), "cannot listen on %s: %s", config->listen,
                    g_strerror(-listener->fd));
        listener_destroy(listener);
        return NULL;
    }
    listener->h1 = h1_create(server, tls, error);
    listener->h2 = listener->h1 ? h2_create(server, tls, error) : NULL;
    if (!listener->h2) {
        listener_destroy(listener);
        return NULL;
    }
    listener->timer = g_timeout_add_seconds(HELLO_S / 2, tick, listener);
    if (*config->redirect_listen)
        listener->plain_fd = listen_on(config->redirect_listen);
    if (listener->plain_fd < 0 && *config->redirect_listen)
        g_message("event=no_redirect address=%s reason=\"%s\"", config->redirect_listen,
                  g_strerror(-listener->plain_fd));
    accept_again(listener);
    return listener;
}

void listener_stop(struct listener *listener)
{
    g_clear_handle_id(&listener->source, g_source_remove);
    g_clear_handle_id(&listener->plain_source, g_source_remove);
    g_clear_handle_id(&listener->timer, g_source_remove);
    g_clear_handle_id(&listener->pause, g_source_remove);
    g_autoptr(GList) newcomers = g_hash_table_get_keys(listener->newcomers);
    for (GList *item = newcomers; item; item = item->next)
        close(newcomer_release(item->data));
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->plain_fd >= 0)
        close(listener->plain_fd);
    listener->fd = listener->plain_fd = -1;
}

void listener_destroy(struct listener *listener)
{
    if (!listener)
        return;
    listener_stop(listener);
    h2_destroy(listener->h2);
    h1_destroy(listener->h1);
    g_hash_table_unref(listener->newcomers);
    g_free(listener);
}

int listener_port(const struct listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {0};
    socklen_t size = sizeof address;

    if (getsockname(listener->fd, &address.any, &size))
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.six.sin6_port : address.four.sin_port);
}

#include "media_link.h"

#include "media/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    QUEUE_MAX = 8192,          /* a worker that reads nothing for that long is as good as dead */
    SILENCE_MAX_US = 20000000, /* it tells its load every second */
};

struct outgoing {
    char *text;
    size_t size;
    int fd;
};

struct media_link {
    int worker;
    int fd;
    struct media_link_handler handler;
    guint in_source, out_source, watch_source, lost_source;
    json_int_t next_id;
    GHashTable *awaited; /* request id → struct media_answer */
    GQueue outgoing;     /* struct outgoing, while the worker's socket is full */
    bool ready, lost, was_draining;
    gint64 heard_us;
    char *fingerprint;
    char *buffer;
};

/* ---- losing it ---- */

static void outgoing_free(void *data)
{
    struct outgoing *message = data;
    if (message->fd >= 0)
        close(message->fd);
    free(message->text);
    g_free(message);
}

static void answer_free(void *data)
{
    struct media_answer *answer = data;
    if (answer->free_fn)
        answer->free_fn(answer->arg);
    g_free(answer);
}

static void stop_sources(struct media_link *link)
{
    guint *sources[] = {&link->in_source, &link->out_source, &link->watch_source, &link->lost_source};
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        if (*sources[i])
            g_source_remove(*sources[i]);
        *sources[i] = 0;
    }
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

static void fail_awaited(struct media_link *link)
{
    GHashTable *awaited = link->awaited;
    link->awaited = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, answer_free);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, awaited);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct media_answer *answer = value;
        if (answer->fn)
            answer->fn(answer->arg, "lost", NULL);
    }
    g_hash_table_destroy(awaited);
}

static gboolean on_lost(gpointer data)
{
    struct media_link *link = data;
    link->lost_source = 0;
    stop_sources(link);
    fail_awaited(link);
    link->handler.lost_fn(link->handler.arg, link);
    return G_SOURCE_REMOVE;
}

static void lose(struct media_link *link, const char *why)
{
    if (link->lost)
        return;
    link->lost = true;
    link->ready = false;
    g_warning("media_link worker=%d lost reason=%s", link->worker, why);
    link->lost_source = g_idle_add_full(G_PRIORITY_HIGH, on_lost, link, NULL);
}

/* ---- receiving ---- */

static void take_answer(struct media_link *link, json_t *message, gint64 id)
{
    gpointer key, value;
    if (!g_hash_table_steal_extended(link->awaited, &id, &key, &value))
        return;
    struct media_answer *answer = value;
    bool good = json_is_true(json_object_get(message, "ok"));
    const char *code = json_string_value(json_object_get(message, "code"));
    if (answer->fn)
        answer->fn(answer->arg, good ? NULL : code ? code : "internal", message);
    g_free(key);
    answer_free(answer);
}

static void take_message(struct media_link *link, json_t *message)
{
    const char *event = json_string_value(json_object_get(message, "event"));
    json_t *id = json_object_get(message, "id");
    if (event && strcmp(event, "snapshot.end") == 0) {
        if (!link->ready) {
            link->ready = true;
            link->handler.ready_fn(link->handler.arg, link);
        }
    } else if (event) {
        link->handler.event_fn(link->handler.arg, link, event, message);
    } else if (json_is_integer(id)) {
        take_answer(link, message, json_integer_value(id));
    }
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    struct media_link *link = data;
    for (int i = 0; i < 64 && !link->lost; i++) {
        int passed = -1;
        ssize_t size = ipc_receive(fd, link->buffer, &passed);
        if (passed >= 0)
            close(passed);
        if (size == -EAGAIN)
            break;
        if (size <= 0) {
            lose(link, size == 0 ? "closed" : strerror((int)-size));
            break;
        }
        link->heard_us = g_get_monotonic_time();
        json_t *message = json_loadb(link->buffer, (size_t)size, 0, NULL);
        if (json_is_object(message))
            take_message(link, message);
        else
            g_warning("media_link worker=%d unreadable message bytes=%zd", link->worker, size);
        json_decref(message);
    }
    if (!link->lost)
        return G_SOURCE_CONTINUE;
    link->in_source = 0;
    return G_SOURCE_REMOVE;
}

static gboolean on_watch(gpointer data)
{
    struct media_link *link = data;
    if (!link->lost && g_get_monotonic_time() - link->heard_us > SILENCE_MAX_US)
        lose(link, "silent");
    return G_SOURCE_CONTINUE;
}

/* ---- sending ---- */

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    struct media_link *link = data;
    struct outgoing *message;
    while (!link->lost && (message = g_queue_peek_head(&link->outgoing))) {
        int result = ipc_send(fd, message->text, message->size, message->fd);
        if (result == -EAGAIN)
            return G_SOURCE_CONTINUE;
        if (result < 0 && result != -EMSGSIZE)
            lose(link, strerror(-result));
        outgoing_free(g_queue_pop_head(&link->outgoing));
    }
    link->out_source = 0;
    return G_SOURCE_REMOVE;
}

static void enqueue(struct media_link *link, char *text, size_t size, int fd)
{
    struct outgoing *message = g_new0(struct outgoing, 1);
    *message = (struct outgoing){.text = text, .size = size, .fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1};
    g_queue_push_tail(&link->outgoing, message);
    if (g_queue_get_length(&link->outgoing) > QUEUE_MAX)
        lose(link, "reads nothing");
    else if (!link->out_source)
        link->out_source = g_unix_fd_add(link->fd, G_IO_OUT, on_writable, link);
}

static void send_text(struct media_link *link, char *text, int fd)
{
    size_t size = strlen(text);
    if (link->out_source) { /* order is kept: behind what waits */
        enqueue(link, text, size, fd);
        return;
    }
    int result = ipc_send(link->fd, text, size, fd);
    if (result == -EAGAIN) {
        enqueue(link, text, size, fd);
        return;
    }
    free(text);
    if (result == -EMSGSIZE)
        g_critical("media_link worker=%d request too large bytes=%zu", link->worker, size);
    else if (result < 0)
        lose(link, strerror(-result));
}

void media_link_request(struct media_link *link, const char *op, json_t *fields, int fd, struct media_answer answer)
{
    json_t *message = fields ? fields : json_object();
    gint64 id = ++link->next_id;
    json_object_set_new(message, "id", json_integer(id));
    json_object_set_new(message, "op", json_string(op));
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (link->lost && !link->lost_source) { /* and who waited has been told */
        free(text);
        if (answer.fn)
            answer.fn(answer.arg, "lost", NULL);
        if (answer.free_fn)
            answer.free_fn(answer.arg);
        return;
    }
    g_hash_table_insert(link->awaited, g_memdup2(&id, sizeof id), g_memdup2(&answer, sizeof answer));
    if (link->lost)
        free(text); /* on_lost() answers: never from in here, where the caller still holds what a refusal ends */
    else
        send_text(link, text, fd);
}

static void log_failure(void *arg, const char *problem, json_t *answer)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    bool stale = problem && (strcmp(problem, "lost") == 0 || strcmp(problem, "not_found") == 0);
    if (stale) /* what it was about went by itself a moment earlier */
        g_debug("media_link op=%s stale code=%s", (const char *)arg, problem);
    else if (problem)
        g_warning("media_link op=%s refused code=%s message=%s", (const char *)arg, problem, message ? message : "");
}

void media_link_tell(struct media_link *link, const char *op, json_t *fields)
{
    media_link_request(link, op, fields, -1, (struct media_answer){log_failure, g_strdup(op), g_free});
}

/* ---- life ---- */

static void on_hello(void *arg, const char *problem, json_t *answer)
{
    struct media_link *link = arg;
    if (problem) {
        lose(link, problem);
        return;
    }
    if (json_integer_value(json_object_get(answer, "proto")) != IPC_PROTO) {
        lose(link, "another protocol");
        return;
    }
    json_t *fingerprint = json_object_get(answer, "fingerprint");
    if (json_is_object(fingerprint))
        fingerprint = json_object_get(fingerprint, "value");
    link->fingerprint = g_strdup(json_string_value(fingerprint));
    link->was_draining = json_is_true(json_object_get(answer, "draining"));
}

int media_link_open(int worker, const char *path, const struct media_link_handler *handler, struct media_link **out)
{
    int fd;
    int result = ipc_connect(path, &fd);
    if (result < 0)
        return result;
    struct media_link *link = g_new0(struct media_link, 1);
    link->worker = worker;
    link->fd = fd;
    link->handler = *handler;
    link->awaited = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, answer_free);
    g_queue_init(&link->outgoing);
    link->buffer = g_malloc(IPC_MESSAGE_MAX + 1);
    link->heard_us = g_get_monotonic_time();
    link->in_source = g_unix_fd_add_full(G_PRIORITY_HIGH, fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, link, NULL);
    link->watch_source = g_timeout_add_seconds(5, on_watch, link);
    media_link_request(link, "hello", json_pack("{s:i}", "proto", IPC_PROTO), -1,
                       (struct media_answer){on_hello, link, NULL});
    *out = link;
    return 0;
}

void media_link_close(struct media_link *link)
{
    if (!link)
        return;
    link->lost = true;
    stop_sources(link);
    g_hash_table_destroy(link->awaited);
    g_queue_clear_full(&link->outgoing, outgoing_free);
    g_free(link->fingerprint);
    g_free(link->buffer);
    g_free(link);
}

bool media_link_was_draining(const struct media_link *link)
{
    return link->was_draining;
}

bool media_link_is_ready(const struct media_link *link)
{
    return link->ready && !link->lost;
}

bool media_link_is_lost(const struct media_link *link)
{
    return link->lost;
}

const char *media_link_fingerprint(const struct media_link *link)
{
    return link->fingerprint;
}

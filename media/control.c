#include "media/control.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/acceptor.h"
#include "media/ipc.h"
#include "media/log.h"
#include "media/loop.h"

enum { PARTS_MAX = 8, REQUESTS_PER_TURN = 64 };

/* A message that the peer has not had room for yet. */
struct pending {
    struct pending *next;
    size_t size;
    char text[];
};

struct control {
    struct loop *loop;
    struct acceptor listener;
    struct loop_watch peer;
    struct timer orphan;
    const struct control_part *parts[PARTS_MAX];
    size_t part_count;
    struct pending *first, **last;
    size_t pending_bytes;
    bool peer_wants_room; /* EPOLLOUT is on */
    uint64_t attachments; /* counted */
    bool draining, quitting;
    char *buffer; /* IPC_MESSAGE_MAX + 1 */
};

/* ---- the peer ---- */

static void drop_pending(struct control *control)
{
    while (control->first) {
        struct pending *next = control->first->next;
        free(control->first);
        control->first = next;
    }
    control->last = &control->first;
    control->pending_bytes = 0;
}

static void detach(struct control *control, const char *reason)
{
    if (control->peer.fd < 0)
        return;
    log_info("control", NULL, "detached reason=%s", reason);
    loop_watch_remove(control->loop, &control->peer);
    close(control->peer.fd);
    control->peer.fd = -1;
    control->peer_wants_room = false;
    drop_pending(control);
    if (!control->quitting)
        loop_timer_in(control->loop, &control->orphan, (uint64_t)IPC_ORPHAN_S * 1000000);
}

static void want_room(struct control *control, bool wanted)
{
    if (control->peer_wants_room == wanted)
        return;
    control->peer_wants_room = wanted;
    loop_watch_change(control->loop, &control->peer, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void keep(struct control *control, const char *text, size_t size)
{
    struct pending *pending = NULL;
    if (control->pending_bytes + size <= CONTROL_QUEUE_MAX)
        pending = malloc(sizeof *pending + size);
    if (!pending) {
        detach(control, "not_reading");
        return;
    }
    pending->next = NULL;
    pending->size = size;
    memcpy(pending->text, text, size);
    *control->last = pending;
    control->last = &pending->next;
    control->pending_bytes += size;
    want_room(control, true);
}

static void send_text(struct control *control, const char *text, size_t size)
{
    if (control->first) {
        keep(control, text, size);
        return;
    }
    int result = ipc_send(control->peer.fd, text, size, -1);
    if (result == -EAGAIN)
        keep(control, text, size);
    else if (result == -EMSGSIZE)
        log_error("control", NULL, "message too large bytes=%zu", size);
    else if (result < 0)
        detach(control, "send_failed");
}

static void send_pending(struct control *control)
{
    while (control->first) {
        struct pending *pending = control->first;
        int result = ipc_send(control->peer.fd, pending->text, pending->size, -1);
        if (result == -EAGAIN)
            return;
        if (result < 0) {
            detach(control, "send_failed");
            return;
        }
        control->first = pending->next;
        control->pending_bytes -= pending->size;
        free(pending);
    }
    control->last = &control->first;
    want_room(control, false);
}

static void send_json(struct control *control, const json_t *message)
{
    if (control->peer.fd < 0)
        return;
    char *text = json_dumps(message, JSON_COMPACT);
    if (text)
        send_text(control, text, strlen(text));
    free(text);
}

void control_event(struct control *control, json_t *event)
{
    send_json(control, event);
    json_decref(event);
}

/* ---- requests ---- */

int control_fail(struct control_request *request, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it was started on the line before */
    vsnprintf(request->message, sizeof request->message, format, arguments);
    va_end(arguments);
    return error;
}

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size > IPC_NAME_MAX)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("_.-", *text))
            return false;
    return true;
}

int control_name(struct control_request *request, const char *key, const char **name)
{
    const char *text = json_string_value(json_object_get(request->body, key));
    if (!text || !is_name(text))
        return control_fail(request, -EINVAL, "%s must be 1 to 64 of [A-Za-z0-9_.-]", key);
    *name = text;
    return 0;
}

static const char *code_of(int error)
{
    switch (error) {
    case -EINVAL:
        return "bad_request";
    case -ENOENT:
        return "not_found";
    case -EEXIST:
        return "exists";
    case -ENOSPC:
        return "limit";
    case -ENOTSUP:
        return "unsupported";
    default:
        return "internal";
    }
}

static void snapshot(struct control *control)
{
    for (int stage = 0; stage < CONTROL_SNAPSHOT_STAGES; stage++)
        for (size_t i = 0; i < control->part_count; i++)
            if (control->parts[i]->snapshot_fn)
                control->parts[i]->snapshot_fn(control->parts[i]->arg, (enum control_stage)stage);
    control_event(control, json_pack("{s:s}", "event", "snapshot.end"));
}

static int handle_hello(struct control *control, struct control_request *request, json_t *answer)
{
    json_int_t proto = json_integer_value(json_object_get(request->body, "proto"));
    if (proto != IPC_PROTO)
        return control_fail(request, -ENOTSUP, "this worker speaks proto %d", IPC_PROTO);
    json_object_set_new(answer, "proto", json_integer(IPC_PROTO));
    json_object_set_new(answer, "pid", json_integer(getpid()));
    json_object_set_new(answer, "draining", json_boolean(control->draining));
    for (size_t i = 0; i < control->part_count; i++)
        if (control->parts[i]->hello_fn)
            control->parts[i]->hello_fn(control->parts[i]->arg, answer);
    return 0;
}

static int dispatch_to_parts(struct control *control, const char *op, struct control_request *request, json_t *answer)
{
    for (size_t i = 0; i < control->part_count; i++) {
        const struct control_part *part = control->parts[i];
        for (size_t j = 0; j < part->op_count; j++)
            if (strcmp(part->ops[j].op, op) == 0)
                return part->ops[j].fn(part->arg, request, answer);
    }
    return control_fail(request, -ENOTSUP, "unknown op");
}

/* What comes after the answer has gone: a snapshot, or the end. */
enum afterwards { NOTHING, SNAPSHOT, QUIT };

static int dispatch(struct control *control, struct control_request *request, json_t *answer, enum afterwards *then)
{
    const char *op = json_string_value(json_object_get(request->body, "op"));
    if (!op)
        return control_fail(request, -EINVAL, "op is missing");
    if (strcmp(op, "drain") == 0) {
        control->draining = json_is_true(json_object_get(request->body, "on"));
        return 0;
    }
    if (strcmp(op, "quit") == 0) {
        *then = QUIT;
        return 0;
    }
    if (strcmp(op, "hello") != 0)
        return dispatch_to_parts(control, op, request, answer);
    int result = handle_hello(control, request, answer);
    *then = result == 0 ? SNAPSHOT : NOTHING;
    return result;
}

/* Owns: takes `answer`. */
static void send_answer(struct control *control, json_t *id, int result, const char *message, json_t *answer)
{
    if (result < 0) {
        json_object_clear(answer);
        json_object_set_new(answer, "code", json_string(code_of(result)));
        json_object_set_new(answer, "message", json_string(message[0] ? message : strerror(-result)));
    }
    json_object_set(answer, "id", id);
    json_object_set_new(answer, "ok", json_boolean(result == 0));
    send_json(control, answer);
    json_decref(answer);
}

struct control_promise control_promise(const struct control_request *request)
{
    return (struct control_promise){.id = json_integer_value(json_object_get(request->body, "id")),
                                    .attachment = request->control->attachments};
}

void control_answer(struct control *control, const struct control_promise *promise, int error, json_t *answer)
{
    if (promise->attachment == 0 || promise->attachment != control->attachments) {
        json_decref(answer);
        return;
    }
    json_t *id = json_integer(promise->id);
    send_answer(control, id, error, "", answer);
    json_decref(id);
}

static void answer_request(struct control *control, struct control_request *request)
{
    enum afterwards then = NOTHING;
    json_t *answer = json_object();
    json_t *id = json_object_get(request->body, "id");
    int result = json_is_integer(id) ? dispatch(control, request, answer, &then)
                                     : control_fail(request, -EINVAL, "id must be an integer");
    if (result == CONTROL_LATER)
        json_decref(answer);
    else
        send_answer(control, json_is_integer(id) ? id : json_null(), result, request->message, answer);
    if (then == SNAPSHOT)
        snapshot(control);
    else if (then == QUIT)
        control_quit(control, "asked", request->now_us);
}

void control_input(struct control *control, const char *text, size_t size, int fd, uint64_t now_us)
{
    json_error_t error;
    struct control_request request = {.control = control, .fd = fd, .now_us = now_us};
    request.body = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(request.body)) {
        json_decref(request.body);
        request.body = json_object();
    }
    answer_request(control, &request);
    json_decref(request.body);
    if (request.fd >= 0)
        close(request.fd);
}

static void peer_ready(void *arg, uint32_t events, uint64_t now_us)
{
    struct control *control = arg;
    if (events & EPOLLOUT)
        send_pending(control);
    for (int i = 0; i < REQUESTS_PER_TURN && control->peer.fd >= 0; i++) {
        int fd = -1;
        ssize_t size = ipc_receive(control->peer.fd, control->buffer, &fd);
        if (size == -EAGAIN)
            return;
        if (size <= 0) {
            if (fd >= 0)
                close(fd);
            detach(control, size == 0 ? "closed" : "receive_failed");
            return;
        }
        control_input(control, control->buffer, (size_t)size, fd, now_us);
    }
}

static void listener_ready(void *arg, uint32_t events, uint64_t now_us)
{
    (void)events;
    (void)now_us;
    struct control *control = arg;
    int fd = acceptor_take(&control->listener, NULL);
    if (fd < 0)
        return;
    int size = 2 * IPC_MESSAGE_MAX;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    detach(control, "replaced");
    control->peer.fd = fd;
    if (loop_watch_add(control->loop, &control->peer, EPOLLIN) < 0) {
        close(fd);
        control->peer.fd = -1;
        return;
    }
    control->attachments++;
    timer_cancel(&control->orphan);
    log_info("control", NULL, "attached");
}

/* ---- life ---- */

static void orphaned(void *arg, uint64_t now_us)
{
    control_quit(arg, "orphaned", now_us);
}

int control_create(struct loop *loop, const char *path, struct control **out)
{
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return -ENOMEM;
    control->loop = loop;
    control->last = &control->first;
    acceptor_init(&control->listener, loop, listener_ready, control);
    control->peer = (struct loop_watch){.fd = -1, .fn = peer_ready, .arg = control};
    timer_init(&control->orphan, orphaned, control);
    control->buffer = malloc(IPC_MESSAGE_MAX + 1);
    int fd, result = control->buffer ? ipc_listen(path, &fd) : -ENOMEM;
    if (result == 0)
        result = acceptor_open(&control->listener, fd);
    if (result < 0) {
        control_destroy(control);
        return result;
    }
    loop_timer_in(loop, &control->orphan, (uint64_t)IPC_ORPHAN_S * 1000000);
    *out = control;
    return 0;
}

void control_destroy(struct control *control)
{
    if (!control)
        return;
    control->quitting = true;
    detach(control, "end");
    timer_cancel(&control->orphan);
    acceptor_finish(&control->listener);
    free(control->buffer);
    free(control);
}

int control_register(struct control *control, const struct control_part *part)
{
    if (control->part_count == PARTS_MAX)
        return -ENOSPC;
    control->parts[control->part_count++] = part;
    return 0;
}

void control_quit(struct control *control, const char *reason, uint64_t now_us)
{
    if (control->quitting)
        return;
    control->quitting = true;
    log_info("control", NULL, "quit reason=%s", reason);
    for (size_t i = control->part_count; i-- > 0;)
        if (control->parts[i]->quit_fn)
            control->parts[i]->quit_fn(control->parts[i]->arg, now_us);
    loop_stop(control->loop);
}

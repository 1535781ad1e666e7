/**
 * The worker's end of media/ipc.h: accepts hoichand's connection, reads requests, dispatches each by its `op` to the
 * part that registered it, answers, and sends events.
 *
 * One peer is attached at a time and a newer one takes over. A peer that does not read is dropped once
 * CONTROL_QUEUE_MAX bytes wait for it (it attaches again and takes a snapshot); without a peer events vanish, since a
 * snapshot tells all that counts. After IPC_ORPHAN_S without a peer the worker ends in order.
 */
#ifndef MEDIA_CONTROL_H
#define MEDIA_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control;
struct loop;

enum { CONTROL_QUEUE_MAX = 8 * 1024 * 1024 };

/** One request as a handler sees it. Borrowed for the call. */
struct control_request {
    struct control *control;
    json_t *body;
    int fd; /* the descriptor that came with it, or -1; a handler that keeps it sets this to -1 */
    uint64_t now_us;
    char message[160]; /* why it failed; see control_fail */
};

/** An answer that is owed, to who asked and to nobody who attaches later; zeros: none is. */
struct control_promise {
    json_int_t id;
    uint64_t attachment;
};

/**
 * Handles one op; fields put in `answer` (an object) are sent with "ok":true.
 * Errors: a negative errno becomes the answer's code: -EINVAL bad_request, -ENOENT not_found, -EEXIST exists,
 * -ENOSPC limit, -ENOTSUP unsupported, anything else internal. CONTROL_LATER: it keeps control_promise, and answers by
 * control_answer.
 */
enum { CONTROL_LATER = 1 };
typedef int (*control_fn)(void *arg, struct control_request *request, json_t *answer);

struct control_op {
    const char *op;
    control_fn fn;
};

/** Snapshots are sent in this order, every part's items of one stage before the next stage. */
enum control_stage {
    CONTROL_SNAPSHOT_ROOM,
    CONTROL_SNAPSHOT_TRANSPORT,
    CONTROL_SNAPSHOT_TRACK,
    CONTROL_SNAPSHOT_SLOT,
    CONTROL_SNAPSHOT_RECORDING,
    CONTROL_SNAPSHOT_STAGES,
};

/** What one part of the worker adds to the conversation; any function may be NULL. Borrowed until control_destroy. */
struct control_part {
    const struct control_op *ops;
    size_t op_count;
    void (*hello_fn)(void *arg, json_t *answer);              /* adds fields to hello's answer */
    void (*snapshot_fn)(void *arg, enum control_stage stage); /* sends its items of `stage` by control_event */
    void (*quit_fn)(void *arg, uint64_t now_us);              /* orderly end: seal, close; runs once, last part first */
    void *arg;
};

/** `path` is the socket to listen on; the parts' own ops hello, drain and quit are built in. */
int control_create(struct loop *loop, const char *path, struct control **out);
void control_destroy(struct control *control);

/** One request as it came, for the socket's reader and for fuzzing. Owns: takes `fd` (-1 for none). */
void control_input(struct control *control, const char *text, size_t size, int fd, uint64_t now_us);

/** Errors: -ENOSPC (more than 8 parts). */
int control_register(struct control *control, const struct control_part *part);

/** Sends an event: an object with "event". Owns: takes the reference, also when nobody is attached. */
void control_event(struct control *control, json_t *event);

struct control_promise control_promise(const struct control_request *request);
/** Answers as a handler would by its result `error`, unless who asked is gone. Owns: takes `answer`. */
void control_answer(struct control *control, const struct control_promise *promise, int error, json_t *answer);

/** Notes why a request fails, in words for the operator, and returns `error` for the handler to return. */
int control_fail(struct control_request *request, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The request's field `key` as a name as ipc.h wants it; borrowed from the body. Errors: -EINVAL, noted by
 * control_fail. */
int control_name(struct control_request *request, const char *key, const char **name);

/** Ends the worker in order, as the request quit does: parts' quit_fn, then the loop stops. */
void control_quit(struct control *control, const char *reason, uint64_t now_us);

#endif

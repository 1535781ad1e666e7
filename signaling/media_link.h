/**
 * The line to one media worker: requests with their answers, events as they come (media/ipc.h is the contract).
 *
 * Thread: the main loop's. A link reads its snapshot first: `event_fn` hears every snapshot.* event, then `ready_fn` is
 * called once. `lost_fn` is called once, from the loop and never from inside a request, when the worker is gone.
 * Owns: the caller owns the link, also after it is lost.
 */
#ifndef SIGNALING_MEDIA_LINK_H
#define SIGNALING_MEDIA_LINK_H

#include <jansson.h>
#include <stdbool.h>

struct media_link;

struct media_link_handler {
    void (*ready_fn)(void *arg, struct media_link *link);
    /** `message` is borrowed for the call. */
    void (*event_fn)(void *arg, struct media_link *link, const char *event, json_t *message);
    void (*lost_fn)(void *arg, struct media_link *link);
    void *arg;
};

/** `answer` is borrowed. `problem` is NULL on success, else the worker's code, or "lost". */
typedef void (*media_answer_fn)(void *arg, const char *problem, json_t *answer);

/** What to do with an answer; all may be NULL. `free_fn` gets `arg` exactly once, after the answer or without one. */
struct media_answer {
    media_answer_fn fn;
    void *arg;
    void (*free_fn)(void *arg);
};

/** Errors: a negative errno when nobody listens at `path`. */
int media_link_open(int worker, const char *path, const struct media_link_handler *handler, struct media_link **out);
/** Answers that are still awaited are dropped unheard. Takes NULL. */
void media_link_close(struct media_link *link);

/**
 * Sends a request. Owns: takes `fields` (may be NULL); `fd`, -1 for none, stays the caller's.
 */
void media_link_request(struct media_link *link, const char *op, json_t *fields, int fd, struct media_answer answer);
/** The same for a request whose success needs no ear: a failure is logged. */
void media_link_tell(struct media_link *link, const char *op, json_t *fields);

/** Attached, snapshot read, not lost. */
bool media_link_is_ready(const struct media_link *link);
bool media_link_is_lost(const struct media_link *link);
/** It was told to take nothing new by whoever was attached before. */
bool media_link_was_draining(const struct media_link *link);
/** SHA-256 fingerprint of the worker's certificate, once ready. */
const char *media_link_fingerprint(const struct media_link *link);

#endif

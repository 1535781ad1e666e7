/**
 * The worker's run loop: one thread, one epoll. A turn is
 *   wait → timers that are due → descriptors that are ready (sockets drained in batches)
 *        → batch-end hooks in order of their stage → what was deferred is freed.
 * The loop alone reads the clock: once after the wait and once per drained batch; everything else is told the time.
 *
 * Lifetimes: what a callback wants to destroy it hands to loop_defer, and it dies at the end of the turn, so nobody up
 * the stack is left with a dangling pointer.
 */
#ifndef MEDIA_LOOP_H
#define MEDIA_LOOP_H

#include <stdint.h>

#include "media/timer.h"

struct loop;

int loop_create(struct loop **out);
/** Takes NULL. Frees what is still deferred. */
void loop_destroy(struct loop *loop);

/** Turns until loop_stop. Errors: -errno when waiting itself fails. */
int loop_run(struct loop *loop);
/** One turn that waits at most `wait_us`; for tests. */
int loop_turn(struct loop *loop, uint64_t wait_us);
void loop_stop(struct loop *loop);

/** The time of this turn, microseconds of the worker's monotonic clock. */
uint64_t loop_now_us(const struct loop *loop);
/** Reads the clock again, after something that took long; the result is also the new time of this turn. */
uint64_t loop_read_clock(struct loop *loop);

/** A descriptor that is watched. Owns: embedded in its owner, which removes it before closing `fd`. */
struct loop_watch {
    int fd;
    void (*fn)(void *arg, uint32_t events, uint64_t now_us);
    void *arg;
};

/** `events` as of epoll(7): EPOLLIN, EPOLLOUT, EPOLLET … */
int loop_watch_add(struct loop *loop, struct loop_watch *watch, uint32_t events);
int loop_watch_change(struct loop *loop, struct loop_watch *watch, uint32_t events);
/** Safe from inside any callback: an event already fetched for it in this turn is not delivered. */
void loop_watch_remove(struct loop *loop, struct loop_watch *watch);

/** Timers on the loop's wheel; see timer.h. Initialise with timer_init, or timer_cancel at any time. */
void loop_timer_set(struct loop *loop, struct timer *timer, uint64_t due_us);
void loop_timer_in(struct loop *loop, struct timer *timer, uint64_t delay_us);
/** How many are set. Walks them: for statistics. */
size_t loop_timer_count(const struct loop *loop);

/** When in a batch's end a hook runs. */
enum loop_stage {
    LOOP_STAGE_ROUTE, /* forward what the batch left over, feedback, pacing */
    LOOP_STAGE_SEND,  /* bursts leave */
    LOOP_STAGES,
};

/** Runs at the end of every batch of its stage, in the order of adding. Owns: embedded in its owner. */
struct loop_hook {
    void (*fn)(void *arg, uint64_t now_us);
    void *arg;
    struct loop_hook *next;
};

void loop_hook_add(struct loop *loop, enum loop_stage stage, struct loop_hook *hook);
void loop_hook_remove(struct loop *loop, enum loop_stage stage, struct loop_hook *hook);

/** Calls `destroy_fn(object)` at the end of this turn. Never fails: the memory is reserved beside the request. */
struct loop_deferred {
    void (*destroy_fn)(void *object);
    void *object;
    struct loop_deferred *next;
};
/** Frees what is deferred, now; only from outside a turn, when parts are taken down one after the other. */
void loop_settle(struct loop *loop);
void loop_defer(struct loop *loop, struct loop_deferred *deferred, void (*destroy_fn)(void *object), void *object);

#endif

#include "media/loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, WAIT_MAX_US = 1000 * 1000 };

struct loop {
    int epoll;
    bool stopped;
    bool coarse; /* epoll_pwait2 is not there */
    uint64_t now_us;
    struct timer_wheel *wheel;
    struct loop_hook *hooks[LOOP_STAGES];
    struct loop_hook *next_hook; /* where a walk over hooks goes on, so that a hook may remove itself or the next */
    struct loop_deferred *deferred;
    struct epoll_event events[EVENTS_MAX];
    int event_count;
};

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int loop_create(struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return -ENOMEM;
    loop->now_us = clock_us();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    int result = loop->epoll < 0 ? -errno : timer_wheel_create(loop->now_us, &loop->wheel);
    if (result < 0) {
        loop_destroy(loop);
        return result;
    }
    *out = loop;
    return 0;
}

static void free_deferred(struct loop *loop)
{
    while (loop->deferred) {
        struct loop_deferred *deferred = loop->deferred;
        loop->deferred = deferred->next;
        deferred->destroy_fn(deferred->object); /* `deferred` usually lies in the object: not touched afterwards */
    }
}

void loop_settle(struct loop *loop)
{
    free_deferred(loop);
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    free_deferred(loop);
    timer_wheel_destroy(loop->wheel);
    if (loop->epoll >= 0)
        close(loop->epoll);
    free(loop);
}

/* Kernels before 5.11, and some containers, know milliseconds only; rounded up, so that no turn is in vain. */
static int wait_coarsely(struct loop *loop, uint64_t wait_us)
{
    return epoll_wait(loop->epoll, loop->events, EVENTS_MAX, (int)((wait_us + 999) / 1000));
}

static int wait_for_events(struct loop *loop, uint64_t wait_us)
{
    uint64_t next = timer_wheel_next(loop->wheel);
    uint64_t now = clock_us();
    uint64_t until_timer = next > now ? next - now : 0;
    if (until_timer < wait_us)
        wait_us = until_timer;
    struct timespec wait = {.tv_sec = (time_t)(wait_us / 1000000), .tv_nsec = (long)(wait_us % 1000000) * 1000};
    int count = loop->coarse ? wait_coarsely(loop, wait_us)
                             : epoll_pwait2(loop->epoll, loop->events, EVENTS_MAX, &wait, NULL);
    if (count >= 0)
        return count;
    if (errno == ENOSYS)
        loop->coarse = true;
    return errno == EINTR || errno == ENOSYS ? 0 : -errno;
}

static void deliver_events(struct loop *loop)
{
    for (int i = 0; i < loop->event_count; i++) {
        struct loop_watch *watch = loop->events[i].data.ptr;
        if (watch)
            watch->fn(watch->arg, loop->events[i].events, loop->now_us);
    }
    loop->event_count = 0;
}

static void run_hooks(struct loop *loop, enum loop_stage stage)
{
    for (struct loop_hook *hook = loop->hooks[stage]; hook; hook = loop->next_hook) {
        loop->next_hook = hook->next;
        hook->fn(hook->arg, loop->now_us);
    }
    loop->next_hook = NULL;
}

int loop_turn(struct loop *loop, uint64_t wait_us)
{
    int count = wait_for_events(loop, wait_us);
    if (count < 0)
        return count;
    loop->event_count = count;
    loop->now_us = clock_us();
    timer_wheel_run(loop->wheel, loop->now_us);
    deliver_events(loop);
    for (int stage = 0; stage < LOOP_STAGES; stage++)
        run_hooks(loop, (enum loop_stage)stage);
    free_deferred(loop);
    return 0;
}

int loop_run(struct loop *loop)
{
    int result = 0;
    while (!loop->stopped && result == 0)
        result = loop_turn(loop, WAIT_MAX_US);
    return result;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

uint64_t loop_now_us(const struct loop *loop)
{
    return loop->now_us;
}

uint64_t loop_read_clock(struct loop *loop)
{
    loop->now_us = clock_us();
    return loop->now_us;
}

int loop_watch_add(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

int loop_watch_change(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) < 0 ? -errno : 0;
}

void loop_watch_remove(struct loop *loop, struct loop_watch *watch)
{
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->event_count; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}

void loop_timer_set(struct loop *loop, struct timer *timer, uint64_t due_us)
{
    timer_set(loop->wheel, timer, due_us);
}

size_t loop_timer_count(const struct loop *loop)
{
    return timer_wheel_count(loop->wheel);
}

void loop_timer_in(struct loop *loop, struct timer *timer, uint64_t delay_us)
{
    timer_set(loop->wheel, timer, loop->now_us + delay_us);
}

void loop_hook_add(struct loop *loop, enum loop_stage stage, struct loop_hook *hook)
{
    struct loop_hook **end = &loop->hooks[stage];
    while (*end)
        end = &(*end)->next;
    hook->next = NULL;
    *end = hook;
}

void loop_hook_remove(struct loop *loop, enum loop_stage stage, struct loop_hook *hook)
{
    for (struct loop_hook **at = &loop->hooks[stage]; *at; at = &(*at)->next) {
        if (*at == hook) {
            *at = hook->next;
            break;
        }
    }
    if (loop->next_hook == hook)
        loop->next_hook = hook->next;
}

void loop_defer(struct loop *loop, struct loop_deferred *deferred, void (*destroy_fn)(void *object), void *object)
{
    *deferred = (struct loop_deferred){.destroy_fn = destroy_fn, .object = object, .next = loop->deferred};
    loop->deferred = deferred;
}

/**
 * A hierarchical timer wheel: setting and cancelling cost the same however many timers there are.
 *
 * Time is passed in (microseconds of any monotonic clock), so tests own it. A timer never fires early; it fires at most
 * one tick (TIMER_TICK_US) after it is due, in order of its tick. Timers may be set and cancelled from inside a
 * callback, also the one that fires and ones due in the same tick.
 */
#ifndef MEDIA_TIMER_H
#define MEDIA_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMER_TICK_US = 256 };

typedef void (*timer_fn)(void *arg, uint64_t now_us);

/** Embedded in what it wakes; treat its fields as the wheel's. Owns: the wheel only borrows it while it is set. */
struct timer {
    struct timer *next;
    struct timer **link; /* what points here; NULL when not set */
    uint64_t due_us;
    timer_fn fn;
    void *arg;
};

struct timer_wheel;

int timer_wheel_create(uint64_t now_us, struct timer_wheel **wheel);
/** Takes NULL. Timers still set are forgotten, not fired. */
void timer_wheel_destroy(struct timer_wheel *wheel);

void timer_init(struct timer *timer, timer_fn fn, void *arg);

/** Sets or moves the timer to `due_us`; a time already past fires at the next run. */
void timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t due_us);
void timer_cancel(struct timer *timer);

/** Fires everything due up to `now_us`. */
void timer_wheel_run(struct timer_wheel *wheel, uint64_t now_us);

/** How many are set. Walks them: for statistics. */
size_t timer_wheel_count(const struct timer_wheel *wheel);

/** A time before which nothing fires (not necessarily one at which something does); UINT64_MAX when nothing is set. */
uint64_t timer_wheel_next(const struct timer_wheel *wheel);

#endif

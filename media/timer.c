#include "media/timer.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* Four levels of 64 slots: 16 ms, 1 s, 67 s and 71 min. What lies beyond waits in the last slot and is sorted in
 * again. */
enum { LEVELS = 4, SLOT_BITS = 6, SLOTS = 1 << SLOT_BITS };

struct timer_wheel {
    uint64_t tick; /* the next tick to run */
    struct timer *slots[LEVELS][SLOTS];
    uint64_t filled[LEVELS]; /* one bit per slot that may hold something */
};

int timer_wheel_create(uint64_t now_us, struct timer_wheel **wheel)
{
    *wheel = calloc(1, sizeof **wheel);
    if (!*wheel)
        return -ENOMEM;
    (*wheel)->tick = now_us / TIMER_TICK_US;
    return 0;
}

static void unlink_timer(struct timer *timer)
{
    assert(timer->link);
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->next = NULL;
    timer->link = NULL;
}

static void link_timer(struct timer **head, struct timer *timer)
{
    timer->next = *head;
    if (timer->next)
        timer->next->link = &timer->next;
    timer->link = head;
    *head = timer;
}

void timer_wheel_destroy(struct timer_wheel *wheel)
{
    if (!wheel)
        return;
    for (int level = 0; level < LEVELS; level++)
        for (int slot = 0; slot < SLOTS; slot++)
            while (wheel->slots[level][slot])
                unlink_timer(wheel->slots[level][slot]);
    free(wheel);
}

void timer_init(struct timer *timer, timer_fn fn, void *arg)
{
    *timer = (struct timer){.fn = fn, .arg = arg};
}

void timer_cancel(struct timer *timer)
{
    if (timer->link)
        unlink_timer(timer);
}

/* Rounded up, so that nothing fires early. */
static uint64_t due_tick(const struct timer *timer)
{
    return timer->due_us / TIMER_TICK_US + (timer->due_us % TIMER_TICK_US ? 1 : 0);
}

static void place(struct timer_wheel *wheel, struct timer *timer)
{
    uint64_t tick = due_tick(timer);
    if (tick < wheel->tick)
        tick = wheel->tick;
    uint64_t ahead = tick - wheel->tick;
    int level = 0;
    while (level < LEVELS - 1 && ahead >> (SLOT_BITS * (level + 1)))
        level++;
    uint64_t reach = (uint64_t)1 << (SLOT_BITS * LEVELS);
    if (ahead >= reach)
        tick = wheel->tick + reach - 1;
    unsigned slot = (tick >> (SLOT_BITS * level)) & (SLOTS - 1);
    link_timer(&wheel->slots[level][slot], timer);
    wheel->filled[level] |= (uint64_t)1 << slot;
}

void timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t due_us)
{
    timer_cancel(timer);
    timer->due_us = due_us;
    place(wheel, timer);
}

/* The list moves to a head of its own first, so that callbacks may cancel and set any timer while it is walked. */
static struct timer *take_slot(struct timer_wheel *wheel, int level, unsigned slot, struct timer **head)
{
    *head = wheel->slots[level][slot];
    if (*head)
        (*head)->link = head;
    wheel->slots[level][slot] = NULL;
    wheel->filled[level] &= ~((uint64_t)1 << slot);
    return *head;
}

static void cascade(struct timer_wheel *wheel)
{
    for (int level = 1; level < LEVELS; level++) {
        if (wheel->tick & (((uint64_t)1 << (SLOT_BITS * level)) - 1))
            return;
        struct timer *head;
        take_slot(wheel, level, (wheel->tick >> (SLOT_BITS * level)) & (SLOTS - 1), &head);
        while (head) {
            struct timer *timer = head;
            unlink_timer(timer);
            place(wheel, timer);
        }
    }
}

static void run_tick(struct timer_wheel *wheel, uint64_t now_us)
{
    struct timer *head;
    unsigned slot = wheel->tick & (SLOTS - 1);
    cascade(wheel);
    take_slot(wheel, 0, slot, &head);
    wheel->tick++; /* what a callback sets for "now" runs in the next tick, not in this one for ever */
    while (head) {
        struct timer *timer = head;
        unlink_timer(timer);
        timer->fn(timer->arg, now_us);
    }
}

/* The first tick from `tick` on at which a slot of `level` comes up; UINT64_MAX when the level is empty. */
static uint64_t next_of_level(const struct timer_wheel *wheel, int level)
{
    uint64_t filled = wheel->filled[level];
    if (!filled)
        return UINT64_MAX;
    uint64_t unit = (uint64_t)1 << (SLOT_BITS * level);
    uint64_t from = (wheel->tick + unit - 1) / unit; /* slots of upper levels come up when their first tick does */
    unsigned turn = from & (SLOTS - 1);
    uint64_t rotated = turn ? (filled >> turn) | (filled << (SLOTS - turn)) : filled;
    return (from + (unsigned)__builtin_ctzll(rotated)) * unit;
}

static uint64_t next_tick(const struct timer_wheel *wheel)
{
    uint64_t next = UINT64_MAX;
    for (int level = 0; level < LEVELS; level++) {
        uint64_t candidate = next_of_level(wheel, level);
        next = candidate < next ? candidate : next;
    }
    return next;
}

uint64_t timer_wheel_next(const struct timer_wheel *wheel)
{
    uint64_t tick = next_tick(wheel);
    return tick == UINT64_MAX ? UINT64_MAX : tick * TIMER_TICK_US;
}

void timer_wheel_run(struct timer_wheel *wheel, uint64_t now_us)
{
    uint64_t last = now_us / TIMER_TICK_US;
    while (wheel->tick <= last) {
        uint64_t next = next_tick(wheel);
        if (next > last) {
            wheel->tick = last + 1;
            return;
        }
        wheel->tick = next;
        run_tick(wheel, now_us);
    }
}

size_t timer_wheel_count(const struct timer_wheel *wheel)
{
    size_t count = 0;
    for (int level = 0; level < LEVELS; level++)
        for (int slot = 0; slot < SLOTS; slot++)
            for (const struct timer *timer = wheel->slots[level][slot]; timer; timer = timer->next)
                count++;
    return count;
}

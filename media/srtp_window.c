#include "media/srtp_window.h"

#include <string.h>

/* Early on there is nothing before 0. */
uint64_t srtp_window_index(const struct srtp_window *window, uint16_t sequence)
{
    if (!window->started || window->index <= 0x8000)
        return sequence;
    uint64_t base = window->index & ~(uint64_t)0xffff;
    uint16_t highest = (uint16_t)window->index;
    if (highest < 0x8000)
        return sequence - highest > 0x8000 ? base - 0x10000 + sequence : base + sequence;
    return highest - 0x8000 > sequence ? base + 0x10000 + sequence : base + sequence;
}

static uint64_t *word_of(struct srtp_window *window, uint64_t index)
{
    return &window->used[index / 64 % (SRTP_WINDOW / 64)];
}

static uint64_t bit_of(uint64_t index)
{
    return (uint64_t)1 << (index % 64);
}

bool srtp_window_is_used(const struct srtp_window *window, uint64_t index)
{
    if (!window->started || index > window->index)
        return false;
    return window->index - index >= SRTP_WINDOW || window->used[index / 64 % (SRTP_WINDOW / 64)] & bit_of(index);
}

bool srtp_window_mark(struct srtp_window *window, uint64_t index)
{
    bool newest = !window->started || index > window->index;
    if (!window->started || index >= window->index + SRTP_WINDOW) {
        memset(window->used, 0, sizeof window->used);
        window->index = index;
    }
    while (window->index < index) {
        window->index++;
        *word_of(window, window->index) &= ~bit_of(window->index);
    }
    window->started = true;
    *word_of(window, index) |= bit_of(index);
    return newest;
}

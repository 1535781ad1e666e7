/**
 * What was sent under which sequence number on one slot, so that a subscriber's NACK finds the packet in its source's
 * cache and it can be written again just so.
 */
#ifndef MEDIA_HISTORY_H
#define MEDIA_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "media/picture.h"

struct history_entry {
    int64_t in_sequence;
    uint32_t generation;
    uint32_t timestamp;
    uint32_t resent_ms; /* low half of the time, 0: never */
    uint16_t sequence;
    uint8_t layer;
    bool used;
    bool marker;
    struct picture_counters counters;
};

struct history {
    struct history_entry *entries;
    uint32_t count; /* a power of two */
};

/** Errors: -ENOMEM. */
int history_init(struct history *history, uint32_t count);
void history_finish(struct history *history);
/** Forgets all: the source has changed. */
void history_clear(struct history *history);

static inline struct history_entry *history_add(struct history *history, uint16_t sequence)
{
    struct history_entry *entry = &history->entries[sequence & (history->count - 1)];
    entry->sequence = sequence;
    entry->used = true;
    entry->resent_ms = 0;
    return entry;
}

/** NULL when it is forgotten. */
static inline struct history_entry *history_find(struct history *history, uint16_t sequence)
{
    if (!history->entries)
        return NULL;
    struct history_entry *entry = &history->entries[sequence & (history->count - 1)];
    return entry->used && entry->sequence == sequence ? entry : NULL;
}

#endif

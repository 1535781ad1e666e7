/**
 * The latest part of one received stream, for retransmission and for a key frame and what followed it.
 *
 * A ring of bytes and a ring of descriptions, doubled (rarely) while they hold less than CACHE_HOLD_US, up to a bound;
 * storing a packet is one copy and no allocation otherwise.
 */
#ifndef MEDIA_CACHE_H
#define MEDIA_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/codec.h"

enum {
    CACHE_HOLD_US = 700000,
    CACHE_BYTES_MAX = 1024 * 1024,
    CACHE_ENTRIES_MAX = 2048,
};

struct cache;

/** `bytes` and `entries` to start with, powers of two. Errors: NULL when memory is short. */
struct cache *cache_create(uint32_t bytes, uint32_t entries);
void cache_destroy(struct cache *cache);

void cache_put(struct cache *cache, const struct media_packet *packet);

/** Two bytes before the payload may be written to. False when it is not (any more) there. */
bool cache_get(struct cache *cache, int64_t sequence, struct media_packet *packet);

/** What it takes up of memory now. */
uint32_t cache_bytes(const struct cache *cache);

#endif

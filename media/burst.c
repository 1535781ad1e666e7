#include "media/burst.h"

#include <errno.h>
#include <stdlib.h>

/* A segmented send is one IP datagram to the kernel until it is cut: headers have to fit beside it. */
enum { RUN_BYTES = 64000, SPARE_MAX = 32 };

struct burst_pool {
    struct burst *free;
    size_t spare; /* of these */
    size_t made, max;
};

int burst_pool_create(size_t max, struct burst_pool **pool)
{
    *pool = calloc(1, sizeof **pool);
    if (!*pool)
        return -ENOMEM;
    (*pool)->max = max;
    return 0;
}

void burst_pool_destroy(struct burst_pool *pool)
{
    if (!pool)
        return;
    while (pool->free) {
        struct burst *next = pool->free->next;
        free(pool->free);
        pool->free = next;
    }
    free(pool);
}

static struct burst *make(struct burst_pool *pool)
{
    if (pool->made == pool->max)
        return NULL;
    struct burst *burst = malloc(sizeof *burst);
    pool->made += burst != NULL;
    return burst;
}

struct burst *burst_take(struct burst_pool *pool)
{
    struct burst *burst = pool->free;
    if (burst) {
        pool->free = burst->next;
        pool->spare--;
    } else {
        burst = make(pool);
    }
    if (burst)
        burst->count = burst->first = burst->first_offset = burst->used = 0;
    return burst;
}

/* One moment in which the worker did not run takes a burst for every transport: not for good. */
void burst_give(struct burst_pool *pool, struct burst *burst)
{
    if (pool->spare == SPARE_MAX) {
        free(burst);
        pool->made--;
        return;
    }
    pool->spare++;
    burst->next = pool->free;
    pool->free = burst;
}

uint8_t *burst_room(struct burst *burst, size_t size)
{
    if (burst->count == BURST_PACKETS || size > BURST_BYTES - burst->used)
        return NULL;
    return burst->bytes + burst->used;
}

void burst_add(struct burst *burst, size_t size)
{
    burst->sizes[burst->count++] = (uint16_t)size;
    burst->used += size;
}

const uint8_t *burst_last(const struct burst *burst, size_t *size)
{
    if (burst->count == 0)
        return NULL;
    *size = burst->sizes[burst->count - 1];
    return burst->bytes + burst->used - *size;
}

size_t burst_run(const struct burst *burst, size_t *bytes)
{
    if (burst->first == burst->count) {
        *bytes = 0;
        return 0;
    }
    size_t size = burst->sizes[burst->first];
    size_t at = burst->first + 1;
    *bytes = size;
    while (at < burst->count && burst->sizes[at] <= size && *bytes + burst->sizes[at] <= RUN_BYTES) {
        *bytes += burst->sizes[at];
        if (burst->sizes[at++] < size)
            break;
    }
    return at - burst->first;
}

void burst_advance(struct burst *burst, size_t count)
{
    while (count-- > 0)
        burst->first_offset += burst->sizes[burst->first++];
}

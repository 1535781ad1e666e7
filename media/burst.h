/**
 * What one transport has to send in one turn of the loop: encrypted packets one after the other in a block of memory,
 * so that runs of equal size can leave by one UDP_SEGMENT send. Blocks are few and shared by all transports (a pool).
 */
#ifndef MEDIA_BURST_H
#define MEDIA_BURST_H

#include <stddef.h>
#include <stdint.h>

enum { BURST_PACKETS = 64, BURST_BYTES = 60 * 1024 };

struct burst {
    struct burst *next; /* in the pool */
    size_t count;       /* packets in it */
    size_t first;       /* the first that is not sent yet */
    size_t first_offset;
    size_t used; /* bytes */
    uint16_t sizes[BURST_PACKETS];
    uint8_t bytes[BURST_BYTES];
};

struct burst_pool;

int burst_pool_create(size_t max, struct burst_pool **pool);
void burst_pool_destroy(struct burst_pool *pool);

/** An empty burst, or NULL when `max` are out or memory is short. */
struct burst *burst_take(struct burst_pool *pool);
void burst_give(struct burst_pool *pool, struct burst *burst);

/** Where a packet of up to `size` bytes can be written, or NULL when the burst is full. */
uint8_t *burst_room(struct burst *burst, size_t size);
/** Takes in the packet of `size` bytes that was written at burst_room. */
void burst_add(struct burst *burst, size_t size);
/** The packet that was taken in last; NULL when there is none. */
const uint8_t *burst_last(const struct burst *burst, size_t *size);

/**
 * How many packets from `first` on can leave as one segmented send: all of one size, the last may be shorter.
 * `bytes` is their sum.
 */
size_t burst_run(const struct burst *burst, size_t *bytes);
/** Marks `count` packets as gone. */
void burst_advance(struct burst *burst, size_t count);

#endif

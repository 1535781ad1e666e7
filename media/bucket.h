/**
 * A token bucket: so many bits a second, and no more at once than was saved up.
 *
 * Pure code. A bucket of zeros is full.
 */
#ifndef MEDIA_BUCKET_H
#define MEDIA_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bucket {
    int64_t bytes;
    uint64_t filled_us; /* 0: never */
};

/** What flows in, and what is saved at most. */
struct bucket_size {
    uint32_t bps;
    int64_t most_bytes;
};

void bucket_fill(struct bucket *bucket, struct bucket_size size, uint64_t now_us);
/** True when `bytes` were there, and are taken. */
bool bucket_take(struct bucket *bucket, size_t bytes);

#endif

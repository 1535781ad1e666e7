/**
 * A rate: bytes over the last half second, in slices of 25 ms.
 *
 * Pure code. A meter of zeros has seen nothing. Times in microseconds, of any clock: a far end's may stand before zero.
 */
#ifndef MEDIA_METER_H
#define MEDIA_METER_H

#include <stddef.h>
#include <stdint.h>

enum { METER_SLICES = 20 };

struct meter {
    int64_t slice; /* the newest */
    int64_t first; /* the oldest since the meter began */
    uint32_t bytes[METER_SLICES];
};

/** No bytes only move time on. */
void meter_add(struct meter *meter, int64_t at_us, size_t bytes);
/** 0 until 150 ms have been seen: a few packets say little. */
double meter_bps(const struct meter *meter);
/** Over an eighth of a second. While a queue drains, packets come as fast as the path carries them: what has just begun counts too. */
double meter_recent_bps(const struct meter *meter);

#endif

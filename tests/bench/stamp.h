/**
 * What the load generator puts into every payload: who sent it, which one, when, and a known pattern behind it, so that who
 * receives it knows whether it came as it was sent, and how long it took. Pure.
 */
#ifndef TESTS_BENCH_STAMP_H
#define TESTS_BENCH_STAMP_H

#include <stddef.h>
#include <stdint.h>

enum { STAMP_SIZE = 28 };

/** Fills `size` bytes, at least STAMP_SIZE and at most STAMP_SIZE + 4096. */
void stamp_write(uint8_t *at, size_t size, uint32_t publisher, uint64_t number, uint64_t now_us);
/** How long it took in microseconds; -1: it is not as it was sent. */
int64_t stamp_age_us(const uint8_t *at, size_t size, uint64_t now_us);

#endif

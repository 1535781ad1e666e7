/**
 * One direction of a bad link: what happens to each packet, decided from a clock and a seeded generator passed in,
 * so that the same seed gives the same losses.
 *
 * A packet is lost (evenly, or in bursts by the Gilbert model), or waits for the ones before it at the link's rate, is
 * dropped when the queue is full, then travels for the delay with jitter, and may be held back to arrive out of order.
 */
#ifndef TESTS_NET_SHAPER_H
#define TESTS_NET_SHAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shaper_config {
    uint64_t rate_bps; /* 0: no limit */
    uint32_t delay_us;
    uint32_t jitter_us; /* even, ± this much, order kept */
    double loss;        /* share of packets, 0 to 1 */
    double burst;       /* mean packets lost in a row; up to 1: independent losses */
    double reorder;     /* share of packets held back by one delay's tenth, at least 5 ms */
    uint32_t queue_ms;  /* how long a packet may wait for the rate; 0: 200 ms */
    bool down;          /* nothing passes */
    bool block_udp;
    bool block_tcp;
};

struct shaper;

struct shaper *shaper_create(uint32_t seed);
void shaper_destroy(struct shaper *shaper);
void shaper_configure(struct shaper *shaper, const struct shaper_config *config);
const struct shaper_config *shaper_config(const struct shaper *shaper);

/** Takes one IP packet, copied. The result tells whether it will be delivered. */
bool shaper_push(struct shaper *shaper, const uint8_t *packet, size_t size, uint64_t now_us);
/** The next packet that is due, borrowed until the next call; NULL when none is. */
const uint8_t *shaper_pop(struct shaper *shaper, uint64_t now_us, size_t *size);
/** When the next one is due; UINT64_MAX when none waits. */
uint64_t shaper_due_us(const struct shaper *shaper);

struct shaper_counts {
    uint64_t in, delivered, lost, queue_full, blocked;
};
const struct shaper_counts *shaper_counts(const struct shaper *shaper);

/** Changes `config` by words like "rate=300k delay=200 jitter=20 loss=5 burst=3 queue=300 down=1". Errors: -EINVAL. */
int shaper_parse(struct shaper_config *config, const char *words);

#endif

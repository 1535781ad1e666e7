/**
 * A queue that stands: full, its delay no longer grows and the trend sees nothing. So the least delay of each feedback is held
 * against the least of the last half minute or so; and how far the delays wobble by themselves is learned beside it.
 *
 * Pure code. Microseconds; a delay is the difference of two clocks, so only differences of it mean anything.
 */
#ifndef MEDIA_STANDING_H
#define MEDIA_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Full packets: over 6 Mbit/s so many pass sooner than is believed, and the trend speaks alone. */
enum { STANDING_RUN = 32 };

struct standing {
    int64_t least_us[2]; /* of this quarter minute and of the one before */
    int64_t latest_us;   /* least of the feedback at hand … */
    int64_t before_us;   /* … and of the one before */
    int64_t most_us;     /* most of the feedback at hand … */
    int64_t depth_us;    /* … and how far it lay above the least known, in the last one; INT64_MAX: none came in it */
    int64_t newest_us;   /* of the packet that left last … */
    int64_t behind_us; /* … and how far above the least known it lay: a stall delays the first most, a queue the last */
    int64_t deep_us;   /* who lay that far above it stood in a queue */
    struct queued {
        int64_t at_us, delay_us, bytes;
    } run[STANDING_RUN]; /* those that came out of it one after the other, the newest last */
    size_t run_count;
    int64_t most_run_us, most_run_bytes; /* of this feedback's largest, how long and how much; … */
    int64_t most_run_growth_us;          /* … and how much deeper it became */
    uint64_t since_us;
    int64_t mean_us;   /* of the least of each feedback, 0: none came; … */
    int64_t jitter_us; /* … how far they usually are from it, … */
    int64_t off_us;    /* … and the latest is … */
    int64_t off_before_us;
};

void standing_init(struct standing *standing, uint64_t now_us);
/** A feedback begins; who is told to have taken `deep_us` longer than the least known stood in a queue. */
void standing_begin(struct standing *standing, int64_t deep_us);
/** A packet of the feedback at hand took so long. */
void standing_delay(struct standing *standing, int64_t delay_us, int64_t arrival_us, size_t size);
/** What left now is not told of: a queue is not followed across it. */
void standing_miss(struct standing *standing);
/**
 * How fast the queue lets through who stands in it, by the last quarter second of those that came one after the other. 0: too
 * few of this feedback did, or they came all at once, as after a stall.
 */
double standing_drain_bps(const struct standing *standing);
/** … long enough to be believed. */
bool standing_is_sure(const struct standing *standing);
/**
 * … and 0, too, where it did not grow meanwhile, by more than a path of this rate wobbles: what takes longer, and no longer each
 * time, may do so for another reason.
 */
double standing_full_bps(const struct standing *standing, double bps);
/** The feedback is whole. The result is how far its least delay lies above the least known, 0 while the queue drains. */
int64_t standing_input(struct standing *standing, uint64_t now_us);
/** How far delays usually are from their mean, 0 on a thin path (`bps`). */
int64_t standing_jitter_us(const struct standing *standing, double bps);
/**
 * The path wobbles as much by itself: a mobile network hands out its air in turns. On a thin one (`bps`) packets queue behind
 * each other, and that is no wobble.
 */
bool standing_is_jitter(const struct standing *standing, double bps);

#endif

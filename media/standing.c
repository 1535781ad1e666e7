#include "media/standing.h"

#include <stdlib.h>
#include <string.h>

enum {
    STANDING_US = 15000000,
    DRAINING_US = 5000,
    RUN_US = 250000,
    GLIMPSE_US = 20000,  /* so long a run says something … */
    SURE_RUN_US = 50000, /* … and so long a one is believed, … */
    SURE_BYTES = 1000,   /* … of more than a few packets of sound */
    GROWTH_US = 20000,   /* more than chance, and … */
    GROWTH_JITTERS = 2,  /* … than the path wobbles by itself */
    MEAN_WEIGHT = 8,
    JITTER_WEIGHT = 32,
    JITTER_MAX_US = 15000,
    JITTER_LEAST_BPS = 400000,
    SURE_US = 40000,
    JITTER_TIMES = 3, /* so far off is a queue that grows */
};

void standing_init(struct standing *standing, uint64_t now_us)
{
    *standing = (struct standing){.least_us = {INT64_MAX, INT64_MAX},
                                  .latest_us = INT64_MAX,
                                  .before_us = INT64_MAX,
                                  .most_us = INT64_MIN,
                                  .since_us = now_us};
}

static void note_jitter(struct standing *standing)
{
    if (standing->mean_us == 0)
        standing->mean_us = standing->latest_us;
    standing->off_before_us = standing->off_us;
    standing->off_us = standing->latest_us - standing->mean_us;
    standing->jitter_us += (llabs(standing->off_us) - standing->jitter_us) / JITTER_WEIGHT;
    if (standing->jitter_us > JITTER_MAX_US)
        standing->jitter_us = JITTER_MAX_US;
    standing->mean_us += standing->off_us / MEAN_WEIGHT;
}

int64_t standing_jitter_us(const struct standing *standing, double bps)
{
    return bps > JITTER_LEAST_BPS ? standing->jitter_us : 0;
}

bool standing_is_jitter(const struct standing *standing, double bps)
{
    int64_t usual_us = JITTER_TIMES * standing->jitter_us;
    bool once = standing->off_before_us < usual_us && standing->off_us < SURE_US;
    return bps > JITTER_LEAST_BPS && (standing->off_us < usual_us || once);
}

static int64_t least_known_us(const struct standing *standing)
{
    return standing->least_us[0] < standing->least_us[1] ? standing->least_us[0] : standing->least_us[1];
}

void standing_begin(struct standing *standing, int64_t deep_us)
{
    standing->deep_us = deep_us;
    standing->most_run_us = standing->most_run_bytes = standing->most_run_growth_us = 0;
}

void standing_miss(struct standing *standing)
{
    standing->run_count = 0;
}

static void forget_first(struct standing *standing)
{
    memmove(standing->run, standing->run + 1, --standing->run_count * sizeof standing->run[0]);
}

/* One after the other: between two of them that did not the queue was empty for a while. */
static void note_queue(struct standing *standing, int64_t delay_us, int64_t arrival_us, size_t size)
{
    while (standing->run_count && (standing->run_count == STANDING_RUN || arrival_us - standing->run[0].at_us > RUN_US))
        forget_first(standing);
    standing->run[standing->run_count++] = (struct queued){arrival_us, delay_us, (int64_t)size};
    int64_t bytes = 0;
    for (size_t i = 1; i < standing->run_count; i++)
        bytes += standing->run[i].bytes;
    if (bytes <= standing->most_run_bytes)
        return;
    standing->most_run_bytes = bytes;
    standing->most_run_us = arrival_us - standing->run[0].at_us;
    standing->most_run_growth_us = delay_us - standing->run[0].delay_us;
}

double standing_drain_bps(const struct standing *standing)
{
    bool long_enough = standing->most_run_us > GLIMPSE_US;
    return long_enough ? (double)standing->most_run_bytes * 8e6 / (double)standing->most_run_us : 0;
}

bool standing_is_sure(const struct standing *standing)
{
    return standing->most_run_us > SURE_RUN_US && standing->most_run_bytes > SURE_BYTES;
}

double standing_full_bps(const struct standing *standing, double bps)
{
    int64_t chance_us = GROWTH_US + GROWTH_JITTERS * standing_jitter_us(standing, bps);
    bool grew = standing_is_sure(standing) && standing->most_run_growth_us > chance_us;
    return grew ? standing_drain_bps(standing) : 0;
}

void standing_delay(struct standing *standing, int64_t delay_us, int64_t arrival_us, size_t size)
{
    if (delay_us < standing->latest_us)
        standing->latest_us = delay_us;
    if (delay_us > standing->most_us)
        standing->most_us = delay_us;
    standing->newest_us = delay_us;
    if (delay_us - standing->deep_us > least_known_us(standing))
        note_queue(standing, delay_us, arrival_us, size);
    else
        standing_miss(standing);
}

/* The quarter minute at hand becomes the one before. */
static void turn_over(struct standing *standing, uint64_t now_us)
{
    if (now_us - standing->since_us <= STANDING_US)
        return;
    standing->least_us[1] = standing->least_us[0];
    standing->least_us[0] = INT64_MAX;
    standing->since_us = now_us;
}

int64_t standing_input(struct standing *standing, uint64_t now_us)
{
    int64_t latest_us = standing->latest_us;
    standing->depth_us = INT64_MAX;
    standing->behind_us = 0;
    if (latest_us == INT64_MAX)
        return 0;
    note_jitter(standing);
    bool drains = latest_us < standing->before_us - DRAINING_US;
    standing->before_us = latest_us;
    standing->latest_us = INT64_MAX;
    turn_over(standing, now_us);
    if (latest_us < standing->least_us[0])
        standing->least_us[0] = latest_us;
    int64_t least = least_known_us(standing);
    standing->depth_us = standing->most_us - least;
    standing->behind_us = standing->newest_us - least;
    standing->most_us = INT64_MIN;
    return drains ? 0 : latest_us - least;
}

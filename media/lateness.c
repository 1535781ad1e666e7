#include "media/lateness.h"

enum {
    WEIGHT = 8,
    SLACK_LEAST_US = 40000,
    REST_US = 10000, /* what comes sooner after the last is the rest of it */
    LAG_MAX_US = 1000000,
    SPACING_MAX_US = 300000,
    ALARM_US = 150000,
    LONG_SPACINGS = 3,
    LONG_US = 100000,
};

static uint32_t smoothed(uint32_t mean_us, uint64_t latest_us)
{
    return mean_us + (uint32_t)latest_us / WEIGHT - mean_us / WEIGHT;
}

void lateness_init(struct lateness *lateness)
{
    *lateness = (struct lateness){.spacing_us = SPACING_MAX_US};
}

void lateness_word(struct lateness *lateness, uint64_t lag_us, uint64_t passed_us)
{
    uint64_t spacing_us = passed_us < SPACING_MAX_US ? passed_us : SPACING_MAX_US;
    lateness->spacing_us = smoothed(lateness->spacing_us, spacing_us);
    if (lag_us == 0 || lag_us > LAG_MAX_US || passed_us < REST_US)
        return;
    uint64_t most_us = lateness->usual_us ? 2ull * lateness->usual_us
                                          : lag_us; /* what is far too late is not usual yet */
    lag_us = lag_us < most_us ? lag_us : most_us;
    lateness->usual_us = lateness->usual_us ? smoothed(lateness->usual_us, lag_us) : (uint32_t)lag_us;
}

bool lateness_is_unusual(const struct lateness *lateness, uint64_t lag_us, int64_t depth_us)
{
    uint64_t usual_us = lateness->usual_us;
    uint64_t slack_us = usual_us / 2 > SLACK_LEAST_US ? usual_us / 2 : SLACK_LEAST_US;
    uint64_t foreseen_us = depth_us > 0 && depth_us < LAG_MAX_US ? (uint64_t)depth_us : 0;
    return usual_us && lag_us && lag_us + foreseen_us > usual_us + slack_us;
}

bool lateness_is_alarming(const struct lateness *lateness, uint64_t lag_us)
{
    return lateness->usual_us && lag_us > 2 * (uint64_t)lateness->usual_us + ALARM_US;
}

bool lateness_is_long(const struct lateness *lateness, uint64_t waited_us)
{
    return waited_us > LONG_SPACINGS * lateness->spacing_us + LONG_US;
}

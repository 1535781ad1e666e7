#include "media/aimd.h"

#include <math.h>
#include <string.h>

#define DECREASE        0.85
#define GROWTH_A_SECOND 0.08
#define PACKET_BITS     (1200 * 8)

void aimd_init(struct aimd *aimd, double rate_bps, uint64_t now_us)
{
    memset(aimd, 0, sizeof *aimd);
    aimd->rate_bps = rate_bps;
    aimd->capacity_variance = 0.4;
    aimd->changed_us = now_us;
}

void aimd_set(struct aimd *aimd, double rate_bps, uint64_t now_us)
{
    aimd->rate_bps = rate_bps;
    aimd->changed_us = now_us;
}

static double deviation_bps(const struct aimd *aimd)
{
    return sqrt(aimd->capacity_variance * aimd->capacity_bps / 1000) * 1000;
}

static void learn_capacity(struct aimd *aimd, double sample_bps)
{
    const double weight = 0.05;
    if (aimd->capacity_bps == 0) {
        aimd->capacity_bps = sample_bps;
        return;
    }
    double error = (aimd->capacity_bps - sample_bps) / 1000;
    aimd->capacity_bps = (1 - weight) * aimd->capacity_bps + weight * sample_bps;
    double norm = fmax(aimd->capacity_bps / 1000, 1);
    aimd->capacity_variance = (1 - weight) * aimd->capacity_variance + weight * error * error / norm;
    aimd->capacity_variance = fmin(fmax(aimd->capacity_variance, 0.4), 2.5);
}

static double additive_a_second(const struct aimd *aimd, uint32_t rtt_us)
{
    double response_s = ((double)rtt_us + 100000) / 1e6;
    double frame_bits = aimd->rate_bps / 30;
    double packets = ceil(frame_bits / PACKET_BITS);
    return fmax(4000, frame_bits / packets / response_s);
}

static void increase(struct aimd *aimd, double acknowledged_bps, bool limited, uint32_t rtt_us, double elapsed_s)
{
    if (acknowledged_bps > aimd->capacity_bps + 3 * deviation_bps(aimd))
        aimd->capacity_bps = 0; /* it carries more than we knew */
    double rate = aimd->rate_bps;
    if (aimd->capacity_bps > 0 && rate > aimd->capacity_bps - 3 * deviation_bps(aimd))
        rate += additive_a_second(aimd, rtt_us) * elapsed_s;
    else
        rate *= pow(1 + GROWTH_A_SECOND, elapsed_s);
    /* Nothing above one and a half times what has been seen to arrive; while the application sends little, nothing. */
    double ceiling = acknowledged_bps > 0 ? 1.5 * acknowledged_bps + 10000 : rate;
    if (aimd->capacity_bps > 0) /* … and little above what it is known to carry, unless more arrives */
        ceiling = fmin(ceiling, fmax(1.05 * aimd->capacity_bps, 1.15 * acknowledged_bps + 10000));
    if (limited)
        ceiling = aimd->rate_bps;
    if (rate > ceiling)
        rate = fmax(aimd->rate_bps, ceiling);
    aimd->rate_bps = rate;
}

static void decrease(struct aimd *aimd, double acknowledged_bps, uint64_t now_us)
{
    double base = acknowledged_bps > 0 ? acknowledged_bps : aimd->rate_bps;
    double rate = DECREASE * base;
    if (rate > aimd->rate_bps && aimd->capacity_bps > 0)
        rate = DECREASE * aimd->capacity_bps;
    if (acknowledged_bps > 0) {
        if (acknowledged_bps < aimd->capacity_bps - 3 * deviation_bps(aimd))
            aimd->capacity_bps = 0;
        learn_capacity(aimd, acknowledged_bps);
    }
    if (rate < aimd->rate_bps)
        aimd->rate_bps = rate;
    aimd->state = AIMD_HOLD;
    aimd->decreased_us = now_us;
}

void aimd_update(struct aimd *aimd, enum trend trend, double acknowledged_bps, bool limited, uint32_t rtt_us,
                 uint64_t now_us)
{
    double elapsed_s = fmin((double)(now_us - aimd->changed_us) / 1e6, 1);
    aimd->changed_us = now_us;
    if (trend == TREND_OVERUSE) {
        /* One decrease per response time, unless it is far too much already. */
        uint64_t spacing_us = rtt_us < 10000 ? 10000 : rtt_us > 200000 ? 200000 : rtt_us;
        if (now_us - aimd->decreased_us >= spacing_us || acknowledged_bps < aimd->rate_bps / 2)
            decrease(aimd, acknowledged_bps, now_us);
    } else if (trend == TREND_UNDERUSE) {
        aimd->state = AIMD_HOLD; /* the queue is draining: wait until it is empty */
    } else {
        aimd->state = AIMD_INCREASE;
        increase(aimd, acknowledged_bps, limited, rtt_us, elapsed_s);
    }
}

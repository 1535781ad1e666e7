/**
 * The delay-based rate: up while the queue is empty, down to a share of what arrived when it grows
 * (draft-ietf-rmcat-gcc-02 §5.5). Near the rate that congested last it goes up by about a packet per response time,
 * far from it by 8 % a second.
 */
#ifndef MEDIA_AIMD_H
#define MEDIA_AIMD_H

#include <stdint.h>

#include "media/trendline.h"

struct aimd {
    double rate_bps;
    enum { AIMD_INCREASE, AIMD_HOLD } state;
    double capacity_bps;      /* where it congested, smoothed; 0: not known */
    double capacity_variance; /* in kbit/s, as a share of the mean */
    uint64_t changed_us;
    uint64_t decreased_us;
};

void aimd_init(struct aimd *aimd, double rate_bps, uint64_t now_us);
/** `acknowledged_bps` 0: not known. `limited`: the application sends less than it might, and the rate does not rise. */
void aimd_update(struct aimd *aimd, enum trend trend, double acknowledged_bps, bool limited, uint32_t rtt_us,
                 uint64_t now_us);
/** A probe or the loss model knows better. */
void aimd_set(struct aimd *aimd, double rate_bps, uint64_t now_us);

#endif

/**
 * When was it captured? Ties a publisher's RTP timestamps to the worker's clock: sender reports tie them to the
 * publisher's wall clock, the quickest report ties that to ours. Sound and picture of one publisher then share one
 * time, whatever the network did to either.
 *
 * Pure code.
 */
#ifndef MEDIA_CAPTURE_CLOCK_H
#define MEDIA_CAPTURE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** One publisher's wall clock against ours, through the least delayed report of the last minute or two. */
struct wall_clock {
    int64_t least_us, least_before_us; /* arrival − NTP, in this window and the one before */
    uint64_t window_us;
    bool known, known_before;
};

void wall_clock_report(struct wall_clock *clock, uint64_t ntp_us, uint64_t arrival_us);

/** One RTP stream's timestamps. */
struct capture_clock {
    uint32_t hz;
    bool reported;
    uint32_t report_rtp;
    uint64_t report_ntp_us;
    bool seen;
    uint32_t seen_rtp; /* until the first report: the packet that had the least delay so far */
    uint64_t seen_us;
};

void capture_clock_init(struct capture_clock *clock, uint32_t hz);
void capture_clock_arrival(struct capture_clock *clock, uint32_t rtp, uint64_t arrival_us);
void capture_clock_report(struct capture_clock *clock, uint64_t ntp_us, uint32_t rtp);

/** The worker's time at which `rtp` was captured. */
uint64_t capture_clock_time(const struct capture_clock *clock, const struct wall_clock *wall, uint32_t rtp);

#endif

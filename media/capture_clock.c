#include "media/capture_clock.h"

#include <string.h>

enum { WINDOW_US = 60 * 1000 * 1000 };

void wall_clock_report(struct wall_clock *clock, uint64_t ntp_us, uint64_t arrival_us)
{
    if (ntp_us == 0) /* RFC 3550 §6.4.1: no wall clock; aiortc says so until its first packet */
        return;
    int64_t offset = (int64_t)(arrival_us - ntp_us);
    if (clock->known && arrival_us - clock->window_us > WINDOW_US) {
        clock->least_before_us = clock->least_us;
        clock->known_before = true;
        clock->known = false;
    }
    if (!clock->known) {
        clock->least_us = offset;
        clock->window_us = arrival_us;
        clock->known = true;
    } else if (offset < clock->least_us) {
        clock->least_us = offset;
    }
}

static int64_t wall_offset(const struct wall_clock *clock)
{
    return clock->known_before && clock->least_before_us < clock->least_us ? clock->least_before_us : clock->least_us;
}

void capture_clock_init(struct capture_clock *clock, uint32_t hz)
{
    memset(clock, 0, sizeof *clock);
    clock->hz = hz;
}

static int64_t ticks_to_us(const struct capture_clock *clock, uint32_t from, uint32_t to)
{
    return (int64_t)(int32_t)(to - from) * 1000000 / (int64_t)clock->hz;
}

void capture_clock_arrival(struct capture_clock *clock, uint32_t rtp, uint64_t arrival_us)
{
    if (clock->reported)
        return;
    int64_t delay = clock->seen ? (int64_t)(arrival_us - clock->seen_us) - ticks_to_us(clock, clock->seen_rtp, rtp) : 0;
    if (clock->seen && delay >= 0)
        return;
    clock->seen = true;
    clock->seen_rtp = rtp;
    clock->seen_us = arrival_us;
}

void capture_clock_report(struct capture_clock *clock, uint64_t ntp_us, uint32_t rtp)
{
    if (ntp_us == 0)
        return;
    clock->reported = true;
    clock->report_ntp_us = ntp_us;
    clock->report_rtp = rtp;
}

uint64_t capture_clock_time(const struct capture_clock *clock, const struct wall_clock *wall, uint32_t rtp)
{
    if (clock->reported && wall->known)
        return clock->report_ntp_us + (uint64_t)(wall_offset(wall) + ticks_to_us(clock, clock->report_rtp, rtp));
    return clock->seen_us + (uint64_t)ticks_to_us(clock, clock->seen_rtp, rtp);
}

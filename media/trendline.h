/**
 * Is the queue at the bottleneck growing? Packets sent within 5 ms form a group; the growth of one-way delay from group
 * to group is smoothed and a line laid through the last twenty (draft-ietf-rmcat-gcc-02 §5.3–5.4, with the trendline
 * that replaced its Kalman filter). Over-use is a slope above an adaptive threshold for longer than 10 ms.
 */
#ifndef MEDIA_TRENDLINE_H
#define MEDIA_TRENDLINE_H

#include <stdbool.h>
#include <stdint.h>

enum trend { TREND_NORMAL, TREND_OVERUSE, TREND_UNDERUSE };

enum { TRENDLINE_WINDOW = 20 };

struct trendline {
    struct {
        uint64_t first_sent_us, last_sent_us;
        int64_t first_arrival_us, last_arrival_us;
        bool used;
    } group, previous;
    struct {
        double at_ms, delay_ms;
    } points[TRENDLINE_WINDOW];
    int count, next;
    uint32_t deltas;
    int64_t origin_us;
    double accumulated_ms, smoothed_ms;
    double threshold_ms, slope_before, over_ms;
    int over_count;
    int64_t threshold_at_us;
    enum trend trend;
};

void trendline_init(struct trendline *line);
/** One acknowledged packet, in order of sending. */
enum trend trendline_input(struct trendline *line, uint64_t sent_us, int64_t arrival_us);

#endif

#include "media/trendline.h"

#include <math.h>
#include <string.h>

#define GROUP_US          5000
#define RESET_US          3000000 /* a gap that long says nothing of queues */
#define SMOOTHING         0.9
#define GAIN              4.0
#define MAX_DELTAS        60
#define THRESHOLD_UP      0.0087
#define THRESHOLD_DOWN    0.039
#define THRESHOLD_MIN_MS  6.0
#define THRESHOLD_MAX_MS  600.0
#define THRESHOLD_JUMP_MS 15.0
#define OVERUSE_MS        10.0

void trendline_init(struct trendline *line)
{
    memset(line, 0, sizeof *line);
    line->threshold_ms = 12.5;
}

/* Least squares over the window; the slope is milliseconds of delay gained per millisecond of time. */
static double fit(const struct trendline *line)
{
    double sum_x = 0, sum_y = 0, over = 0, under = 0;
    for (int i = 0; i < line->count; i++) {
        sum_x += line->points[i].at_ms;
        sum_y += line->points[i].delay_ms;
    }
    double mean_x = sum_x / line->count, mean_y = sum_y / line->count;
    for (int i = 0; i < line->count; i++) {
        double x = line->points[i].at_ms - mean_x;
        over += x * (line->points[i].delay_ms - mean_y);
        under += x * x;
    }
    return under > 0 ? over / under : 0;
}

/* The threshold follows the slope slowly, so that a competing TCP flow does not starve us (§5.4). */
static void adapt(struct trendline *line, double value, int64_t now_us)
{
    double magnitude = fabs(value);
    double elapsed_ms = line->threshold_at_us ? fmin((double)(now_us - line->threshold_at_us) / 1000, 100) : 0;
    line->threshold_at_us = now_us;
    if (magnitude > line->threshold_ms + THRESHOLD_JUMP_MS || elapsed_ms < 0)
        return;
    double rate = magnitude < line->threshold_ms ? THRESHOLD_DOWN : THRESHOLD_UP;
    line->threshold_ms += rate * (magnitude - line->threshold_ms) * elapsed_ms;
    line->threshold_ms = fmin(fmax(line->threshold_ms, THRESHOLD_MIN_MS), THRESHOLD_MAX_MS);
}

static void detect(struct trendline *line, double slope, double sent_delta_ms, int64_t now_us)
{
    if (line->deltas < 2)
        return;
    double value = fmin(line->deltas, MAX_DELTAS) * slope * GAIN;
    if (value > line->threshold_ms) {
        line->over_ms = line->over_ms < 0 ? sent_delta_ms / 2 : line->over_ms + sent_delta_ms;
        line->over_count++;
        if (line->over_ms > OVERUSE_MS && line->over_count > 1 && slope >= line->slope_before) {
            line->over_ms = 0;
            line->over_count = 0;
            line->trend = TREND_OVERUSE;
        }
    } else {
        line->over_ms = -1;
        line->over_count = 0;
        line->trend = value < -line->threshold_ms ? TREND_UNDERUSE : TREND_NORMAL;
    }
    line->slope_before = slope;
    adapt(line, value, now_us);
}

static void add_delta(struct trendline *line, double sent_ms, double arrival_ms, int64_t arrival_us)
{
    if (line->origin_us == 0)
        line->origin_us = arrival_us;
    line->deltas++;
    line->accumulated_ms += arrival_ms - sent_ms;
    line->smoothed_ms = SMOOTHING * line->smoothed_ms + (1 - SMOOTHING) * line->accumulated_ms;
    line->points[line->next].at_ms = (double)(arrival_us - line->origin_us) / 1000;
    line->points[line->next].delay_ms = line->smoothed_ms;
    line->next = (line->next + 1) % TRENDLINE_WINDOW;
    if (line->count < TRENDLINE_WINDOW)
        line->count++;
    double slope = line->count == TRENDLINE_WINDOW ? fit(line) : line->slope_before;
    detect(line, slope, sent_ms, arrival_us);
}

static void start_group(struct trendline *line, uint64_t sent_us, int64_t arrival_us)
{
    line->group.first_sent_us = line->group.last_sent_us = sent_us;
    line->group.first_arrival_us = line->group.last_arrival_us = arrival_us;
    line->group.used = true;
}

/* A burst that the network held back and released at once belongs together, whenever it was sent (§5.2). */
static bool belongs(const struct trendline *line, uint64_t sent_us, int64_t arrival_us)
{
    if (sent_us - line->group.first_sent_us <= GROUP_US)
        return true;
    int64_t arrival_delta = arrival_us - line->group.last_arrival_us;
    int64_t sent_delta = (int64_t)(sent_us - line->group.last_sent_us);
    return arrival_delta - sent_delta < 0 && arrival_delta <= 5000 &&
           arrival_us - line->group.first_arrival_us < 100000;
}

static void close_group(struct trendline *line)
{
    if (line->previous.used) {
        double sent = (double)(line->group.last_sent_us - line->previous.last_sent_us) / 1000;
        double arrival = (double)(line->group.last_arrival_us - line->previous.last_arrival_us) / 1000;
        if (arrival >= 0)
            add_delta(line, sent, arrival, line->group.last_arrival_us);
    }
    line->previous = line->group;
}

enum trend trendline_input(struct trendline *line, uint64_t sent_us, int64_t arrival_us)
{
    if (line->group.used && (int64_t)(sent_us - line->group.last_sent_us) > RESET_US)
        trendline_init(line);
    if (!line->group.used) {
        start_group(line, sent_us, arrival_us);
        return line->trend;
    }
    if (sent_us < line->group.last_sent_us)
        return line->trend; /* out of order: a group of it would end before the one in front */
    if (!belongs(line, sent_us, arrival_us)) {
        close_group(line);
        start_group(line, sent_us, arrival_us);
        return line->trend;
    }
    line->group.last_sent_us = sent_us;
    if (arrival_us > line->group.last_arrival_us)
        line->group.last_arrival_us = arrival_us;
    return line->trend;
}

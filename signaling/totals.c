#include "totals.h"

#include <glib.h>

static const struct {
    const char *name;
    double bounds[TOTALS_BOUNDS_MAX]; /* 0 ends them */
} HISTOGRAMS[TOTALS_HISTOGRAMS] = {
    [TOTALS_MOS] = {"mos", {1.5, 2, 2.5, 3, 3.5, 4}},
    [TOTALS_ROUND_TRIP] = {"round_trip_s", {0.05, 0.1, 0.2, 0.3, 0.5, 1, 2}},
    [TOTALS_CONCEALED] = {"concealed_ratio", {0.001, 0.01, 0.02, 0.05, 0.1, 0.2}},
    [TOTALS_ESTIMATE] = {"estimate_bps", {64e3, 128e3, 256e3, 512e3, 1e6, 2e6, 5e6}},
    [TOTALS_ADMIT] = {"admit_s", {0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5}},
    [TOTALS_ANSWER] = {"answer_s", {0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5}},
};

static int bound_count(enum totals_histogram which)
{
    int count = 0;
    while (count < TOTALS_BOUNDS_MAX && HISTOGRAMS[which].bounds[count] > 0)
        count++;
    return count;
}

void totals_observe(struct totals *totals, enum totals_histogram which, double value)
{
    int bucket = 0, count = bound_count(which);
    while (bucket < count && value > HISTOGRAMS[which].bounds[bucket])
        bucket++;
    totals->histograms[which].counts[bucket]++;
    totals->histograms[which].sum += value;
}

void totals_report(struct totals *totals, const struct quality_report *report, double mos)
{
    if (mos > 0)
        totals_observe(totals, TOTALS_MOS, mos);
    if (report->concealed_permille >= 0)
        totals_observe(totals, TOTALS_CONCEALED, (double)report->concealed_permille / 1000);
    if (report->rtt_ms >= 0)
        totals_observe(totals, TOTALS_ROUND_TRIP, (double)report->rtt_ms / 1000);
    totals->freezes += MAX(report->freezes, 0);
    totals->frozen_ms += MAX(report->frozen_ms, 0);
    totals->frames_decoded += MAX(report->frames_decoded, 0);
    totals->frames_dropped += MAX(report->frames_dropped, 0);
}

static json_t *histogram_json(const struct totals *totals, enum totals_histogram which)
{
    int count = bound_count(which);
    json_t *bounds = json_array(), *counts = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(bounds, json_real(HISTOGRAMS[which].bounds[i]));
    for (int i = 0; i <= count; i++)
        json_array_append_new(counts, json_integer((json_int_t)totals->histograms[which].counts[i]));
    return json_pack("{s:o, s:o, s:f}", "bounds", bounds, "counts", counts, "sum", totals->histograms[which].sum);
}

static json_t *by_reason(const int64_t counts[QUALITY_HELD_COUNT])
{
    json_t *object = json_object();
    for (int i = 0; i < QUALITY_HELD_COUNT; i++)
        json_object_set_new(object, quality_held_name((enum quality_held)i), json_integer(counts[i]));
    return object;
}

json_t *totals_json(const struct totals *totals)
{
    json_t *histograms = json_object();
    for (int i = 0; i < TOTALS_HISTOGRAMS; i++)
        json_object_set_new(histograms, HISTOGRAMS[i].name, histogram_json(totals, (enum totals_histogram)i));
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:o}", "histograms", histograms, "freezes",
                     (json_int_t)totals->freezes, "frozen_ms", (json_int_t)totals->frozen_ms, "frames_decoded",
                     (json_int_t)totals->frames_decoded, "frames_dropped", (json_int_t)totals->frames_dropped, "held_s",
                     by_reason(totals->held_s), "lowered", by_reason(totals->lowered));
}

/**
 * What all lines together were like since this process began, for metrics: histograms and counters without a person, a
 * consultation or an address in them.
 */
#ifndef SIGNALING_TOTALS_H
#define SIGNALING_TOTALS_H

#include <jansson.h>
#include <stdint.h>

#include "quality.h"

enum { TOTALS_BOUNDS_MAX = 8 };
enum totals_histogram {
    TOTALS_MOS,
    TOTALS_ROUND_TRIP,
    TOTALS_CONCEALED,
    TOTALS_ESTIMATE,
    TOTALS_ADMIT,  /* from join or resume to the house's word on it */
    TOTALS_ANSWER, /* from an offer to our answer */
    TOTALS_HISTOGRAMS
};

struct totals {
    struct {
        uint64_t counts[TOTALS_BOUNDS_MAX + 1]; /* of each bucket alone; the last is what is above all bounds */
        double sum;
    } histograms[TOTALS_HISTOGRAMS];
    int64_t freezes, frozen_ms, frames_decoded, frames_dropped;
    int64_t held_s[QUALITY_HELD_COUNT];  /* seconds × viewers with a picture held back */
    int64_t lowered[QUALITY_HELD_COUNT]; /* steps down */
};

/** In MOS, seconds, a ratio, bit/s. */
void totals_observe(struct totals *totals, enum totals_histogram which, double value);
/** A client's report, and the MOS that came of it (0: nothing was heard). */
void totals_report(struct totals *totals, const struct quality_report *report, double mos);
/** {"histograms":{"mos":{"bounds":[…],"counts":[…],"sum"},…},"freezes",…,"held_s":{…},"lowered":{…}}. Caller owns it. */
json_t *totals_json(const struct totals *totals);

#endif

#include "media/meter.h"

#include <string.h>

enum { SLICE_US = 25000, RECENT_SLICES = 5, LEAST_SLICES = 6 };

static size_t place_of(int64_t slice)
{
    return (uint64_t)slice % METER_SLICES;
}

void meter_add(struct meter *meter, int64_t at_us, size_t bytes)
{
    int64_t slice = at_us / SLICE_US;
    if (meter->first == 0 || slice - meter->slice >= METER_SLICES || slice < meter->first - METER_SLICES) {
        memset(meter->bytes, 0, sizeof meter->bytes);
        meter->first = meter->slice = slice;
    }
    while (meter->slice < slice)
        meter->bytes[place_of(++meter->slice)] = 0;
    if (slice > meter->slice - METER_SLICES && slice >= meter->first)
        meter->bytes[place_of(slice)] += (uint32_t)bytes;
}

static double meter_over(const struct meter *meter, int64_t most)
{
    int64_t slices = meter->slice - meter->first;
    if (meter->first == 0 || slices < LEAST_SLICES)
        return 0;
    if (slices > most)
        slices = most;
    double bytes = 0; /* the newest slice is not full yet */
    for (int64_t i = 1; i <= slices; i++)
        bytes += meter->bytes[place_of(meter->slice - i)];
    return bytes * 8e6 / ((double)slices * SLICE_US);
}

double meter_bps(const struct meter *meter)
{
    return meter_over(meter, METER_SLICES - 1);
}

double meter_recent_bps(const struct meter *meter)
{
    return meter_over(meter, RECENT_SLICES);
}

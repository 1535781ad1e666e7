#include "media/lossmodel.h"

#include <math.h>
#include <string.h>

#define OBSERVATION_US    250000
#define MIN_PACKETS       4
#define MIN_OBSERVATIONS  3
#define AGEING            0.9
#define OFFSET            0.05
#define BALANCE_BPS       100000.0
#define PREFERENCE        0.2 /* below this share of loss the higher of two likely bandwidths is preferred */
#define PREFERENCE_SMOOTH 0.002
#define BIAS              0.0002
#define LOG_BIAS          0.02
#define MAX_RISE          1.3
#define CHANCE            2.5 /* standard deviations by which a share of loss wanders without a change of the line */
#define STEADY_SHARE      0.05
#define CLEAN_EXPECTED    20.0 /* so many would have been lost meanwhile, bursts and all: the link is another one */
#define CLEAN_US          1000000

void lossmodel_init(struct lossmodel *model)
{
    memset(model, 0, sizeof *model);
    model->inherent = 0.01;
}

void lossmodel_input(struct lossmodel *model, uint64_t sent_us, size_t size, bool lost)
{
    if (model->packets == 0)
        model->first_sent_us = sent_us;
    if (sent_us > model->last_sent_us || model->packets == 0)
        model->last_sent_us = sent_us;
    model->packets++;
    model->lost += lost;
    model->bytes += size;
    model->clean = lost ? 0 : model->clean + 1;
    if (lost)
        model->clean_us = sent_us;
}

static bool close_observation(struct lossmodel *model)
{
    if (model->packets < MIN_PACKETS || model->last_sent_us < model->first_sent_us + OBSERVATION_US)
        return false;
    if (model->count == LOSSMODEL_WINDOW)
        memmove(&model->seen[0], &model->seen[1], sizeof model->seen - sizeof model->seen[0]);
    else
        model->count++;
    double seconds = (double)(model->last_sent_us - model->first_sent_us) / 1e6;
    model->seen[model->count - 1].packets = model->packets;
    model->seen[model->count - 1].lost = model->lost;
    model->seen[model->count - 1].rate_bps = (double)model->bytes * 8 / seconds;
    model->packets = model->lost = 0;
    model->bytes = 0;
    return true;
}

double lossmodel_loss(const struct lossmodel *model)
{
    double packets = 0, lost = 0, weight = 1;
    for (int i = model->count - 1; i >= 0; i--, weight *= AGEING) {
        packets += weight * model->seen[i].packets;
        lost += weight * model->seen[i].lost;
    }
    return packets > 0 ? lost / packets : 0;
}

/*
 * What the line loses in the long run. Of the few hundred packets of the window chance alone loses a quarter one time and a third another, and a
 * ceiling that followed it would lift and drop a picture again and again.
 */
static double steady_loss(struct lossmodel *model)
{
    double packets = 0, squares = 0, weight = 1, loss = lossmodel_loss(model);
    for (int i = model->count - 1; i >= 0; i--, weight *= AGEING) {
        packets += weight * model->seen[i].packets;
        squares += weight * weight * model->seen[i].packets;
    }
    double deviation = sqrt(loss * (1 - loss) * squares) / packets;
    bool changed = fabs(loss - model->steady) > CHANCE * deviation;
    model->steady = changed ? loss : model->steady + STEADY_SHARE * (loss - model->steady);
    return model->steady;
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* What does not fit is lost, and of what fits the inherent share. */
static double overload(double rate_bps, double bandwidth_bps)
{
    return rate_bps > bandwidth_bps ? (rate_bps - bandwidth_bps) / rate_bps : 0;
}

static double probability(double inherent, double over)
{
    return clamp(inherent + (1 - inherent) * over, 1e-6, 1 - 1e-6);
}

/* A thin link may lose a large share by nature; a wide one that loses much is full. */
static double inherent_limit(double bandwidth_bps)
{
    return clamp(OFFSET + BALANCE_BPS / bandwidth_bps, 0.001, 1);
}

/* Two Newton steps from where we were. */
static double fit_inherent(const struct lossmodel *model, double bandwidth_bps)
{
    double inherent = clamp(model->inherent, 0.001, inherent_limit(bandwidth_bps));
    for (int step = 0; step < 2; step++) {
        double first = 0, second = 0, weight = 1;
        for (int i = model->count - 1; i >= 0; i--, weight *= AGEING) {
            double over = overload(model->seen[i].rate_bps, bandwidth_bps);
            double p = probability(inherent, over), lost = model->seen[i].lost, kept = model->seen[i].packets - lost;
            double steepness = 1 - over;
            first += weight * steepness * (lost / p - kept / (1 - p));
            second -= weight * steepness * steepness * (lost / (p * p) + kept / ((1 - p) * (1 - p)));
        }
        if (second < 0)
            inherent -= 0.75 * first / second;
        inherent = clamp(inherent, 0.001, inherent_limit(bandwidth_bps));
    }
    return inherent;
}

static double likelihood(const struct lossmodel *model, double bandwidth_bps, double inherent, double loss)
{
    double distance = PREFERENCE - loss;
    double lean = distance > 0 ? distance / (PREFERENCE_SMOOTH + distance) : 0;
    double kbps = bandwidth_bps / 1000;
    double bias = lean * (BIAS * kbps + LOG_BIAS * log(1 + kbps));
    double sum = 0, weight = 1;
    for (int i = model->count - 1; i >= 0; i--, weight *= AGEING) {
        double p = probability(inherent, overload(model->seen[i].rate_bps, bandwidth_bps));
        double lost = model->seen[i].lost, kept = model->seen[i].packets - lost;
        sum += weight * (lost * log(p) + kept * log(1 - p) + bias * model->seen[i].packets);
    }
    return sum;
}

static void think(struct lossmodel *model, double delay_bps, double acknowledged_bps, bool limited)
{
    double loss = lossmodel_loss(model), current = model->bandwidth_bps;
    double candidates[] = {current, current * 1.02, current * 0.95, limited ? 0 : acknowledged_bps, delay_bps};
    double best = current, best_inherent = model->inherent, best_value = -INFINITY;
    double steady = steady_loss(model);
    double ceiling = steady > OFFSET ? BALANCE_BPS / (steady - OFFSET) : INFINITY;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        double bandwidth = fmin(candidates[i], ceiling);
        if (bandwidth < 1000)
            continue;
        double inherent = fit_inherent(model, bandwidth);
        double value = likelihood(model, bandwidth, inherent, loss);
        if (value > best_value) {
            best_value = value;
            best = bandwidth;
            best_inherent = inherent;
        }
    }
    if (best > current && acknowledged_bps > 0)
        best = fmin(best, fmax(current, MAX_RISE * acknowledged_bps / (1 - fmin(best_inherent, 0.5))));
    if (best < current && loss < best_inherent && current <= ceiling)
        best = current; /* no more is lost than the link loses anyway */
    model->bandwidth_bps = best;
    model->inherent = best_inherent;
}

/* A line that was mended. Its loss would fade from the window in four seconds only. */
static bool has_ended(const struct lossmodel *model)
{
    return model->clean * lossmodel_loss(model) > CLEAN_EXPECTED && model->last_sent_us > model->clean_us + CLEAN_US;
}

void lossmodel_update(struct lossmodel *model, double delay_bps, double acknowledged_bps, bool limited)
{
    if (has_ended(model))
        lossmodel_init(model);
    if (!close_observation(model) || model->count < MIN_OBSERVATIONS)
        return;
    if (lossmodel_loss(model) < 0.005) {
        model->bandwidth_bps = 0;
        model->inherent = 0.01;
        return;
    }
    if (model->bandwidth_bps == 0)
        model->bandwidth_bps = delay_bps;
    think(model, delay_bps, acknowledged_bps, limited);
}

double lossmodel_bps(const struct lossmodel *model)
{
    return model->bandwidth_bps > 0 ? model->bandwidth_bps : INFINITY;
}

/**
 * How much of the loss is congestion? Some links lose packets whatever is sent (radio); others lose what does not fit.
 * Over the last few seconds of sending rates and losses, the bandwidth and the inherent loss are found that explain
 * them best (maximum likelihood, as libwebrtc's second loss-based estimator does), so that 30 % of inherent loss leaves
 * video moving, while a full queue without delay signal still brings the rate down.
 */
#ifndef MEDIA_LOSSMODEL_H
#define MEDIA_LOSSMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOSSMODEL_WINDOW = 15 };

struct lossmodel {
    struct {
        double packets, lost, rate_bps;
    } seen[LOSSMODEL_WINDOW]; /* newest last */
    int count;
    uint32_t packets, lost;
    size_t bytes;
    uint64_t first_sent_us, last_sent_us;
    uint32_t clean;    /* packets since the last that was lost, … */
    uint64_t clean_us; /* … which was sent then */
    double inherent;
    double steady;        /* what the line loses in the long run */
    double bandwidth_bps; /* 0: loss says nothing */
};

void lossmodel_init(struct lossmodel *model);
/** One packet whose fate is known. */
void lossmodel_input(struct lossmodel *model, uint64_t sent_us, size_t size, bool lost);
/** After a feedback: thinks again when enough has been seen. `delay_bps` is what the delay allows.
 * `limited`: so little was sent that what arrived measures nothing. */
void lossmodel_update(struct lossmodel *model, double delay_bps, double acknowledged_bps, bool limited);
/** The ceiling that loss sets; INFINITY when it sets none. */
double lossmodel_bps(const struct lossmodel *model);
/** Share of packets lost lately, 0 to 1. */
double lossmodel_loss(const struct lossmodel *model);

#endif

#include "emodel.h"

#include <math.h>

/*
 * Opus in G.107's terms. G.113 lists no values for it; these are ours, and why:
 * Ie 0: at the bit rates we ask for (20 kbit/s and more) Opus is no worse than G.711 on the narrowband scale, whose Ie is 0.
 * Bpl 10: G.113 Appendix I has 4.3 for G.711 that plays silence for what is lost and 25.1 for G.711 with concealment
 * (Appendix I of G.711). Opus conceals too, but what we are told is the share of sound that was made up after error
 * correction, redundancy and retransmission, so it comes in longer runs than single packets: between the two, nearer the
 * severe one. 2 % made up is then a MOS of 3.9, 5 % one of 3.2, 10 % one of 2.3.
 */
static const double IE = 0, BPL = 10;
static const double RATING_DEFAULT = 93.2; /* Ro − Is at the defaults of G.107 table 2 */
static const double CODING_MS = 40;        /* capture, a frame of 20 ms, Opus' look-ahead of 6.5, playing */

/* Idd of G.107 §7.4: nothing below 100 ms. */
static double delay_impairment(double delay_ms)
{
    if (delay_ms <= 100)
        return 0;
    double x = log2(delay_ms / 100);
    return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

/* Ie,eff of G.107 §7.5 with BurstR 1. */
static double loss_impairment(double percent)
{
    return IE + (95 - IE) * percent / (percent + BPL);
}

double emodel_rating(const struct emodel_input *input)
{
    double rating = RATING_DEFAULT - delay_impairment(input->delay_ms) - loss_impairment(input->concealed_percent);
    return rating < 0 ? 0 : rating;
}

double emodel_mos(double rating)
{
    if (rating <= 0)
        return 1;
    if (rating >= 100)
        return 4.5;
    double mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
    return mos < 1 ? 1 : mos; /* the polynomial dips below for the smallest ratings */
}

double emodel_delay_ms(double own_rtt_ms, double far_rtt_ms, double buffer_ms)
{
    return own_rtt_ms / 2 + far_rtt_ms / 2 + buffer_ms + CODING_MS;
}

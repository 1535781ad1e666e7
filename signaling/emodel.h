/**
 * How speech sounds to a listener, by the E-model (ITU-T G.107): from delay and loss to a rating R of 0 to 100 and the
 * mean opinion score (MOS) of 1 to 4.5 that a conversation would get.
 *
 * R = 93.2 − Id − Ie,eff with G.107's default values for all that a browser neither measures nor causes (noise, loudness,
 * sidetone); its echo canceller is taken to leave no echo, so of Id the delay alone counts (Idd, §7.4). Ie,eff (§7.5)
 * is that of random loss, BurstR 1. The narrowband scale is used although Opus sounds better than any telephone: what matters
 * here is how far a line is from a good one, and hospitals know the telephone's scale.
 *
 * Pure.
 */
#ifndef SIGNALING_EMODEL_H
#define SIGNALING_EMODEL_H

struct emodel_input {
    double delay_ms;          /* one way, mouth to ear */
    double concealed_percent; /* of what was played: what was lost after every repair, and what came too late */
};

double emodel_rating(const struct emodel_input *input);
/** G.107 Annex B. */
double emodel_mos(double rating);

/** The delay from mouth to ear: half of each side's round trip, the jitter buffer, and what capture and coding take. */
double emodel_delay_ms(double own_rtt_ms, double far_rtt_ms, double buffer_ms);

#endif

/* Probes: clusters of packets sent faster than the estimate, to see how they arrive. */
#include <math.h>

#include "media/bwe_private.h"

enum {
    PROBE_SPACING_US = 4000000,
    PROBE_SPACING_MAX_US = 6000000,
    PROBE_WAIT_US = 1500000,
    PROBE_SHORT_US = 20000,
    PROBE_JITTERS = 4,
    PROBE_MIN_BYTES = 1250,
    PROBE_THIN_BYTES = 800, /* a sixth of a second on 40 kbit/s: sound has to wait for it */
    PROBE_THIN_BPS = 250000,
    PROBE_AFTERMATH_US = 300000,
    PROBE_CALM_US = 600000, /* after a decrease */
    PROBE_REPEAT_US = 500000,
};

#define PROBE_LEAST_S 0.001

void bwe_probe_sent(struct bwe *bwe, uint16_t seq, size_t size, uint64_t now_us)
{
    struct probing *probe = &bwe->probe;
    if (probe->sent_packets++ == 0) {
        probe->first_sent_us = now_us;
        probe->first_seq = seq;
    }
    probe->last_sent_us = now_us;
    probe->last_seq = seq;
    probe->sent_bytes += (uint32_t)size;
    probe->last_size = (uint32_t)size;
}

void bwe_probe_arrived(struct bwe *bwe, uint16_t seq, int64_t arrival_us)
{
    struct probing *probe = &bwe->probe;
    if (probe->arrived_packets++ == 0 || arrival_us < probe->first_arrival_us) {
        probe->first_arrival_us = arrival_us;
        probe->first_arrived = seq;
    }
    if (probe->arrived_packets == 1 || arrival_us > probe->last_arrival_us) {
        probe->last_arrival_us = arrival_us;
        probe->last_arrived = seq;
    }
}

/* What was sent after the first that arrived up to the last: loss by chance is not the path's rate. */
static double bytes_between(const struct bwe *bwe, const struct probing *probe)
{
    double bytes = 0;
    for (uint16_t seq = (uint16_t)(probe->first_arrived + 1); (int16_t)(probe->last_arrived - seq) >= 0; seq++)
        bytes += bwe->history[seq % BWE_HISTORY].size;
    return bytes;
}

static struct measured probe_result(const struct bwe *bwe)
{
    const struct probing *probe = &bwe->probe;
    if (probe->arrived_packets < 4 || probe->arrived_packets * 2 < probe->sent_packets)
        return (struct measured){0};
    double sent_s = (double)(probe->last_sent_us - probe->first_sent_us) / 1e6;
    double arrived_s = (double)(probe->last_arrival_us - probe->first_arrival_us) / 1e6;
    if (arrived_s < PROBE_LEAST_S)
        arrived_s = PROBE_LEAST_S; /* all at one glance of the receiver's clock: faster than it can tell */
    double sent_bps = sent_s > 0 ? (probe->sent_bytes - probe->last_size) * 8.0 / sent_s : INFINITY;
    double arrived_bps = bytes_between(bwe, probe) * 8.0 / arrived_s;
    bool filled = arrived_bps < 0.9 * sent_bps && arrived_bps < probe->bps; /* else what was asked for went through */
    double result = filled ? 0.95 * arrived_bps : fmin(sent_bps, arrived_bps);
    return (struct measured){fmin(result, 1.05 * probe->bps), filled};
}

/* Up to what the cluster showed; and down to it, where a queue grew under it: what little was sent before it measures
 * nothing. What has just arrived went through, whatever the cluster met on its way. */
static void probe_apply(struct bwe *bwe, uint64_t now_us)
{
    const struct measured *measured = &bwe->probe.measured;
    bool down = bwe->probe.strained && measured->filled;
    if (measured->bps == 0 || (measured->bps <= bwe->aimd.rate_bps && !down))
        return;
    double bps = measured->bps;
    if (bps < bwe->aimd.rate_bps)
        bps = fmin(fmax(bps, meter_recent_bps(&bwe->arrived)), bwe->aimd.rate_bps);
    aimd_set(&bwe->aimd, fmin(bps, BWE_MAX_BPS), now_us);
    bwe->aimd.capacity_bps = measured->filled ? bps : 0;
}

bool bwe_probe_explains(struct bwe *bwe, uint64_t now_us)
{
    struct probing *probe = &bwe->probe;
    bool during = probe->waiting && now_us - probe->asked_us < PROBE_AFTERMATH_US + bwe->rtt_us;
    bool after = probe->measured.filled && now_us - probe->judged_us < PROBE_AFTERMATH_US + bwe->rtt_us;
    if (!during && !after)
        return false;
    probe->strained = true;
    if (!probe->waiting)
        probe_apply(bwe, now_us);
    return true;
}

/* It arrived slowly, no queue has shown since, and it is the first to speak or says less than one before: a machine in between may have
 * been busy for a moment. Once more tells, where seconds of waiting would keep a picture away; a thin line is spared. */
static bool is_doubtful(const struct bwe *bwe)
{
    const struct probing *probe = &bwe->probe;
    if (!probe->measured.filled || probe->strained)
        return false;
    if (probe->proven_bps == 0)
        return probe->measured.bps > PROBE_THIN_BPS;
    return probe->measured.bps < probe->proven_bps && bwe->aimd.rate_bps >= probe->proven_bps;
}

static void probe_finish(struct bwe *bwe, uint64_t now_us)
{
    struct probing *probe = &bwe->probe;
    probe->measured = probe_result(bwe);
    probe->judged_us = now_us;
    bool further = probe->measured.bps > 1.1 * bwe->aimd.rate_bps;
    bool good = (probe->measured.bps > 0.7 * probe->bps && !probe->measured.filled) || further;
    probe->waiting = false;
    probe_apply(bwe, now_us);
    if (probe->measured.bps > 0 && !probe->measured.filled)
        probe->proven_bps = probe->measured.bps;
    bool repeat = !probe->repeated && is_doubtful(bwe);
    probe->repeated = repeat;
    if (good) {
        probe->spacing_us = PROBE_SPACING_US;
        probe->next_us = now_us + bwe->rtt_us + 100000;
    } else if (repeat) {
        probe->next_us = now_us + bwe->rtt_us + PROBE_REPEAT_US;
    } else if (probe->answered_packets * 2 < probe->sent_packets) {
        probe->next_us = now_us + bwe->rtt_us + 100000; /* the word of it was lost: it says nothing of the path */
    } else {
        probe->spacing_us = probe->spacing_us * 3 / 2;
        if (probe->spacing_us > PROBE_SPACING_MAX_US)
            probe->spacing_us = PROBE_SPACING_MAX_US;
        probe->next_us = now_us + probe->spacing_us;
    }
}

void bwe_probe_check(struct bwe *bwe, uint64_t now_us)
{
    struct probing *probe = &bwe->probe;
    if (!probe->waiting)
        return;
    bool told = probe->answered_packets >= probe->sent_packets || (int16_t)(bwe->answered_seq - probe->last_seq) > 0;
    bool whole = probe->sent_bytes >= probe->bytes && told;
    if (whole || now_us - probe->asked_us > PROBE_WAIT_US + bwe->rtt_us)
        probe_finish(bwe, now_us);
}

void bwe_probe_anew(struct bwe *bwe, uint64_t at_us)
{
    bwe->probe.spacing_us = PROBE_SPACING_US;
    bwe->probe.next_us = at_us;
}

/* Where packets come sooner and later by themselves a short cluster measures that. */
static double probe_us(const struct bwe *bwe, double bps)
{
    return PROBE_SHORT_US + PROBE_JITTERS * (double)standing_jitter_us(&bwe->standing, bps);
}

static bool is_strained(const struct bwe *bwe, uint64_t now_us)
{
    uint64_t last_us = bwe->alarmed_us > bwe->aimd.decreased_us ? bwe->alarmed_us : bwe->aimd.decreased_us;
    return bwe_is_overused(bwe) || now_us - last_us < PROBE_CALM_US || bwe_is_late(bwe, now_us);
}

bool bwe_next_probe(struct bwe *bwe, uint64_t now_us, struct bwe_probe *out)
{
    now_us = bwe_onward(bwe, now_us);
    struct probing *probe = &bwe->probe;
    bool wanted = bwe->want_bps > bwe->target_bps;
    if (!wanted || probe->waiting || now_us < probe->next_us || bwe_is_silent(bwe) || is_strained(bwe, now_us))
        return false;
    double rate = fmax(2.0 * bwe->target_bps, bwe->before_silence_bps);
    rate = fmin(fmin(rate, 1.25 * (double)bwe->want_bps), BWE_MAX_BPS);
    bwe->before_silence_bps = 0;
    struct probing before = *probe;
    uint32_t bytes = (uint32_t)(rate * probe_us(bwe, rate) / 8e6);
    uint32_t least = rate < PROBE_THIN_BPS ? PROBE_THIN_BYTES : PROBE_MIN_BYTES;
    *probe = (struct probing){.cluster = before.cluster % 255 + 1,
                              .waiting = true,
                              .bps = (uint32_t)rate,
                              .bytes = bytes < least ? least : bytes,
                              .asked_us = now_us,
                              .next_us = before.next_us,
                              .spacing_us = before.spacing_us,
                              .proven_bps = before.proven_bps,
                              .repeated = before.repeated};
    *out = (struct bwe_probe){probe->cluster, probe->bps, probe->bytes};
    return true;
}

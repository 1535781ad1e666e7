#include "media/bwe_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SILENCE_US = 600000,
    SILENT_BPS = 150000, /* sound as it was and no picture, which may be what chokes a far end that is not heard … */
    CHOKED_SILENCE_US =
        250000, /* … and sooner, and as little as sound can be, where hardly any of what it sends arrives */
    CHOKED_BPS = 64000,
    CALM_PERMILLE = 25, /* where more is lost by chance, word of what was sent is, too */
    CALM_PACKETS = 40,
    STANDING_QUEUE_US = 150000,
    LASTING_US = 150000,       /* of a queue: longer than meter_recent_bps looks back */
    HELD_UP_US = 80000,        /* a queue that word is late of */
    DEEP_JITTERS = 2,          /* … deeper by so many usual wobbles */
    HELD_UP_AGAIN_US = 600000, /* what was sent before the fall has been told of */
    STANDING_BITS = 10000,
    PROBE_AFTER_DROP_US = 1000000,
    DROWNED_PACKETS = 30,
    UNTOLD_MAX = 256,
    LONG_US = 200000, /* a round trip whose fall to less than half is news */
};

#define LUMPY_BPS      300000 /* below, a picture's packets come in lumps, and a key frame is a queue by itself */
#define LOSS_LEAD      2.0
#define THIN_DRAIN     0.7 /* of the rate: a queue that lets so little through was another path's */
#define DROWNED_LOSS   0.6
#define DROWNED_AGEING 0.85 /* from one feedback to the next */

/* ---- life ---- */

struct bwe *bwe_create(uint64_t now_us)
{
    struct bwe *bwe = calloc(1, sizeof *bwe);
    if (!bwe)
        return NULL;
    trendline_init(&bwe->trendline);
    lossmodel_init(&bwe->loss);
    standing_init(&bwe->standing, now_us);
    aimd_init(&bwe->aimd, BWE_START_BPS, now_us);
    bwe->target_bps = BWE_START_BPS;
    bwe->rtt_us = 100000;
    lateness_init(&bwe->lateness);
    bwe_probe_anew(bwe, now_us);
    return bwe;
}

void bwe_destroy(struct bwe *bwe)
{
    free(bwe);
}

static void set_target(struct bwe *bwe, uint64_t now_us)
{
    double target = fmin(bwe->aimd.rate_bps, lossmodel_bps(&bwe->loss));
    if (bwe->remb_us != 0 && now_us - bwe->remb_us < 5000000)
        target = bwe->has_feedback ? fmin(target, (double)bwe->remb_bps) : (double)bwe->remb_bps;
    target = fmin(fmax(target, BWE_MIN_BPS), BWE_MAX_BPS);
    bwe->target_bps = (uint32_t)target;
}

void bwe_begin(struct bwe *bwe, uint64_t connecting_us, uint64_t now_us)
{
    if (bwe->has_feedback || connecting_us <= BWE_SWIFT_US)
        return;
    double share = (double)BWE_SWIFT_US / (double)connecting_us;
    aimd_set(&bwe->aimd, fmax(BWE_START_BPS * share * share, BWE_START_LEAST_BPS), now_us);
    set_target(bwe, now_us);
}

/* ---- what goes out and what is said of it ---- */

uint64_t bwe_onward(struct bwe *bwe, uint64_t now_us)
{
    if (now_us > bwe->now_us)
        bwe->now_us = now_us;
    return bwe->now_us;
}

void bwe_sent(struct bwe *bwe, uint16_t seq, size_t size, int probe, uint64_t now_us)
{
    now_us = bwe_onward(bwe, now_us);
    struct sent *sent = &bwe->history[seq % BWE_HISTORY];
    *sent = (struct sent){now_us, seq, (uint16_t)size, (uint8_t)probe, FATE_FLYING};
    meter_add(&bwe->sent, (int64_t)now_us, size);
    if (probe != 0 && probe == bwe->probe.cluster && bwe->probe.waiting)
        bwe_probe_sent(bwe, seq, size, now_us);
    if (bwe->oldest_unanswered_us == 0)
        bwe->oldest_unanswered_us = now_us;
    bwe->last_sent_us = now_us;
}

static enum trend take_result(struct bwe *bwe, const struct bwe_result *result, enum trend trend)
{
    struct sent *sent = &bwe->history[result->seq % BWE_HISTORY];
    if (sent->seq != result->seq || sent->fate == FATE_UNUSED || sent->fate == FATE_ARRIVED)
        return trend;
    if (sent->at_us < bwe->deaf_until_us)
        return trend;
    bool probes = sent->probe != 0 && bwe->probe.waiting && sent->probe == bwe->probe.cluster;
    bwe->probe.answered_packets += probes && (sent->fate == FATE_FLYING || sent->fate == FATE_ASSUMED);
    bool assumed = sent->fate == FATE_ASSUMED, open = assumed || sent->fate == FATE_FLYING;
    bwe->answered += open;
    if (open)
        chance_input(&bwe->chance, !result->received);
    if (!result->received) {
        bwe->lost += open;
        if (open)
            lossmodel_input(&bwe->loss, sent->at_us, sent->size, true);
        sent->fate = FATE_LOST;
        return trend;
    }
    if (open) /* one thought lost is late, not news */
        lossmodel_input(&bwe->loss, sent->at_us, sent->size, false);
    sent->fate = FATE_ARRIVED;
    standing_delay(&bwe->standing, result->arrival_us - (int64_t)sent->at_us, result->arrival_us, sent->size);
    if (!assumed)
        meter_add(&bwe->arrived, result->arrival_us, sent->size);
    if (probes)
        bwe_probe_arrived(bwe, result->seq, result->arrival_us);
    enum trend now = trendline_input(&bwe->trendline, sent->at_us, result->arrival_us);
    return now == TREND_OVERUSE ? now : trend == TREND_OVERUSE ? trend : now;
}

/* Where hardly anything is lost by chance no word is lost either, and one that does not come when it usually does says something. */
static bool tells_in_time(const struct bwe *bwe)
{
    return bwe->chance.answered_all > CALM_PACKETS && chance_permille(&bwe->chance) < CALM_PERMILLE;
}

/* How many packets before those of a feedback none has told of: the one that did is lost, or late. */
static uint16_t untold(const struct bwe *bwe, const struct bwe_result *results)
{
    int16_t gap = (int16_t)(results[0].seq - bwe->answered_seq - 1);
    return gap > 0 ? (uint16_t)gap : 0;
}

/* Feedback is lost too. What it would have told of is taken to have fared like its neighbours: else a bad way back would
 * make the way there look thin. */
static void assume_untold(struct bwe *bwe, const struct bwe_result *results, size_t count)
{
    size_t at = 0;
    while (at < count && !results[at].received)
        at++;
    if (at == count)
        return;
    uint16_t first = results[0].seq, gap = untold(bwe, results);
    if (gap)
        standing_miss(&bwe->standing);
    const struct sent *known = &bwe->history[results[at].seq % BWE_HISTORY];
    double kept = 1 - lossmodel_loss(&bwe->loss);
    for (uint16_t seq = (uint16_t)(first - gap); gap < UNTOLD_MAX && seq != first; seq++) {
        struct sent *sent = &bwe->history[seq % BWE_HISTORY];
        if (sent->seq != seq || sent->fate != FATE_FLYING || sent->at_us < bwe->deaf_until_us)
            continue;
        sent->fate = FATE_ASSUMED;
        meter_add(&bwe->arrived, results[at].arrival_us - (int64_t)(known->at_us - sent->at_us),
                  (size_t)(sent->size * kept));
    }
}

/* It says at once of all that was sent meanwhile that it came: the far end was busy for a moment, and the path is as it was. */
static bool was_pause(const struct bwe *bwe, const struct bwe_result *results, size_t count)
{
    size_t arrived = 0;
    for (size_t i = 0; i < count; i++)
        arrived += results[i].received;
    return arrived * 2 > count && (int16_t)(results[0].seq - bwe->answered_seq) <= 1;
}

/* The way back is there again: what queued up meanwhile must not pass for congestion. */
static void end_silence(struct bwe *bwe, uint64_t now_us)
{
    if (bwe->silent_since_us == 0)
        return;
    bwe->silent_since_us = 0;
    bwe->deaf_until_us = now_us;
    bwe->answered = bwe->lost = 0;
    bwe->chance = (struct chance){0};
    trendline_init(&bwe->trendline);
    lossmodel_init(&bwe->loss);
    standing_init(&bwe->standing, now_us);
    memset(&bwe->arrived, 0, sizeof bwe->arrived);
    bwe->probe.waiting = false;
    bwe_probe_anew(bwe, now_us + 100000);
}

/* What arrived while a queue ran over and was emptied says too little: as soon as it is empty the path is asked again. */
static void watch_drop(struct bwe *bwe, double before_bps, uint64_t now_us)
{
    if (bwe->aimd.rate_bps > before_bps * 2 / 3)
        return;
    bwe_probe_anew(bwe, now_us + PROBE_AFTER_DROP_US);
}

/* One full packet in front of all that a feedback tells of is no queue yet, however thin the path. */
static int64_t standing_limit_us(const struct bwe *bwe, int64_t least_us)
{
    return (int64_t)fmax((double)least_us, STANDING_BITS * 1e6 / bwe->aimd.rate_bps);
}

/* … nor what this path usually takes longer by itself. */
static int64_t deep_us(const struct bwe *bwe)
{
    int64_t wobble_us = DEEP_JITTERS * standing_jitter_us(&bwe->standing, bwe->aimd.rate_bps);
    return standing_limit_us(bwe, HELD_UP_US) + wobble_us;
}

/* Most of what is sent is dropped: the queue is full and so does not grow, and there is no time to weigh what else may lose
 * packets. */
static bool is_drowned(struct bwe *bwe)
{
    bool drowned = bwe->answered > DROWNED_PACKETS && bwe->lost > DROWNED_LOSS * bwe->answered;
    bwe->answered *= DROWNED_AGEING;
    bwe->lost *= DROWNED_AGEING;
    return drowned;
}

/* How word came. */
struct word {
    bool ends_silence, late, alarming;
    bool missed; /* some before it was lost, on a path that loses nothing */
};

static bool is_thin(const struct bwe *bwe, double drain_bps)
{
    return drain_bps > 0 && drain_bps < THIN_DRAIN * bwe->aimd.rate_bps;
}

/*
 * What comes out of a queue shows that the path is another one, whatever a trend says of what little is sent. Where word is
 * alarmingly late less is enough: a glimpse, a queue that is left, or that word was lost on a path that loses nothing. Pictures
 * have waited since, the queue drains, and no trend will tell. Once: what comes after that is sound alone.
 */
static bool is_held_up(const struct bwe *bwe, const struct word *word, uint64_t now_us)
{
    if (is_thin(bwe, standing_full_bps(&bwe->standing, bwe->aimd.rate_bps)))
        return true;
    bool behind = bwe->standing.behind_us > bwe->standing.deep_us;
    bool again = now_us - bwe->aimd.decreased_us < HELD_UP_AGAIN_US;
    return word->alarming && !again && (word->missed || behind || is_thin(bwe, standing_drain_bps(&bwe->standing)));
}

/* The queue that is left is measured by those that came out of it; a glimpse of it takes three quarters away, not all. */
static double queue_bps(const struct bwe *bwe)
{
    double drain_bps = standing_drain_bps(&bwe->standing);
    if (standing_is_sure(&bwe->standing))
        return drain_bps;
    return fmax(drain_bps > 0 ? drain_bps : meter_recent_bps(&bwe->arrived), bwe->aimd.rate_bps / 4);
}

static double arrived_bps(const struct bwe *bwe, enum trend trend)
{
    double bps = meter_bps(&bwe->arrived);
    if (bwe->held_up)
        bps = queue_bps(bwe);
    else if (trend == TREND_OVERUSE) /* who has just begun to send has not sent so much for half a second */
        bps = fmax(fmax(bps, meter_recent_bps(&bwe->arrived)), standing_full_bps(&bwe->standing, bwe->aimd.rate_bps));
    return bwe->drowned && bps == 0 ? meter_bps(&bwe->sent) * (1 - bwe->lost / bwe->answered) : bps;
}

/* What little was sent, and met no queue to speak of, measures nothing: what is known already stands. In a deep one it says that
 * less goes through than was thought, but not how little; more of that where the queue was there for as long as was measured. */
static double measured_bps(const struct bwe *bwe, enum trend trend, double bps)
{
    if (trend != TREND_OVERUSE || bwe->held_up || bwe->drowned)
        return bps;
    bool shallow = bwe->standing.depth_us < bwe->standing.deep_us;
    if (shallow && (bwe->limited || bwe->aimd.rate_bps < LUMPY_BPS))
        return fmax(bps, bwe->aimd.capacity_bps > 0 ? bwe->aimd.capacity_bps : bwe->aimd.rate_bps);
    return bwe->limited ? fmax(bps, bwe->aimd.rate_bps / (bwe->standing.depth_us > LASTING_US ? 4 : 2)) : bps;
}

/* Where loss does not hold the rate down any more the path is asked at once what it carries. */
static void update_loss(struct bwe *bwe, double acknowledged_bps, uint64_t now_us)
{
    bool held = isfinite(lossmodel_bps(&bwe->loss));
    lossmodel_update(&bwe->loss, bwe->aimd.rate_bps, acknowledged_bps, bwe->limited);
    if (!held || isfinite(lossmodel_bps(&bwe->loss)))
        return;
    bwe_probe_anew(bwe, now_us);
}

/* How long ago the first packet left that nobody has told of; 0: all were told of. */
static uint64_t lag_us(const struct bwe *bwe, uint64_t now_us)
{
    uint16_t seq = (uint16_t)(bwe->answered_seq + 1);
    const struct sent *first = &bwe->history[seq % BWE_HISTORY];
    return bwe->has_feedback && first->fate == FATE_FLYING && first->seq == seq ? now_us - first->at_us : 0;
}

/*
 * Word comes back in less than half the round trip that reports, smoothed and seldom, still tell of: the line is another one
 * now, or whole again, and what the last one carried says nothing. It is asked at once, and as fast as it answers.
 */
static void note_answer(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us)
{
    while (count && !results[count - 1].received)
        count--;
    const struct sent *newest = count ? &bwe->history[results[count - 1].seq % BWE_HISTORY] : NULL;
    if (!newest || newest->seq != results[count - 1].seq || newest->fate != FATE_ARRIVED)
        return;
    uint64_t answered_us = now_us - newest->at_us;
    if (bwe->rtt_us < LONG_US || answered_us > bwe->rtt_us / 2)
        return;
    bwe->rtt_us = (uint32_t)answered_us;
    bwe_probe_anew(bwe, now_us);
}

static struct word take_word(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us)
{
    struct word word = {.ends_silence = bwe->silent_since_us != 0, .late = bwe_is_late(bwe, now_us)};
    uint64_t lag = lag_us(bwe, now_us);
    word.alarming = word.late && lateness_is_alarming(&bwe->lateness, lag);
    if (word.ends_silence && bwe->before_silence_bps > 0 && was_pause(bwe, results, count))
        aimd_set(&bwe->aimd, bwe->before_silence_bps, now_us);
    end_silence(bwe, now_us);
    word.missed = count && bwe->has_feedback && tells_in_time(bwe) && untold(bwe, results);
    lateness_word(&bwe->lateness, lag, bwe->has_feedback ? now_us - bwe->last_feedback_us : UINT64_MAX);
    bwe->last_feedback_us = now_us;
    bwe->oldest_unanswered_us = 0;
    if (word.alarming && !word.ends_silence) /* a silence has had its answer, and the path is asked soon after it */
        bwe->alarmed_us = now_us;
    return word;
}

static enum trend take_results(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us)
{
    enum trend trend = bwe->trendline.trend;
    if (trend == TREND_OVERUSE)
        trend = bwe->trendline.trend = TREND_NORMAL; /* said once; the detector says it again while it lasts */
    if (bwe->has_feedback)
        assume_untold(bwe, results, count);
    standing_begin(&bwe->standing, deep_us(bwe));
    for (size_t i = 0; i < count; i++)
        trend = take_result(bwe, &results[i], trend);
    note_answer(bwe, results, count, now_us);
    if (count && (int16_t)(results[count - 1].seq - bwe->answered_seq) > 0)
        bwe->answered_seq = results[count - 1].seq;
    bwe->has_feedback = true;
    return trend;
}

/* The trend of delays sees neither a queue that stands or runs over, nor one that is gone; and wobbling and probes pass for one. */
static enum trend judge(struct bwe *bwe, enum trend trend, const struct word *word, uint64_t now_us)
{
    int64_t limit_us = standing_limit_us(bwe, STANDING_QUEUE_US);
    bool queued = standing_input(&bwe->standing, now_us) > limit_us;
    if (trend == TREND_OVERUSE && standing_is_jitter(&bwe->standing, bwe->aimd.rate_bps))
        trend = TREND_NORMAL;
    chance_close(&bwe->chance, trend == TREND_OVERUSE || bwe->standing.depth_us > limit_us);
    bwe->drowned = is_drowned(bwe);
    bwe->held_up = !word->ends_silence && is_held_up(bwe, word, now_us);
    if ((queued && trend == TREND_NORMAL) || bwe->held_up || bwe->drowned)
        trend = TREND_OVERUSE;
    if (word->ends_silence)
        trend = TREND_NORMAL;
    bool explained = trend == TREND_OVERUSE && !bwe->drowned && !word->late && bwe_probe_explains(bwe, now_us);
    return explained ? TREND_UNDERUSE : trend;
}

void bwe_feedback(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us)
{
    now_us = bwe_onward(bwe, now_us);
    struct word word = take_word(bwe, results, count, now_us);
    enum trend trend = judge(bwe, take_results(bwe, results, count, now_us), &word, now_us);
    double arrived = arrived_bps(bwe, trend), before_bps = bwe->aimd.rate_bps;
    aimd_update(&bwe->aimd, trend, measured_bps(bwe, trend, arrived), bwe->limited, bwe->rtt_us, now_us);
    watch_drop(bwe, before_bps, now_us);
    bwe_probe_check(bwe, now_us);
    update_loss(bwe, arrived, now_us);
    /* The delay's rate stays in sight of the loss's: else it would all be there again at the first moment without loss. */
    bwe->aimd.rate_bps = fmin(bwe->aimd.rate_bps, LOSS_LEAD * lossmodel_bps(&bwe->loss));
    bwe->aimd.rate_bps = fmin(fmax(bwe->aimd.rate_bps, BWE_MIN_BPS), BWE_MAX_BPS);
    set_target(bwe, now_us);
}

void bwe_remb(struct bwe *bwe, uint64_t bps, uint64_t now_us)
{
    now_us = bwe_onward(bwe, now_us);
    bwe->remb_bps = bps;
    bwe->remb_us = now_us;
    if (!bwe->has_feedback)
        set_target(bwe, now_us);
}

void bwe_rtt(struct bwe *bwe, uint32_t rtt_us)
{
    bwe->rtt_us = (uint32_t)(0.8 * bwe->rtt_us + 0.2 * rtt_us);
}

void bwe_want(struct bwe *bwe, uint32_t bps)
{
    bwe->want_bps = bps;
}

/* ---- time ---- */

/* With hysteresis: at under 65 % of the target the application does not try the path, at over 80 % it does. */
static void watch_usage(struct bwe *bwe, uint64_t now_us)
{
    meter_add(&bwe->sent, (int64_t)now_us, 0);
    double rate = meter_bps(&bwe->sent);
    if (rate < 0.65 * bwe->target_bps)
        bwe->limited = true;
    else if (rate > 0.8 * bwe->target_bps)
        bwe->limited = false;
}

static void watch_silence(struct bwe *bwe, uint64_t now_us)
{
    uint64_t patience_us = bwe->choked ? CHOKED_SILENCE_US + bwe->rtt_us : SILENCE_US + 3ull * bwe->rtt_us;
    if (!bwe->has_feedback || bwe->oldest_unanswered_us == 0 || now_us - bwe->oldest_unanswered_us < patience_us)
        return;
    if (bwe->silent_since_us == 0) {
        bwe->silent_since_us = now_us;
        bwe->before_silence_bps = bwe->choked ? 0 : bwe->target_bps; /* a line that was cut is not what it was */
        bwe->halved_us = 0;
    }
    if (now_us - bwe->halved_us < 500000)
        return;
    bwe->halved_us = now_us;
    double most = bwe->choked ? CHOKED_BPS : SILENT_BPS;
    aimd_set(&bwe->aimd, fmax(fmin(bwe->aimd.rate_bps / 2, most), BWE_MIN_BPS), now_us);
    set_target(bwe, now_us);
}

void bwe_choked(struct bwe *bwe, bool choked)
{
    bwe->choked = choked;
}

bool bwe_tick(struct bwe *bwe, uint64_t now_us)
{
    now_us = bwe_onward(bwe, now_us);
    uint32_t before = bwe->target_bps;
    watch_usage(bwe, now_us);
    watch_silence(bwe, now_us);
    bwe_probe_check(bwe, now_us);
    return bwe->target_bps != before;
}

uint32_t bwe_target_bps(const struct bwe *bwe)
{
    return bwe->target_bps;
}

uint32_t bwe_acknowledged_bps(const struct bwe *bwe)
{
    return (uint32_t)meter_bps(&bwe->arrived);
}

uint32_t bwe_recent_bps(const struct bwe *bwe)
{
    return (uint32_t)meter_recent_bps(&bwe->arrived);
}

uint32_t bwe_loss_permille(const struct bwe *bwe)
{
    return (uint32_t)(lossmodel_loss(&bwe->loss) * 1000 + 0.5);
}

uint32_t bwe_chance_permille(const struct bwe *bwe)
{
    return chance_permille(&bwe->chance);
}

bool bwe_has_feedback(const struct bwe *bwe)
{
    return bwe->has_feedback;
}

bool bwe_is_late(const struct bwe *bwe, uint64_t now_us)
{
    if (!bwe->has_feedback)
        return false;
    if (now_us < bwe->now_us)
        now_us = bwe->now_us;
    if (tells_in_time(bwe))
        return lateness_is_unusual(&bwe->lateness, lag_us(bwe, now_us), bwe->standing.depth_us);
    return bwe->oldest_unanswered_us && lateness_is_long(&bwe->lateness, now_us - bwe->oldest_unanswered_us);
}

bool bwe_is_silent(const struct bwe *bwe)
{
    return bwe->silent_since_us != 0;
}

bool bwe_is_gone(const struct bwe *bwe)
{
    return bwe_is_silent(bwe) && !bwe->choked;
}

bool bwe_is_overused(const struct bwe *bwe)
{
    return bwe->trendline.trend == TREND_OVERUSE || bwe->held_up;
}

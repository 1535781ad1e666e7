/**
 * The estimator from inside: for bwe.c (what is sent, what is said of it, time) and bwe_probe.c (clusters that ask the path for
 * more) only.
 */
#ifndef MEDIA_BWE_PRIVATE_H
#define MEDIA_BWE_PRIVATE_H

#include "media/aimd.h"
#include "media/bwe.h"
#include "media/chance.h"
#include "media/lateness.h"
#include "media/lossmodel.h"
#include "media/meter.h"
#include "media/standing.h"
#include "media/trendline.h"

enum { BWE_HISTORY = 2048 }; /* packets in flight: a second at 20 Mbit/s */

enum fate { FATE_UNUSED, FATE_FLYING, FATE_ASSUMED, FATE_LOST, FATE_ARRIVED };

struct sent {
    uint64_t at_us;
    uint16_t seq;
    uint16_t size;
    uint8_t probe;
    uint8_t fate;
};

/* What a cluster showed. */
struct measured {
    double bps;  /* 0: it says nothing */
    bool filled; /* the path carries no more than that */
};

struct probing {
    struct measured measured; /* by the one before */
    uint64_t judged_us;
    int cluster; /* the one under way or last, 1 to 255 */
    bool waiting;
    uint32_t bps, bytes;
    uint64_t asked_us, next_us, spacing_us;
    uint32_t sent_bytes, last_size;
    int sent_packets, answered_packets, arrived_packets;
    uint16_t first_seq, last_seq;
    uint64_t first_sent_us, last_sent_us;
    uint16_t first_arrived, last_arrived; /* the ends of what arrived, as they were sent … */
    int64_t first_arrival_us, last_arrival_us;
    bool strained;     /* … and a queue grew meanwhile */
    double proven_bps; /* what a cluster got through whole, the newest that did; 0: none */
    bool repeated;     /* the one under way, because of the one before */
};

struct bwe {
    struct standing standing;
    struct lateness lateness;
    struct sent history[BWE_HISTORY];
    struct meter sent, arrived;
    struct trendline trendline;
    struct aimd aimd;
    struct lossmodel loss;
    struct chance chance;
    struct probing probe;
    double answered, lost; /* packets, of the last feedbacks */
    uint64_t want_bps, remb_bps;
    uint64_t remb_us;
    uint32_t rtt_us;
    uint32_t target_bps;
    double before_silence_bps;
    uint64_t deaf_until_us; /* what was sent earlier fell into an outage, and its loss says nothing */
    uint16_t answered_seq;  /* the newest that was told of */
    uint64_t last_sent_us, oldest_unanswered_us, last_feedback_us, silent_since_us, halved_us;
    uint64_t now_us;     /* the latest that was told */
    uint64_t alarmed_us; /* word came so late that the path may be another one */
    bool drowned;        /* by the newest feedback most is lost; … */
    bool held_up;        /* … it shows another path, without a trend */
    bool limited;
    bool has_feedback;
    bool choked; /* the way back carries far less than the far end sends */
};

/**
 * Time never runs back here: what a datagram brings about happens when the kernel had it, and that may lie before what the last tick
 * did.
 */
uint64_t bwe_onward(struct bwe *bwe, uint64_t now_us);
/** A packet of the cluster under way left. */
void bwe_probe_sent(struct bwe *bwe, uint16_t seq, size_t size, uint64_t now_us);
/** … and arrived. */
void bwe_probe_arrived(struct bwe *bwe, uint16_t seq, int64_t arrival_us);
/** Judges the cluster as soon as all of it was told of, or nothing more is to be expected. */
void bwe_probe_check(struct bwe *bwe, uint64_t now_us);
/** A probe fills the queue on purpose: its own result judges it, and the trend tells of that queue for a while after. */
bool bwe_probe_explains(struct bwe *bwe, uint64_t now_us);
/** The path may carry more than it did: the next cluster leaves at `at_us`, and those after it as often as at first. */
void bwe_probe_anew(struct bwe *bwe, uint64_t at_us);

#endif

/**
 * How much this subscriber's path carries: a send-side estimate from transport-wide feedback, after Google Congestion
 * Control (draft-ietf-rmcat-gcc-02) with the later loss model of libwebrtc: delay trend, loss that congestion does not
 * explain, acknowledged rate, application-limited periods, and probes.
 *
 * Pure: what was sent, what the far end says of it and the clock come in, a rate comes out. Only this path's own
 * feedback counts; a publisher's loss never does.
 * Units: microseconds of the worker's clock, bytes on the wire (RTP packet as sent), bits per second.
 */
#ifndef MEDIA_BWE_H
#define MEDIA_BWE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BWE_MIN_BPS = 24000,
    BWE_START_BPS = 600000,
    BWE_START_LEAST_BPS = 64000,
    BWE_SWIFT_US = 500000, /* who has connected within that begins with all of it */
    BWE_MAX_BPS = 25000000,
};

struct bwe;

struct bwe *bwe_create(uint64_t now_us);
void bwe_destroy(struct bwe *bwe);
/**
 * Connecting took so long: two round trips, and what its packets waited and were repeated. A slow path begins with little, since
 * what is too much takes seconds to drain, and sound is behind it; a wide one is found out by probes. Nothing once there was feedback.
 */
void bwe_begin(struct bwe *bwe, uint64_t connecting_us, uint64_t now_us);

/** A packet with transport-wide sequence number `seq` left. `probe` is the cluster it belongs to, 0 for none. */
void bwe_sent(struct bwe *bwe, uint16_t seq, size_t size, int probe, uint64_t now_us);

/** What one feedback message (RTP/AVPF 205/15) says of one packet, in sequence order. */
struct bwe_result {
    uint16_t seq;
    bool received;
    int64_t arrival_us; /* the receiver's clock, of any origin; continuous from one message to the next */
};
void bwe_feedback(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us);

/** A receiver's estimate (REMB), for who sends no transport-wide feedback; a ceiling for who sends both. */
void bwe_remb(struct bwe *bwe, uint64_t bps, uint64_t now_us);

/** Round-trip time as receiver reports give it. */
void bwe_rtt(struct bwe *bwe, uint32_t rtt_us);

/** The target at which all that the viewer shows would be sent; probing goes on until it is reached, and no further. */
void bwe_want(struct bwe *bwe, uint32_t bps);

/**
 * Hardly any of what the far end itself sends arrives: a line that was cut is mostly cut both ways, and word of what it
 * receives would come too late.
 */
void bwe_choked(struct bwe *bwe, bool choked);

/** Moves time on; call every 20 to 50 ms. The result tells whether the target changed. */
bool bwe_tick(struct bwe *bwe, uint64_t now_us);

uint32_t bwe_target_bps(const struct bwe *bwe);
uint32_t bwe_acknowledged_bps(const struct bwe *bwe);
/** … in the last eighth of a second. */
uint32_t bwe_recent_bps(const struct bwe *bwe);
uint32_t bwe_loss_permille(const struct bwe *bwe);
/** What is lost while no queue stands. */
uint32_t bwe_chance_permille(const struct bwe *bwe);
/** The far end tells what it receives, packet by packet. */
bool bwe_has_feedback(const struct bwe *bwe);
/**
 * Word of what was sent is overdue, by how long it usually takes, though not so long that the path must be cut: more of it should
 * wait. A path that was cut is full before the estimate tells so, and what comes after is lost with the sound in it.
 */
bool bwe_is_late(const struct bwe *bwe, uint64_t now_us);
/** The far end has been silent about what we send: the path is cut or its way back is. */
bool bwe_is_silent(const struct bwe *bwe);
/** It is silent, and not because hardly anything of it arrives: nobody is there, for now. */
bool bwe_is_gone(const struct bwe *bwe);
/** The queue at the bottleneck grows now. */
bool bwe_is_overused(const struct bwe *bwe);

/** A cluster of packets, five at least, to be sent at `bps` until `bytes` are out, filled up with padding. */
struct bwe_probe {
    int cluster; /* pass to bwe_sent */
    uint32_t bps;
    uint32_t bytes;
};
/** True when a probe is due; the caller sends it now. */
bool bwe_next_probe(struct bwe *bwe, uint64_t now_us, struct bwe_probe *probe);

#endif

/**
 * A member from inside: for member.c (life, what leaves), member_input.c (what comes) and member_tick.c (what time brings:
 * feedback, probes, allocation) only.
 */
#ifndef MEDIA_MEMBER_PRIVATE_H
#define MEDIA_MEMBER_PRIVATE_H

#include "media/bwe.h"
#include "media/member.h"
#include "media/pacer.h"
#include "media/rtcp.h"
#include "media/streams.h"
#include "media/twcc.h"
#include "media/uplink.h"

enum {
    RTCP_ROOM = 64, /* for encryption, behind the packet */
};

struct member {
    /* what every packet needs stands together */
    struct member_out out;
    struct bwe *bwe;
    struct pacer *pacer;
    struct bwe_probe probe;     /* under way while probe.bytes */
    uint64_t probe_media_bytes; /* sent since probe_us beside the padding: part of the cluster as well */
    uint16_t twcc_out;
    /* and with it what says whether a tick has anything to do */
    bool connected, allocation_due;
    bool missing; /* of what it sends, and may be asked for */
    bool settled; /* every picture flows as it was allocated */
    bool paced;
    int track_count; /* in `tracks` */
    uint64_t ticked_us;

    char name[TRACK_NAME_MAX + 1];
    uint64_t epoch_us;
    void (*level_fn)(void *arg, struct track *track, uint8_t level, uint64_t now_us);
    void *arg;

    struct track *tracks[MEMBER_TRACKS_MAX];
    struct slot *slots[MEMBER_SLOTS_MAX];
    int slot_count;
    struct streams streams;
    struct wall_clock wall;

    struct uplink uplink;
    struct twcc_receiver twcc_in;
    uint32_t twcc_media_ssrc;
    struct twcc_reference twcc_reference;
    uint64_t probe_us;
    int probe_packets;
    uint32_t rate_bps; /* as last allocated */
    uint32_t ceiling_bps;
    uint32_t rtt_us;
    bool rtt_known;
    uint64_t remb_bps;    /* 0: none came */
    bool late;            /* pictures wait for word of what was sent … */
    bool resuming;        /* … or some still do that have, long */
    uint64_t in_time_us;  /* it was not late */
    bool thin, narrow;    /* by what was last allocated */
    uint64_t queued_us;   /* feedback told of a queue … */
    uint64_t strained_us; /* … or of loss */
    uint8_t told_loss;    /* by the latest receiver reports, 1/256 */

    uint32_t ssrc;
    char cname[17];
    uint64_t feedback_us, nack_us, limit_us, report_us, estimate_us, allocate_us;
    uint64_t malformed, unknown;
    uint64_t nacks_sent, key_requests_sent;
    struct rtcp_writer writer;
    uint8_t rtcp[RTCP_BUFFER + RTCP_ROOM];
};

/** A writer of RTCP with at least `need` bytes of room; what is in it leaves with the next flush. */
struct rtcp_writer *member_rtcp_room(struct member *member, size_t need);
void member_flush_rtcp(struct member *member);
/** Sound that is sent once more, either way, is there in time to be heard. */
bool member_repairs_sound(const struct member *member);

#endif

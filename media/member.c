#include "media/member_private.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "media/rtp.h"
#include "media/wire.h"

enum { RTT_START_US = 100000 };

/* ---- RTCP out ---- */

void member_flush_rtcp(struct member *member)
{
    if (member->writer.size)
        member->out.rtcp_fn(member->out.arg, member->rtcp, member->writer.size);
    member->writer = (struct rtcp_writer){.data = member->rtcp, .room = RTCP_BUFFER};
}

struct rtcp_writer *member_rtcp_room(struct member *member, size_t need)
{
    if (member->writer.size + need > member->writer.room)
        member_flush_rtcp(member);
    return &member->writer;
}

static void request_key(void *arg, struct track *track, uint32_t ssrc)
{
    struct member *member = arg;
    (void)track;
    member->key_requests_sent++;
    rtcp_write_pli(member_rtcp_room(member, 12), member->ssrc, ssrc);
    member_flush_rtcp(member);
}

/* ---- life ---- */

/* What is sent while a cluster is under way fills the path as the padding does, so it counts as part of it. */
static int probe_of(struct member *member, const struct outlet_packet *packet, size_t size)
{
    if (packet->probe || !member->probe.bytes)
        return packet->probe;
    member->probe_media_bytes += size;
    return member->probe.cluster;
}

static int send_rtp(void *arg, const struct outlet_packet *packet, uint64_t now_us)
{
    struct member *member = arg;
    if (packet->twcc)
        wire_put16(packet->twcc, member->twcc_out);
    if (packet->send_time)
        wire_put24(packet->send_time, rtp_abs_send_time(now_us));
    int result = member->out.rtp_fn(member->out.arg, packet->header, packet->header_size, packet->payload,
                                    packet->payload_size);
    if (result < 0)
        return result;
    size_t size = packet->header_size + packet->payload_size + RTP_WIRE_BYTES;
    if (!packet->probe)
        pacer_note(member->pacer, size);
    if (packet->keep && member->out.keep_fn)
        member->out.keep_fn(member->out.arg, wire_get32(packet->header + 8), wire_get16(packet->header + 2));
    if (packet->twcc)
        bwe_sent(member->bwe, member->twcc_out++, size, probe_of(member, packet, size), now_us);
    return 0;
}

static bool hold(void *arg, struct slot *slot, uint16_t sequence, uint64_t now_us)
{
    struct member *member = arg;
    return (member->late || !pacer_admit(member->pacer, now_us)) && pacer_hold(member->pacer, slot, sequence, now_us);
}

static bool repair(void *arg, size_t size, uint64_t now_us)
{
    struct member *member = arg;
    return pacer_repair(member->pacer, member->rate_bps / 2, size + RTP_WIRE_BYTES, now_us);
}

static size_t resend(void *arg, uint32_t ssrc, uint16_t sequence)
{
    struct member *member = arg;
    size_t size = member->out.resend_fn ? member->out.resend_fn(member->out.arg, ssrc, sequence) : 0;
    if (size)
        pacer_note(member->pacer, size);
    return size;
}

static void release(void *arg, struct slot *slot, uint64_t now_us)
{
    struct member *member = arg;
    struct pacer_entry entry;
    while (pacer_take(member->pacer, slot, &entry))
        slot_send_held(slot, entry.sequence, now_us);
}

static void flush(void *arg)
{
    struct member *member = arg;
    if (member->out.flush_fn)
        member->out.flush_fn(member->out.arg);
}

int member_create(const struct member_config *config, struct member **result)
{
    struct member *member = calloc(1, sizeof *member);
    uint64_t random = 0;
    if (!member)
        return -ENOMEM;
    member->bwe = bwe_create(config->now_us);
    member->pacer = calloc(1, sizeof *member->pacer);
    if (!member->bwe || !member->pacer) {
        member_destroy(member);
        return -ENOMEM;
    }
    RAND_bytes((unsigned char *)&random, sizeof random);
    snprintf(member->name, sizeof member->name, "%s", config->name);
    snprintf(member->cname, sizeof member->cname, "%016llx", (unsigned long long)random);
    RAND_bytes((unsigned char *)&member->ssrc, sizeof member->ssrc);
    member->out = config->out;
    member->epoch_us = config->epoch_us;
    member->level_fn = config->level_fn;
    member->arg = config->arg;
    member->rtt_us = RTT_START_US;
    member->rate_bps = BWE_START_BPS;
    twcc_receiver_init(&member->twcc_in);
    member_flush_rtcp(member);
    *result = member;
    return 0;
}

void member_destroy(struct member *member)
{
    if (!member)
        return;
    for (int i = 0; i < member->slot_count; i++)
        slot_destroy(member->slots[i]);
    for (int i = 0; i < member->track_count; i++)
        track_destroy(member->tracks[i]);
    bwe_destroy(member->bwe);
    free(member->pacer);
    free(member);
}

const char *member_name(const struct member *member)
{
    return member->name;
}

int member_open_track(struct member *member, const struct track_config *config, struct track **result)
{
    struct track_owner owner = {.key_request_fn = request_key, .arg = member};
    if (member->track_count == MEMBER_TRACKS_MAX)
        return -ENOSPC;
    struct track *track = track_create(config, &owner, &member->wall);
    if (!track)
        return -ENOMEM;
    member->tracks[member->track_count++] = track;
    streams_add_track(&member->streams, track);
    *result = track;
    return 0;
}

void member_close_track(struct member *member, struct track *track)
{
    for (int i = 0; i < member->track_count; i++)
        if (member->tracks[i] == track)
            member->tracks[i--] = member->tracks[--member->track_count];
    streams_remove_track(&member->streams, track);
    track_destroy(track);
}

int member_open_slot(struct member *member, const struct slot_config *config, struct slot **result)
{
    struct outlet outlet = {.rtp_fn = send_rtp,
                            .hold_fn = hold,
                            .repair_fn = repair,
                            .resend_fn = resend,
                            .release_fn = release,
                            .flush_fn = flush,
                            .arg = member};
    if (member->slot_count == MEMBER_SLOTS_MAX)
        return -ENOSPC;
    int error = slot_create(config, &outlet, result);
    if (error == 0)
        member->slots[member->slot_count++] = *result;
    return error;
}

void member_close_slot(struct member *member, struct slot *slot)
{
    const struct slot_config *config = slot_config(slot);
    struct pacer_entry entry;
    while (pacer_take(member->pacer, slot, &entry))
        ;
    for (int i = 0; i < member->slot_count; i++)
        if (member->slots[i] == slot)
            member->slots[i--] = member->slots[--member->slot_count];
    if (member->connected)
        rtcp_write_bye(member_rtcp_room(member, 8), config->ssrc);
    member_flush_rtcp(member);
    member->out.forget_fn(member->out.arg, config->ssrc);
    if (config->rtx_ssrc)
        member->out.forget_fn(member->out.arg, config->rtx_ssrc);
    slot_destroy(slot);
}

void member_begin(struct member *member, uint64_t connecting_us, uint64_t now_us)
{
    bwe_begin(member->bwe, connecting_us, now_us);
    member->rate_bps = bwe_target_bps(member->bwe);
    /* Nothing is known to be calm then: the layers chosen for a good line must not go on. */
    if (member->rate_bps < BWE_START_BPS)
        member->queued_us = member->strained_us = now_us;
}

void member_connected(struct member *member, bool connected, uint64_t now_us)
{
    member->connected = connected;
    member->allocation_due = true;
    if (!connected)
        return;
    for (int i = 0; i < member->slot_count;
         i++) /* nobody heard what was sent before; browsers ask after three seconds */
        slot_begin(member->slots[i], now_us);
}

/* ---- looking ---- */

int member_track_count(const struct member *member)
{
    return member->track_count;
}

struct track *member_track(const struct member *member, int index)
{
    return member->tracks[index];
}

int member_slot_count(const struct member *member)
{
    return member->slot_count;
}

struct slot *member_slot(const struct member *member, int index)
{
    return member->slots[index];
}

void member_stats(const struct member *member, struct member_stats *stats)
{
    *stats = (struct member_stats){.rtt_ms = member->rtt_known ? member->rtt_us / 1000 : 0,
                                   .estimate_bps = bwe_target_bps(member->bwe),
                                   .loss_permille = bwe_loss_permille(member->bwe),
                                   .malformed = member->malformed,
                                   .unknown = member->unknown,
                                   .nacks_sent = member->nacks_sent,
                                   .key_requests_sent = member->key_requests_sent};
}

#include "media/member.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/bwe.h"
#include "media/pacer.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/shape.h"
#include "media/streams.h"
#include "media/twcc.h"

enum {
    RTT_START_US = 100000,
    FEEDBACK_US = 60000,
    FEEDBACK_THIN_US = 200000, /* each costs as much as a packet of speech */
    REPORT_US = 1000000,
    ESTIMATE_US = 25000,
    ALLOCATE_US = 250000,
    NACKS_PER_TICK = 100,
    NACK_SPACING_US = 100000, /* at most, from one request to the next: each is a packet on a line that may be thin */
    SOUND_REPAIR_US = 250000, /* over this round trip a repeat of sound comes too late to be heard */
    LOSS_COUNTS = 10,         /* 4 % in 1/256 */
    LOSS_TOLD_MAX = 38,       /* 15 % in 1/256: enough for an encoder to keep its error correction on */
    AUDIO_LEAST_BPS = 32000,  /* set aside for sound, whatever flows now */
    CALM_US = 5000000,
    LOSS_CALM_PERMILLE = 20,
    PACED_US = 60000000,
    PACE_LEAST_BPS = 64000,
    PACE_PERCENT = 105,
    PROBE_PACKETS = 6,
    PROBE_FIRST_US = 10000,
    THIN_BPS = 110000,       /* below, sound comes in longer packets: headers take as much as speech … */
    WIDE_BPS = 180000,       /* … until there is this much again */
    REDUNDANCY_BPS = 400000, /* below, one packet is repeated and not two, so that a picture finds room beside it … */
    REDUNDANCY_LOSS = 120, /* … unless one would not help: so many of a thousand packets are lost, and there is … */
    REDUNDANCY_LEAST_BPS = 200000, /* … this much; and one if even that has room … */
    REDUNDANCY_SHARE = 120,        /* … by this per cent of a thin estimate, which loss alone makes too low */
    RTCP_ROOM = 64,                /* for encryption, behind the packet */
};

struct member {
    char name[TRACK_NAME_MAX + 1];
    struct member_out out;
    uint64_t epoch_us;
    void (*level_fn)(void *arg, struct track *track, uint8_t level, uint64_t now_us);
    void *arg;

    struct track *tracks[MEMBER_TRACKS_MAX];
    int track_count;
    struct slot *slots[MEMBER_SLOTS_MAX];
    int slot_count;
    struct streams streams;
    struct wall_clock wall;

    struct twcc_receiver twcc_in;
    uint32_t twcc_media_ssrc;
    struct twcc_reference twcc_reference;
    uint16_t twcc_out;
    struct bwe *bwe;
    struct pacer *pacer;
    struct bwe_probe probe; /* under way while probe.bytes */
    uint64_t probe_us;
    int probe_packets;
    uint64_t probe_media_bytes; /* sent since probe_us beside the padding: part of the cluster as well */
    uint32_t rate_bps;          /* as last allocated */
    uint32_t ceiling_bps;
    uint32_t rtt_us;
    bool rtt_known;
    bool connected;
    uint64_t remb_bps; /* 0: none came */
    bool thin;
    uint64_t strained_us; /* feedback told of a queue or of loss */
    uint8_t told_loss;    /* by the latest receiver reports, 1/256 */

    uint32_t ssrc;
    char cname[17];
    uint64_t feedback_us, nack_us, report_us, estimate_us, allocate_us;
    bool allocation_due;
    bool settled; /* every picture flows as it was allocated */
    uint64_t ticked_us;
    uint64_t malformed, unknown;
    uint64_t nacks_sent, key_requests_sent;
    struct rtcp_writer writer;
    uint8_t rtcp[RTCP_BUFFER + RTCP_ROOM];
};

/* ---- RTCP out -----------------------------------------------------------------------------------------------------
 */

static void flush_rtcp(struct member *member)
{
    if (member->writer.size)
        member->out.rtcp_fn(member->out.arg, member->rtcp, member->writer.size);
    member->writer = (struct rtcp_writer){.data = member->rtcp, .room = RTCP_BUFFER};
}

/* A writer with at least `need` bytes of room. */
static struct rtcp_writer *room_for(struct member *member, size_t need)
{
    if (member->writer.size + need > member->writer.room)
        flush_rtcp(member);
    return &member->writer;
}

static void request_key(void *arg, struct track *track, uint32_t ssrc)
{
    struct member *member = arg;
    (void)track;
    member->key_requests_sent++;
    rtcp_write_pli(room_for(member, 12), member->ssrc, ssrc);
    flush_rtcp(member);
}

/* ---- life ---------------------------------------------------------------------------------------------------------
 */

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
        rtp_put16(packet->twcc, member->twcc_out);
    if (packet->send_time)
        rtp_put24(packet->send_time, rtp_abs_send_time(now_us));
    int result = member->out.rtp_fn(member->out.arg, packet->header, packet->header_size, packet->payload,
                                    packet->payload_size);
    if (result < 0)
        return result;
    size_t size = packet->header_size + packet->payload_size + RTP_WIRE_BYTES;
    if (!packet->probe)
        pacer_note(member->pacer, size);
    if (packet->keep && member->out.keep_fn)
        member->out.keep_fn(member->out.arg, rtp_get32(packet->header + 8), rtp_get16(packet->header + 2));
    if (packet->twcc)
        bwe_sent(member->bwe, member->twcc_out++, size, probe_of(member, packet, size), now_us);
    return 0;
}

static bool hold(void *arg, struct slot *slot, uint16_t sequence, uint64_t now_us)
{
    struct member *member = arg;
    return !pacer_admit(member->pacer, now_us) && pacer_hold(member->pacer, slot, sequence, now_us);
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
    flush_rtcp(member);
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
        rtcp_write_bye(room_for(member, 8), config->ssrc);
    flush_rtcp(member);
    member->out.forget_fn(member->out.arg, config->ssrc);
    if (config->rtx_ssrc)
        member->out.forget_fn(member->out.arg, config->rtx_ssrc);
    slot_destroy(slot);
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

/* ---- RTP in -------------------------------------------------------------------------------------------------------
 */

static void note_feedback_sequence(struct member *member, const struct rtp_packet *packet, uint64_t now_us)
{
    for (int i = 0; i < member->track_count; i++) {
        size_t size;
        const uint8_t *bytes = rtp_extension(packet, track_config(member->tracks[i])->extensions.twcc, &size);
        if (!bytes || size < 2)
            continue;
        twcc_received(&member->twcc_in, rtp_get16(bytes), now_us);
        member->twcc_media_ssrc = packet->ssrc;
        return;
    }
}

/* RFC 4588 §4: takes the original sequence number off. False for padding and for what has no original. */
static bool undo_rtx(struct rtp_packet *packet, const struct codec *codec)
{
    if (packet->payload_size < 2)
        return false;
    packet->sequence = rtp_get16(packet->payload);
    packet->pt = codec->pt;
    packet->payload += 2;
    packet->payload_size = (uint16_t)(packet->payload_size - 2);
    return true;
}

static void input_stream(struct member *member, const struct stream *stream, struct rtp_packet *packet, uint64_t now_us)
{
    const struct track_config *config = track_config(stream->track);
    bool rtx;
    const struct codec *codec = codec_by_pt(&config->codecs, packet->pt, &rtx);
    if (!codec || rtx != stream->rtx || !track_layer(stream->track, stream->layer)) {
        member->unknown++;
        return;
    }
    if (rtx && !undo_rtx(packet, codec))
        return;
    struct media_packet media = {.payload = packet->payload,
                                 .payload_size = packet->payload_size,
                                 .pt = packet->pt,
                                 .marker = packet->marker,
                                 .repaired = rtx,
                                 .level = 127,
                                 .codec = codec->kind,
                                 .timestamp = packet->timestamp,
                                 .arrival_us = now_us};
    size_t size = 0;
    media.descriptor = rtp_extension(packet, config->extensions.dependency_descriptor, &size);
    media.descriptor_size = (uint8_t)size;
    bool has_level = !config->video && rtp_audio_level(packet, config->extensions.level, &media.level, &media.voice);
    if (has_level && member->level_fn && !track_is_paused(stream->track))
        member->level_fn(member->arg, stream->track, media.level, now_us);
    track_input(stream->track, stream->layer, &media, packet->sequence);
}

void member_rtp(struct member *member, uint8_t *data, size_t size, uint64_t now_us)
{
    struct rtp_packet packet;
    if (rtp_parse(data, size, &packet) < 0) {
        member->malformed++;
        return;
    }
    note_feedback_sequence(member, &packet, now_us);
    const struct stream *stream = streams_find(&member->streams, packet.ssrc);
    if (!stream) {
        stream = streams_bind(&member->streams, member->tracks, member->track_count, &packet);
        member->allocation_due = true;
    }
    if (!stream) {
        member->unknown++;
        return;
    }
    input_stream(member, stream, &packet, now_us);
}

void member_flush(struct member *member)
{
    for (int i = 0; i < member->track_count; i++)
        track_flush(member->tracks[i]);
}

/* ---- RTCP in ------------------------------------------------------------------------------------------------------
 */

static struct slot *slot_by_ssrc(struct member *member, uint32_t ssrc)
{
    for (int i = 0; i < member->slot_count; i++)
        if (slot_config(member->slots[i])->ssrc == ssrc)
            return member->slots[i];
    return NULL;
}

static void note_rtt(struct member *member, const struct rtcp_block *block, uint64_t now_us)
{
    uint32_t now = (uint32_t)(rtcp_ntp_from_us(now_us + member->epoch_us) >> 16);
    uint32_t rtt = now - block->last_sr - block->delay;
    if (block->last_sr == 0 || rtt > 10 << 16) /* no report seen yet, or a clock that jumps */
        return;
    uint32_t rtt_us = (uint32_t)((uint64_t)rtt * 1000000 >> 16);
    member->rtt_us = member->rtt_known ? member->rtt_us - member->rtt_us / 8 + rtt_us / 8 : rtt_us;
    member->rtt_known = true;
    bwe_rtt(member->bwe, member->rtt_us);
}

static void take_reports(struct member *member, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct rtcp_sender_info info;
    struct rtcp_block block;
    if (rtcp_sender_info(packet, &info) == 0) {
        const struct stream *stream = streams_find(&member->streams, info.ssrc);
        if (stream && !stream->rtx && track_layer(stream->track, stream->layer)) {
            wall_clock_report(&member->wall, rtcp_ntp_to_us(info.ntp), now_us);
            layer_report(track_layer(stream->track, stream->layer), &info, now_us);
        }
    }
    for (int i = 0; rtcp_block(packet, i, &block); i++) {
        struct slot *slot = slot_by_ssrc(member, block.ssrc);
        if (!slot)
            continue;
        slot_note_report(slot, &block);
        member->told_loss = (uint8_t)((member->told_loss * 3 + block.fraction) / 4);
        note_rtt(member, &block, now_us);
    }
}

static void take_transport_feedback(struct member *member, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct bwe_result results[TWCC_RESULTS_MAX];
    if (packet->count == RTCP_RTPFB_TWCC) {
        int count = twcc_parse(&member->twcc_reference, packet->body, packet->size, results);
        if (count > 0)
            bwe_feedback(member->bwe, results, (size_t)count, now_us);
        if (bwe_is_overused(member->bwe) || bwe_loss_permille(member->bwe) > LOSS_CALM_PERMILLE)
            member->strained_us = now_us;
        return;
    }
    uint16_t sequences[512];
    uint32_t ssrc;
    int count = rtcp_nack(packet, &ssrc, sequences, 512);
    struct slot *slot = count ? slot_by_ssrc(member, ssrc) : NULL;
    if (slot)
        slot_retransmit(slot, sequences, count, member->rtt_us, now_us);
}

static void take_payload_feedback(struct member *member, const struct rtcp_packet *packet, uint64_t now_us)
{
    uint32_t ssrcs[16];
    uint64_t bps;
    int count = rtcp_key_requests(packet, ssrcs, 16);
    for (int i = 0; i < count; i++) {
        struct slot *slot = slot_by_ssrc(member, ssrcs[i]);
        if (slot)
            slot_request_key(slot, now_us);
    }
    if (rtcp_remb(packet, &bps)) {
        member->remb_bps = bps;
        bwe_remb(member->bwe, bps, now_us);
    }
}

void member_rtcp(struct member *member, const uint8_t *data, size_t size, uint64_t now_us)
{
    struct rtcp_reader reader = {.at = data, .left = size};
    struct rtcp_packet packet;
    while (rtcp_next(&reader, &packet)) {
        if (packet.type == RTCP_SR || packet.type == RTCP_RR)
            take_reports(member, &packet, now_us);
        else if (packet.type == RTCP_RTPFB)
            take_transport_feedback(member, &packet, now_us);
        else if (packet.type == RTCP_PSFB)
            take_payload_feedback(member, &packet, now_us);
    }
    if (reader.left)
        member->malformed++;
}

/* ---- time ---------------------------------------------------------------------------------------------------------
 */

static void ask_for_missing(struct member *member, struct track *track, int index, uint64_t now_us)
{
    uint16_t sequences[NACKS_PER_TICK];
    struct nack *nack = layer_nack(track_layer(track, index));
    bool late = !track_config(track)->video && member->rtt_us > SOUND_REPAIR_US;
    int count = nack->count && !late ? nack_due(nack, now_us, member->rtt_us, sequences, NACKS_PER_TICK) : 0;
    member->nacks_sent += (uint64_t)count;
    if (count)
        rtcp_write_nack(room_for(member, 12 + 4u * NACKS_PER_TICK), member->ssrc, track_ssrc(track, index), sequences,
                        count);
    if (nack_take_unrepaired(nack))
        track_request_key(track, index, now_us);
}

/* What is missing is asked for in one packet for all, and a tenth of a round trip more matters to nobody. */
static void ask_for_all_missing(struct member *member, uint64_t now_us)
{
    uint64_t spacing_us = member->rtt_us / 8 < NACK_SPACING_US ? member->rtt_us / 8 : NACK_SPACING_US;
    if (now_us - member->nack_us < spacing_us)
        return;
    member->nack_us = now_us;
    for (int i = 0; i < member->track_count; i++)
        for (int k = 0; k < track_layer_count(member->tracks[i]); k++)
            if (track_layer(member->tracks[i], k))
                ask_for_missing(member, member->tracks[i], k, now_us);
}

static void send_feedback(struct member *member)
{
    uint8_t packet[RTCP_BUFFER + RTCP_ROOM];
    size_t size;
    while ((size = twcc_write(&member->twcc_in, member->ssrc, member->twcc_media_ssrc, packet, RTCP_BUFFER)))
        member->out.rtcp_fn(member->out.arg, packet, size);
}

static int collect_blocks(struct member *member, struct rtcp_block *blocks, uint64_t now_us)
{
    int count = 0;
    for (int i = 0; i < member->track_count; i++) {
        struct track *track = member->tracks[i];
        uint8_t told = track_take_loss(track);
        for (int k = 0; k < track_layer_count(track) && count < RTCP_BLOCKS_MAX; k++) {
            struct layer *layer = track_layer(track, k);
            if (!layer || !layer_block(layer, now_us, &blocks[count]))
                continue;
            struct rtcp_block *block = &blocks[count++];
            block->ssrc = track_ssrc(track, k);
            told = told < LOSS_TOLD_MAX ? told : LOSS_TOLD_MAX;
            if (!track_config(track)->video && told > block->fraction)
                block->fraction = told;
        }
    }
    return count;
}

static void send_receiver_report(struct member *member, uint64_t now_us)
{
    struct rtcp_block blocks[RTCP_BLOCKS_MAX];
    int count = collect_blocks(member, blocks, now_us);
    rtcp_write_rr(room_for(member, 32 + 24u * RTCP_BLOCKS_MAX), member->ssrc, blocks, count);
    rtcp_write_cname(room_for(member, 32), member->ssrc, member->cname);
}

static void send_sender_reports(struct member *member, uint64_t now_us)
{
    for (int i = 0; i < member->slot_count; i++) {
        struct rtcp_sender_info info;
        if (!slot_report_due(member->slots[i], now_us))
            continue;
        slot_report(member->slots[i], now_us, member->epoch_us, &info);
        rtcp_write_sr(room_for(member, 64), &info);
        rtcp_write_cname(&member->writer, info.ssrc, member->cname);
    }
}

/* A path that has shown a queue is paced for a while, at a little above what it carries. */
static void pace(struct member *member, uint64_t now_us)
{
    struct pacer_entry entry;
    bool thin = member->strained_us && now_us - member->strained_us < PACED_US;
    uint32_t target = bwe_target_bps(member->bwe);
    uint64_t bps = (uint64_t)(target > PACE_LEAST_BPS ? target : PACE_LEAST_BPS) * PACE_PERCENT / 100;
    pacer_set_rate(member->pacer, thin ? (uint32_t)bps : 0, now_us);
    while (pacer_next(member->pacer, now_us, &entry))
        slot_send_held(entry.owner, entry.sequence, now_us);
}

static size_t send_padding(struct member *member, uint64_t now_us)
{
    size_t sent = 0;
    for (int i = 0; i < member->slot_count && !sent; i++)
        if (slot_config(member->slots[i])->video)
            sent = slot_send_padding(member->slots[i], member->probe.cluster, now_us);
    return sent;
}

/* At least one byte is left while there are too few packets. */
static void count_probe(struct member *member, uint64_t bytes)
{
    uint32_t least = member->probe_packets < PROBE_PACKETS;
    member->probe.bytes = bytes + least < member->probe.bytes ? member->probe.bytes - (uint32_t)bytes : least;
}

/* A cluster leaves at its rate, a tick's worth at a time, and is never fewer than PROBE_PACKETS. */
static void send_probe(struct member *member, uint64_t now_us)
{
    if (!member->probe.bytes) {
        if (!bwe_next_probe(member->bwe, now_us, &member->probe))
            return;
        member->probe_us = now_us - PROBE_FIRST_US;
        member->probe_packets = 0;
        member->probe_media_bytes = 0;
    }
    int64_t budget = (int64_t)((now_us - member->probe_us) * member->probe.bps / 8000000);
    budget -= (int64_t)member->probe_media_bytes;
    member->probe_us = now_us;
    count_probe(member, member->probe_media_bytes);
    member->probe_media_bytes = 0;
    while (budget > 0 && member->probe.bytes) {
        size_t sent = send_padding(member, now_us);
        member->probe_packets++;
        budget -= (int64_t)sent + RTP_WIRE_BYTES;
        if (sent)
            count_probe(member, sent + RTP_WIRE_BYTES);
        else
            member->probe.bytes = 0;
    }
}

/* As it flows; somebody silent may begin to speak any time. */
static uint32_t audio_rate(const struct member *member)
{
    uint32_t bps = 0;
    bool any = false;
    for (int i = 0; i < member->slot_count; i++) {
        any |= !slot_config(member->slots[i])->video && slot_track(member->slots[i]);
        bps += slot_sound_bps(member->slots[i]);
    }
    return any && bps < AUDIO_LEAST_BPS ? AUDIO_LEAST_BPS : bps;
}

/*
 * A REMB without transport-wide feedback follows what arrives: taken at its word it would starve a picture that was
 * paused once. It counts below the start rate only when packets are lost too. Who tells nothing is sent what it asks
 * for.
 */
static uint32_t rate_without_feedback(const struct member *member)
{
    if (member->remb_bps == 0)
        return BWE_MAX_BPS;
    uint64_t rate = member->remb_bps;
    if (member->told_loss < LOSS_COUNTS && rate < BWE_START_BPS)
        rate = BWE_START_BPS;
    return rate < BWE_MAX_BPS ? (uint32_t)rate : BWE_MAX_BPS;
}

static uint32_t usable_rate(const struct member *member)
{
    bool feedback = false;
    for (int i = 0; i < member->slot_count; i++)
        feedback |= slot_config(member->slots[i])->extensions.twcc != 0;
    return feedback ? bwe_target_bps(member->bwe) : rate_without_feedback(member);
}

/* Nothing waits and nothing is lost: an estimate rises only as far as something tried it. */
static bool is_calm(const struct member *member, uint64_t now_us)
{
    return !bwe_is_silent(member->bwe) && now_us - member->strained_us > CALM_US;
}

/* Sound that is lost hurts more than a picture that is not there: on a thin path it may take nearly all there is. */
static uint8_t redundancy(const struct member *member, uint32_t rate)
{
    uint32_t once = 0;
    for (int i = 0; i < member->slot_count; i++)
        once += slot_sound_bps_at(member->slots[i], 1);
    bool heavy = bwe_loss_permille(member->bwe) >= REDUNDANCY_LOSS;
    if (rate >= (heavy ? REDUNDANCY_LEAST_BPS : REDUNDANCY_BPS))
        return SHAPE_DISTANCE_MAX;
    return rate / 100 * (member->thin ? REDUNDANCY_SHARE : 100) >= once ? 1 : 0;
}

/* What it hears, and what it says itself: a line that is thin one way is mostly thin the other way too. */
static void tell_tracks_thin(struct member *member, uint32_t rate, uint64_t now_us)
{
    member->thin = member->connected && rate < (member->thin ? WIDE_BPS : THIN_BPS);
    for (int i = 0; i < member->slot_count && member->thin; i++)
        if (!slot_config(member->slots[i])->video && slot_track(member->slots[i]))
            track_note_thin(slot_track(member->slots[i]), now_us);
    for (int i = 0; i < member->track_count && member->thin; i++)
        track_note_thin(member->tracks[i], now_us);
}

static void allocate(struct member *member, uint64_t now_us)
{
    struct allocator_slot wishes[MEMBER_SLOTS_MAX];
    struct slot *slots[MEMBER_SLOTS_MAX];
    int count = 0;
    uint32_t rate = member->rate_bps = usable_rate(member);
    tell_tracks_thin(member, rate, now_us);
    uint8_t distance = redundancy(member, rate);
    for (int i = 0; i < member->slot_count; i++)
        slot_allow_redundancy(member->slots[i], distance);
    for (int i = 0; i < member->slot_count; i++)
        if (slot_describe(member->slots[i], now_us, &wishes[count]))
            slots[count++] = member->slots[i];
    struct allocator_input input = {.estimate_bps = rate,
                                    .reserved_bps = audio_rate(member),
                                    .ceiling_bps = member->ceiling_bps,
                                    .calm = is_calm(member, now_us),
                                    .silent = bwe_is_silent(member->bwe),
                                    .now_us = now_us};
    allocator_run(&input, wishes, count);
    member->settled = true;
    for (int i = 0; i < count; i++) {
        slot_apply(slots[i], &wishes[i], now_us);
        member->settled &= slot_is_settled(slots[i]);
    }
    bwe_want(member->bwe, allocator_wanted_bps(wishes, count) + input.reserved_bps);
    member->allocate_us = now_us;
    member->allocation_due = false;
}

int member_assign(struct member *member, struct slot *slot, struct track *track, const struct slot_wish *wish,
                  uint64_t now_us)
{
    int result = slot_assign(slot, track, now_us);
    slot_set_wish(slot, wish);
    allocate(member, now_us);
    return result;
}

void member_set_ceiling(struct member *member, uint32_t bps, uint64_t now_us)
{
    member->ceiling_bps = bps;
    allocate(member, now_us);
}

static void tick_estimate(struct member *member, uint64_t now_us)
{
    if (now_us - member->estimate_us >= ESTIMATE_US) {
        member->estimate_us = now_us;
        if (bwe_tick(member->bwe, now_us))
            member->allocation_due = true;
    }
    if (member->allocation_due || now_us - member->allocate_us >= ALLOCATE_US)
        allocate(member, now_us);
    pace(member, now_us);
    send_probe(member, now_us);
}

/* A viewer on a good path has nothing to do but to estimate. Of hundreds, each look finds its memory cold. */
static bool may_sleep(const struct member *member, uint64_t now_us)
{
    return member->track_count == 0 && member->settled && !member->probe.bytes && !member->allocation_due &&
           !pacer_is_on(member->pacer) && now_us - member->ticked_us < ESTIMATE_US;
}

void member_tick(struct member *member, uint64_t now_us)
{
    if (!member->connected || may_sleep(member, now_us))
        return;
    member->ticked_us = now_us;
    for (int i = 0; i < member->track_count; i++)
        track_tick(member->tracks[i], now_us, member->rtt_us);
    ask_for_all_missing(member, now_us);
    for (int i = 0; i < member->slot_count; i++)
        member->allocation_due |= slot_tick(member->slots[i], now_us);
    tick_estimate(member, now_us);
    send_sender_reports(member, now_us);
    if (now_us - member->report_us >= REPORT_US) {
        member->report_us = now_us;
        send_receiver_report(member, now_us);
    }
    flush_rtcp(member);
    if (now_us - member->feedback_us >= (member->thin ? FEEDBACK_THIN_US : FEEDBACK_US)) {
        member->feedback_us = now_us;
        send_feedback(member);
    }
}

/* ---- looking ------------------------------------------------------------------------------------------------------
 */

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

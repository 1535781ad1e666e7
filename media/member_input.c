#include "media/member_private.h"

#include "media/rtp.h"
#include "media/wire.h"

enum { LOSS_CALM_PERMILLE = 20 };

/* ---- RTP in ---- */

static void note_feedback_sequence(struct member *member, const struct rtp_packet *packet, uint64_t now_us)
{
    for (int i = 0; i < member->track_count; i++) {
        size_t size;
        const uint8_t *bytes = rtp_extension(packet, track_config(member->tracks[i])->extensions.twcc, &size);
        if (!bytes || size < 2)
            continue;
        twcc_received(&member->twcc_in, wire_get16(bytes), now_us);
        uplink_numbered(&member->uplink, wire_get16(bytes));
        member->twcc_media_ssrc = packet->ssrc;
        return;
    }
}

/* RFC 4588 §4: takes the original sequence number off. False for padding and for what has no original. */
static bool undo_rtx(struct rtp_packet *packet, const struct codec *codec)
{
    if (packet->payload_size < 2)
        return false;
    packet->sequence = wire_get16(packet->payload);
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
    const struct nack *nack = layer_nack(track_layer(stream->track, stream->layer));
    member->missing |= nack->count > 0 || nack->unrepaired;
}

void member_rtp(struct member *member, uint8_t *data, size_t size, uint64_t now_us)
{
    struct rtp_packet packet;
    if (rtp_parse(data, size, &packet) < 0) {
        member->malformed++;
        return;
    }
    uplink_received(&member->uplink, size + RTP_WIRE_BYTES, now_us);
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

/* ---- RTCP in ---- */

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

/* How much of what a report says was lost no queue explains. */
static uint8_t by_chance(const struct member *member, uint8_t fraction)
{
    uint32_t most = bwe_has_feedback(member->bwe) ? bwe_chance_permille(member->bwe) * UINT8_MAX / 1000 : UINT8_MAX;
    return fraction < most ? fraction : (uint8_t)most;
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
        slot_note_loss(slot, by_chance(member, block.fraction));
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
        if (bwe_is_overused(member->bwe))
            member->queued_us = now_us;
        if (member->queued_us == now_us || bwe_loss_permille(member->bwe) > LOSS_CALM_PERMILLE)
            member->strained_us = now_us;
        return;
    }
    uint16_t sequences[512];
    uint32_t ssrc;
    int count = rtcp_nack(packet, &ssrc, sequences, 512);
    struct slot *slot = count ? slot_by_ssrc(member, ssrc) : NULL;
    if (slot && (slot_config(slot)->video || member_repairs_sound(member)))
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

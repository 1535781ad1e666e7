#include "media/slot_private.h"

#include "media/rtcp.h"
#include "media/wire.h"

enum { REPORT_US = 1000000, IDLE_US = 2000000 };

static size_t send_rtx(struct slot *slot, const struct history_entry *entry, int probe, uint64_t now_us)
{
    struct media_packet packet;
    if (!slot_find_packet(slot, entry, &packet) || slot->rtx_pts[packet.pt] == SLOT_NO_PT)
        return 0;
    if (!probe && !slot->outlet.repair_fn(slot->outlet.arg, packet.payload_size, now_us))
        return 0;
    picture_patch(packet.payload, &packet.picture, &entry->counters);
    wire_put16(packet.payload - 2, entry->sequence); /* RFC 4588 §4: the original sequence number comes first */
    struct rtp_fixed fixed = {.timestamp = entry->timestamp,
                              .ssrc = slot->config.rtx_ssrc,
                              .sequence = slot->rtx_sequence,
                              .pt = slot->rtx_pts[packet.pt],
                              .marker = entry->marker};
    struct slot_outgoing out;
    out.packet = (struct outlet_packet){
        .payload = packet.payload - 2, .payload_size = packet.payload_size + 2u, .probe = probe};
    slot_write_header(slot, &out, &fixed, &packet, &entry->counters);
    if (slot->outlet.rtp_fn(slot->outlet.arg, &out.packet, now_us) < 0)
        return 0;
    slot->rtx_sequence++;
    return out.packet.header_size + out.packet.payload_size;
}

/* The packet after it carries it too, unless that is lost as well. */
static bool is_repeated(const struct slot *slot, const uint16_t *sequences, int count, int at)
{
    bool next_lost = at + 1 < count && sequences[at + 1] == (uint16_t)(sequences[at] + 1);
    return shape_distance(&slot->shape) && !next_lost;
}

static size_t resend_sound(struct slot *slot, const struct history_entry *entry, uint64_t now_us)
{
    enum { LIKELY_BYTES = 150 };
    if (!slot->outlet.repair_fn(slot->outlet.arg, LIKELY_BYTES, now_us))
        return 0;
    return slot->outlet.resend_fn(slot->outlet.arg, slot->config.ssrc, entry->sequence);
}

int slot_retransmit(struct slot *slot, const uint16_t *sequences, int count, uint32_t rtt_us, uint64_t now_us)
{
    uint32_t now_ms = (uint32_t)(now_us / 1000) | 1, spacing_ms = rtt_us / 1000;
    if (slot_is_still(slot)) /* on so thin a line a repeat is asked for once more before it is there */
        spacing_ms += spacing_ms / 2;
    int sent = 0;
    slot->stats.nacks += (uint64_t)count;
    for (int i = 0; i < count; i++) {
        struct history_entry *entry = history_find(&slot->history, sequences[i]);
        if (!entry || (entry->resent_ms && now_ms - entry->resent_ms < spacing_ms))
            continue;
        if (!slot->config.video && is_repeated(slot, sequences, count, i))
            continue;
        size_t sent_bytes = slot->config.video ? send_rtx(slot, entry, 0, now_us) : resend_sound(slot, entry, now_us);
        if (sent_bytes == 0)
            continue;
        still_charge(&slot->still, sent_bytes);
        entry->resent_ms = now_ms;
        sent++;
    }
    slot->stats.retransmitted += (uint64_t)sent;
    return sent;
}

void slot_repeat_last(struct slot *slot, uint64_t now_us)
{
    struct history_entry *entry = history_find(&slot->history, (uint16_t)(slot->rewrite.next_sequence - 1));
    if (entry)
        still_charge(&slot->still, send_rtx(slot, entry, 0, now_us));
}

/* Nothing to repeat: a packet of padding alone (RFC 3550 §5.1, the P bit), as browsers send it too. */
static size_t send_empty(struct slot *slot, int probe, uint8_t size, uint64_t now_us)
{
    uint8_t padding[UINT8_MAX] = {0};
    const struct codec *codec = &slot->config.codecs.items[0];
    struct rtp_fixed fixed = {.timestamp = slot->rewrite.last_timestamp,
                              .ssrc = slot->config.rtx_ssrc,
                              .sequence = slot->rtx_sequence,
                              .pt = codec->rtx_pt};
    struct slot_outgoing out;
    out.packet = (struct outlet_packet){.payload = padding, .payload_size = size, .probe = probe};
    padding[size - 1] = size;
    struct media_packet nothing = {0};
    if (codec->rtx_pt == SLOT_NO_PT)
        return 0;
    slot_write_header(slot, &out, &fixed, &nothing, &(struct picture_counters){0});
    out.header[0] |= 1 << 5;
    if (slot->outlet.rtp_fn(slot->outlet.arg, &out.packet, now_us) < 0)
        return 0;
    slot->rtx_sequence++;
    return out.packet.header_size + out.packet.payload_size;
}

static bool is_within(struct slot *slot, const struct history_entry *entry, size_t most)
{
    struct media_packet packet;
    return slot_find_packet(slot, entry, &packet) && packet.payload_size <= most;
}

size_t slot_send_padding(struct slot *slot, int probe, uint8_t size, size_t most, uint64_t now_us)
{
    if (!slot->config.rtx_ssrc)
        return 0;
    struct history_entry *entry = history_find(&slot->history, (uint16_t)(slot->rewrite.next_sequence - 1));
    bool repeats = entry && slot->layer >= 0 && is_within(slot, entry, most);
    size_t sent = repeats ? send_rtx(slot, entry, probe, now_us) : 0;
    return sent ? sent : send_empty(slot, probe, size, now_us);
}

void slot_request_key(struct slot *slot, uint64_t now_us)
{
    if (!slot->track || !slot->config.video || slot->layer < 0)
        return; /* an empty slot has nothing to ask for; one that waits has asked */
    slot->stats.key_requests++;
    track_request_key(slot->track, slot->layer, now_us);
}

void slot_note_report(struct slot *slot, const struct rtcp_block *block)
{
    slot->stats.fraction_lost = block->fraction;
    slot->stats.lost = block->lost;
    slot->stats.jitter_ms = (uint32_t)((uint64_t)block->jitter * 1000 / slot->rewrite.hz);
    if (slot->track)
        track_note_loss(slot->track, block->fraction);
}

void slot_note_loss(struct slot *slot, uint8_t fraction)
{
    shape_note_loss(&slot->shape, fraction);
    if (slot->track)
        track_note_loss(slot->track, fraction);
}

bool slot_report_due(const struct slot *slot, uint64_t now_us)
{
    return slot->sent_us && (slot->layer >= 0 || slot_is_still(slot)) && now_us - slot->sent_us < IDLE_US &&
           (!slot->reported_us || now_us - slot->reported_us >= REPORT_US);
}

void slot_report(struct slot *slot, uint64_t now_us, uint64_t epoch_us, struct rtcp_sender_info *info)
{
    int64_t since_us = (int64_t)(now_us - slot->rewrite.last_capture_us);
    slot->reported_us = now_us;
    info->ssrc = slot->config.ssrc;
    info->ntp = rtcp_ntp_from_us(now_us + epoch_us);
    /* a publisher's clock may claim any time: wide enough for all of them */
    __int128 ticks = (__int128)since_us * slot->rewrite.hz / 1000000;
    info->rtp = slot->rewrite.last_timestamp + (uint32_t)ticks;
    info->packets = (uint32_t)slot->stats.packets;
    info->bytes = (uint32_t)slot->stats.bytes;
}

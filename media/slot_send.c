#include "media/slot_private.h"

#include <string.h>

#include "media/wire.h"

static void write_mid(struct slot *slot, struct rtp_writer *writer)
{
    size_t size = strlen(slot->config.mid);
    if (!slot->config.extensions.mid || !slot->mid_left || size == 0)
        return;
    slot->mid_left--;
    uint8_t *at = rtp_write_extension(writer, slot->config.extensions.mid, size);
    if (at)
        memcpy(at, slot->config.mid, size);
}

/* Of a key frame's the dependency descriptor takes the two-byte form. Its frame number (its second and third byte) goes on over
 * switches as VP8's picture id does. */
static void write_descriptor(const struct slot *slot, struct rtp_writer *writer, const struct media_packet *packet,
                             const struct picture_counters *counters)
{
    uint8_t id = slot->config.extensions.dependency_descriptor;
    if (!id || !packet->descriptor || !packet->picture.bits)
        return;
    writer->two_byte = packet->descriptor_size > RTP_SHORT_EXTENSION_MAX;
    uint8_t *at = rtp_write_extension(writer, id, packet->descriptor_size);
    if (!at)
        return;
    memcpy(at, packet->descriptor, packet->descriptor_size);
    wire_put16(at + 1, counters->picture_id);
}

void slot_write_header(struct slot *slot, struct slot_outgoing *out, const struct rtp_fixed *fixed,
                       const struct media_packet *packet, const struct picture_counters *counters)
{
    const struct extension_ids *ids = &slot->config.extensions;
    struct rtp_writer writer;
    rtp_write_fixed(&writer, out->header, fixed);
    write_descriptor(slot, &writer, packet, counters);
    out->packet.twcc = ids->twcc ? rtp_write_extension(&writer, ids->twcc, 2) : NULL;
    out->packet.send_time = ids->abs_send_time ? rtp_write_extension(&writer, ids->abs_send_time, 3) : NULL;
    if (ids->level && !slot->config.video) {
        uint8_t *at = rtp_write_extension(&writer, ids->level, 1);
        if (at)
            *at = (uint8_t)(packet->voice << 7 | packet->level);
    }
    write_mid(slot, &writer);
    out->packet.header = out->header;
    out->packet.header_size = rtp_write_end(&writer);
}

static void note_sent(struct slot *slot, const struct media_packet *packet, const struct rewrite_out *out, int layer)
{
    struct history_entry *entry = history_add(&slot->history, out->sequence);
    entry->in_sequence = packet->sequence;
    entry->generation = packet->generation;
    entry->timestamp = out->timestamp;
    entry->layer = (uint8_t)layer;
    entry->counters = out->counters;
    entry->marker = thin_marker(&slot->thin, &packet->marks, packet->marker);
}

/* Puts the outgoing payload and its type into `out`. False when this subscriber cannot take it. */
static bool shape_payload(struct slot *slot, const struct media_packet *packet, int layer, struct shaped *shaped)
{
    if (!slot->config.video && !track_is_heard(slot->track))
        return false;
    if (!slot->config.video) {
        shape_sound(&slot->shape, packet, layer_cache(track_layer(slot->track, layer)), shaped);
        return shaped->pt != SLOT_NO_PT;
    }
    shaped->payload = packet->payload;
    shaped->size = packet->payload_size;
    shaped->pt = slot->pts[packet->pt];
    return shaped->pt != SLOT_NO_PT;
}

static void send_out(struct slot *slot, const struct slot_outgoing *out, uint64_t now_us)
{
    if (slot->outlet.rtp_fn(slot->outlet.arg, &out->packet, now_us) < 0)
        return; /* the subscriber asks again for what it missed */
    slot->stats.packets++;
    slot->stats.bytes += out->packet.payload_size;
    slot->sent_us = now_us;
}

static bool is_it(const struct history_entry *entry, const struct media_packet *packet)
{
    return packet->generation == entry->generation;
}

bool slot_find_packet(struct slot *slot, const struct history_entry *entry, struct media_packet *packet)
{
    struct layer *layer = slot->track ? track_layer(slot->track, entry->layer) : NULL;
    if (!layer)
        return false;
    if (cache_get(layer_cache(layer), entry->in_sequence, packet) && is_it(entry, packet))
        return true;
    return still_find(&slot->still, entry->layer, entry->in_sequence, packet) && is_it(entry, packet);
}

/* Who takes no redundancy (Firefox) and loses packets gets each one again a little later: of the same number it plays one. */
static void repeat_earlier(struct slot *slot, uint16_t sequence)
{
    for (uint16_t back = 1; back <= shape_distance(&slot->shape); back++)
        slot->outlet.resend_fn(slot->outlet.arg, slot->config.ssrc, (uint16_t)(sequence - back));
}

void slot_forward(struct slot *slot, const struct media_packet *packet, int layer, uint64_t now_us)
{
    struct rewrite_in in = {.sequence = packet->sequence,
                            .timestamp = packet->timestamp,
                            .capture_us = packet->capture_us,
                            .picture = media_packet_picture(packet)};
    struct rewrite_out rewritten;
    struct shaped shaped;
    bool newest = packet->sequence > slot->rewrite.sequence.highest;
    if (!thin_passes(&slot->thin, packet, newest) || !shape_payload(slot, packet, layer, &shaped)) {
        rewrite_drop(&slot->rewrite, &in);
        return;
    }
    if (!rewrite_forward(&slot->rewrite, &in, &rewritten))
        return;
    picture_patch(packet->payload, &packet->picture, &rewritten.counters);
    struct rtp_fixed fixed = {.timestamp = rewritten.timestamp,
                              .ssrc = slot->config.ssrc,
                              .sequence = rewritten.sequence,
                              .pt = shaped.pt,
                              .marker = thin_marker(&slot->thin, &packet->marks, packet->marker)};
    struct slot_outgoing out;
    bool keep = !slot->config.video && (slot->shape.lossy || slot->stats.nacks);
    out.packet = (struct outlet_packet){.payload = shaped.payload, .payload_size = shaped.size, .keep = keep};
    note_sent(slot, packet, &rewritten, layer);
    if (slot->config.video && slot->outlet.hold_fn(slot->outlet.arg, slot, rewritten.sequence, now_us))
        return;
    slot_write_header(slot, &out, &fixed, packet, &rewritten.counters);
    send_out(slot, &out, now_us);
    if (keep && !slot->shape.red_pt)
        repeat_earlier(slot, rewritten.sequence);
}

void slot_send_held(struct slot *slot, uint16_t sequence, uint64_t now_us)
{
    struct history_entry *entry = history_find(&slot->history, sequence);
    struct media_packet packet;
    if (!entry || !slot_find_packet(slot, entry, &packet))
        return;
    picture_patch(packet.payload, &packet.picture, &entry->counters);
    struct rtp_fixed fixed = {.timestamp = entry->timestamp,
                              .ssrc = slot->config.ssrc,
                              .sequence = entry->sequence,
                              .pt = slot->pts[packet.pt],
                              .marker = entry->marker};
    struct slot_outgoing out;
    out.packet = (struct outlet_packet){.payload = packet.payload, .payload_size = packet.payload_size};
    slot_write_header(slot, &out, &fixed, &packet, &entry->counters);
    send_out(slot, &out, now_us);
}

/* What leaves a transport: protected where it waits, a frame together, flushed at the end of the batch. */
#include <errno.h>
#include <string.h>

#include "media/transport_private.h"

enum {
    RTCP_ROOM = 64,
    PAD_TO = 8,
    PAD_FROM = 256,
    RTP_PADDING = 0x20,
};

static uint8_t *room_for(struct transport *transport, size_t size)
{
    struct transport_set *set = transport->set;
    if (!transport->burst)
        transport->burst = burst_take(set->bursts);
    if (!transport->burst) {
        transport_set_flush(set);
        transport->burst = burst_take(set->bursts);
    }
    uint8_t *room = transport->burst ? burst_room(transport->burst, size) : NULL;
    if (room || !transport->burst)
        return room;
    transport_flush(transport);
    if (!transport->burst)
        transport->burst = burst_take(set->bursts);
    return transport->burst ? burst_room(transport->burst, size) : NULL;
}

static int no_room(struct transport *transport)
{
    transport->stats.tx_dropped++;
    return -ENOBUFS;
}

/*
 * Browsers cut a frame into packets that differ by one byte, the longer ones last, and unequal packets cannot leave as
 * one segmented send. A few bytes of RTP padding (RFC 3550 §5.1) make most of them equal: half the frames of a 640x480
 * Chromium, seen 22 Nov 2026. Streams need no equal packets, and sound comes one packet at a time.
 */
static size_t padding_for(const struct transport *transport, const uint8_t *header, size_t size)
{
    if (size < PAD_FROM || header[0] & RTP_PADDING || transport_is_stream(transport))
        return 0;
    return (PAD_TO - size % PAD_TO) % PAD_TO;
}

struct padded {
    uint8_t header[256];
    uint8_t payload[TRANSPORT_PACKET_MAX];
};

static void pad(struct padded *padded, const uint8_t *header, size_t header_size, const uint8_t *payload,
                size_t payload_size, size_t padding)
{
    memcpy(padded->header, header, header_size);
    padded->header[0] |= RTP_PADDING;
    memcpy(padded->payload, payload, payload_size);
    memset(padded->payload + payload_size, 0, padding);
    padded->payload[payload_size + padding - 1] = (uint8_t)padding;
}

int transport_send_rtp(struct transport *transport, const uint8_t *header, size_t header_size, const uint8_t *payload,
                       size_t payload_size)
{
    struct padded padded;
    if (!transport_is_connected(transport))
        return -ENOTCONN;
    struct srtp_sender *sender = srtp_link_sender(transport->srtp);
    size_t padding = padding_for(transport, header, header_size + payload_size);
    size_t size = header_size + payload_size + padding + srtp_sender_overhead(sender);
    if (padding && header_size <= sizeof padded.header && size <= TRANSPORT_PACKET_MAX) {
        pad(&padded, header, header_size, payload, payload_size, padding);
        header = padded.header;
        payload = padded.payload;
        payload_size += padding;
    } else {
        size -= padding;
    }
    if (size > TRANSPORT_PACKET_MAX)
        return -EMSGSIZE;
    uint8_t *out = room_for(transport, size);
    if (!out)
        return no_room(transport);
    int result = srtp_sender_protect(sender, header, header_size, payload, payload_size, out);
    if (result == 0)
        burst_add(transport->burst, size);
    transport_set_mark(transport);
    return result;
}

void transport_keep_last(struct transport *transport, uint32_t ssrc, uint16_t sequence)
{
    size_t size;
    const uint8_t *packet = transport->burst ? burst_last(transport->burst, &size) : NULL;
    if (!transport->resend)
        transport->resend = resend_create();
    if (packet && transport->resend)
        resend_put(transport->resend, ssrc, sequence, packet, size);
}

size_t transport_resend(struct transport *transport, uint32_t ssrc, uint16_t sequence)
{
    size_t size;
    const uint8_t *packet = transport->resend ? resend_get(transport->resend, ssrc, sequence, &size) : NULL;
    if (!packet || !transport_is_connected(transport))
        return 0;
    uint8_t *out = room_for(transport, size);
    if (!out) {
        no_room(transport);
        return 0;
    }
    memcpy(out, packet, size);
    burst_add(transport->burst, size);
    transport_set_mark(transport);
    return size;
}

int transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t size)
{
    if (!transport_is_connected(transport))
        return -ENOTCONN;
    if (size + RTCP_ROOM > TRANSPORT_PACKET_MAX)
        return -EMSGSIZE;
    uint8_t *out = room_for(transport, size + RTCP_ROOM);
    if (!out)
        return no_room(transport);
    int result = srtp_link_seal_rtcp(transport->srtp, packet, &size);
    if (result == 0) {
        memcpy(out, packet, size);
        burst_add(transport->burst, size);
    }
    transport_set_mark(transport);
    return result;
}

void transport_forget_ssrc(struct transport *transport, uint32_t ssrc)
{
    if (transport->srtp)
        srtp_sender_forget(srtp_link_sender(transport->srtp), ssrc);
}

/* ---- flushing ---- */

static void flush_stream(struct transport *transport, struct tcp_connection *stream)
{
    struct burst *burst = transport->burst;
    for (; burst->first < burst->count; burst_advance(burst, 1)) {
        if (tcp_send(stream, burst->bytes + burst->first_offset, burst->sizes[burst->first]) < 0)
            transport->stats.tx_dropped++;
    }
    tcp_flush(stream);
}

static void flush_udp(struct transport *transport, const struct path *to)
{
    struct burst *burst = transport->burst;
    size_t first = burst->first, offset = burst->first_offset;
    uint64_t dropped = 0;
    udp_send_burst(transport->set->udp, to, burst, &dropped);
    transport->stats.tx_dropped += dropped;
    transport->stats.tx_packets += burst->first - first - dropped;
    transport->stats.tx_bytes += burst->first_offset - offset;
}

void transport_flush(struct transport *transport)
{
    struct burst *burst = transport->burst;
    if (!burst)
        return;
    const struct path *selected = transport->closed ? NULL : ice_selected(transport->ice);
    if (selected && selected->stream) {
        transport->stats.tx_packets += burst->count - burst->first;
        transport->stats.tx_bytes += burst->used - burst->first_offset;
        flush_stream(transport, selected->stream);
    } else if (selected) {
        flush_udp(transport, selected);
        if (burst->first < burst->count)
            return; /* the socket is full: the rest leaves when it has room */
    }
    burst_give(transport->set->bursts, burst);
    transport->burst = NULL;
}

#include "media/rtp.h"

#include <errno.h>
#include <string.h>

#include "media/wire.h"

enum { VERSION = 2, PROFILE_ONE_BYTE = 0xBEDE, PROFILE_TWO_BYTE = 0x1000, PROFILE_TWO_BYTE_MASK = 0xFFF0 };

bool rtp_is_rtcp(const uint8_t *data, size_t size)
{
    return size >= 2 && data[1] >= 192 && data[1] <= 223;
}

static void note_extension(struct rtp_packet *packet, unsigned id, size_t at, size_t size)
{
    if (id == 0 || id >= RTP_EXTENSION_IDS)
        return;
    packet->extensions |= (uint16_t)(1u << id);
    packet->extension_at[id] = (uint16_t)at;
    packet->extension_size[id] = (uint8_t)size;
}

/* RFC 8285 §4.2: id 15 ends the block, a zero byte is padding. Whatever overruns the block is ignored. */
static void parse_one_byte(struct rtp_packet *packet, size_t at, size_t end)
{
    while (at < end) {
        unsigned id = packet->data[at] >> 4;
        size_t size = (packet->data[at] & 15u) + 1u;
        if (packet->data[at] == 0) {
            at++;
            continue;
        }
        if (id == 15 || at + 1 + size > end)
            return;
        note_extension(packet, id, at + 1, size);
        at += 1 + size;
    }
}

/* RFC 8285 §4.3. */
static void parse_two_byte(struct rtp_packet *packet, size_t at, size_t end)
{
    while (at < end) {
        unsigned id = packet->data[at];
        if (id == 0) {
            at++;
            continue;
        }
        if (at + 2 > end)
            return;
        size_t size = packet->data[at + 1];
        if (at + 2 + size > end)
            return;
        note_extension(packet, id, at + 2, size);
        at += 2 + size;
    }
}

static int parse_extensions(struct rtp_packet *packet, size_t *at)
{
    if (packet->size < *at + 4)
        return -EBADMSG;
    unsigned profile = wire_get16(packet->data + *at);
    size_t start = *at + 4, end = start + 4u * wire_get16(packet->data + *at + 2);
    if (end > packet->size)
        return -EBADMSG;
    if (profile == PROFILE_ONE_BYTE)
        parse_one_byte(packet, start, end);
    else if ((profile & PROFILE_TWO_BYTE_MASK) == PROFILE_TWO_BYTE)
        parse_two_byte(packet, start, end);
    *at = end;
    return 0;
}

int rtp_parse(uint8_t *data, size_t size, struct rtp_packet *packet)
{
    if (size < RTP_HEADER_MIN || size > RTP_PACKET_MAX || data[0] >> 6 != VERSION)
        return -EBADMSG;
    packet->data = data;
    packet->size = (uint16_t)size;
    packet->marker = data[1] >> 7;
    packet->pt = data[1] & 127;
    packet->sequence = wire_get16(data + 2);
    packet->timestamp = wire_get32(data + 4);
    packet->ssrc = wire_get32(data + 8);
    packet->extensions = 0;
    size_t at = RTP_HEADER_MIN + 4u * (data[0] & 15u);
    if (at > size)
        return -EBADMSG;
    if (data[0] >> 4 & 1 && parse_extensions(packet, &at) < 0)
        return -EBADMSG;
    size_t padding = 0;
    if (data[0] >> 5 & 1) {
        padding = data[size - 1];
        if (padding == 0 || at + padding > size)
            return -EBADMSG;
    }
    packet->payload = data + at;
    packet->payload_size = (uint16_t)(size - at - padding);
    return 0;
}

bool rtp_audio_level(const struct rtp_packet *packet, unsigned id, uint8_t *level, bool *voice)
{
    size_t size;
    const uint8_t *bytes = rtp_extension(packet, id, &size);
    if (!bytes || size < 1)
        return false;
    *level = bytes[0] & 127;
    *voice = bytes[0] >> 7;
    return true;
}

void rtp_write_fixed(struct rtp_writer *writer, uint8_t *data, const struct rtp_fixed *fixed)
{
    writer->data = data;
    writer->size = RTP_HEADER_MIN;
    writer->overflow = writer->two_byte = false;
    data[0] = VERSION << 6;
    data[1] = (uint8_t)(fixed->marker << 7 | fixed->pt);
    wire_put16(data + 2, fixed->sequence);
    wire_put32(data + 4, fixed->timestamp);
    wire_put32(data + 8, fixed->ssrc);
}

uint8_t *rtp_write_extension(struct rtp_writer *writer, unsigned id, size_t size)
{
    bool first = writer->size == RTP_HEADER_MIN;
    size_t at = first ? RTP_HEADER_MIN + 4 : writer->size,
           most = writer->two_byte ? RTP_LONG_EXTENSION_MAX : RTP_SHORT_EXTENSION_MAX;
    size_t body = at + (writer->two_byte ? 2 : 1);
    if (id == 0 || id > 14 || size == 0 || size > most || body + size > RTP_HEADER_MAX) {
        writer->overflow = true;
        return NULL;
    }
    if (first) {
        writer->data[0] |= 1 << 4;
        wire_put16(writer->data + RTP_HEADER_MIN, writer->two_byte ? PROFILE_TWO_BYTE : PROFILE_ONE_BYTE);
    }
    writer->data[at] = (uint8_t)(writer->two_byte ? id : id << 4 | (size - 1));
    if (writer->two_byte)
        writer->data[at + 1] = (uint8_t)size;
    writer->size = body + size;
    return writer->data + body;
}

size_t rtp_write_end(struct rtp_writer *writer)
{
    if (writer->size == RTP_HEADER_MIN)
        return writer->size;
    while (writer->size & 3)
        writer->data[writer->size++] = 0;
    wire_put16(writer->data + RTP_HEADER_MIN + 2, (uint16_t)((writer->size - RTP_HEADER_MIN - 4) / 4));
    return writer->size;
}

uint32_t rtp_abs_send_time(uint64_t now_us)
{
    return (uint32_t)((now_us << 18) / 1000000 & 0xFFFFFF);
}

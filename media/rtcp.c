#include "media/rtcp.h"

#include <errno.h>
#include <string.h>

#include "media/rtp.h"
#include "media/wire.h"

enum { HEADER = 4, BLOCK = 24, SENDER_INFO = 24, REMB_MANTISSA_MAX = (1 << 18) - 1 };

bool rtcp_next(struct rtcp_reader *reader, struct rtcp_packet *packet)
{
    if (reader->left < HEADER || reader->at[0] >> 6 != 2)
        return false;
    size_t size = 4u * (wire_get16(reader->at + 2) + 1u);
    if (size > reader->left)
        return false;
    packet->type = reader->at[1];
    packet->count = reader->at[0] & 31;
    packet->body = reader->at + HEADER;
    packet->size = size - HEADER;
    if (reader->at[0] >> 5 & 1) {
        uint8_t padding = reader->at[size - 1];
        if (padding == 0 || padding > packet->size)
            return false;
        packet->size -= padding;
    }
    reader->at += size;
    reader->left -= size;
    return true;
}

int rtcp_sender_info(const struct rtcp_packet *packet, struct rtcp_sender_info *info)
{
    if (packet->type != RTCP_SR || packet->size < SENDER_INFO)
        return -EBADMSG;
    info->ssrc = wire_get32(packet->body);
    info->ntp = (uint64_t)wire_get32(packet->body + 4) << 32 | wire_get32(packet->body + 8);
    info->rtp = wire_get32(packet->body + 12);
    info->packets = wire_get32(packet->body + 16);
    info->bytes = wire_get32(packet->body + 20);
    return 0;
}

bool rtcp_block(const struct rtcp_packet *packet, int index, struct rtcp_block *block)
{
    size_t start = packet->type == RTCP_SR ? SENDER_INFO : 4;
    size_t at = start + (size_t)index * BLOCK;
    if ((packet->type != RTCP_SR && packet->type != RTCP_RR) || index >= packet->count || at + BLOCK > packet->size)
        return false;
    const uint8_t *bytes = packet->body + at;
    block->ssrc = wire_get32(bytes);
    block->fraction = bytes[4];
    block->lost = (int32_t)(wire_get24(bytes + 5) << 8) >> 8;
    block->highest = wire_get32(bytes + 8);
    block->jitter = wire_get32(bytes + 12);
    block->last_sr = wire_get32(bytes + 16);
    block->delay = wire_get32(bytes + 20);
    return true;
}

int rtcp_nack(const struct rtcp_packet *packet, uint32_t *ssrc, uint16_t *sequences, int room)
{
    int count = 0;
    if (packet->type != RTCP_RTPFB || packet->count != RTCP_RTPFB_NACK || packet->size < 8)
        return 0;
    *ssrc = wire_get32(packet->body + 4);
    for (size_t at = 8; at + 4 <= packet->size; at += 4) {
        uint16_t first = wire_get16(packet->body + at);
        uint32_t more = (uint32_t)wire_get16(packet->body + at + 2) << 1 | 1;
        for (uint16_t i = 0; i <= 16 && count < room; i++)
            if (more >> i & 1)
                sequences[count++] = (uint16_t)(first + i);
    }
    return count;
}

int rtcp_key_requests(const struct rtcp_packet *packet, uint32_t *ssrcs, int room)
{
    if (packet->type != RTCP_PSFB || packet->size < 8)
        return 0;
    if (packet->count == RTCP_PSFB_PLI) {
        ssrcs[0] = wire_get32(packet->body + 4);
        return 1;
    }
    int count = 0;
    if (packet->count == RTCP_PSFB_FIR)
        for (size_t at = 8; at + 8 <= packet->size && count < room; at += 8)
            ssrcs[count++] = wire_get32(packet->body + at);
    return count;
}

bool rtcp_remb(const struct rtcp_packet *packet, uint64_t *bps)
{
    if (packet->type != RTCP_PSFB || packet->count != RTCP_PSFB_AFB || packet->size < 16 ||
        memcmp(packet->body + 8, "REMB", 4) != 0)
        return false;
    unsigned exponent = packet->body[13] >> 2;
    uint64_t mantissa = (uint64_t)(packet->body[13] & 3) << 16 | wire_get16(packet->body + 14);
    *bps = exponent > 45 ? UINT64_MAX : mantissa << exponent;
    return true;
}

/* Room for a whole packet of `body` bytes (a multiple of 4), header written; NULL when it does not fit. */
static uint8_t *begin(struct rtcp_writer *writer, uint8_t type, unsigned count, size_t body)
{
    if (writer->size + HEADER + body > writer->room) {
        writer->full = true;
        return NULL;
    }
    uint8_t *at = writer->data + writer->size;
    at[0] = (uint8_t)(2 << 6 | (count & 31));
    at[1] = type;
    wire_put16(at + 2, (uint16_t)(body / 4));
    writer->size += HEADER + body;
    return at + HEADER;
}

void rtcp_write_sr(struct rtcp_writer *writer, const struct rtcp_sender_info *info)
{
    uint8_t *at = begin(writer, RTCP_SR, 0, SENDER_INFO);
    if (!at)
        return;
    wire_put32(at, info->ssrc);
    wire_put32(at + 4, (uint32_t)(info->ntp >> 32));
    wire_put32(at + 8, (uint32_t)info->ntp);
    wire_put32(at + 12, info->rtp);
    wire_put32(at + 16, info->packets);
    wire_put32(at + 20, info->bytes);
}

void rtcp_write_rr(struct rtcp_writer *writer, uint32_t ssrc, const struct rtcp_block *blocks, int count)
{
    uint8_t *at = begin(writer, RTCP_RR, (unsigned)count, 4 + (size_t)count * BLOCK);
    if (!at)
        return;
    wire_put32(at, ssrc);
    at += 4;
    for (int i = 0; i < count; i++, at += BLOCK) {
        wire_put32(at, blocks[i].ssrc);
        at[4] = blocks[i].fraction;
        wire_put24(at + 5, (uint32_t)blocks[i].lost & 0xFFFFFF);
        wire_put32(at + 8, blocks[i].highest);
        wire_put32(at + 12, blocks[i].jitter);
        wire_put32(at + 16, blocks[i].last_sr);
        wire_put32(at + 20, blocks[i].delay);
    }
}

void rtcp_write_cname(struct rtcp_writer *writer, uint32_t ssrc, const char *cname)
{
    size_t length = strlen(cname);
    if (length > 255)
        return;
    size_t body = (4 + 2 + length + 1 + 3) & ~(size_t)3; /* chunks end in at least one zero byte */
    uint8_t *at = begin(writer, RTCP_SDES, 1, body);
    if (!at)
        return;
    memset(at, 0, body);
    wire_put32(at, ssrc);
    at[4] = 1;
    at[5] = (uint8_t)length;
    memcpy(at + 6, cname, length);
}

void rtcp_write_bye(struct rtcp_writer *writer, uint32_t ssrc)
{
    uint8_t *at = begin(writer, RTCP_BYE, 1, 4);
    if (at)
        wire_put32(at, ssrc);
}

void rtcp_write_pli(struct rtcp_writer *writer, uint32_t sender, uint32_t media)
{
    uint8_t *at = begin(writer, RTCP_PSFB, RTCP_PSFB_PLI, 8);
    if (!at)
        return;
    wire_put32(at, sender);
    wire_put32(at + 4, media);
}

void rtcp_write_remb(struct rtcp_writer *writer, uint32_t sender, uint32_t media, uint32_t bps)
{
    uint8_t *at = begin(writer, RTCP_PSFB, RTCP_PSFB_AFB, 20);
    unsigned exponent = 0;
    if (!at)
        return;
    while (bps >> exponent > REMB_MANTISSA_MAX)
        exponent++;
    wire_put32(at, sender);
    wire_put32(at + 4, 0);
    memcpy(at + 8, "REMB", 4);
    wire_put32(at + 12, 1u << 24 | exponent << 18 | bps >> exponent); /* of one stream, but for all */
    wire_put32(at + 16, media);
}

/* Packs sequence numbers into pairs of first and bit mask; the result is how many of `count` fit one pair. */
static int pack_pair(const uint16_t *sequences, int count, uint16_t *mask)
{
    int taken = 1;
    *mask = 0;
    while (taken < count) {
        uint16_t distance = (uint16_t)(sequences[taken] - sequences[0]);
        if (distance == 0 || distance > 16)
            break;
        *mask = (uint16_t)(*mask | 1u << (distance - 1));
        taken++;
    }
    return taken;
}

int rtcp_write_nack(struct rtcp_writer *writer, uint32_t sender, uint32_t media, const uint16_t *sequences, int count)
{
    uint8_t *start = begin(writer, RTCP_RTPFB, RTCP_RTPFB_NACK, 8);
    int done = 0;
    if (!start)
        return 0;
    wire_put32(start, sender);
    wire_put32(start + 4, media);
    while (done < count && writer->size + 4 <= writer->room) {
        uint16_t mask;
        int taken = pack_pair(sequences + done, count - done, &mask);
        wire_put16(writer->data + writer->size, sequences[done]);
        wire_put16(writer->data + writer->size + 2, mask);
        writer->size += 4;
        done += taken;
    }
    wire_put16(start - 2, (uint16_t)((writer->data + writer->size - start) / 4));
    return done;
}

uint64_t rtcp_ntp_to_us(uint64_t ntp)
{
    return (ntp >> 32) * 1000000 + (((ntp & 0xFFFFFFFF) * 1000000) >> 32);
}

uint64_t rtcp_ntp_from_us(uint64_t us)
{
    return (us / 1000000) << 32 | ((us % 1000000) << 32) / 1000000;
}

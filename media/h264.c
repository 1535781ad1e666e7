#include "media/h264.h"

#include <errno.h>
#include <string.h>

#include "media/wire.h"

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_STAP_A = 24, NAL_FU_A = 28, SPS_MAX = 256 };

/* Bits of an RBSP; reading past the end gives zeros and sets `short_of`. */
struct bits {
    const uint8_t *data;
    size_t size, at;
    bool short_of;
};

static unsigned bit(struct bits *bits)
{
    if (bits->at >= bits->size * 8) {
        bits->short_of = true;
        return 0;
    }
    unsigned value = bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1;
    bits->at++;
    return value;
}

static uint32_t take(struct bits *bits, unsigned count)
{
    uint32_t value = 0;
    while (count--)
        value = value << 1 | bit(bits);
    return value;
}

/* Exp-Golomb, H.264 §9.1. */
static uint32_t golomb(struct bits *bits)
{
    unsigned zeros = 0;
    while (!bit(bits)) {
        if (bits->short_of || ++zeros > 31) {
            bits->short_of = true;
            return 0;
        }
    }
    return (uint32_t)((1ull << zeros) - 1 + take(bits, zeros));
}

static int32_t golomb_signed(struct bits *bits)
{
    uint32_t code = golomb(bits);
    return code & 1 ? (int32_t)(code / 2 + 1) : -(int32_t)(code / 2);
}

static void skip_scaling_list(struct bits *bits, int count)
{
    int last = 8, next = 8;
    for (int i = 0; i < count && !bits->short_of; i++) {
        if (next)
            next = (int)(((int64_t)last + golomb_signed(bits) + 256) & 255);
        last = next ? next : last;
    }
}

static bool profile_has_chroma(uint32_t profile)
{
    static const uint8_t profiles[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    return memchr(profiles, (int)profile, sizeof profiles) != NULL;
}

/* Answers chroma_format_idc. */
static uint32_t skip_chroma(struct bits *bits)
{
    uint32_t chroma = golomb(bits);
    if (chroma == 3)
        bit(bits);
    golomb(bits);
    golomb(bits);
    bit(bits);
    if (bit(bits))
        for (int i = 0; i < (chroma == 3 ? 12 : 8); i++)
            if (bit(bits))
                skip_scaling_list(bits, i < 6 ? 16 : 64);
    return chroma;
}

static void skip_order_count(struct bits *bits)
{
    uint32_t type = golomb(bits);
    if (type == 0) {
        golomb(bits);
    } else if (type == 1) {
        bit(bits);
        golomb(bits);
        golomb(bits);
        uint32_t cycles = golomb(bits);
        for (uint32_t i = 0; i < cycles && i < 255 && !bits->short_of; i++)
            golomb(bits);
    }
}

/* H.264 §7.3.2.1.1 up to the cropping rectangle. */
static int read_size(struct bits *bits, uint16_t *width, uint16_t *height)
{
    uint32_t profile = take(bits, 8), chroma = 1;
    take(bits, 16);
    golomb(bits);
    if (profile_has_chroma(profile))
        chroma = skip_chroma(bits);
    golomb(bits);
    skip_order_count(bits);
    golomb(bits);
    bit(bits);
    uint64_t columns = (uint64_t)golomb(bits) + 1, rows = (uint64_t)golomb(bits) + 1;
    unsigned frames_only = bit(bits);
    if (!frames_only)
        bit(bits);
    bit(bits);
    uint64_t crop[4] = {0};
    if (bit(bits))
        for (int i = 0; i < 4; i++)
            crop[i] = golomb(bits);
    uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    uint64_t unit_y = (chroma == 1 ? 2u : 1u) * (2u - frames_only);
    uint64_t w = columns * 16, h = rows * 16 * (2 - frames_only);
    uint64_t cut_x = (crop[0] + crop[1]) * unit_x, cut_y = (crop[2] + crop[3]) * unit_y;
    if (bits->short_of || w > 16384 || h > 16384 || cut_x >= w || cut_y >= h)
        return -EBADMSG;
    *width = (uint16_t)(w - cut_x);
    *height = (uint16_t)(h - cut_y);
    return 0;
}

int h264_parse_sps(const uint8_t *sps, size_t size, uint16_t *width, uint16_t *height)
{
    uint8_t plain[SPS_MAX];
    size_t used = 0, zeros = 0;
    for (size_t i = 0; i < size && used < sizeof plain; i++) {
        bool emulation = zeros >= 2 && sps[i] == 3; /* H.264 §7.4.1.1 */
        zeros = sps[i] == 0 ? zeros + 1 : 0;
        if (!emulation)
            plain[used++] = sps[i];
    }
    struct bits bits = {.data = plain, .size = used};
    return read_size(&bits, width, height);
}

static void note_unit(unsigned type, const uint8_t *unit, size_t size, struct h264_info *info)
{
    info->key |= type == NAL_IDR || type == NAL_SPS;
    if (type != NAL_SPS)
        return;
    info->parameters = true;
    if (size > 1 && h264_parse_sps(unit + 1, size - 1, &info->width, &info->height) < 0)
        info->width = info->height = 0;
}

static int parse_aggregate(const uint8_t *payload, size_t size, struct h264_info *info)
{
    for (size_t at = 1; at < size;) {
        if (at + 3 > size)
            return -EBADMSG;
        size_t unit = wire_get16(payload + at);
        if (unit == 0 || at + 2 + unit > size)
            return -EBADMSG;
        note_unit(payload[at + 2] & 31, payload + at + 2, unit, info);
        at += 2 + unit;
    }
    return 0;
}

int h264_parse(const uint8_t *payload, size_t size, struct h264_info *info)
{
    memset(info, 0, sizeof *info);
    if (size < 1)
        return -EBADMSG;
    unsigned type = payload[0] & 31;
    if (type == NAL_STAP_A)
        return parse_aggregate(payload, size, info);
    if (type != NAL_FU_A) {
        note_unit(type, payload, size, info);
        return 0;
    }
    if (size < 2)
        return -EBADMSG;
    if (payload[1] & 0x80) /* only the first fragment begins something */
        info->key = (payload[1] & 31) == NAL_IDR;
    return 0;
}

#include <string.h>

#include "media/render/depay_codec.h"

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SPS = 7, NAL_PPS = 8, NAL_STAP_A = 24, NAL_FU_A = 28 };

/* ---- the sequence parameter set, as far as the picture's size (H.264 §7.3.2.1.1)
 * ------------------------------------- */

struct bits {
    const uint8_t *data;
    size_t size, at; /* in bits */
};

static unsigned bit(struct bits *bits)
{
    if (bits->at >= bits->size)
        return 0;
    unsigned value = bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1;
    bits->at++;
    return value;
}

static unsigned read_bits(struct bits *bits, unsigned count)
{
    unsigned value = 0;
    while (count-- > 0)
        value = value << 1 | bit(bits);
    return value;
}

static unsigned golomb(struct bits *bits)
{
    unsigned zeros = 0;
    while (zeros < 24 && bits->at < bits->size && !bit(bits))
        zeros++;
    return (1u << zeros) - 1 + read_bits(bits, zeros);
}

static int signed_golomb(struct bits *bits)
{
    unsigned value = golomb(bits);
    return value & 1 ? (int)(value + 1) / 2 : -(int)(value / 2);
}

static void skip_scaling_list(struct bits *bits, int entries)
{
    int last = 8, next = 8;
    for (int i = 0; i < entries; i++) {
        if (next != 0)
            next = (last + signed_golomb(bits)) & 0xff;
        last = next ? next : last;
    }
}

static unsigned skip_high_profile(struct bits *bits)
{
    unsigned chroma = golomb(bits);
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

static void skip_order(struct bits *bits)
{
    unsigned type = golomb(bits);
    if (type == 0) {
        golomb(bits);
    } else if (type == 1) {
        bit(bits);
        signed_golomb(bits);
        signed_golomb(bits);
        for (unsigned i = golomb(bits) & 0xff; i > 0; i--)
            signed_golomb(bits);
    }
}

static size_t unescape(const uint8_t *nal, size_t size, uint8_t *out, size_t room)
{
    size_t written = 0;
    for (size_t i = 0; i < size && written < room; i++) {
        if (i >= 2 && nal[i] == 3 && nal[i - 1] == 0 && nal[i - 2] == 0)
            continue;
        out[written++] = nal[i];
    }
    return written;
}

static bool picture_size(const uint8_t *sps, size_t size, int *width, int *height)
{
    uint8_t plain[256];
    size_t plain_size = unescape(sps, size, plain, sizeof plain);
    if (plain_size < 5)
        return false;
    struct bits bits = {plain, plain_size * 8, 32};
    unsigned profile = plain[1], chroma = 1;
    golomb(&bits);
    if (memchr("\x64\x6e\x7a\xf4\x2c\x53\x56\x76\x80\x8a\x8b\x86", (int)profile, 12))
        chroma = skip_high_profile(&bits);
    golomb(&bits);
    skip_order(&bits);
    golomb(&bits);
    bit(&bits);
    unsigned columns = golomb(&bits) + 1, rows = golomb(&bits) + 1, frame = bit(&bits);
    if (!frame)
        bit(&bits);
    bit(&bits);
    unsigned crop[4] = {0};
    if (bit(&bits))
        for (int i = 0; i < 4; i++)
            crop[i] = golomb(&bits);
    unsigned x = chroma == 0 || chroma == 3 ? 1 : 2, y = (chroma == 1 ? 2 : 1) * (2 - frame);
    int64_t w = (int64_t)columns * 16 - (int64_t)x * (crop[0] + crop[1]);
    int64_t h = (int64_t)rows * 16 * (2 - frame) - (int64_t)y * (crop[2] + crop[3]);
    if (bits.at >= bits.size || w <= 0 || h <= 0 || w > 8192 || h > 8192)
        return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

/* ---- parameter sets ------------------------------------------------------------------------------------------------
 */

/* ISO 14496-15 §5.3.3.1 */
static void write_parameters(struct depay *depay)
{
    if (depay->sps_size < 4 || depay->pps_size == 0)
        return;
    uint8_t head[6] = {1, depay->sps[1], depay->sps[2], depay->sps[3], 0xff, 0xe1};
    uint8_t sps[2] = {(uint8_t)(depay->sps_size >> 8), (uint8_t)depay->sps_size};
    uint8_t pps[3] = {1, (uint8_t)(depay->pps_size >> 8), (uint8_t)depay->pps_size};
    g_byte_array_set_size(depay->parameters, 0);
    g_byte_array_append(depay->parameters, head, sizeof head);
    g_byte_array_append(depay->parameters, sps, sizeof sps);
    g_byte_array_append(depay->parameters, depay->sps, (guint)depay->sps_size);
    g_byte_array_append(depay->parameters, pps, sizeof pps);
    g_byte_array_append(depay->parameters, depay->pps, (guint)depay->pps_size);
}

static void keep_parameters(struct depay *depay, const uint8_t *nal, size_t size)
{
    if (size > sizeof depay->sps)
        return;
    if ((nal[0] & 0x1f) == NAL_SPS) {
        memcpy(depay->sps, nal, size);
        depay->sps_size = size;
    } else {
        memcpy(depay->pps, nal, size);
        depay->pps_size = size;
    }
    write_parameters(depay);
}

/* ---- access units --------------------------------------------------------------------------------------------------
 */

static bool put_size(struct depay *depay, size_t size)
{
    uint8_t wire[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    return depay_add(depay, wire, sizeof wire);
}

static bool add_nal(struct depay *depay, const uint8_t *nal, size_t size)
{
    uint8_t type = nal[0] & 0x1f;
    if (type == NAL_SPS || type == NAL_PPS)
        keep_parameters(depay, nal, size);
    if (type == NAL_IDR)
        depay->key = true;
    return put_size(depay, size) && depay_add(depay, nal, size);
}

static bool add_aggregate(struct depay *depay, const uint8_t *at, size_t left)
{
    while (left > 2) {
        size_t size = (size_t)(at[0] << 8 | at[1]);
        if (size == 0 || size > left - 2 || !add_nal(depay, at + 2, size))
            return false;
        at += 2 + size;
        left -= 2 + size;
    }
    return left == 0;
}

/* A NAL unit in pieces: its length is filled in when the last has come. */
static bool add_fragment(struct depay *depay, const uint8_t *data, size_t size)
{
    if (size < 3)
        return false;
    bool start = data[1] & 0x80, end = data[1] & 0x40;
    if (start == depay->fragment)
        return false;
    if (start) {
        uint8_t header = (uint8_t)((data[0] & 0xe0) | (data[1] & 0x1f));
        depay->fragment_at = depay->frame->len;
        depay->key = depay->key || (header & 0x1f) == NAL_IDR;
        if (!put_size(depay, 0) || !depay_add(depay, &header, 1))
            return false;
    }
    depay->fragment = !end;
    if (!depay_add(depay, data + 2, size - 2))
        return false;
    size_t whole = depay->frame->len - depay->fragment_at - 4;
    for (int i = 0; end && i < 4; i++)
        depay->frame->data[depay->fragment_at + (size_t)i] = (uint8_t)(whole >> (24 - 8 * i));
    return true;
}

static bool add_packet(struct depay *depay, const struct packet *packet)
{
    uint8_t type = packet->payload[0] & 0x1f;
    if (type == NAL_FU_A)
        return add_fragment(depay, packet->payload, packet->size);
    if (depay->fragment)
        return false;
    if (type == NAL_STAP_A)
        return add_aggregate(depay, packet->payload + 1, packet->size - 1);
    return type > 0 && type < NAL_STAP_A && add_nal(depay, packet->payload, packet->size);
}

static void finish(struct depay *depay)
{
    if (depay->fragment)
        depay->lost = true;
    depay->width = depay->height = 0;
    if (depay->key && depay->sps_size)
        picture_size(depay->sps, depay->sps_size, &depay->width, &depay->height);
    if (depay->fragment || depay->parameters->len == 0)
        depay_drop(depay);
    else
        depay_emit(depay);
}

void depay_h264(struct depay *depay, const struct reordered *packet)
{
    if (packet->lost)
        depay->awaiting = true; /* nothing tells whether the lost one is needed: only an IDR is safe */
    if (depay->making && packet->lost)
        depay_drop(depay);
    if (depay->making && packet->timestamp != depay->timestamp)
        finish(depay); /* senders may leave the marker out */
    if (!depay->making) {
        depay->making = true;
        depay->key = false;
        depay->timestamp = packet->timestamp;
    }
    if (!add_packet(depay, &packet->packet)) {
        depay->lost = depay->awaiting = true;
        depay_drop(depay);
    } else if (packet->packet.marker) {
        finish(depay);
    }
}

/* ---- key frames ----------------------------------------------------------------------------------------------------
 */

static bool starts_key(const uint8_t *nal, size_t size, int *width, int *height)
{
    uint8_t type = nal[0] & 0x1f;
    if (type == NAL_SPS)
        picture_size(nal, size, width, height);
    return type == NAL_SPS || type == NAL_IDR;
}

bool depay_h264_key(const struct packet *packet, int *width, int *height)
{
    const uint8_t *at = packet->payload;
    uint8_t type = at[0] & 0x1f;
    if (type == NAL_FU_A)
        return packet->size > 2 && at[1] & 0x80 && (at[1] & 0x1f) == NAL_IDR;
    if (type != NAL_STAP_A)
        return starts_key(at, packet->size, width, height);
    bool key = false;
    size_t left = packet->size - 1;
    for (at++; left > 2;) {
        size_t size = (size_t)(at[0] << 8 | at[1]);
        if (size == 0 || size > left - 2)
            break;
        key = starts_key(at + 2, size, width, height) || key;
        at += 2 + size;
        left -= 2 + size;
    }
    return key;
}

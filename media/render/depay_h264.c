#include <string.h>

#include "media/h264.h"
#include "media/render/depay_codec.h"

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_PPS = 8, NAL_STAP_A = 24, NAL_FU_A = 28 };

/* ---- parameter sets ---- */

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

/* ---- access units ---- */

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
    uint16_t width = 0, height = 0;
    if (depay->key && depay->sps_size)
        h264_parse_sps(depay->sps + 1, depay->sps_size - 1, &width, &height);
    depay->width = width;
    depay->height = height;
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

bool depay_h264_key(const struct packet *packet, int *width, int *height)
{
    struct h264_info info;
    if (h264_parse(packet->payload, packet->size, &info) < 0)
        return false;
    if (info.width) {
        *width = info.width;
        *height = info.height;
    }
    return info.key;
}

/**
 * RTP packets (RFC 3550 §5.1) and their header extensions (RFC 8285): parsed once when they come in, written anew for
 * every receiver.
 *
 * Pure code: no clock, no sockets, no allocation.
 */
#ifndef MEDIA_RTP_H
#define MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RTP_WIRE_BYTES = 20 + 8 + 16, /* what a packet takes on the line besides: IPv4, UDP, the tag of SRTP */
    RTP_HEADER_MIN = 12,
    RTP_HEADER_MAX = 12 + 4 + 236, /* what rtp_writer may produce: fixed header and one block of extensions */
    RTP_SHORT_EXTENSION_MAX = 16,
    RTP_LONG_EXTENSION_MAX = 200,
    RTP_EXTENSION_IDS = 16,
    RTP_PACKET_MAX = 2048,
};

/** A parsed packet: points into the received bytes, which are borrowed. */
struct rtp_packet {
    uint8_t *data;
    uint8_t *payload;
    uint16_t size;
    uint16_t payload_size; /* without padding */
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    uint8_t pt;
    bool marker;
    uint16_t extensions; /* bit per extension id that is present, ids 1 to 15 */
    uint8_t extension_size[RTP_EXTENSION_IDS];
    uint16_t extension_at[RTP_EXTENSION_IDS]; /* offsets in data; valid where the bit is set */
};

/** Errors: -EBADMSG when the bytes are no whole RTP packet. */
int rtp_parse(uint8_t *data, size_t size, struct rtp_packet *packet);

/** True when these bytes of a multiplexed RTP/RTCP flow are RTCP (RFC 5761 §4). */
bool rtp_is_rtcp(const uint8_t *data, size_t size);

/** The extension's bytes, or NULL when it is absent (id 0 is always absent). */
static inline const uint8_t *rtp_extension(const struct rtp_packet *packet, unsigned id, size_t *size)
{
    if (id == 0 || id >= RTP_EXTENSION_IDS || !(packet->extensions >> id & 1))
        return NULL;
    *size = packet->extension_size[id];
    return packet->data + packet->extension_at[id];
}

/** Audio level (RFC 6464): 0 (loudest) to 127 (silence) in -dBov. False when absent. */
bool rtp_audio_level(const struct rtp_packet *packet, unsigned id, uint8_t *level, bool *voice);

/** Writes a header piece by piece into RTP_HEADER_MAX bytes. Extensions use the one-byte form, unless `two_byte` is set. */
struct rtp_writer {
    uint8_t *data;
    size_t size;
    bool overflow;
    bool two_byte;
};

struct rtp_fixed {
    uint32_t timestamp;
    uint32_t ssrc;
    uint16_t sequence;
    uint8_t pt;
    bool marker;
};

void rtp_write_fixed(struct rtp_writer *writer, uint8_t *data, const struct rtp_fixed *fixed);
/** Adds an extension of 1 to 16 bytes (to RTP_LONG_EXTENSION_MAX in the two-byte form) and answers where its bytes are, or NULL when there is no room. */
uint8_t *rtp_write_extension(struct rtp_writer *writer, unsigned id, size_t size);
/** Pads the block of extensions; the result is the header's size. */
size_t rtp_write_end(struct rtp_writer *writer);

/** 24-bit seconds.fraction (6.18) of the abs-send-time extension. */
uint32_t rtp_abs_send_time(uint64_t now_us);

/** The 64-bit counter nearest to `near` whose low 16 bits are `low`. */
static inline int64_t rtp_unwrap16(int64_t near, uint16_t low)
{
    return near + (int16_t)(uint16_t)(low - (uint16_t)near);
}

#endif

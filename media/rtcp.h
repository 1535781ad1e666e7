/**
 * RTCP: reading compound packets (RFC 3550 §6, RFC 4585, RFC 5104, REMB) and writing ours. Transport-wide feedback is
 * in twcc.h.
 *
 * Pure code.
 */
#ifndef MEDIA_RTCP_H
#define MEDIA_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_RTPFB = 205,
    RTCP_PSFB = 206,

    RTCP_RTPFB_NACK = 1,
    RTCP_RTPFB_TWCC = 15,
    RTCP_PSFB_PLI = 1,
    RTCP_PSFB_FIR = 4,
    RTCP_PSFB_AFB = 15,

    RTCP_BUFFER = 1200,
    RTCP_BLOCKS_MAX = 31,
};

/** One packet of a compound: `body` follows the common header's four bytes; padding is cut off. */
struct rtcp_packet {
    uint8_t type;
    uint8_t count; /* report count or feedback format */
    const uint8_t *body;
    size_t size;
};

struct rtcp_reader {
    const uint8_t *at;
    size_t left;
};

/** False at the end, or where the rest is malformed (and then `reader->left` is not 0). */
bool rtcp_next(struct rtcp_reader *reader, struct rtcp_packet *packet);

struct rtcp_sender_info {
    uint32_t ssrc;
    uint64_t ntp; /* 32.32 */
    uint32_t rtp;
    uint32_t packets, bytes;
};
/** Errors: -EBADMSG. */
int rtcp_sender_info(const struct rtcp_packet *packet, struct rtcp_sender_info *info);

struct rtcp_block {
    uint32_t ssrc;
    uint8_t fraction;
    int32_t lost;
    uint32_t highest;
    uint32_t jitter;
    uint32_t last_sr; /* middle 32 bits of its NTP time */
    uint32_t delay;   /* 1/65536 s since */
};
/** The `index`th report block of an SR or RR. False when there is none. */
bool rtcp_block(const struct rtcp_packet *packet, int index, struct rtcp_block *block);

/** Sequence numbers asked for by a generic NACK (at most `room`); the result is how many, `*ssrc` of which stream. */
int rtcp_nack(const struct rtcp_packet *packet, uint32_t *ssrc, uint16_t *sequences, int room);

/** The streams a PLI or FIR asks about (at most `room`). */
int rtcp_key_requests(const struct rtcp_packet *packet, uint32_t *ssrcs, int room);

/** False when it is no REMB. */
bool rtcp_remb(const struct rtcp_packet *packet, uint64_t *bps);

/** Writes into `data`, which has `room` bytes; what does not fit is left out and `full` is set. */
struct rtcp_writer {
    uint8_t *data;
    size_t size, room;
    bool full;
};

void rtcp_write_sr(struct rtcp_writer *writer, const struct rtcp_sender_info *info);
void rtcp_write_rr(struct rtcp_writer *writer, uint32_t ssrc, const struct rtcp_block *blocks, int count);
void rtcp_write_cname(struct rtcp_writer *writer, uint32_t ssrc, const char *cname);
void rtcp_write_bye(struct rtcp_writer *writer, uint32_t ssrc);
void rtcp_write_pli(struct rtcp_writer *writer, uint32_t sender, uint32_t media);
/** The most that the far end may send, all its streams together (draft-alvestrand-rmcat-remb-03 §2.2). */
void rtcp_write_remb(struct rtcp_writer *writer, uint32_t sender, uint32_t media, uint32_t bps);
/** `sequences` in ascending order; the result is how many found room. */
int rtcp_write_nack(struct rtcp_writer *writer, uint32_t sender, uint32_t media, const uint16_t *sequences, int count);

/** NTP 32.32 to and from microseconds since 1900. */
uint64_t rtcp_ntp_to_us(uint64_t ntp);
uint64_t rtcp_ntp_from_us(uint64_t us);

#endif

/**
 * Both directions of one peer's SRTP and SRTCP; outgoing RTP, the multiplier of a forwarding server, is srtp_send.h's.
 * Over OpenSSL, because Debian's libsrtp stands on NSS and costs a packet ten times as much with a hundred sessions open
 * (media/README.md has the figures); it opens and refuses what libsrtp opens and refuses (tests/unit/test_srtp.c,
 * tests/fuzz/fuzz_srtp_diff.c).
 *
 * State (rollover counters, new SSRCs) changes only after authentication; the number of SSRCs a peer can make us keep
 * is bounded. RFC 3711, RFC 7714.
 */
#ifndef MEDIA_SRTP_H
#define MEDIA_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/srtp_send.h"

enum { SRTP_INBOUND_SSRCS_MAX = 64 };

/** Master key and salt of each direction, as DTLS exports them (RFC 5764 §4.2). */
struct srtp_keys {
    enum srtp_suite suite;
    uint8_t local[SRTP_MASTER_SIZE]; /* protects what we send */
    uint8_t remote[SRTP_MASTER_SIZE];
};

enum srtp_verdict {
    SRTP_OK,
    SRTP_MALFORMED,
    SRTP_FORGED,   /* authentication failed */
    SRTP_REPLAYED, /* seen before, or older than the window */
    SRTP_TOO_MANY, /* one more SSRC than SRTP_INBOUND_SSRCS_MAX at a time */
};

struct srtp_link;

/** An SSRC has authenticated for the first time (`known`), or what was kept of it is gone. */
typedef void (*srtp_source_fn)(void *arg, uint32_t ssrc, bool known);

int srtp_link_create(const struct srtp_keys *keys, struct srtp_link **out);
/** Tells `fn` of each SSRC from now on, and of the end of all of them when the link is destroyed. */
void srtp_link_watch(struct srtp_link *link, srtp_source_fn fn, void *arg);
/** Takes NULL. */
void srtp_link_destroy(struct srtp_link *link);

/** Decrypt in place; `*size` becomes the plain size. The RTP header with its CSRCs and extension is then whole. */
enum srtp_verdict srtp_link_open_rtp(struct srtp_link *link, uint8_t *packet, size_t *size, uint64_t now_us);
enum srtp_verdict srtp_link_open_rtcp(struct srtp_link *link, uint8_t *packet, size_t *size, uint64_t now_us);

/** Whether the packet opened last is beyond all that its SSRC had sent before. */
bool srtp_link_is_newest(const struct srtp_link *link);

/** Encrypts in place; `packet` has 64 bytes of room behind `*size`. Errors: -EINVAL, -EIO, -ENOSPC after 2^31 packets. */
int srtp_link_seal_rtcp(struct srtp_link *link, uint8_t *packet, size_t *size);

/** For outgoing RTP. */
struct srtp_sender *srtp_link_sender(struct srtp_link *link);

#endif

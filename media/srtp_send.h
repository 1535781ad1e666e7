/**
 * SRTP for what goes out, over OpenSSL's EVP: the multiplier of a forwarding server, so it is ours and lean. RTP only;
 * SRTCP and everything incoming are libsrtp's (srtp.h). Equal to libsrtp byte for byte (tests/unit/test_srtp.c and
 * tests/fuzz/fuzz_srtp_diff.c hold it to that).
 *
 * RFC 3711 (AES_CM_128_HMAC_SHA1_80), RFC 7714 (AEAD_AES_128_GCM). One key per sender, rollover counter per SSRC.
 */
#ifndef MEDIA_SRTP_SEND_H
#define MEDIA_SRTP_SEND_H

#include <stddef.h>
#include <stdint.h>

enum { SRTP_STREAMS_MAX = 256, SRTP_WINDOW = 1024, SRTP_MASTER_SIZE = 30 };

enum srtp_suite { SRTP_SUITE_GCM_128, SRTP_SUITE_CM_SHA1_80 };

struct srtp_sender;

/** `master` is the master key (16 bytes) and behind it the salt (12 bytes for GCM, 14 for CM). */
int srtp_sender_create(enum srtp_suite suite, const uint8_t master[SRTP_MASTER_SIZE], struct srtp_sender **out);
/** Takes NULL; wipes the keys. */
void srtp_sender_destroy(struct srtp_sender *sender);

/** What protecting adds to a packet. */
size_t srtp_sender_overhead(const struct srtp_sender *sender);

/**
 * Writes the protected packet to `out`, which has room for header, payload and overhead and overlaps neither.
 * `header_size` is the whole RTP header with CSRCs and extension.
 * Errors: -EINVAL, -EALREADY for an index already used or more than SRTP_WINDOW behind (a nonce is never used twice),
 * -ENOSPC for more than SRTP_STREAMS_MAX SSRCs, -EIO from the cipher. After an error nothing has changed.
 */
int srtp_sender_protect(struct srtp_sender *sender, const uint8_t *header, size_t header_size, const uint8_t *payload,
                        size_t payload_size, uint8_t *out);

/** Forgets an SSRC that will not be used again: its counter would start over, and nonces would repeat. */
void srtp_sender_forget(struct srtp_sender *sender, uint32_t ssrc);

#endif

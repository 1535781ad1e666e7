/**
 * SRTP for RTP that goes out. One key per sender, one rollover counter and window per SSRC. Equal to libsrtp byte for byte
 * (tests/unit/test_srtp.c and tests/fuzz/fuzz_srtp_diff.c hold it to that). RFC 3711, RFC 7714.
 */
#ifndef MEDIA_SRTP_SEND_H
#define MEDIA_SRTP_SEND_H

#include <stddef.h>
#include <stdint.h>

#include "media/srtp_crypt.h"

enum { SRTP_STREAMS_MAX = 256 };

struct srtp_sender;

/** `master` as srtp_crypt_init takes it. Errors: -ENOMEM, -EIO. */
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

/** libsrtp as the yardstick for media/srtp.h and srtp_send.h: shared by tests/unit/test_srtp.c and tests/fuzz/fuzz_srtp_diff.c. */
#ifndef TESTS_SRTP_REFERENCE_H
#define TESTS_SRTP_REFERENCE_H

#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/srtp_crypt.h"
#include "media/srtp_window.h"

static inline srtp_t srtp_reference_open(enum srtp_suite suite, const uint8_t *master, srtp_ssrc_type_t direction)
{
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    if (suite == SRTP_SUITE_GCM_128) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    policy.ssrc.type = direction;
    policy.key = (unsigned char *)master;
    policy.window_size = SRTP_WINDOW;
    srtp_t session = NULL;
    if (srtp_create(&session, &policy) != srtp_err_status_ok)
        abort();
    return session;
}

/** Fills an RTP header with `csrcs` CSRCs and `words` words of extension (-1: none); the result is its size. */
static inline size_t srtp_reference_header(uint8_t *header, uint32_t ssrc, uint16_t sequence, int csrcs, int words)
{
    memset(header, 0, 12);
    header[0] = (uint8_t)(0x80 | csrcs | (words >= 0 ? 0x10 : 0));
    header[1] = 96;
    header[2] = (uint8_t)(sequence >> 8);
    header[3] = (uint8_t)sequence;
    header[6] = (uint8_t)(sequence * 7);
    for (int i = 0; i < 4; i++)
        header[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    size_t size = 12;
    for (int i = 0; i < 4 * csrcs; i++)
        header[size++] = (uint8_t)(i * 11);
    if (words < 0)
        return size;
    const uint8_t extension[4] = {0xbe, 0xde, 0, (uint8_t)words};
    memcpy(header + size, extension, 4);
    size += 4;
    for (int i = 0; i < 4 * words; i++)
        header[size++] = (uint8_t)(i * 13);
    return size;
}

#endif

/**
 * SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714), written for the load generator and independent of the server's but for
 * the cipher itself, so that each checks the other.
 */
#ifndef TESTS_BENCH_GCM_H
#define TESTS_BENCH_GCM_H

#include <stddef.h>
#include <stdint.h>

#include "media/aead.h"

enum { GCM_KEY = AEAD_KEY_SIZE, GCM_SALT = AEAD_NONCE_SIZE, GCM_TAG = AEAD_TAG_SIZE };

struct gcm {
    struct aead rtp, rtcp;
    uint8_t rtp_salt[GCM_SALT], rtcp_salt[GCM_SALT];
    uint32_t rtcp_index;
};

/** One direction from its master key and salt. Errors: -1. */
int gcm_init(struct gcm *gcm, const uint8_t *key, const uint8_t *salt, int encrypts);
void gcm_finish(struct gcm *gcm);

/** Encrypts in place behind `header_size` bytes; adds the tag. The result is the new size. */
size_t gcm_protect_rtp(struct gcm *gcm, uint8_t *packet, size_t header_size, size_t size, uint32_t roc);
/** Errors: -1 when the tag is wrong; else the size without the tag. */
int gcm_unprotect_rtp(struct gcm *gcm, uint8_t *packet, size_t header_size, size_t size, uint32_t roc);
size_t gcm_protect_rtcp(struct gcm *gcm, uint8_t *packet, size_t size);
int gcm_unprotect_rtcp(struct gcm *gcm, uint8_t *packet, size_t size);

#endif

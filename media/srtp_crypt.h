/**
 * One key of an SRTP session over aead.h and OpenSSL's EVP: the cipher and the tag for either RTP or RTCP in one direction. Keyed
 * once; a packet changes the IV and nothing else. RFC 3711 (AES_CM_128_HMAC_SHA1_80), RFC 7714 (AEAD_AES_128_GCM).
 *
 * Knows packets only as bytes that are authenticated and bytes that are encrypted; srtp_send.h and srtp.h know the rest.
 */
#ifndef MEDIA_SRTP_CRYPT_H
#define MEDIA_SRTP_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/aead.h"

enum { SRTP_MASTER_SIZE = 30, SRTP_SALT_MAX = 14 };

enum srtp_suite { SRTP_SUITE_GCM_128, SRTP_SUITE_CM_SHA1_80 };

/** What a key is for: the first of its three labels in the key derivation (RFC 3711 §4.3.2). */
enum srtp_use { SRTP_USE_RTP = 0, SRTP_USE_RTCP = 3 };

struct srtp_crypt {
    enum srtp_suite suite;
    enum srtp_use use;
    struct aead aead;                 /* with GCM; else */
    struct evp_cipher_ctx_st *cipher; /* counter mode, and */
    struct evp_mac_ctx_st *mac;
    uint8_t salt[SRTP_SALT_MAX];
};

/**
 * `master` is the master key (16 bytes) and behind it the salt (12 bytes for GCM, 14 for CM).
 * Errors: -EIO; srtp_crypt_finish is to be called all the same.
 */
int srtp_crypt_init(struct srtp_crypt *crypt, enum srtp_suite suite, enum srtp_use use,
                    const uint8_t master[SRTP_MASTER_SIZE], bool encrypts);
/** Takes a zeroed one. Wipes the salt. */
void srtp_crypt_finish(struct srtp_crypt *crypt);

/** Bytes of a tag. */
size_t srtp_crypt_tag_size(enum srtp_suite suite);

/** One packet as the cipher sees it. `in` may be `out`. */
struct srtp_unit {
    uint32_t ssrc;
    uint64_t index; /* RTP: rollover counter and sequence number; RTCP: the SRTCP index */
    const uint8_t *header;
    size_t header_size; /* authenticated as it stands */
    const uint8_t *in;
    size_t size; /* of `in` and `out` */
    uint8_t *out;
    uint32_t trailer; /* authenticated behind the rest: the rollover counter, or RTCP's E bit and index */
};

/** Encrypts and writes the tag. Errors: -EIO. */
int srtp_crypt_seal(struct srtp_crypt *crypt, const struct srtp_unit *unit, uint8_t *tag);
/** Verifies and decrypts. Errors: -EBADMSG when the tag does not fit: what is in `out` then is worthless; -EIO. */
int srtp_crypt_open(struct srtp_crypt *crypt, const struct srtp_unit *unit, const uint8_t *tag);

#endif

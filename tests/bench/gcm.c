#include "tests/bench/gcm.h"

#include <openssl/evp.h>
#include <string.h>

enum { RTCP_HEADER = 8, RTCP_TRAILER = 4 };

/* RFC 3711 §4.3.1 with the 96-bit salt of RFC 7714 §11 padded to 112 bits. */
static int derive(const uint8_t *key, const uint8_t *salt, uint8_t label, uint8_t *out, int size)
{
    uint8_t iv[16] = {0}, zeros[32] = {0};
    memcpy(iv, salt, GCM_SALT);
    iv[7] ^= label;
    int done = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int good = context && EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
               EVP_EncryptUpdate(context, out, &done, zeros, size) == 1;
    EVP_CIPHER_CTX_free(context);
    return good ? 0 : -1;
}

int gcm_init(struct gcm *gcm, const uint8_t *key, const uint8_t *salt, int encrypts)
{
    uint8_t rtp_key[GCM_KEY], rtcp_key[GCM_KEY];
    memset(gcm, 0, sizeof *gcm);
    if (derive(key, salt, 0, rtp_key, GCM_KEY) < 0 || derive(key, salt, 2, gcm->rtp_salt, GCM_SALT) < 0 ||
        derive(key, salt, 3, rtcp_key, GCM_KEY) < 0 || derive(key, salt, 5, gcm->rtcp_salt, GCM_SALT) < 0)
        return -1;
    return aead_init(&gcm->rtp, rtp_key, encrypts) < 0 || aead_init(&gcm->rtcp, rtcp_key, encrypts) < 0 ? -1 : 0;
}

void gcm_finish(struct gcm *gcm)
{
    aead_finish(&gcm->rtp);
    aead_finish(&gcm->rtcp);
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* IV = salt xor (00 00, SSRC, 32 bits, 16 bits): RFC 7714 §8.1 and §9.1. */
static void make_iv(uint8_t *iv, const uint8_t *salt, const uint8_t *ssrc, uint32_t high, uint16_t low)
{
    uint8_t counter[GCM_SALT] = {0};
    memcpy(counter + 2, ssrc, 4);
    put32(counter + 6, high);
    counter[10] = (uint8_t)(low >> 8);
    counter[11] = (uint8_t)low;
    for (int i = 0; i < GCM_SALT; i++)
        iv[i] = counter[i] ^ salt[i];
}

static void rtp_iv(const struct gcm *gcm, const uint8_t *packet, uint32_t roc, uint8_t *iv)
{
    make_iv(iv, gcm->rtp_salt, packet + 8, roc, (uint16_t)(packet[2] << 8 | packet[3]));
}

/* In place, `size` bytes without the tag behind it. */
static struct aead_message message_of(const uint8_t *iv, const uint8_t *header, size_t header_size, uint8_t *data,
                                      size_t size)
{
    return (struct aead_message){iv, header, header_size, data, data, size};
}

size_t gcm_protect_rtp(struct gcm *gcm, uint8_t *packet, size_t header_size, size_t size, uint32_t roc)
{
    uint8_t iv[GCM_SALT];
    rtp_iv(gcm, packet, roc, iv);
    struct aead_message message = message_of(iv, packet, header_size, packet + header_size, size - header_size);
    return aead_seal(&gcm->rtp, &message, packet + size) < 0 ? 0 : size + GCM_TAG;
}

int gcm_unprotect_rtp(struct gcm *gcm, uint8_t *packet, size_t header_size, size_t size, uint32_t roc)
{
    uint8_t iv[GCM_SALT];
    if (size < header_size + GCM_TAG)
        return -1;
    rtp_iv(gcm, packet, roc, iv);
    struct aead_message message = message_of(iv, packet, header_size, packet + header_size,
                                             size - header_size - GCM_TAG);
    return aead_open(&gcm->rtp, &message, packet + size - GCM_TAG) < 0 ? -1 : (int)(size - GCM_TAG);
}

size_t gcm_protect_rtcp(struct gcm *gcm, uint8_t *packet, size_t size)
{
    uint8_t iv[GCM_SALT], header[RTCP_HEADER + RTCP_TRAILER];
    uint32_t index = gcm->rtcp_index++ & 0x7fffffff;
    make_iv(iv, gcm->rtcp_salt, packet + 4, index >> 16, (uint16_t)index);
    memcpy(header, packet, RTCP_HEADER);
    put32(header + RTCP_HEADER, index | 0x80000000u);
    struct aead_message message = message_of(iv, header, sizeof header, packet + RTCP_HEADER, size - RTCP_HEADER);
    if (aead_seal(&gcm->rtcp, &message, packet + size) < 0)
        return 0;
    memcpy(packet + size + GCM_TAG, header + RTCP_HEADER, RTCP_TRAILER);
    return size + GCM_TAG + RTCP_TRAILER;
}

int gcm_unprotect_rtcp(struct gcm *gcm, uint8_t *packet, size_t size)
{
    uint8_t iv[GCM_SALT], header[RTCP_HEADER + RTCP_TRAILER];
    if (size < RTCP_HEADER + GCM_TAG + RTCP_TRAILER)
        return -1;
    const uint8_t *trailer = packet + size - RTCP_TRAILER;
    make_iv(iv, gcm->rtcp_salt, packet + 4, (uint32_t)(trailer[0] & 0x7f) << 8 | trailer[1],
            (uint16_t)(trailer[2] << 8 | trailer[3]));
    memcpy(header, packet, RTCP_HEADER);
    memcpy(header + RTCP_HEADER, trailer, RTCP_TRAILER);
    size -= GCM_TAG + RTCP_TRAILER;
    struct aead_message message = message_of(iv, header, sizeof header, packet + RTCP_HEADER, size - RTCP_HEADER);
    return aead_open(&gcm->rtcp, &message, packet + size) < 0 ? -1 : (int)size;
}

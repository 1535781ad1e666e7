#include "tests/bench/gcm.h"

#include <string.h>

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

static EVP_CIPHER_CTX *keyed(const uint8_t *key, int encrypts)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context && EVP_CipherInit_ex(context, EVP_aes_128_gcm(), NULL, key, NULL, encrypts) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

int gcm_init(struct gcm *gcm, const uint8_t *key, const uint8_t *salt, int encrypts)
{
    uint8_t rtp_key[GCM_KEY], rtcp_key[GCM_KEY];
    memset(gcm, 0, sizeof *gcm);
    gcm->encrypts = encrypts;
    if (derive(key, salt, 0, rtp_key, GCM_KEY) < 0 || derive(key, salt, 2, gcm->rtp_salt, GCM_SALT) < 0 ||
        derive(key, salt, 3, rtcp_key, GCM_KEY) < 0 || derive(key, salt, 5, gcm->rtcp_salt, GCM_SALT) < 0)
        return -1;
    gcm->rtp = keyed(rtp_key, encrypts);
    gcm->rtcp = keyed(rtcp_key, encrypts);
    return gcm->rtp && gcm->rtcp ? 0 : -1;
}

void gcm_finish(struct gcm *gcm)
{
    EVP_CIPHER_CTX_free(gcm->rtp);
    EVP_CIPHER_CTX_free(gcm->rtcp);
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

static int seal(EVP_CIPHER_CTX *context, const uint8_t *iv, uint8_t *data, size_t size)
{
    int done = 0, rest = 0;
    (void)iv;
    return EVP_EncryptUpdate(context, data, &done, data, (int)size) == 1 &&
           EVP_EncryptFinal_ex(context, data + done, &rest) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, GCM_TAG, data + size) == 1;
}

static int unseal(EVP_CIPHER_CTX *context, uint8_t *data, size_t size)
{
    int done = 0, rest = 0;
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, GCM_TAG, data + size) == 1 &&
           EVP_DecryptUpdate(context, data, &done, data, (int)size) == 1 &&
           EVP_DecryptFinal_ex(context, data + done, &rest) == 1;
}

size_t gcm_protect_rtp(struct gcm *gcm, uint8_t *packet, size_t header_size, size_t size, uint32_t roc)
{
    uint8_t iv[GCM_SALT];
    int done = 0;
    rtp_iv(gcm, packet, roc, iv);
    if (EVP_EncryptInit_ex(gcm->rtp, NULL, NULL, NULL, iv) != 1 ||
        EVP_EncryptUpdate(gcm->rtp, NULL, &done, packet, (int)header_size) != 1 ||
        !seal(gcm->rtp, iv, packet + header_size, size - header_size))
        return 0;
    return size + GCM_TAG;
}

int gcm_unprotect_rtp(struct gcm *gcm, uint8_t *packet, size_t header_size, size_t size, uint32_t roc)
{
    uint8_t iv[GCM_SALT];
    int done = 0;
    if (size < header_size + GCM_TAG)
        return -1;
    rtp_iv(gcm, packet, roc, iv);
    if (EVP_DecryptInit_ex(gcm->rtp, NULL, NULL, NULL, iv) != 1 ||
        EVP_DecryptUpdate(gcm->rtp, NULL, &done, packet, (int)header_size) != 1 ||
        !unseal(gcm->rtp, packet + header_size, size - header_size - GCM_TAG))
        return -1;
    return (int)(size - GCM_TAG);
}

size_t gcm_protect_rtcp(struct gcm *gcm, uint8_t *packet, size_t size)
{
    uint8_t iv[GCM_SALT], trailer[4];
    uint32_t index = gcm->rtcp_index++ & 0x7fffffff;
    int done = 0;
    make_iv(iv, gcm->rtcp_salt, packet + 4, index >> 16, (uint16_t)index);
    put32(trailer, index | 0x80000000u);
    if (EVP_EncryptInit_ex(gcm->rtcp, NULL, NULL, NULL, iv) != 1 ||
        EVP_EncryptUpdate(gcm->rtcp, NULL, &done, packet, 8) != 1 ||
        EVP_EncryptUpdate(gcm->rtcp, NULL, &done, trailer, 4) != 1 || !seal(gcm->rtcp, iv, packet + 8, size - 8))
        return 0;
    memcpy(packet + size + GCM_TAG, trailer, 4);
    return size + GCM_TAG + 4;
}

int gcm_unprotect_rtcp(struct gcm *gcm, uint8_t *packet, size_t size)
{
    uint8_t iv[GCM_SALT];
    int done = 0;
    if (size < 8 + GCM_TAG + 4)
        return -1;
    const uint8_t *trailer = packet + size - 4;
    make_iv(iv, gcm->rtcp_salt, packet + 4, (uint32_t)(trailer[0] & 0x7f) << 8 | trailer[1],
            (uint16_t)(trailer[2] << 8 | trailer[3]));
    if (EVP_DecryptInit_ex(gcm->rtcp, NULL, NULL, NULL, iv) != 1 ||
        EVP_DecryptUpdate(gcm->rtcp, NULL, &done, packet, 8) != 1 ||
        EVP_DecryptUpdate(gcm->rtcp, NULL, &done, trailer, 4) != 1 ||
        !unseal(gcm->rtcp, packet + 8, size - 8 - GCM_TAG - 4))
        return -1;
    return (int)(size - GCM_TAG - 4);
}

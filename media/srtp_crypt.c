#include "media/srtp_crypt.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "media/wire.h"

enum {
    KEY_SIZE = AEAD_KEY_SIZE,
    GCM_SALT_SIZE = AEAD_NONCE_SIZE,
    CM_SALT_SIZE = 14,
    SHA1_TAG_SIZE = 10,
    SHA1_KEY_SIZE = 20,
    SHA1_SIZE = 20,
    RTCP_HEADER_SIZE = 8,
};

/* RFC 3711 §4.3.2: labels of the key derivation; RTCP's are three higher. */
enum { LABEL_CIPHER = 0, LABEL_AUTH = 1, LABEL_SALT = 2 };

/* ---- keys ---- */

static int derive(const uint8_t master[SRTP_MASTER_SIZE], size_t salt_size, int label, uint8_t *out, size_t size)
{
    static const uint8_t zeros[32];
    uint8_t iv[16] = {0};
    memcpy(iv, master + KEY_SIZE, salt_size);
    iv[7] ^= (uint8_t)label;
    int length = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, master, iv) == 1 &&
                EVP_EncryptUpdate(cipher, out, &length, zeros, (int)size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done ? 0 : -EIO;
}

static int key_mac(struct srtp_crypt *crypt, const uint8_t *key)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    crypt->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA1", 0),
                           OSSL_PARAM_construct_end()};
    return crypt->mac && EVP_MAC_init(crypt->mac, key, SHA1_KEY_SIZE, params) == 1 ? 0 : -EIO;
}

static int key_cipher(struct srtp_crypt *crypt, const uint8_t *key, bool encrypts)
{
    if (crypt->suite == SRTP_SUITE_GCM_128)
        return aead_init(&crypt->aead, key, encrypts);
    crypt->cipher = EVP_CIPHER_CTX_new();
    return crypt->cipher && EVP_CipherInit_ex(crypt->cipher, EVP_aes_128_ctr(), NULL, key, NULL, encrypts) == 1 ? 0
                                                                                                                : -EIO;
}

int srtp_crypt_init(struct srtp_crypt *crypt, enum srtp_suite suite, enum srtp_use use,
                    const uint8_t master[SRTP_MASTER_SIZE], bool encrypts)
{
    bool gcm = suite == SRTP_SUITE_GCM_128;
    size_t salt_size = gcm ? GCM_SALT_SIZE : CM_SALT_SIZE;
    uint8_t key[SHA1_KEY_SIZE];
    *crypt = (struct srtp_crypt){.suite = suite, .use = use};
    int result = derive(master, salt_size, (int)use + LABEL_SALT, crypt->salt, salt_size);
    if (result == 0)
        result = derive(master, salt_size, (int)use + LABEL_CIPHER, key, KEY_SIZE);
    if (result == 0)
        result = key_cipher(crypt, key, encrypts);
    if (result == 0 && !gcm)
        result = derive(master, salt_size, (int)use + LABEL_AUTH, key, SHA1_KEY_SIZE);
    if (result == 0 && !gcm)
        result = key_mac(crypt, key);
    OPENSSL_cleanse(key, sizeof key);
    return result;
}

void srtp_crypt_finish(struct srtp_crypt *crypt)
{
    aead_finish(&crypt->aead);
    EVP_CIPHER_CTX_free(crypt->cipher);
    EVP_MAC_CTX_free(crypt->mac);
    OPENSSL_cleanse(crypt, sizeof *crypt);
}

size_t srtp_crypt_tag_size(enum srtp_suite suite)
{
    return suite == SRTP_SUITE_GCM_128 ? AEAD_TAG_SIZE : SHA1_TAG_SIZE;
}

/* ---- packets ---- */

static void xor_into(uint8_t *to, const uint8_t *with, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] ^= with[i];
}

/* What stands beside a message while it is converted. */
struct gcm_room {
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t header[RTCP_HEADER_SIZE + 4];
};

/* RFC 7714 §8.1: two zero bytes, SSRC, 48 bits of index, all XOR the salt (§9.1 has RTCP's 31 bits in the same place).
 * §9.2: RTCP's E bit and index are authenticated behind its header. */
static struct aead_message gcm_message(const struct srtp_crypt *crypt, const struct srtp_unit *unit,
                                       struct gcm_room *room)
{
    struct aead_message message = {room->nonce, unit->header, unit->header_size, unit->in, unit->out, unit->size};
    memset(room->nonce, 0, 2);
    wire_put32(room->nonce + 2, unit->ssrc);
    wire_put32(room->nonce + 6, (uint32_t)(unit->index >> 16));
    wire_put16(room->nonce + 10, (uint16_t)unit->index);
    xor_into(room->nonce, crypt->salt, sizeof room->nonce);
    if (crypt->use == SRTP_USE_RTCP) {
        memcpy(room->header, unit->header, RTCP_HEADER_SIZE);
        wire_put32(room->header + RTCP_HEADER_SIZE, unit->trailer);
        message.header = room->header;
        message.header_size = sizeof room->header;
    }
    return message;
}

static int seal_gcm(struct srtp_crypt *crypt, const struct srtp_unit *unit, uint8_t *tag)
{
    struct gcm_room room;
    struct aead_message message = gcm_message(crypt, unit, &room);
    return aead_seal(&crypt->aead, &message, tag);
}

static int open_gcm(struct srtp_crypt *crypt, const struct srtp_unit *unit, const uint8_t *tag)
{
    struct gcm_room room;
    struct aead_message message = gcm_message(crypt, unit, &room);
    return aead_open(&crypt->aead, &message, tag);
}

/* RFC 3711 §4.1.1: IV = (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16). */
static int crypt_cm(struct srtp_crypt *crypt, const struct srtp_unit *unit)
{
    uint8_t iv[16] = {0};
    wire_put32(iv + 4, unit->ssrc);
    wire_put32(iv + 8, (uint32_t)(unit->index >> 16));
    iv[12] = (uint8_t)(unit->index >> 8);
    iv[13] = (uint8_t)unit->index;
    xor_into(iv, crypt->salt, CM_SALT_SIZE);
    int length;
    bool done = EVP_CipherInit_ex(crypt->cipher, NULL, NULL, NULL, iv, -1) == 1 &&
                (unit->size == 0 ||
                 EVP_CipherUpdate(crypt->cipher, unit->out, &length, unit->in, (int)unit->size) == 1);
    return done ? 0 : -EIO;
}

/* RFC 3711 §4.2: the tag covers the packet as it is sent and behind it the trailer. */
static int authenticate(struct srtp_crypt *crypt, const struct srtp_unit *unit, const uint8_t *sealed, uint8_t *tag)
{
    uint8_t trailer[4];
    size_t size;
    wire_put32(trailer, unit->trailer);
    bool done = EVP_MAC_init(crypt->mac, NULL, 0, NULL) == 1 &&
                EVP_MAC_update(crypt->mac, unit->header, unit->header_size) == 1 &&
                EVP_MAC_update(crypt->mac, sealed, unit->size) == 1 &&
                EVP_MAC_update(crypt->mac, trailer, sizeof trailer) == 1 &&
                EVP_MAC_final(crypt->mac, tag, &size, SHA1_SIZE) == 1;
    return done ? 0 : -EIO;
}

static int seal_cm(struct srtp_crypt *crypt, const struct srtp_unit *unit, uint8_t *tag)
{
    uint8_t whole[SHA1_SIZE];
    int result = crypt_cm(crypt, unit);
    if (result == 0)
        result = authenticate(crypt, unit, unit->out, whole);
    if (result == 0)
        memcpy(tag, whole, SHA1_TAG_SIZE);
    return result;
}

static int open_cm(struct srtp_crypt *crypt, const struct srtp_unit *unit, const uint8_t *tag)
{
    uint8_t whole[SHA1_SIZE];
    int result = authenticate(crypt, unit, unit->in, whole);
    if (result < 0)
        return result;
    return CRYPTO_memcmp(whole, tag, SHA1_TAG_SIZE) == 0 ? crypt_cm(crypt, unit) : -EBADMSG;
}

int srtp_crypt_seal(struct srtp_crypt *crypt, const struct srtp_unit *unit, uint8_t *tag)
{
    return crypt->suite == SRTP_SUITE_GCM_128 ? seal_gcm(crypt, unit, tag) : seal_cm(crypt, unit, tag);
}

int srtp_crypt_open(struct srtp_crypt *crypt, const struct srtp_unit *unit, const uint8_t *tag)
{
    return crypt->suite == SRTP_SUITE_GCM_128 ? open_gcm(crypt, unit, tag) : open_cm(crypt, unit, tag);
}

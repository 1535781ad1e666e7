#include "media/aead.h"

#include <errno.h>
#include <openssl/evp.h>

#include "media/aead_way.h"

/* ---- by OpenSSL ---- */

static void *openssl_key(const uint8_t key[AEAD_KEY_SIZE], bool encrypts)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    if (cipher && EVP_CipherInit_ex(cipher, EVP_aes_128_gcm(), NULL, key, NULL, encrypts) == 1)
        return cipher;
    EVP_CIPHER_CTX_free(cipher);
    return NULL;
}

static void openssl_forget(void *key)
{
    EVP_CIPHER_CTX_free(key);
}

static bool convert(EVP_CIPHER_CTX *cipher, const struct aead_message *message)
{
    int length;
    return EVP_CipherInit_ex(cipher, NULL, NULL, NULL, message->nonce, -1) == 1 &&
           EVP_CipherUpdate(cipher, NULL, &length, message->header, (int)message->header_size) == 1 &&
           (message->size == 0 ||
            EVP_CipherUpdate(cipher, message->out, &length, message->in, (int)message->size) == 1);
}

static int openssl_seal(void *key, const struct aead_message *message, uint8_t tag[AEAD_TAG_SIZE])
{
    int length;
    bool done = convert(key, message) && EVP_CipherFinal_ex(key, tag, &length) == 1 &&
                EVP_CIPHER_CTX_ctrl(key, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, tag) == 1;
    return done ? 0 : -EIO;
}

static int openssl_open(void *key, const struct aead_message *message, const uint8_t tag[AEAD_TAG_SIZE])
{
    uint8_t none[AEAD_TAG_SIZE];
    int length;
    if (!convert(key, message) || EVP_CIPHER_CTX_ctrl(key, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, (void *)tag) != 1)
        return -EIO;
    return EVP_CipherFinal_ex(key, none, &length) == 1 ? 0 : -EBADMSG;
}

static const struct aead_way openssl = {openssl_key, openssl_forget, openssl_seal, openssl_open};

/* ---- either ---- */

static int init(struct aead *aead, const struct aead_way *way, const uint8_t key[AEAD_KEY_SIZE], bool encrypts)
{
    *aead = (struct aead){.way = way, .key = way->key(key, encrypts)};
    return aead->key ? 0 : -EIO;
}

void aead_start(void)
{
    aead_ipsec_mb();
}

int aead_init(struct aead *aead, const uint8_t key[AEAD_KEY_SIZE], bool encrypts)
{
    const struct aead_way *way = aead_ipsec_mb();
    return init(aead, way ? way : &openssl, key, encrypts);
}

int aead_init_portable(struct aead *aead, const uint8_t key[AEAD_KEY_SIZE], bool encrypts)
{
    return init(aead, &openssl, key, encrypts);
}

void aead_finish(struct aead *aead)
{
    if (aead->key)
        aead->way->forget(aead->key);
    *aead = (struct aead){0};
}

int aead_seal(struct aead *aead, const struct aead_message *message, uint8_t tag[AEAD_TAG_SIZE])
{
    return aead->way->seal(aead->key, message, tag);
}

int aead_open(struct aead *aead, const struct aead_message *message, const uint8_t tag[AEAD_TAG_SIZE])
{
    return aead->way->open(aead->key, message, tag);
}

#include "media/journal_chunk.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/wire.h"

enum {
    AD_SIZE = 48,
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    VERSION = 1,
    SUBKEY = 1,
    FLAG_FINAL = 1,
};

_Static_assert(JOURNAL_FRAME_SIZE == AD_SIZE + NONCE_SIZE, "frame");
_Static_assert(JOURNAL_SEAL_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "seal");
_Static_assert(JOURNAL_CHAIN_SIZE == SHA256_DIGEST_LENGTH, "chain");

void journal_header_write(const struct journal_header *header, uint8_t *out, unsigned char *chain)
{
    memset(out, 0, JOURNAL_HEADER_SIZE);
    memcpy(out, "HCJ1", 4);
    wire_put16(out + 4, VERSION);
    wire_put16(out + 6, JOURNAL_HEADER_SIZE);
    wire_put32(out + 8, header->segment);
    wire_put64(out + 16, header->clock_us);
    wire_put64(out + 24, header->epoch_us);
    memcpy(out + 32, header->recording, strnlen(header->recording, JOURNAL_RECORDING_SIZE));
    memcpy(out + 96, header->chain, JOURNAL_CHAIN_SIZE);
    SHA256(out, JOURNAL_HEADER_SIZE, chain);
}

int journal_header_read(const uint8_t *in, struct journal_header *header, unsigned char *chain)
{
    if (memcmp(in, "HCJ1", 4) != 0 || wire_get16(in + 4) != VERSION || wire_get16(in + 6) != JOURNAL_HEADER_SIZE)
        return -EBADMSG;
    memset(header, 0, sizeof *header);
    header->segment = wire_get32(in + 8);
    header->clock_us = wire_get64(in + 16);
    header->epoch_us = wire_get64(in + 24);
    memcpy(header->recording, in + 32, JOURNAL_RECORDING_SIZE);
    memcpy(header->chain, in + 96, JOURNAL_CHAIN_SIZE);
    SHA256(in, JOURNAL_HEADER_SIZE, chain);
    return 0;
}

void journal_chunk_key(const unsigned char *recording_key, unsigned char *key)
{
    crypto_kdf_derive_from_key(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, SUBKEY, "hcjournl", recording_key);
}

/*
 * XChaCha20-Poly1305 as libsodium's crypto_aead_xchacha20poly1305_ietf_encrypt makes it, at four times its speed: the
 * first 16 bytes of the nonce make a key, and the rest is the nonce of ChaCha20-Poly1305 (draft-irtf-cfrg-xchacha §2.3).
 */
static bool encrypt(const unsigned char *key, const uint8_t *frame, uint8_t *data, size_t size)
{
    const uint8_t *nonce = frame + AD_SIZE;
    unsigned char own_key[crypto_core_hchacha20_OUTPUTBYTES], own_nonce[12] = {0};
    crypto_core_hchacha20(own_key, nonce, key, NULL);
    memcpy(own_nonce + 4, nonce + crypto_core_hchacha20_INPUTBYTES, sizeof own_nonce - 4);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int n = (int)size;
    bool done = cipher && EVP_EncryptInit_ex(cipher, EVP_chacha20_poly1305(), NULL, own_key, own_nonce) == 1 &&
                EVP_EncryptUpdate(cipher, NULL, &(int){0}, frame, AD_SIZE) == 1 &&
                EVP_EncryptUpdate(cipher, data, &n, data, n) == 1 && EVP_EncryptFinal_ex(cipher, data + n, &n) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, JOURNAL_SEAL_SIZE, data + size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    sodium_memzero(own_key, sizeof own_key);
    return done;
}

/* Order and completeness come from the chain, which is part of what is sealed. */
int journal_chunk_seal(struct journal_sealer *sealer, uint8_t *chunk, size_t size, bool final, size_t *whole)
{
    memcpy(chunk, "HCJC", 4);
    wire_put32(chunk + 4, (uint32_t)(size + JOURNAL_SEAL_SIZE));
    wire_put32(chunk + 8, sealer->number);
    wire_put32(chunk + 12, final ? FLAG_FINAL : 0);
    memcpy(chunk + 16, sealer->chain, JOURNAL_CHAIN_SIZE);
    randombytes_buf(chunk + AD_SIZE, NONCE_SIZE);
    if (!encrypt(sealer->key, chunk, chunk + JOURNAL_FRAME_SIZE, size))
        return -ENOMEM;
    *whole = JOURNAL_FRAME_SIZE + size + JOURNAL_SEAL_SIZE;
    journal_chunk_chain(chunk, *whole, sealer->chain);
    sealer->number++;
    return 0;
}

int journal_frame_read(const uint8_t *in, struct journal_frame *frame)
{
    if (memcmp(in, "HCJC", 4) != 0)
        return -EBADMSG;
    frame->sealed_size = wire_get32(in + 4);
    frame->number = wire_get32(in + 8);
    memcpy(frame->chain, in + 16, JOURNAL_CHAIN_SIZE);
    if (frame->sealed_size < JOURNAL_SEAL_SIZE || frame->sealed_size > JOURNAL_PLAIN_MAX + JOURNAL_SEAL_SIZE)
        return -EBADMSG;
    return 0;
}

int journal_chunk_open(const unsigned char *key, const uint8_t *chunk, size_t size, uint8_t *plain, size_t *plain_size,
                       bool *final)
{
    unsigned long long opened = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &opened, NULL, chunk + JOURNAL_FRAME_SIZE,
                                                   size - JOURNAL_FRAME_SIZE, chunk, AD_SIZE, chunk + AD_SIZE,
                                                   key) != 0)
        return -EBADMSG;
    *plain_size = (size_t)opened;
    *final = wire_get32(chunk + 12) & FLAG_FINAL;
    return 0;
}

void journal_chunk_chain(const uint8_t *chunk, size_t size, unsigned char *chain)
{
    SHA256(chunk, size, chain);
}

ssize_t journal_read_at(int fd, uint8_t *out, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static bool read_whole(int fd, uint8_t *out, size_t size, uint64_t offset)
{
    return journal_read_at(fd, out, size, offset) == (ssize_t)size;
}

/* Reads the whole chunk at `offset` when it is there and continues `chain`; the result is its size, else 0. */
static size_t next_chunk(int fd, uint64_t offset, const unsigned char *chain, uint8_t *chunk)
{
    struct journal_frame frame;
    if (!read_whole(fd, chunk, JOURNAL_FRAME_SIZE, offset) || journal_frame_read(chunk, &frame) < 0 ||
        memcmp(frame.chain, chain, JOURNAL_CHAIN_SIZE) != 0 ||
        !read_whole(fd, chunk + JOURNAL_FRAME_SIZE, frame.sealed_size, offset + JOURNAL_FRAME_SIZE))
        return 0;
    return JOURNAL_FRAME_SIZE + frame.sealed_size;
}

int journal_chain_end(int fd, unsigned char *chain, uint64_t *bytes)
{
    struct journal_header header;
    uint8_t *chunk = malloc(JOURNAL_CHUNK_MAX);
    if (!chunk)
        return -ENOMEM;
    int result = read_whole(fd, chunk, JOURNAL_HEADER_SIZE, 0) ? journal_header_read(chunk, &header, chain) : -EBADMSG;
    uint64_t offset = JOURNAL_HEADER_SIZE;
    for (size_t size; result == 0 && (size = next_chunk(fd, offset, chain, chunk)) > 0; offset += size)
        journal_chunk_chain(chunk, size, chain);
    free(chunk);
    if (result == 0)
        *bytes = offset;
    return result;
}

#include "media/srtp_send.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_SIZE = 16,
    GCM_SALT_SIZE = 12,
    CM_SALT_SIZE = 14,
    GCM_TAG_SIZE = 16,
    SHA1_TAG_SIZE = 10,
    SHA1_KEY_SIZE = 20,
    SHA1_SIZE = 20,
    STREAMS_FIRST = 8,
};

/* RFC 3711 §4.3.2: labels of the key derivation. */
enum { LABEL_CIPHER = 0, LABEL_AUTH = 1, LABEL_SALT = 2 };

struct stream {
    uint32_t ssrc;
    bool started;
    uint64_t index; /* highest sent: rollover counter and sequence number */
    uint64_t window[SRTP_WINDOW / 64];
};

struct srtp_sender {
    enum srtp_suite suite;
    EVP_CIPHER_CTX *cipher; /* keyed once; only the IV changes */
    EVP_MAC_CTX *mac;       /* NULL with GCM */
    uint8_t salt[CM_SALT_SIZE];
    struct stream *streams; /* in order of first use; few, so a scan from the last hit is quickest */
    size_t stream_count, stream_room, last_hit;
};

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static int derive(const uint8_t master[SRTP_MASTER_SIZE], size_t salt_size, uint8_t label, uint8_t *out, size_t size)
{
    static const uint8_t zeros[32];
    uint8_t iv[16] = {0};
    memcpy(iv, master + KEY_SIZE, salt_size);
    iv[7] ^= label;
    int length = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, master, iv) == 1 &&
                EVP_EncryptUpdate(cipher, out, &length, zeros, (int)size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done ? 0 : -EIO;
}

static int key_mac(struct srtp_sender *sender, const uint8_t *key)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    sender->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA1", 0),
                           OSSL_PARAM_construct_end()};
    return sender->mac && EVP_MAC_init(sender->mac, key, SHA1_KEY_SIZE, params) == 1 ? 0 : -EIO;
}

static int key_cipher(struct srtp_sender *sender, const uint8_t *key)
{
    const EVP_CIPHER *kind = sender->suite == SRTP_SUITE_GCM_128 ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    sender->cipher = EVP_CIPHER_CTX_new();
    return sender->cipher && EVP_EncryptInit_ex(sender->cipher, kind, NULL, key, NULL) == 1 ? 0 : -EIO;
}

static int set_keys(struct srtp_sender *sender, const uint8_t master[SRTP_MASTER_SIZE])
{
    bool gcm = sender->suite == SRTP_SUITE_GCM_128;
    size_t salt_size = gcm ? GCM_SALT_SIZE : CM_SALT_SIZE;
    uint8_t key[SHA1_KEY_SIZE];
    int result = derive(master, salt_size, LABEL_SALT, sender->salt, salt_size);
    if (result == 0)
        result = derive(master, salt_size, LABEL_CIPHER, key, KEY_SIZE);
    if (result == 0)
        result = key_cipher(sender, key);
    if (result == 0 && !gcm)
        result = derive(master, salt_size, LABEL_AUTH, key, SHA1_KEY_SIZE);
    if (result == 0 && !gcm)
        result = key_mac(sender, key);
    OPENSSL_cleanse(key, sizeof key);
    return result;
}

int srtp_sender_create(enum srtp_suite suite, const uint8_t master[SRTP_MASTER_SIZE], struct srtp_sender **out)
{
    struct srtp_sender *sender = calloc(1, sizeof *sender);
    if (!sender)
        return -ENOMEM;
    sender->suite = suite;
    int result = set_keys(sender, master);
    if (result < 0) {
        srtp_sender_destroy(sender);
        return result;
    }
    *out = sender;
    return 0;
}

void srtp_sender_destroy(struct srtp_sender *sender)
{
    if (!sender)
        return;
    EVP_CIPHER_CTX_free(sender->cipher);
    EVP_MAC_CTX_free(sender->mac);
    free(sender->streams);
    OPENSSL_cleanse(sender, sizeof *sender);
    free(sender);
}

size_t srtp_sender_overhead(const struct srtp_sender *sender)
{
    return sender->suite == SRTP_SUITE_GCM_128 ? GCM_TAG_SIZE : SHA1_TAG_SIZE;
}

/* ---- streams and their index ------------------------------------------------------------------------------------- */

static struct stream *find_stream(struct srtp_sender *sender, uint32_t ssrc)
{
    size_t count = sender->stream_count;
    for (size_t i = 0, at = sender->last_hit; i < count; i++, at++) {
        at = at < count ? at : 0;
        if (sender->streams[at].ssrc == ssrc) {
            sender->last_hit = at;
            return &sender->streams[at];
        }
    }
    return NULL;
}

static int add_stream(struct srtp_sender *sender, uint32_t ssrc, struct stream **stream)
{
    if (sender->stream_count == SRTP_STREAMS_MAX)
        return -ENOSPC;
    if (sender->stream_count == sender->stream_room) {
        size_t room = sender->stream_room ? 2 * sender->stream_room : STREAMS_FIRST;
        struct stream *larger = realloc(sender->streams, room * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        sender->streams = larger;
        sender->stream_room = room;
    }
    *stream = &sender->streams[sender->stream_count++];
    **stream = (struct stream){.ssrc = ssrc};
    return 0;
}

void srtp_sender_forget(struct srtp_sender *sender, uint32_t ssrc)
{
    struct stream *stream = find_stream(sender, ssrc);
    if (!stream)
        return;
    *stream = sender->streams[--sender->stream_count];
    sender->last_hit = 0;
}

/* RFC 3711 §3.3.1, as a sender sees it: the index nearest to the highest sent. Early on there is nothing before 0. */
static uint64_t index_of(const struct stream *stream, uint16_t sequence)
{
    if (!stream->started)
        return sequence;
    uint64_t base = stream->index & ~(uint64_t)0xffff;
    if (stream->index <= 0x8000)
        return sequence;
    uint16_t highest = (uint16_t)stream->index;
    if (highest < 0x8000)
        return sequence - highest > 0x8000 ? base - 0x10000 + sequence : base + sequence;
    return highest - 0x8000 > sequence ? base + 0x10000 + sequence : base + sequence;
}

static bool window_bit(const struct stream *stream, uint64_t index)
{
    return stream->window[index / 64 % (SRTP_WINDOW / 64)] >> (index % 64) & 1;
}

static bool is_used(const struct stream *stream, uint64_t index)
{
    if (!stream->started || index > stream->index)
        return false;
    return stream->index - index >= SRTP_WINDOW || window_bit(stream, index);
}

static void mark_used(struct stream *stream, uint64_t index)
{
    if (!stream->started || index >= stream->index + SRTP_WINDOW) {
        memset(stream->window, 0, sizeof stream->window);
        stream->index = index;
    }
    while (stream->index < index) {
        stream->index++;
        stream->window[stream->index / 64 % (SRTP_WINDOW / 64)] &= ~((uint64_t)1 << (stream->index % 64));
    }
    stream->started = true;
    stream->window[index / 64 % (SRTP_WINDOW / 64)] |= (uint64_t)1 << (index % 64);
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

struct packet {
    const uint8_t *header, *payload;
    size_t header_size, payload_size;
    uint32_t ssrc;
    uint64_t index;
    uint8_t *out;
};

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void xor_into(uint8_t *to, const uint8_t *with, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] ^= with[i];
}

/* RFC 7714 §8.1: two zero bytes, SSRC, ROC, SEQ, all XOR the salt; the header is authenticated as it stands. */
static int protect_gcm(struct srtp_sender *sender, const struct packet *packet)
{
    uint8_t iv[GCM_SALT_SIZE] = {0};
    put32(iv + 2, packet->ssrc);
    put32(iv + 6, (uint32_t)(packet->index >> 16));
    iv[10] = (uint8_t)(packet->index >> 8);
    iv[11] = (uint8_t)packet->index;
    xor_into(iv, sender->salt, sizeof iv);
    uint8_t *body = packet->out + packet->header_size;
    int length;
    if (EVP_EncryptInit_ex(sender->cipher, NULL, NULL, NULL, iv) != 1 ||
        EVP_EncryptUpdate(sender->cipher, NULL, &length, packet->header, (int)packet->header_size) != 1)
        return -EIO;
    if (packet->payload_size &&
        EVP_EncryptUpdate(sender->cipher, body, &length, packet->payload, (int)packet->payload_size) != 1)
        return -EIO;
    uint8_t *tag = body + packet->payload_size;
    if (EVP_EncryptFinal_ex(sender->cipher, tag, &length) != 1 ||
        EVP_CIPHER_CTX_ctrl(sender->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_SIZE, tag) != 1)
        return -EIO;
    return 0;
}

/* RFC 3711 §4.2: the tag covers the packet and behind it the rollover counter. */
static int authenticate(struct srtp_sender *sender, const struct packet *packet)
{
    uint8_t counter[4], tag[SHA1_SIZE];
    size_t size, length = packet->header_size + packet->payload_size;
    put32(counter, (uint32_t)(packet->index >> 16));
    if (EVP_MAC_init(sender->mac, NULL, 0, NULL) != 1 || EVP_MAC_update(sender->mac, packet->out, length) != 1 ||
        EVP_MAC_update(sender->mac, counter, sizeof counter) != 1 ||
        EVP_MAC_final(sender->mac, tag, &size, sizeof tag) != 1)
        return -EIO;
    memcpy(packet->out + length, tag, SHA1_TAG_SIZE);
    return 0;
}

/* RFC 3711 §4.1.1: IV = (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16). */
static int protect_cm(struct srtp_sender *sender, const struct packet *packet)
{
    uint8_t iv[16] = {0};
    put32(iv + 4, packet->ssrc);
    put32(iv + 8, (uint32_t)(packet->index >> 16));
    iv[12] = (uint8_t)(packet->index >> 8);
    iv[13] = (uint8_t)packet->index;
    xor_into(iv, sender->salt, CM_SALT_SIZE);
    int length;
    if (EVP_EncryptInit_ex(sender->cipher, NULL, NULL, NULL, iv) != 1)
        return -EIO;
    if (packet->payload_size && EVP_EncryptUpdate(sender->cipher, packet->out + packet->header_size, &length,
                                                  packet->payload, (int)packet->payload_size) != 1)
        return -EIO;
    return authenticate(sender, packet);
}

int srtp_sender_protect(struct srtp_sender *sender, const uint8_t *header, size_t header_size, const uint8_t *payload,
                        size_t payload_size, uint8_t *out)
{
    if (header_size < 12 || header_size + payload_size > UINT16_MAX)
        return -EINVAL;
    uint32_t ssrc = (uint32_t)header[8] << 24 | (uint32_t)header[9] << 16 | (uint32_t)header[10] << 8 | header[11];
    struct stream *stream = find_stream(sender, ssrc);
    int result = stream ? 0 : add_stream(sender, ssrc, &stream);
    if (result < 0)
        return result;
    struct packet packet = {header, payload, header_size, payload_size, ssrc, 0, out};
    packet.index = index_of(stream, (uint16_t)(header[2] << 8 | header[3]));
    if (is_used(stream, packet.index))
        return -EALREADY;
    memcpy(out, header, header_size);
    result = sender->suite == SRTP_SUITE_GCM_128 ? protect_gcm(sender, &packet) : protect_cm(sender, &packet);
    if (result == 0)
        mark_used(stream, packet.index);
    return result;
}

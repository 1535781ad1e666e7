/** A packet sealed as SRTP's AEAD_AES_128_GCM does it, with whatever key and nonce: what the cipher costs, not whom it keeps out. */
#ifndef TESTS_BENCH_SEAL_H
#define TESTS_BENCH_SEAL_H

#include <err.h>

#include "media/aead.h"

static inline void seal_key(struct aead *aead, bool encrypts)
{
    const uint8_t key[AEAD_KEY_SIZE] = {1};
    if (aead_init(aead, key, encrypts) < 0)
        errx(1, "no cipher");
}

/** `size` is the packet's with its header and without the tag. */
static inline struct aead_message seal_message(uint8_t *packet, size_t header_size, size_t size)
{
    return (struct aead_message){
        packet, packet, header_size, packet + header_size, packet + header_size, size - header_size};
}

/** In place. The result is the size with the tag. */
static inline size_t seal_packet(struct aead *aead, uint8_t *packet, size_t header_size, size_t size)
{
    struct aead_message message = seal_message(packet, header_size, size);
    aead_seal(aead, &message, packet + size);
    return size + AEAD_TAG_SIZE;
}

/** In place. The result is the size without the tag. */
static inline size_t unseal_packet(struct aead *aead, uint8_t *packet, size_t header_size, size_t sealed)
{
    struct aead_message message = seal_message(packet, header_size, sealed - AEAD_TAG_SIZE);
    if (aead_open(aead, &message, packet + sealed - AEAD_TAG_SIZE) < 0)
        errx(1, "a packet was damaged");
    return sealed - AEAD_TAG_SIZE;
}

#endif

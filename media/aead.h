/**
 * AES-128-GCM with a 96-bit nonce (NIST SP 800-38D), keyed once for many messages.
 *
 * By libipsec-mb where this was built with it and the processor has what it needs, else by OpenSSL. Either makes the same
 * bytes; but OpenSSL looks its parameters up by name for each message, which takes longer than encrypting a packet does.
 *
 * A key belongs to one thread at a time.
 */
#ifndef MEDIA_AEAD_H
#define MEDIA_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AEAD_KEY_SIZE = 16, AEAD_NONCE_SIZE = 12, AEAD_TAG_SIZE = 16 };

struct aead_way;

struct aead {
    const struct aead_way *way;
    void *key;
};

/** One message. `in` may be `out`; both have `size` bytes. */
struct aead_message {
    const uint8_t *nonce;  /* AEAD_NONCE_SIZE */
    const uint8_t *header; /* authenticated as it stands */
    size_t header_size;
    const uint8_t *in;
    uint8_t *out;
    size_t size;
};

/** Chooses the library, which takes some milliseconds and reads the processor's features; else the first key does. */
void aead_start(void);

/** Errors: -EIO, without memory too. */
int aead_init(struct aead *aead, const uint8_t key[AEAD_KEY_SIZE], bool encrypts);
/** By OpenSSL in any case. */
int aead_init_portable(struct aead *aead, const uint8_t key[AEAD_KEY_SIZE], bool encrypts);
/** Takes a zeroed one and one whose initialization failed. Wipes the key. */
void aead_finish(struct aead *aead);

/** Encrypts and writes the tag. Errors: -EIO. */
int aead_seal(struct aead *aead, const struct aead_message *message, uint8_t tag[AEAD_TAG_SIZE]);
/** Decrypts and verifies. Errors: -EBADMSG when the tag does not fit: what is in `out` then is worthless; -EIO. */
int aead_open(struct aead *aead, const struct aead_message *message, const uint8_t tag[AEAD_TAG_SIZE]);

#endif

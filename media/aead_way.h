/** How a library does what aead.h says; for aead.c alone. */
#ifndef MEDIA_AEAD_WAY_H
#define MEDIA_AEAD_WAY_H

#include "media/aead.h"

struct aead_way {
    /** NULL without memory, or when the library refuses. */
    void *(*key)(const uint8_t key[AEAD_KEY_SIZE], bool encrypts);
    void (*forget)(void *key);
    int (*seal)(void *key, const struct aead_message *message, uint8_t tag[AEAD_TAG_SIZE]);
    int (*open)(void *key, const struct aead_message *message, const uint8_t tag[AEAD_TAG_SIZE]);
};

/** libipsec-mb's; NULL when this was built without it, or the processor has no instructions for AES. */
const struct aead_way *aead_ipsec_mb(void);

#endif

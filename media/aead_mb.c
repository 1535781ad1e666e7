#include "media/aead_way.h"

#ifdef WITH_IPSEC_MB
#include <errno.h>
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

static IMB_MGR *functions; /* what suits this processor; NULL when nothing does. Kept until the process ends */

static void choose_functions(void)
{
    const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
    IMB_MGR *found = alloc_mb_mgr(0);
    if (!found)
        return;
    init_mb_mgr_auto(found, NULL);
    bool sound = !(found->features & IMB_FEATURE_SELF_TEST) || found->features & IMB_FEATURE_SELF_TEST_PASS;
    if ((found->features & needed) == needed && sound)
        functions = found;
    else
        free_mb_mgr(found);
}

static void *mb_key(const uint8_t key[AEAD_KEY_SIZE], bool encrypts)
{
    enum { CACHE_LINE = 64 };
    (void)encrypts;
    size_t size = (sizeof(struct gcm_key_data) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct gcm_key_data *expanded = aligned_alloc(CACHE_LINE, size);
    if (expanded)
        IMB_AES128_GCM_PRE(functions, key, expanded);
    return expanded;
}

static void mb_forget(void *key)
{
    OPENSSL_cleanse(key, sizeof(struct gcm_key_data));
    free(key);
}

static int mb_seal(void *key, const struct aead_message *message, uint8_t tag[AEAD_TAG_SIZE])
{
    struct gcm_context_data context;
    IMB_AES128_GCM_ENC(functions, key, &context, message->out, message->in, message->size, message->nonce,
                       message->header, message->header_size, tag, AEAD_TAG_SIZE);
    return 0;
}

static int mb_open(void *key, const struct aead_message *message, const uint8_t tag[AEAD_TAG_SIZE])
{
    struct gcm_context_data context;
    uint8_t right[AEAD_TAG_SIZE];
    IMB_AES128_GCM_DEC(functions, key, &context, message->out, message->in, message->size, message->nonce,
                       message->header, message->header_size, right, AEAD_TAG_SIZE);
    return CRYPTO_memcmp(right, tag, AEAD_TAG_SIZE) == 0 ? 0 : -EBADMSG;
}

const struct aead_way *aead_ipsec_mb(void)
{
    static const struct aead_way way = {mb_key, mb_forget, mb_seal, mb_open};
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_functions);
    return functions ? &way : NULL;
}
#else
const struct aead_way *aead_ipsec_mb(void)
{
    return NULL;
}
#endif

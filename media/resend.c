#include "media/resend.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct kept {
    uint64_t at; /* of all bytes ever stored */
    uint32_t ssrc;
    uint16_t sequence, size;
};

struct resend {
    struct kept kept[RESEND_PACKETS];
    uint32_t next;
    uint64_t used;
    uint8_t bytes[RESEND_BYTES];
};

struct resend *resend_create(void)
{
    return calloc(1, sizeof(struct resend));
}

void resend_destroy(struct resend *resend)
{
    free(resend);
}

void resend_put(struct resend *resend, uint32_t ssrc, uint16_t sequence, const uint8_t *packet, size_t size)
{
    if (size == 0 || size > RESEND_PACKET_MAX)
        return;
    size_t left = RESEND_BYTES - resend->used % RESEND_BYTES;
    if (left < size)
        resend->used += left; /* in one piece */
    memcpy(resend->bytes + resend->used % RESEND_BYTES, packet, size);
    resend->kept[resend->next++ % RESEND_PACKETS] = (struct kept){resend->used, ssrc, sequence, (uint16_t)size};
    resend->used += size;
}

static bool is_there(const struct resend *resend, const struct kept *kept)
{
    return kept->size && resend->used - kept->at <= RESEND_BYTES;
}

const uint8_t *resend_get(const struct resend *resend, uint32_t ssrc, uint16_t sequence, size_t *size)
{
    for (uint32_t back = 1; back <= RESEND_PACKETS; back++) {
        const struct kept *kept = &resend->kept[(resend->next - back) % RESEND_PACKETS];
        if (!is_there(resend, kept))
            return NULL;
        if (kept->ssrc != ssrc || kept->sequence != sequence)
            continue;
        *size = kept->size;
        return resend->bytes + kept->at % RESEND_BYTES;
    }
    return NULL;
}

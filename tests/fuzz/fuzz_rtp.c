/* RTP headers and extensions, and every payload that a router looks into. */
#include <stdlib.h>
#include <string.h>

#include "media/codec.h"
#include "media/inspect.h"
#include "media/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct rtp_packet *packet, enum codec_kind kind)
{
    struct inspector inspector = {0};
    struct media_packet media = {.payload = packet->payload, .payload_size = packet->payload_size, .codec = kind};
    size_t length = 0;
    media.descriptor = rtp_extension(packet, 13, &length);
    media.descriptor_size = (uint8_t)length;
    if (inspector_look(&inspector, &media, true) < 0)
        return;
    picture_patch(packet->payload, &media.picture,
                  &(struct picture_counters){.picture_id = 0x7ABC, .tl0picidx = 5, .keyidx = 9});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtp_packet packet;
    size_t length;
    uint8_t level, sum = 0;
    bool voice;
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (!rtp_is_rtcp(copy, size) && rtp_parse(copy, size, &packet) == 0) {
        for (unsigned id = 0; id < RTP_EXTENSION_IDS; id++) {
            const uint8_t *at = rtp_extension(&packet, id, &length);
            for (size_t i = 0; at && i < length; i++)
                sum = (uint8_t)(sum + at[i]);
            rtp_audio_level(&packet, id, &level, &voice);
        }
        for (int kind = CODEC_NONE; kind <= CODEC_AV1; kind++)
            look(&packet, (enum codec_kind)kind);
    }
    free(copy);
    return sum == 255 && size == 0; /* keeps the reading from being left out */
}

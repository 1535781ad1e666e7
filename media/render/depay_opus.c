#include "media/render/depay_codec.h"

#include "media/red.h"

enum { RATE = 48000 };

/* Samples in an Opus packet, 0 for what is none. RFC 6716 §3.1: what the first byte says of the frames in it. */
static uint32_t packet_samples(const uint8_t *data, size_t size)
{
    static const uint16_t silk[4] = {480, 960, 1920, 2880}, celt[4] = {120, 240, 480, 960};
    if (size == 0)
        return 0;
    unsigned config = data[0] >> 3, code = data[0] & 3;
    uint32_t frame = config < 12 ? silk[config & 3] : config < 16 ? (config & 1 ? 960u : 480u) : celt[config & 3];
    uint32_t frames = code == 0 ? 1 : code < 3 ? 2 : size > 1 ? data[1] & 0x3fu : 0;
    return frame * frames <= RATE * 120 / 1000 ? frame * frames : 0;
}

static void sound(struct depay *depay, const uint8_t *data, size_t size, int64_t timestamp)
{
    uint32_t samples = packet_samples(data, size);
    if (samples == 0 || (depay->sounded && timestamp <= depay->timestamp))
        return; /* no Opus, or had already */
    struct depay_frame frame = {.data = data,
                                .size = size,
                                .timestamp = timestamp,
                                .duration = samples,
                                .key = true,
                                .after_loss = depay->lost};
    depay->timestamp = timestamp;
    depay->sounded = true;
    depay->lost = false;
    depay->frame_fn(depay->arg, &frame);
}

/* Of the blocks before the last, which repeat what earlier packets carried, only what is new is used. */
static void redundant(struct depay *depay, const struct packet *packet, int64_t timestamp)
{
    struct red red;
    if (red_parse(packet->payload, packet->size, &red) < 0)
        return;
    for (int i = 0; i < red.count; i++) {
        const struct red_block *block = &red.blocks[i];
        if (depay->sounded || i == red.count - 1) /* before the first there is nothing to mend */
            sound(depay, packet->payload + block->at, block->size, timestamp - block->offset);
    }
}

void depay_opus(struct depay *depay, const struct reordered *packet)
{
    if (depay->red_pt && packet->packet.type == depay->red_pt)
        redundant(depay, &packet->packet, packet->timestamp);
    else
        sound(depay, packet->packet.payload, packet->packet.size, packet->timestamp);
}

#include "media/shape.h"

enum {
    LOSS_ON = 5,                 /* 2 % in 1/256 */
    CLEAN_REPORTS = 4,           /* before redundancy ends: reports come each second to five … */
    CLEAN_REPORTS_REPEATED = 20, /* … and do not tell of what a repeat has made good */
};

void shape_note_loss(struct shape *shape, uint8_t fraction)
{
    if (fraction >= LOSS_ON) {
        shape->lossy = true;
        shape->clean_reports = 0;
    } else if (shape->lossy && ++shape->clean_reports >= (shape->red_pt ? CLEAN_REPORTS : CLEAN_REPORTS_REPEATED)) {
        shape->lossy = false;
    }
}

static void plain(const struct shape *shape, const uint8_t *payload, size_t size, struct shaped *out)
{
    out->payload = payload;
    out->size = size;
    out->pt = size ? shape->opus_pt : 0;
}

static void make(const struct shape *shape, const struct media_packet *packet, struct cache *cache, struct shaped *out)
{
    struct red_part parts[SHAPE_DISTANCE_MAX + 1];
    int count = 0;
    for (int64_t back = shape->distance; back >= 1; back--) {
        struct media_packet before;
        if (!cache_get(cache, packet->sequence - back, &before) || before.generation != packet->generation ||
            before.codec != CODEC_OPUS || packet->timestamp - before.timestamp > RED_OFFSET_MAX ||
            before.payload_size > RED_BLOCK_SIZE_MAX)
            continue;
        parts[count++] = (struct red_part){.payload = before.payload,
                                           .size = before.payload_size,
                                           .offset = (uint16_t)(packet->timestamp - before.timestamp)};
    }
    parts[count++] = (struct red_part){.payload = packet->payload, .size = packet->payload_size};
    out->size = red_make(parts, count, shape->opus_pt, out->made, sizeof out->made);
    out->payload = out->made;
    out->pt = shape->red_pt;
    if (out->size == 0)
        plain(shape, packet->payload, packet->payload_size, out);
}

uint8_t shape_distance(const struct shape *shape)
{
    return shape->lossy ? shape->distance : 0;
}

static bool is_redundant(const struct shape *shape)
{
    return shape->red_pt && shape_distance(shape);
}

void shape_sound(const struct shape *shape, const struct media_packet *packet, struct cache *cache, struct shaped *out)
{
    bool redundant = is_redundant(shape);
    struct red red;
    out->pt = 0;
    if (packet->codec == CODEC_OPUS) {
        if (redundant)
            make(shape, packet, cache, out);
        else
            plain(shape, packet->payload, packet->payload_size, out);
        return;
    }
    if (packet->codec != CODEC_RED || red_parse(packet->payload, packet->payload_size, &red) < 0)
        return;
    const struct red_block *primary = &red.blocks[red.count - 1];
    plain(shape, packet->payload + primary->at, primary->size, out);
    if (redundant || !shape->opus_pt) {
        red_set_types(packet->payload, &red, shape->opus_pt);
        out->payload = packet->payload;
        out->size = packet->payload_size;
        out->pt = shape->red_pt;
    }
}

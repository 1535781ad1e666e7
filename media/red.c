#include "media/red.h"

#include <errno.h>
#include <string.h>

#include "media/wire.h"

enum { FOLLOWS = 0x80, TYPE = 0x7F, HEADER = 4 };

/* Reads the block headers (RFC 2198 §3); answers where the bytes begin, 0 when malformed. */
static size_t parse_headers(const uint8_t *payload, size_t size, struct red *red)
{
    size_t at = 0;
    for (red->count = 0; at < size && red->count < RED_BLOCKS_MAX; red->count++) {
        struct red_block *block = &red->blocks[red->count];
        block->type_at = (uint16_t)at;
        if (!(payload[at] & FOLLOWS)) {
            block->offset = 0;
            red->count++;
            return at + 1;
        }
        if (at + HEADER > size)
            return 0;
        uint32_t rest = wire_get24(payload + at + 1);
        block->offset = (uint16_t)(rest >> 10);
        block->size = rest & RED_BLOCK_SIZE_MAX;
        at += HEADER;
    }
    return 0;
}

int red_parse(const uint8_t *payload, size_t size, struct red *red)
{
    size_t at = size <= UINT16_MAX ? parse_headers(payload, size, red) : 0;
    if (at == 0)
        return -EBADMSG;
    for (int i = 0; i < red->count - 1; i++) {
        red->blocks[i].at = (uint16_t)at;
        at += red->blocks[i].size;
        if (at > size)
            return -EBADMSG;
    }
    struct red_block *primary = &red->blocks[red->count - 1];
    primary->at = (uint16_t)at;
    primary->size = (uint16_t)(size - at);
    return 0;
}

void red_set_types(uint8_t *payload, const struct red *red, uint8_t pt)
{
    for (int i = 0; i < red->count; i++) {
        uint8_t *type = payload + red->blocks[i].type_at;
        *type = (uint8_t)((*type & FOLLOWS) | (pt & TYPE));
    }
}

static bool fits(const struct red_part *part, bool primary)
{
    return primary || (part->size <= RED_BLOCK_SIZE_MAX && part->offset <= RED_OFFSET_MAX);
}

size_t red_make(const struct red_part *parts, int count, uint8_t pt, uint8_t *out, size_t room)
{
    size_t total = 1;
    for (int i = 0; i < count; i++) {
        bool primary = i == count - 1;
        if (!fits(&parts[i], primary))
            return 0;
        total += parts[i].size + (primary ? 0u : (unsigned)HEADER);
    }
    if (count == 0 || total > room)
        return 0;
    size_t at = 0;
    for (int i = 0; i < count - 1; i++, at += HEADER) {
        out[at] = (uint8_t)(FOLLOWS | (pt & TYPE));
        wire_put24(out + at + 1, (uint32_t)parts[i].offset << 10 | parts[i].size);
    }
    out[at++] = pt & TYPE;
    for (int i = 0; i < count; i++) {
        memcpy(out + at, parts[i].payload, parts[i].size);
        at += parts[i].size;
    }
    return at;
}

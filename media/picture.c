#include "media/picture.h"

#include "media/wire.h"

enum { M = 0x80 };

size_t picture_parse_id(const uint8_t *payload, size_t size, size_t at, struct picture_fields *fields)
{
    if (at >= size)
        return 0;
    fields->picture_at = (uint8_t)at;
    fields->bits = payload[at] & M ? 15 : 7;
    if (fields->bits == 7) {
        fields->picture_id = payload[at];
        return at + 1;
    }
    if (at + 2 > size)
        return 0;
    fields->picture_id = wire_get16(payload + at) & 0x7FFF;
    return at + 2;
}

void picture_patch(uint8_t *payload, const struct picture_fields *fields, const struct picture_counters *counters)
{
    if (fields->picture_at && fields->bits == 15)
        wire_put16(payload + fields->picture_at, counters->picture_id | 0x8000);
    else if (fields->picture_at)
        payload[fields->picture_at] = counters->picture_id & 0x7F;
    if (fields->tl0_at)
        payload[fields->tl0_at] = counters->tl0picidx;
    if (fields->key_at)
        payload[fields->key_at] = (uint8_t)((payload[fields->key_at] & 0xE0) | (counters->keyidx & 31));
}

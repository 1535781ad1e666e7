#include "media/seqmap.h"

#include <string.h>

static uint64_t *word_of(struct seqmap *map, int64_t in)
{
    return &map->dropped[(uint64_t)in / 64 % (SEQMAP_WINDOW / 64)];
}

static uint64_t bit_of(int64_t in)
{
    return 1ull << ((uint64_t)in % 64);
}

void seqmap_start(struct seqmap *map, int64_t in, int64_t out)
{
    memset(map, 0, sizeof *map);
    map->first = in;
    map->highest = in - 1;
    map->offset = out - in;
}

static void advance(struct seqmap *map, int64_t in)
{
    if (in - map->highest >= SEQMAP_WINDOW)
        memset(map->dropped, 0, sizeof map->dropped);
    else
        for (int64_t at = map->highest + 1; at <= in; at++)
            *word_of(map, at) &= ~bit_of(at);
    map->highest = in;
}

bool seqmap_forward(struct seqmap *map, int64_t in, int64_t *out)
{
    if (in > map->highest) {
        advance(map, in);
        *out = in + map->offset;
        return true;
    }
    if (in < map->first || in <= map->highest - SEQMAP_WINDOW || *word_of(map, in) & bit_of(in))
        return false;
    *out = in + map->offset;
    for (int64_t at = in + 1; at <= map->highest; at++) /* late: those dropped after it had not been dropped yet */
        if (*word_of(map, at) & bit_of(at))
            (*out)++;
    return true;
}

void seqmap_drop(struct seqmap *map, int64_t in)
{
    if (in <= map->highest)
        return;
    advance(map, in);
    *word_of(map, in) |= bit_of(in);
    map->offset--;
}

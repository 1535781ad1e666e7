#include "tests/bench/stamp.h"

#include <stdbool.h>
#include <string.h>

enum { PATTERN = 4096 };

struct stamp {
    uint32_t magic;
    uint32_t publisher;
    uint64_t number;
    uint64_t sent_us;
    uint32_t size; /* of the pattern behind it */
} __attribute__((packed));
_Static_assert(sizeof(struct stamp) == STAMP_SIZE, "as the header says");

#define MAGIC 0x48434231u

/* From any place in its first half a whole period lies in it. */
static const uint8_t *pattern_from(uint64_t number)
{
    static uint8_t pattern[2 * PATTERN];
    static bool made;
    for (size_t i = 0; !made && i < sizeof pattern; i++)
        pattern[i] = (uint8_t)((i % PATTERN) * 167 + 13);
    made = true;
    return pattern + number % PATTERN;
}

void stamp_write(uint8_t *at, size_t size, uint32_t publisher, uint64_t number, uint64_t now_us)
{
    struct stamp stamp = {MAGIC, publisher, number, now_us, (uint32_t)(size - STAMP_SIZE)};
    memcpy(at, &stamp, STAMP_SIZE);
    memcpy(at + STAMP_SIZE, pattern_from(number), stamp.size);
}

int64_t stamp_age_us(const uint8_t *at, size_t size, uint64_t now_us)
{
    struct stamp stamp;
    memcpy(&stamp, at, STAMP_SIZE);
    if (stamp.magic != MAGIC || stamp.size + (size_t)STAMP_SIZE != size || stamp.size > PATTERN ||
        memcmp(at + STAMP_SIZE, pattern_from(stamp.number), stamp.size) != 0)
        return -1;
    return now_us > stamp.sent_us ? (int64_t)(now_us - stamp.sent_us) : 0;
}

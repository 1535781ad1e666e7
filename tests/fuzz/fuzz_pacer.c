/* The pacer at any rate: what is held comes out once, in order, and never later than its bound. */
#include <stdlib.h>

#include "media/pacer.h"

enum { OWNERS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct held {
    struct pacer pacer;
    char owners[OWNERS];
    uint16_t next[OWNERS], expected[OWNERS]; /* sequence: of what is held next, of what must come out next */
    uint64_t now_us;
    size_t waiting;
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void came_out(struct held *held, const struct pacer_entry *entry)
{
    int owner = (int)((char *)entry->owner - held->owners);
    must(owner >= 0 && owner < OWNERS && entry->sequence == held->expected[owner]);
    held->expected[owner]++;
    held->waiting--;
}

static void drain(struct held *held, size_t size)
{
    struct pacer_entry entry;
    while (pacer_next(&held->pacer, held->now_us, &entry)) {
        came_out(held, &entry);
        pacer_note(&held->pacer, size);
    }
    for (uint32_t at = held->pacer.head; at != held->pacer.tail; at++) {
        const struct pacer_entry *left = &held->pacer.entries[at % PACER_ENTRIES];
        must(!left->owner || held->now_us - left->held_us <= PACER_DELAY_US);
    }
    must(held->pacer.bps || held->waiting == 0);
}

static void put(struct held *held, int owner, size_t size)
{
    if (pacer_admit(&held->pacer, held->now_us)) {
        must(held->waiting == 0);
        pacer_note(&held->pacer, size);
    } else if (pacer_hold(&held->pacer, &held->owners[owner], held->next[owner], held->now_us)) {
        held->next[owner]++;
        held->waiting++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held *held = calloc(1, sizeof *held);
    struct pacer_entry entry;
    held->now_us = 1000000;
    for (size_t at = 0; at + 3 <= size; at += 3) {
        int owner = data[at + 1] % OWNERS;
        size_t bytes = data[at + 2] * 6u;
        held->now_us += data[at] >> 2 << 9;
        switch (data[at] % 4) {
        case 0:
            pacer_set_rate(&held->pacer, (uint32_t)data[at + 1] * data[at + 2] * 64u, held->now_us);
            break;
        case 1:
            put(held, owner, bytes);
            break;
        case 2:
            drain(held, bytes);
            break;
        default:
            if (pacer_take(&held->pacer, &held->owners[owner], &entry))
                came_out(held, &entry);
            else
                must(held->next[owner] == held->expected[owner]);
        }
    }
    free(held);
    return 0;
}

#include "media/pacer.h"

#include <stddef.h>

static int64_t burst_bytes(const struct pacer *pacer)
{
    return (int64_t)pacer->bps * PACER_BURST_US / 8000000;
}

/* A datagram's time may lie before the last tick's. */
static void refill(struct pacer *pacer, uint64_t now_us)
{
    uint64_t passed_us = now_us > pacer->updated_us ? now_us - pacer->updated_us : 0;
    int64_t most = burst_bytes(pacer);
    pacer->updated_us += passed_us;
    if (passed_us > 1000000)
        passed_us = 1000000;
    pacer->budget_bytes += (int64_t)(pacer->bps * passed_us / 8000000);
    if (pacer->budget_bytes > most)
        pacer->budget_bytes = most;
    if (pacer->budget_bytes < -8 * most)
        pacer->budget_bytes = -8 * most;
}

void pacer_set_rate(struct pacer *pacer, uint32_t bps, uint64_t now_us)
{
    refill(pacer, now_us);
    pacer->bps = bps;
}

bool pacer_waits(const struct pacer *pacer)
{
    return pacer->head != pacer->tail;
}

bool pacer_is_on(const struct pacer *pacer)
{
    return pacer->bps || pacer_waits(pacer);
}

bool pacer_admit(struct pacer *pacer, uint64_t now_us)
{
    if (!pacer_is_on(pacer))
        return true;
    refill(pacer, now_us);
    return pacer->head == pacer->tail && pacer->budget_bytes > 0;
}

void pacer_note(struct pacer *pacer, size_t size)
{
    if (pacer->bps)
        pacer->budget_bytes -= (int64_t)size;
}

bool pacer_repair(struct pacer *pacer, uint32_t bps, size_t size, uint64_t now_us)
{
    int64_t most = (int64_t)bps * PACER_REPAIR_US / 8000000;
    if (most < PACER_REPAIR_LEAST_BYTES)
        most = PACER_REPAIR_LEAST_BYTES;
    bucket_fill(&pacer->repairs, (struct bucket_size){bps, most}, now_us);
    return bucket_take(&pacer->repairs, size);
}

bool pacer_hold(struct pacer *pacer, void *owner, uint16_t sequence, uint64_t now_us)
{
    if (pacer->tail - pacer->head == PACER_ENTRIES)
        return false;
    pacer->entries[pacer->tail++ % PACER_ENTRIES] = (struct pacer_entry){
        .owner = owner, .held_us = now_us, .sequence = sequence};
    return true;
}

/* What has waited for long may leave a burst ahead of the rate, and no more: all at once it would fill the queue, and sound behind it. */
static bool may_leave(const struct pacer *pacer, const struct pacer_entry *entry, uint64_t now_us)
{
    bool overdue = now_us > entry->held_us + PACER_DELAY_US;
    return !pacer->bps || pacer->budget_bytes > (overdue ? -burst_bytes(pacer) : 0);
}

bool pacer_next(struct pacer *pacer, uint64_t now_us, struct pacer_entry *entry)
{
    refill(pacer, now_us);
    while (pacer->head != pacer->tail && !pacer->entries[pacer->head % PACER_ENTRIES].owner)
        pacer->head++;
    if (pacer->head == pacer->tail)
        return false;
    *entry = pacer->entries[pacer->head % PACER_ENTRIES];
    if (!may_leave(pacer, entry, now_us))
        return false;
    pacer->head++;
    return true;
}

bool pacer_take(struct pacer *pacer, const void *owner, struct pacer_entry *entry)
{
    for (uint32_t at = pacer->head; at != pacer->tail; at++) {
        if (pacer->entries[at % PACER_ENTRIES].owner != owner)
            continue;
        *entry = pacer->entries[at % PACER_ENTRIES];
        pacer->entries[at % PACER_ENTRIES].owner = NULL;
        return true;
    }
    return false;
}

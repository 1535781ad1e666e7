/* Allocation over time, for any estimate and any sources: what is handed out is no more than there is. */
#include <stdlib.h>

#include "media/allocator.h"

enum { SLOTS = 4, SLOT_BYTES = 6, KEEP_PERCENT = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Layers as sources have them: each larger than the one before, in rate; sizes may repeat. */
static void describe(struct allocator_slot *slot, const uint8_t *at)
{
    slot->priority = at[0] % 4;
    slot->max_width = slot->max_height = (uint16_t)(at[1] * 8);
    slot->layer_count = at[2] % (ALLOCATOR_LAYERS_MAX + 1);
    uint32_t bps = 0;
    for (int i = 0; i < slot->layer_count; i++) {
        bps += (uint32_t)at[3] * 1000 << i % 4;
        slot->layers[i].bps = bps;
        slot->layers[i].width = (uint16_t)(at[4] * (1 + i / 2));
        slot->layers[i].height = (uint16_t)(at[4] * (1 + i / 2) / 2);
        slot->layers[i].key_bytes = at[5] * 100u;
        slot->layers[i].id = (uint8_t)(i / 2);
        slot->layers[i].point = (uint8_t)(i % 2);
    }
}

static void check_slot(const struct allocator_slot *slot)
{
    must(slot->layer >= -1 && slot->layer < slot->layer_count);
    must(slot->still >= -1 && slot->still < slot->layer_count);
    must(slot->still < 0 || slot->layer < 0);
    must((slot->reason == ALLOCATOR_SOURCE) == (slot->layer_count == 0));
    must(slot->reason != ALLOCATOR_AS_WANTED || slot->layer >= 0);
    for (int i = 0; i < ALLOCATOR_TRIALS; i++)
        must(slot->trials[i].patience_us <= ALLOCATOR_UP_MAX_US);
}

static void check_sum(const struct allocator_input *input, const struct allocator_slot *slots)
{
    int64_t rate = input->ceiling_bps && input->ceiling_bps < input->estimate_bps ? input->ceiling_bps
                                                                                  : input->estimate_bps;
    int64_t room = rate - input->reserved_bps, moving = 0, stills = 0;
    for (int i = 0; i < SLOTS; i++) {
        moving += slots[i].layer >= 0 ? slots[i].layers[slots[i].layer].bps : 0;
        stills += slots[i].still >= 0 ? slots[i].still_share_bps : 0;
    }
    must(stills == 0 || moving + stills <= room);
    int64_t kept = input->ceiling_bps ? 0 : (int64_t)input->estimate_bps * KEEP_PERCENT / 100;
    if (!input->calm)
        must(moving == 0 || moving <= room + kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct allocator_trial trials[SLOTS][ALLOCATOR_TRIALS];
    struct allocator_slot slots[SLOTS] = {0};
    struct allocator_input input = {.now_us = 1000000};
    for (int i = 0; i < SLOTS; i++) {
        for (int j = 0; j < ALLOCATOR_TRIALS; j++)
            trials[i][j] = (struct allocator_trial){0};
        slots[i].trials = trials[i];
        slots[i].layer = -1;
    }
    for (size_t at = 0; at + 6 + SLOT_BYTES <= size; at += 6 + SLOT_BYTES) {
        const uint8_t *step = data + at;
        input.estimate_bps = step[0] * 16000u;
        input.reserved_bps = step[1] * 1000u;
        input.ceiling_bps = step[2] > 127 ? (step[2] - 127) * 8000u : 0;
        input.calm = step[3] & 1;
        input.silent = step[3] & 2;
        input.now_us += step[4] * 50000ull;
        describe(&slots[step[5] % SLOTS], step + 6);
        allocator_run(&input, slots, SLOTS);
        for (int i = 0; i < SLOTS; i++)
            check_slot(&slots[i]);
        check_sum(&input, slots);
    }
    return 0;
}

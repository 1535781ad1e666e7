#include "media/allocator.h"

#include <stdbool.h>

#include "media/still.h"

enum { PRIORITIES = 4, HEADROOM_PERCENT = 15, KEEP_PERCENT = 8, KEEP_EMPTY_PERCENT = 25 };

/* The same size may come with fewer frames and with all. */
static int last_of_size(const struct allocator_slot *slot, int layer)
{
    while (layer + 1 < slot->layer_count && slot->layers[layer + 1].width == slot->layers[layer].width &&
           slot->layers[layer + 1].height == slot->layers[layer].height)
        layer++;
    return layer;
}

/* A little blur is better than four times the bits. */
static bool covers(uint16_t has, uint16_t wanted)
{
    return (uint32_t)has * 6 / 5 >= wanted;
}

int allocator_top_layer(const struct allocator_slot *slot)
{
    bool bounded = slot->max_width || slot->max_height;
    for (int i = 0; i < slot->layer_count && bounded; i++) {
        bool wide = !slot->max_width || covers(slot->layers[i].width, slot->max_width);
        bool high = !slot->max_height || covers(slot->layers[i].height, slot->max_height);
        if (wide && high)
            return last_of_size(slot, i);
    }
    return slot->layer_count - 1;
}

static uint32_t cost(const struct allocator_slot *slot, int layer)
{
    return layer < 0 ? 0 : slot->layers[layer].bps;
}

/* No two points that may be told of one picture meet: all of one stream, or the smallest stream's and the other wholes. */
static struct allocator_trial *trial_of(const struct allocator_slot *slot, int layer)
{
    return &slot->trials[(slot->layers[layer].id * 9u + slot->layers[layer].point) % ALLOCATOR_TRIALS];
}

/* A clinic's line that was cut and is whole again has nothing to do with what failed on it before. */
static void note_link(const struct allocator_slot *slot, const struct allocator_input *input)
{
    for (int i = 0; i < slot->layer_count; i++) {
        struct allocator_trial *trial = trial_of(slot, i);
        if (input->estimate_bps >= trial->tried_bps / 2)
            trial->poor_us = 0;
        else if (!trial->poor_us)
            trial->poor_us = input->now_us;
        else if (input->now_us - trial->poor_us > ALLOCATOR_POOR_US)
            *trial = (struct allocator_trial){0};
    }
}

/* Patience is for a link that has not changed. One that carries much more than when a trial failed is another link. */
static bool must_wait(const struct allocator_slot *slot, int layer, const struct allocator_input *input)
{
    const struct allocator_trial *trial = trial_of(slot, layer);
    if (!trial->lowered_us || input->now_us - trial->lowered_us >= trial->patience_us)
        return false;
    return !trial->tried_bps || input->estimate_bps < trial->tried_bps / 2 * 3;
}

/* What flows stays through a dip of the estimate, as every key frame brings one. Up needs headroom, and patience since
 * this layer was last given up: more each time that a trial of it failed. */
static bool may_take(const struct allocator_slot *slot, int before, int layer, int64_t left,
                     const struct allocator_input *input)
{
    int64_t more = (int64_t)cost(slot, layer) - cost(slot, slot->layer);
    if (layer <= before) {
        bool bounded = input->ceiling_bps != 0; /* the viewer's own bound is kept to the bit */
        uint32_t keep = input->estimate_bps / 100 * (input->empty ? KEEP_EMPTY_PERCENT : KEEP_PERCENT);
        return more <= left + (bounded ? 0 : keep) || (input->calm && !bounded);
    }
    return !must_wait(slot, layer, input) && more + more * HEADROOM_PERCENT / 100 <= left;
}

struct pass {
    const struct allocator_input *input;
    struct allocator_slot *slot;
    int before;
};

static void raise_to(struct pass *pass, int layer, int64_t *left)
{
    struct allocator_slot *slot = pass->slot;
    while (slot->layer < layer && may_take(slot, pass->before, slot->layer + 1, *left, pass->input)) {
        *left -= (int64_t)cost(slot, slot->layer + 1) - cost(slot, slot->layer);
        slot->layer++;
    }
}

static void give_up(struct allocator_trial *trial, uint32_t patience_us, const struct allocator_input *input)
{
    if (input->silent) {
        *trial = (struct allocator_trial){0};
        return;
    }
    uint64_t lasted_us = trial->raised_us ? input->now_us - trial->raised_us : UINT64_MAX;
    bool failed = lasted_us < ALLOCATOR_TRIAL_US, in_doubt = lasted_us < ALLOCATOR_PROVEN_US;
    uint32_t longer = trial->patience_us < ALLOCATOR_UP_MAX_US / 4 ? trial->patience_us * 4 : ALLOCATOR_UP_MAX_US;
    if (failed && longer)
        trial->patience_us = longer;
    else if (!in_doubt || !trial->patience_us)
        trial->patience_us = patience_us;
    trial->lowered_us = input->now_us;
}

static void conclude(struct pass *pass, int64_t room)
{
    struct allocator_slot *slot = pass->slot;
    int top = allocator_top_layer(slot);
    uint64_t now_us = pass->input->now_us;
    for (int i = slot->layer; i > pass->before; i--) {
        trial_of(slot, i)->raised_us = now_us;
        trial_of(slot, i)->tried_bps = pass->input->estimate_bps;
    }
    int kept = pass->before < top ? pass->before : top; /* showing it smaller is no failure */
    for (int i = kept; i > slot->layer; i--)
        give_up(trial_of(slot, i), i == 0 ? ALLOCATOR_MOVE_US : ALLOCATOR_UP_US, pass->input);
    slot->overloads = slot->layer < pass->before && cost(slot, pass->before) > room * 3 / 2;
    slot->reason = slot->layer_count == 0 ? ALLOCATOR_SOURCE
                   : slot->layer < top    ? ALLOCATOR_BANDWIDTH
                                          : ALLOCATOR_AS_WANTED;
}

/* ---- stills ---- */

/* Until one was seen, what a key frame of this size usually takes. */
static uint32_t key_bits(const struct allocator_slot *slot, int layer)
{
    uint32_t pixels = (uint32_t)slot->layers[layer].width * slot->layers[layer].height;
    uint32_t bytes = slot->layers[layer].key_bytes;
    return 8 * (bytes ? bytes : pixels ? pixels / 8 : 8000);
}

static uint64_t sent_in(uint32_t bps, uint32_t us)
{
    return (uint64_t)bps * us / 1000000;
}

/* The sharpest whose key frame is through in time, else the smallest. */
static void choose_still(struct allocator_slot *slot, uint32_t bps, int64_t share)
{
    slot->still = 0;
    for (int i = 1; i <= allocator_top_layer(slot); i++)
        if (key_bits(slot, i) <= sent_in(bps, STILL_SENDING_US) ||
            key_bits(slot, i) <= sent_in(ALLOCATOR_STILL_BPS, STILL_LONGEST_US))
            slot->still = i;
    uint32_t most = key_bits(slot, slot->still) / 3; /* within three seconds: faster would only be a burst */
    slot->still_bps = bps < most || most < ALLOCATOR_STILL_BPS ? bps : most;
    slot->still_share_bps = share < (int64_t)slot->still_bps ? (uint32_t)share : slot->still_bps;
}

static bool wants_still(const struct allocator_slot *slot)
{
    return slot->layer < 0 && slot->layer_count && slot->priority > 0;
}

/* What is left is the stills', the most important first; the first is shown even if nothing is left. */
static void share_stills(struct allocator_slot *slots, int count, int64_t left)
{
    bool moves = false;
    for (int i = 0; i < count; i++)
        moves |= slots[i].layer >= 0;
    int64_t least = moves ? 0 : ALLOCATOR_STILL_BPS;
    for (int priority = PRIORITIES - 1; priority > 0; priority--)
        for (int i = 0; i < count; i++) {
            int64_t bps = left > least ? left : least;
            if (slots[i].priority != priority || !wants_still(&slots[i]) || bps < ALLOCATOR_STILL_BPS)
                continue;
            choose_still(&slots[i], (uint32_t)bps, left > 0 ? left : 0);
            left -= slots[i].still_bps;
            least = 0;
        }
}

enum { SLOTS_MAX = 64 };

void allocator_run(const struct allocator_input *input, struct allocator_slot *slots, int count)
{
    struct pass passes[SLOTS_MAX];
    count = count < SLOTS_MAX ? count : SLOTS_MAX;
    uint32_t rate = input->estimate_bps;
    if (input->ceiling_bps && input->ceiling_bps < rate)
        rate = input->ceiling_bps;
    int64_t left = (int64_t)rate - input->reserved_bps, room = left;
    for (int i = 0; i < count; i++) {
        int before = slots[i].layer < slots[i].layer_count ? slots[i].layer : slots[i].layer_count - 1;
        note_link(&slots[i], input);
        passes[i] = (struct pass){.input = input, .slot = &slots[i], .before = before};
        slots[i].layer = slots[i].still = -1;
        slots[i].still_bps = slots[i].still_share_bps = 0;
    }
    for (int priority = PRIORITIES - 1; priority >= 0; priority--)
        for (int i = 0; i < count; i++)
            if (slots[i].priority == priority && slots[i].layer_count)
                raise_to(&passes[i], 0, &left);
    for (int priority = PRIORITIES - 1; priority >= 0; priority--)
        for (int i = 0; i < count; i++)
            if (slots[i].priority == priority)
                raise_to(&passes[i], allocator_top_layer(&slots[i]), &left);
    for (int i = 0; i < count; i++)
        conclude(&passes[i], room);
    share_stills(slots, count, left);
}

uint32_t allocator_wanted_bps(const struct allocator_slot *slots, int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        if (slots[i].layer_count)
            sum += cost(&slots[i], allocator_top_layer(&slots[i]));
    sum += sum * HEADROOM_PERCENT / 100; /* as going up asks for it: else the estimate might rest just below */
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

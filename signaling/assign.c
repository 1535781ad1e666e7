#include "assign.h"

#include <stdlib.h>

static int by_score(const void *a, const void *b)
{
    const struct assign_want *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->track < y->track ? -1 : x->track > y->track; /* any fixed order: the result must not depend on qsort */
}

/* Drops the wants beyond what the slots of their kind can hold; the result is how many are kept. */
static size_t keep_best(const struct assign_slot *slots, size_t n_slots, struct assign_want *wants, size_t n_wants)
{
    size_t room[2] = {0}, kept = 0;
    for (size_t i = 0; i < n_slots; i++)
        room[slots[i].video]++;
    if (n_wants)
        qsort(wants, n_wants, sizeof *wants, by_score);
    for (size_t i = 0; i < n_wants; i++) {
        if (room[wants[i].video] == 0)
            continue;
        room[wants[i].video]--;
        wants[kept++] = wants[i];
    }
    return kept;
}

static struct assign_slot *slot_with(struct assign_slot *slots, size_t n_slots, const void *track)
{
    for (size_t i = 0; i < n_slots; i++)
        if (slots[i].track == track)
            return &slots[i];
    return NULL;
}

static void clear_unwanted(struct assign_slot *slots, size_t n_slots, const struct assign_want *wants, size_t n_wants)
{
    for (size_t i = 0; i < n_slots; i++) {
        bool wanted = false;
        for (size_t j = 0; !wanted && j < n_wants; j++)
            wanted = wants[j].track == slots[i].track && wants[j].video == slots[i].video;
        if (!wanted)
            slots[i].track = NULL;
    }
}

static struct assign_slot *slot_at(struct assign_slot *slots, size_t n_slots, bool video, unsigned index)
{
    for (size_t i = 0; i < n_slots; i++)
        if (slots[i].video == video && slots[i].index == index)
            return &slots[i];
    return NULL;
}

/* The free slot beside the one where the same person's other half already is. */
static struct assign_slot *beside_partner(struct assign_slot *slots, size_t n_slots, const struct assign_want *want,
                                          const struct assign_want *wants, size_t n_wants)
{
    for (size_t i = 0; i < n_wants; i++) {
        if (wants[i].owner != want->owner || wants[i].video == want->video || !wants[i].primary)
            continue;
        struct assign_slot *partner = slot_with(slots, n_slots, wants[i].track);
        struct assign_slot *slot = partner ? slot_at(slots, n_slots, want->video, partner->index) : NULL;
        if (slot && !slot->track)
            return slot;
    }
    return NULL;
}

/* The lowest free slot, better one whose counterpart is free too; for what is nobody's face, the highest. */
static struct assign_slot *free_slot(struct assign_slot *slots, size_t n_slots, const struct assign_want *want)
{
    struct assign_slot *best = NULL;
    bool best_pair = false;
    for (size_t i = 0; i < n_slots; i++) {
        struct assign_slot *slot = &slots[i];
        if (slot->video != want->video || slot->track)
            continue;
        struct assign_slot *counterpart = slot_at(slots, n_slots, !want->video, slot->index);
        bool pair = want->primary && counterpart && !counterpart->track;
        bool nearer = !best || (want->primary ? slot->index < best->index : slot->index > best->index);
        if (!best || (pair && !best_pair) || (pair == best_pair && nearer)) {
            best = slot;
            best_pair = pair;
        }
    }
    return best;
}

static void place(struct assign_slot *slots, size_t n_slots, const struct assign_want *want,
                  const struct assign_want *wants, size_t n_wants)
{
    if (slot_with(slots, n_slots, want->track))
        return;
    struct assign_slot *slot = want->primary ? beside_partner(slots, n_slots, want, wants, n_wants) : NULL;
    if (!slot)
        slot = free_slot(slots, n_slots, want);
    if (slot)
        slot->track = want->track;
}

void assign_slots(struct assign_slot *slots, size_t n_slots, struct assign_want *wants, size_t n_wants)
{
    n_wants = keep_best(slots, n_slots, wants, n_wants < ASSIGN_WANTS_MAX ? n_wants : ASSIGN_WANTS_MAX);
    clear_unwanted(slots, n_slots, wants, n_wants);
    /* faces first, each with its voice right behind it, so that a pair of slots is still free for both */
    for (size_t i = 0; i < n_wants; i++) {
        if (!wants[i].primary || !wants[i].video)
            continue;
        place(slots, n_slots, &wants[i], wants, n_wants);
        for (size_t j = 0; j < n_wants; j++)
            if (wants[j].primary && !wants[j].video && wants[j].owner == wants[i].owner)
                place(slots, n_slots, &wants[j], wants, n_wants);
    }
    for (size_t i = 0; i < n_wants; i++)
        if (wants[i].primary)
            place(slots, n_slots, &wants[i], wants, n_wants);
    for (size_t i = 0; i < n_wants; i++)
        if (!wants[i].primary)
            place(slots, n_slots, &wants[i], wants, n_wants);
}

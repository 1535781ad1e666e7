#include "media/nack.h"

#include <string.h>

enum { SPACING_MIN_US = 25000, AGE_MAX_US = 2500000, JUMP_MAX = 1000 };

void nack_init(struct nack *nack, uint8_t tries_max)
{
    memset(nack, 0, sizeof *nack);
    nack->tries_max = tries_max;
}

static bool was_received(const struct nack *nack, int64_t sequence)
{
    return nack->received[(uint64_t)sequence / 64 % (NACK_WINDOW / 64)] >> ((uint64_t)sequence % 64) & 1;
}

static void set_received(struct nack *nack, int64_t sequence, bool received)
{
    uint64_t *word = &nack->received[(uint64_t)sequence / 64 % (NACK_WINDOW / 64)];
    uint64_t bit = 1ull << ((uint64_t)sequence % 64);
    *word = received ? *word | bit : *word & ~bit;
}

static void remove_at(struct nack *nack, int at)
{
    nack->count--;
    memmove(&nack->missing[at], &nack->missing[at + 1], (size_t)(nack->count - at) * sizeof nack->missing[0]);
}

static void note_missing(struct nack *nack, int64_t sequence, uint64_t now_us)
{
    set_received(nack, sequence, false);
    if (nack->count == NACK_MISSING_MAX) {
        nack->unrepaired = true; /* the oldest gives way */
        remove_at(nack, 0);
    }
    nack->missing[nack->count].sequence = sequence;
    nack->missing[nack->count].noticed_us = now_us;
    nack->missing[nack->count].asked_us = 0;
    nack->missing[nack->count].tries = 0;
    nack->count++;
}

static void restart(struct nack *nack, int64_t sequence)
{
    bool was_started = nack->started;
    nack_init(nack, nack->tries_max);
    nack->started = true;
    nack->unrepaired = was_started;
    nack->highest = sequence;
    set_received(nack, sequence, true);
}

static enum nack_verdict input_late(struct nack *nack, int64_t sequence)
{
    if (sequence <= nack->highest - NACK_WINDOW || was_received(nack, sequence))
        return NACK_DUPLICATE;
    set_received(nack, sequence, true);
    for (int i = 0; i < nack->count; i++)
        if (nack->missing[i].sequence == sequence) {
            nack->recovered += nack->missing[i].tries > 0;
            remove_at(nack, i);
            return NACK_NEW;
        }
    return NACK_NEW; /* given up or before our first: still of use to who has not */
}

enum nack_verdict nack_input(struct nack *nack, int64_t sequence, uint64_t now_us)
{
    if (!nack->started) {
        restart(nack, sequence);
        return NACK_NEW;
    }
    if (sequence <= nack->highest)
        return input_late(nack, sequence);
    if (sequence - nack->highest > JUMP_MAX) {
        restart(nack, sequence);
        return NACK_RESTART;
    }
    for (int64_t gap = nack->highest + 1; gap < sequence; gap++)
        note_missing(nack, gap, now_us);
    nack->highest = sequence;
    set_received(nack, sequence, true);
    return NACK_NEW;
}

bool nack_has(const struct nack *nack, int64_t sequence)
{
    return sequence <= nack->highest && (sequence <= nack->highest - NACK_WINDOW || was_received(nack, sequence));
}

int nack_due(struct nack *nack, uint64_t now_us, uint32_t rtt_us, uint16_t *sequences, int room)
{
    uint64_t spacing = rtt_us > SPACING_MIN_US ? rtt_us + rtt_us / 4 : SPACING_MIN_US;
    int due = 0;
    for (int i = 0; i < nack->count;) {
        bool waits = nack->missing[i].tries && now_us - nack->missing[i].asked_us < spacing;
        bool hopeless = nack->missing[i].tries >= nack->tries_max || now_us - nack->missing[i].noticed_us > AGE_MAX_US;
        if (!waits && hopeless) {
            nack->unrepaired = true;
            remove_at(nack, i);
            continue;
        }
        if (!waits && due < room) {
            nack->missing[i].asked_us = now_us;
            nack->missing[i].tries++;
            sequences[due++] = (uint16_t)nack->missing[i].sequence;
        }
        i++;
    }
    return due;
}

void nack_give_up(struct nack *nack)
{
    nack->unrepaired |= nack->count > 0;
    nack->count = 0;
}

bool nack_take_unrepaired(struct nack *nack)
{
    bool unrepaired = nack->unrepaired;
    nack->unrepaired = false;
    return unrepaired;
}

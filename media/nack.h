/**
 * What is missing of a received stream: notices gaps, asks again once per round trip, gives up after some tries, and
 * tells repeated packets from new ones.
 *
 * Pure code. RFC 4585 §6.2.1 is written by rtcp.c.
 */
#ifndef MEDIA_NACK_H
#define MEDIA_NACK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NACK_MISSING_MAX = 256,
    NACK_WINDOW = 2048,    /* packets remembered as received */
    NACK_TRIES_VIDEO = 10, /* a picture waits for its repair … */
    NACK_TRIES_AUDIO = 3,  /* … speech goes on without: a late repeat is for the recording, and costs a thin line */
};

enum nack_verdict {
    NACK_NEW,       /* the newest, or the first to fill a gap */
    NACK_DUPLICATE, /* already here, or too old to tell */
    NACK_RESTART,   /* so far from the rest that the stream begins anew */
};

struct nack {
    int64_t highest;
    bool started;
    bool unrepaired; /* something was given up since nack_take_unrepaired */
    uint8_t tries_max;
    uint16_t count;
    uint32_t recovered; /* came after they had been asked for */
    struct {
        int64_t sequence;
        uint64_t noticed_us;
        uint64_t asked_us;
        uint8_t tries;
    } missing[NACK_MISSING_MAX];
    uint64_t received[NACK_WINDOW / 64];
};

void nack_init(struct nack *nack, uint8_t tries_max);

/** `sequence` unwrapped. */
enum nack_verdict nack_input(struct nack *nack, int64_t sequence, uint64_t now_us);

/** It has come (or is older than can be told). */
bool nack_has(const struct nack *nack, int64_t sequence);

/** Fills in what to ask for now, the oldest first, at most `room`; the result is how many. */
int nack_due(struct nack *nack, uint64_t now_us, uint32_t rtt_us, uint16_t *sequences, int room);

/** Asks for nothing of what is missing now: too much is. */
void nack_give_up(struct nack *nack);

/** True once after something was given up: the picture needs a key frame. */
bool nack_take_unrepaired(struct nack *nack);

#endif

/**
 * Loss by chance, told apart from loss by a queue that runs over: redundancy helps against the first and makes the second worse.
 * What was lost while packets stood in a queue says nothing of the air, so only calm feedback counts.
 *
 * Pure code.
 */
#ifndef MEDIA_CHANCE_H
#define MEDIA_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint32_t answered, lost;         /* of the feedback at hand */
    uint32_t answered_all, lost_all; /* of calm ones, older ones less */
    bool queued;                     /* the feedback before */
};

/** The feedback at hand tells of a packet. */
void chance_input(struct chance *chance, bool lost);
/** The feedback is whole; `queued`: packets that it tells of stood in a queue, or none came through. */
void chance_close(struct chance *chance, bool queued);
uint32_t chance_permille(const struct chance *chance);

#endif

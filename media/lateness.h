/**
 * Whether word of what was sent is overdue, by how it usually comes: a path that was cut is full before any estimate tells so, and what
 * is sent on meanwhile is lost, the sound with it.
 *
 * Pure code. Microseconds; `lag` is how long ago the first packet left that nobody has told of, 0: all were told of.
 */
#ifndef MEDIA_LATENESS_H
#define MEDIA_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

struct lateness {
    uint32_t usual_us;   /* of the lag, when word ends it; 0: not known yet */
    uint32_t spacing_us; /* from one word to the next, in the mean */
};

void lateness_init(struct lateness *lateness);
/** Word has come, `passed_us` after the one before. */
void lateness_word(struct lateness *lateness, uint64_t lag_us, uint64_t passed_us);
/** For a path that loses no word: it is later than usual, or will be, since what was told of last stood in a queue so deep. */
bool lateness_is_unusual(const struct lateness *lateness, uint64_t lag_us, int64_t depth_us);
/** … by so much that the path is another one now, if what is told of then stood in a queue. */
bool lateness_is_alarming(const struct lateness *lateness, uint64_t lag_us);
/** For a path that loses some: more than one after the other is missing, `waited_us` since the first packet that went out after one. */
bool lateness_is_long(const struct lateness *lateness, uint64_t waited_us);

#endif

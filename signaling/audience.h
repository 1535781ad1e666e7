/**
 * Who may see and hear what: the one question that stands before every slot and before the journal.
 *
 * Pure but for what it reads of the room. Thread: the main loop's.
 */
#ifndef SIGNALING_AUDIENCE_H
#define SIGNALING_AUDIENCE_H

#include <stdbool.h>

struct participant;
struct track;

/** May these two meet at all: is `shown` for `viewer` to see or hear? */
bool audience_meets(const struct participant *viewer, const struct participant *shown);
/** May this viewer get this track? */
bool audience_gets(const struct participant *viewer, const struct track *track);
/** May it be journaled, its person having agreed? Side talk and a seat that is held back never are. */
bool audience_is_journaled(const struct track *track);
/** The patient beside does not take part: nothing of this seat is sent to anybody. */
bool audience_is_held(const struct participant *participant);

#endif

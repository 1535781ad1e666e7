/**
 * How each participant's line is: what it reports of itself, what the worker measures, what is held back from it and
 * why, and what is kept of all that with the stay.
 */
#ifndef SIGNALING_LINE_H
#define SIGNALING_LINE_H

#include <jansson.h>
#include <stdint.h>

#include "why.h"

struct call;
struct leg;
struct participant;
struct slot;

/** A `quality` message came. */
void line_report(struct participant *participant, const json_t *message);
/** Once a second; `now_s` is core_uptime_s. */
void line_tick(struct call *call, int64_t now_s);
/** The house's stay {id, quality}: goes on from there when it is this one. NULL: there is none. */
void line_continue(struct participant *participant, const json_t *stay);

/** The word for a line ("good", "fair", "poor", "lost"), told to all when it changes. */
void line_connection(struct participant *participant, const char *connection);
/** Tells a participant of its own line. */
void line_tell(struct leg *leg);
/** The worker's `estimate` event. */
void line_estimate(struct leg *leg, const json_t *message);

/** The slot has changed; `state` and `height` are what was before. Notes a step down. */
void line_note_slot(struct slot *slot, const char *state, int height);
/** Works out why the slot shows less than asked for, and marks it changed when the answer is another. */
void line_explain(struct slot *slot);

/** What a participant's own line suffers from; `words` (names left alone) for why_text. */
enum why line_why(const struct leg *leg, struct why_words *words);
void line_slot_words(const struct slot *slot, struct why_words *words);

#endif

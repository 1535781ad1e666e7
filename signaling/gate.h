/**
 * The gate: who may come in now, at which worker, and what is drained. admission.h decides; this counts heads, asks about the
 * right worker, and remembers which workers take nothing new.
 *
 * Thread: the main loop's.
 */
#ifndef SIGNALING_GATE_H
#define SIGNALING_GATE_H

#include "core.h"

struct worker;

/**
 * NULL when somebody new may come in, else the problem: "at_capacity", "draining". Not for who is in already.
 * `found`: what the house told of them. Counts whom it refuses.
 */
const char *gate_refuses(struct call *call, const char *role, const json_t *found);
/** Somebody has come to the call's worker who was not there before; nothing while it has none. */
void gate_took(struct call *call);

/** A new room, or a viewer from a room elsewhere, may be put there. */
bool gate_takes_rooms(const struct worker *worker);
/** `busy_permille`: of the last second it ran or waited for a core. */
void gate_note_load(struct worker *worker, unsigned busy_permille);
/** What a worker just attached says of itself, or was told before it died. */
void gate_worker_ready(struct worker *worker, bool draining);

/** People with media at a worker, or about to have it there; NULL: at all of them. */
unsigned gate_people(const struct signaling *signaling, const struct worker *worker);

#endif

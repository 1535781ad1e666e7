/**
 * Side talk: some doctors speak among themselves. Nobody else gets their pictures or voices (audience.h), all screens say
 * who talks apart, and nothing of it is journaled, even while the consultation is: the gap names its cause.
 *
 * Those apart go on seeing and hearing the others. Thread: the main loop's.
 */
#ifndef SIGNALING_SIDETALK_H
#define SIGNALING_SIDETALK_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "core.h"

struct message;

struct sidetalk {
    GPtrArray *members; /* ids; empty: none */
    char by[ID_SIZE];
};

void sidetalk_init(struct sidetalk *talk);
void sidetalk_finish(struct sidetalk *talk);

bool sidetalk_has(const struct call *call, const char *participant);
/** A side message. NULL or an error code. */
const char *sidetalk_ask(struct participant *by, const struct message *message);
/** Somebody has gone for good: one alone does not talk. */
void sidetalk_left(struct call *call, const char *participant);

/** {"participants":[…],"by"?}: for the wire, for a restarted hoichand, and back. Owns: the caller owns it. */
json_t *sidetalk_json(const struct call *call);
void sidetalk_restore(struct call *call, const json_t *blob);

#endif

/**
 * Who is host: by ticket, by being handed the chair, or as heir of a host who left.
 *
 * The role of a ticket is kept beside the role held now (call->roles): who hands the chair over goes on as a doctor, who
 * inherited it gives it back when a host comes with a ticket. Thread: the main loop's.
 */
#ifndef SIGNALING_CHAIR_H
#define SIGNALING_CHAIR_H

#include <stdbool.h>

struct call;
struct participant;

/** The role held in this room, given the one of the ticket. Borrowed. */
const char *chair_role(const struct call *call, const char *participant, const char *own_role);
/** NULL, or "not_allowed": only a specialist or a doctor who is in can take it. */
const char *chair_hand_over(struct participant *from, struct participant *to);
/** A host has gone for good. */
void chair_left(struct call *call);
/** Somebody has come in: a host whose place was kept, or one who can fill an empty chair. */
void chair_came(struct participant *participant);

#endif

/**
 * A room that has outgrown its worker: who only watches is taken in by further workers of this machine, and what those
 * viewers are shown is carried on to them over relays (media/ipc.h). Whoever publishes lives at the room's own worker, so
 * that recording, the active speaker and all that goes towards publishers stay in one place.
 *
 * Thread: the main loop's. Owns: relays belong to the publisher's leg, the list of further workers to the call.
 */
#ifndef SIGNALING_SPREAD_H
#define SIGNALING_SPREAD_H

#include "leg.h"

struct call;
struct worker;

/** Where a leg is to live that is about to be opened. The room is opened there if need be. */
struct worker *spread_place(struct call *call, bool publishes);
/** It has come to publish, but lives elsewhere: it has to come anew. */
bool spread_must_move(const struct leg *leg, bool publishes);
bool spread_has(const struct call *call, const struct worker *worker);

/** Sees to it that the slot's worker has its track, in the size it is shown in, before the slot is given it. */
void spread_carry(const struct slot *slot);
/** Each second: what nobody at a further worker has watched for a while, or shows so large, is carried there no longer. */
void spread_tick(struct call *call, int64_t now_s);
/** How many tracks are carried on, to each worker. */
unsigned spread_carried(const struct signaling *signaling);
void spread_track_closed(const struct track *track);
void spread_leg_closed(struct leg *leg);

/** The room ends at all further workers; its viewers there are gone. */
void spread_end(struct call *call, const char *reason);
/** A further worker died: its viewers come anew. */
void spread_worker_lost(struct call *call, struct worker *worker);

/** From snapshots: a further worker of the call; a relay at the room's own worker; one of its slots. */
void spread_restore_room(struct call *call, struct worker *worker);
void spread_restore_relay(struct leg *leg, const json_t *item);
void spread_restore_slot(struct worker *worker, const json_t *item);
void spread_relay_closed(struct signaling *signaling, const char *relay);

#endif

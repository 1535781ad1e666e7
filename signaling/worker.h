/** The media workers that signaling is attached to; their events find their rooms, legs, tracks and slots here. */
#ifndef SIGNALING_WORKER_H
#define SIGNALING_WORKER_H

#include "core.h"
#include "leg.h"

struct worker {
    struct signaling *signaling;
    struct media_link *link;
    int number;
    bool draining;
    unsigned rooms; /* placed on it by us */
    int cpu_permille;
    struct admission admission;
    json_t *stats; /* the last answer, or NULL */
    json_t *stats_parts;
    uint64_t wire[WIRE_COUNT]; /* of all legs that it has carried, as far as it told us */
};

/**
 * The least loaded that takes rooms. When none does, the least loaded of all, for a room that has lost its worker: who comes
 * anew has been asked about at the gate. NULL: none is attached.
 */
struct worker *worker_choose(const struct signaling *signaling);
/** The least loaded that takes rooms and does not carry the call yet, or NULL. */
struct worker *worker_choose_beside(const struct call *call);
/** NULL when it is not attached. */
struct worker *worker_find(const struct signaling *signaling, int number);
/** Attached ones may still be reading their snapshot: a stay not found may be in it. */
bool worker_any_syncing(const struct signaling *signaling);
void worker_destroy(void *data);
void worker_ask_stats(struct signaling *signaling);

/** restore.c: one item of a snapshot; the end of it. */
void restore_item(struct worker *worker, const char *event, const json_t *item);
void restore_done(struct worker *worker);

#endif

/** The workers' statistics, taken to the legs they speak of, and shown by person (signaling_call_stats). */
#ifndef SIGNALING_STATS_H
#define SIGNALING_STATS_H

#include <jansson.h>

struct worker;

/** `links`: media/ipc.h's transports of a whole answer to `stats`. Borrowed. */
void stats_take(struct worker *worker, const json_t *links);

/** Counters of what has gone over its ways. Caller owns it. */
json_t *stats_wire_json(const struct worker *worker);

#endif

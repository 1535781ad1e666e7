/** How each participant's line is: what it reports of itself, what is held back from it, and what is kept of both. */
#ifndef SIGNALING_LINE_H
#define SIGNALING_LINE_H

#include <jansson.h>
#include <stdint.h>

struct call;
struct participant;

/** A `quality` message came. */
void line_report(struct participant *participant, const json_t *message);
/** Once a second; `now_s` is core_uptime_s. */
void line_tick(struct call *call, int64_t now_s);
/** The house's stay {id, quality}: goes on from there when it is this one. NULL: there is none. */
void line_continue(struct participant *participant, const json_t *stay);

#endif

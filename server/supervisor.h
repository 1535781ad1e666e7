/**
 * Keeps the media workers running: starts one per core in sessions of their own, so that they outlive hoichand; takes
 * up those that outlived the last one; starts a dead one again at once, and slower when it keeps dying.
 *
 * Thread: main loop. Signaling is told of every worker that comes or goes.
 */
#ifndef SERVER_SUPERVISOR_H
#define SERVER_SUPERVISOR_H

#include <jansson.h>
#include <stdbool.h>

struct server;
struct supervisor;

struct supervisor *supervisor_create(struct server *server);
/** Takes NULL. Leaves the workers alone: stop them first if they are to end. */
void supervisor_destroy(struct supervisor *supervisor);

/** Asks every worker to end in order and calls `done` when all have, or were made to after a few seconds. */
void supervisor_stop(struct supervisor *supervisor, void (*done)(void *arg), void *arg);
enum { SUPERVISOR_ALL = -1 };
/** Nothing new is placed on the worker, or on any, until it is undone. False when there is no such worker. */
bool supervisor_drain(struct supervisor *supervisor, int worker, bool on);
/** [{worker, pid, state: "starting"|"running"|"waiting"|"draining"|"stopping", starts}]. Caller owns it. */
json_t *supervisor_status(const struct supervisor *supervisor);

/** How long to wait before a worker is started again that has died `deaths` times in quick succession. Pure. */
unsigned supervisor_pause_ms(int deaths);

#endif

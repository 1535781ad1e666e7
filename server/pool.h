/**
 * Threads for what blocks: the database, the disk, HTTP to the outside, password hashing.
 *
 * Work goes in from the main loop and its result comes back on it. Each thread has one context for its whole life (its
 * own connection to the store). Owns: the pool owns its threads and their contexts; `arg` belongs to the work until
 * `done` has run.
 */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include <stddef.h>

struct pool;

struct pool_config {
    int threads;
    size_t queue_max; /* work that may wait; beyond it pool_submit() answers -EBUSY */
    int (*context_create)(void *arg, void **context);
    void (*context_destroy)(void *context);
    void *arg;
};

/** Runs on a pool thread with that thread's context (the `struct store *`). */
typedef void (*pool_work_fn)(void *arg, void *context);
/** Runs on the main loop afterwards. */
typedef void (*pool_done_fn)(void *arg);

/** Errors: a negative errno, also of context_create. */
int pool_create(const struct pool_config *config, struct pool **pool);
/** Waits for what runs and waits, delivers every `done`, ends the threads. */
void pool_destroy(struct pool *pool);
/** Thread: main loop. `done` may be NULL. Errors: -EBUSY when too much waits; nothing is called then. */
int pool_submit(struct pool *pool, pool_work_fn work, pool_done_fn done, void *arg);

#endif

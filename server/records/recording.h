/**
 * The life of a recording after its last byte: rendering → ready or failed. Each step is one transaction under a lease,
 * so that it is done once, and goes on wherever a crash stopped it.
 *
 * Thread: pool.
 */
#ifndef SERVER_RECORDS_RECORDING_H
#define SERVER_RECORDS_RECORDING_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

enum { RECORDING_KEY_SIZE = 32, RECORDING_LEASE_S = 60 };

struct recording_job {
    char id[STORE_ID_SIZE]; /* "": nothing is due */
    unsigned char key[RECORDING_KEY_SIZE];
};

/** Takes the one that has waited longest for its rendering; the lease is `node`'s. */
bool recording_lease(struct store *store, const unsigned char *master_key, const char *node, int64_t now,
                     struct recording_job *job, GError **error);
/** While it renders: keeps the lease and shows how far it is, 0 to 100. */
bool recording_progress(struct store *store, const char *id, const char *node, int percent, int64_t now,
                        GError **error);

/** The renderer has finished in `directory`: reads its manifest, registers the files, tells who wants to know, files
 * the record: one transaction. A manifest that does not hold is a failure like any of the renderer's. */
bool recording_finish(struct store *store, const struct recording_job *job, const char *directory, int64_t now,
                      GError **error);
/** Tried again later, and given up after some tries or when it is `hopeless`: then the consultation is filed without
 * it. */
bool recording_fail(struct store *store, const char *id, const char *reason, bool hopeless, int64_t now,
                    GError **error);
/** By hand. */
bool recording_retry(struct store *store, const char *id, int64_t now, bool *found, GError **error);

/** Consultations nobody ended, and recordings left open by a crash: what is long over is closed. */
bool recording_sweep(struct store *store, int64_t now, GError **error);

#endif

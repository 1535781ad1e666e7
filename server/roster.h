/**
 * The on-call roster: who is called when a consult room calls in an emergency, by shifts.
 *
 * A shift is somebody's, from begin to end, for the rooms of one site and of all below it, or for all rooms. Several may
 * be on call at once. Times are microseconds since the Unix epoch.
 */
#ifndef SERVER_ROSTER_H
#define SERVER_ROSTER_H

#include <glib.h>
#include <stdint.h>

#include "store/store.h"

enum {
    SHIFT_DAYS_MAX = 31,
    SHIFT_SPECIALTY_MAX = 80, /* characters */
    ROSTER_ON_CALL_MAX = 32,  /* at one time; the rest is left out */
};

/** The rules of time: NULL, or the field and reason that are wrong. Pure. */
const char *shift_time_fault(int64_t starts_at, int64_t ends_at, const char **field);

/** Who is on call at `at`, each once: user_id, name (with the title), specialty (may be NULL), elsewhere (0: for the rooms
 * of `site`; those come first). Thread: pool. NULL with `error` set. Caller frees. */
struct store_rows *roster_on_call(struct store *store, const char *site, int64_t at, GError **error);

#endif

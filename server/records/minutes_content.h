/**
 * What is signed of a consultation: what was written, who really took part, and the hashes of what was recorded and
 * photographed, as one JSON value. Its canonical form (attest.h) is what the signatures are for.
 *
 * Thread: pool. Errors: NULL with `error` set.
 */
#ifndef SERVER_RECORDS_MINUTES_CONTENT_H
#define SERVER_RECORDS_MINUTES_CONTENT_H

#include <glib.h>
#include <jansson.h>

#include "server/store/store.h"

/** As the store has it now. `text` is what was written (minutes.h), borrowed. Caller owns the result. */
json_t *minutes_content(struct store *store, const char *consultation, const json_t *text, GError **error);

#endif

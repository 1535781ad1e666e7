/**
 * The signed minutes as PDF, made once by hoichan-render (a process of its own, with little to lose) and kept, so that what is
 * read, filed and hashed is the same for good.
 *
 * Thread: pool; takes as long as it takes to set a few pages. Errors: NULL with `error` set.
 */
#ifndef SERVER_RECORDS_MINUTES_PDF_H
#define SERVER_RECORDS_MINUTES_PDF_H

#include <glib.h>

#include "server/store/store.h"

/** NULL without `error` when they are not signed by all. Caller frees. */
GBytes *minutes_pdf(struct store *store, const char *consultation, GError **error);

#endif

/**
 * Signed minutes and their addenda as PDF, each made once by hoichan-render (a process of its own, with little to lose) and kept,
 * so that what is read, filed and hashed is the same for good.
 *
 * Thread: pool; takes as long as it takes to set a few pages. Errors: NULL with `error` set.
 */
#ifndef SERVER_RECORDS_MINUTES_PDF_H
#define SERVER_RECORDS_MINUTES_PDF_H

#include <glib.h>
#include <stdint.h>

#include "server/store/store.h"

/** The minutes (`addendum` 0) or one addendum by its number. NULL without `error` when that is not signed by all. Caller
 * frees. */
GBytes *minutes_pdf(struct store *store, const char *consultation, int64_t addendum, GError **error);
/** The minutes with all their addenda below, set anew; the minutes themselves while there are none. Caller frees. */
GBytes *minutes_print_pdf(struct store *store, const char *consultation, GError **error);

#endif

/**
 * What never became a file: uploads that nobody finished within FILE_UPLOAD_S are given up and their bytes removed, so that
 * what a lost laptop began does not fill the disk; and pieces that a crash left behind go.
 *
 * Thread: pool. Two nodes may sweep the same directory: each upload is locked. Errors: false with `error` set.
 */
#ifndef SERVER_FILES_SWEEP_H
#define SERVER_FILES_SWEEP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

struct config;

/** Gives up what is due, a few at a time. A still's thumbnail stays: it is all there is of it. */
bool sweep_uploads(struct store *store, const struct config *config, int64_t now, GError **error);
/** At start: pieces of what is no upload any more. */
bool sweep_pieces(struct store *store, const struct config *config, GError **error);

#endif

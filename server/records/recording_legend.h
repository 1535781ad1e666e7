/**
 * What the film of a recording says about what it shows (media/render/legend.h): title, place, day, who is who, the
 * stills, and words for chapters in the consultation's language.
 *
 * Thread: pool.
 */
#ifndef SERVER_RECORDS_RECORDING_LEGEND_H
#define SERVER_RECORDS_RECORDING_LEGEND_H

#include <glib.h>

#include "server/store/store.h"

/** One line of JSON for hoichan-render; NULL with an error. g_free it. */
char *recording_legend(struct store *store, const char *recording, GError **error);

#endif

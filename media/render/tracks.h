/** One file per track, not transcoded: Opus and VP8 in WebM, H.264 in MP4. */
#ifndef MEDIA_RENDER_TRACKS_H
#define MEDIA_RENDER_TRACKS_H

#include <jansson.h>

#include "media/render/render.h"

/**
 * Writes all of them in one reading. `result` is {"files":[…], "tracks":[…], "gaps":[…]} as in the manifest.
 * Errors: render_run's, with `reason`.
 */
enum render_error tracks_write(struct render *render, json_t **result, char **reason);

#endif

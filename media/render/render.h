/**
 * A recording made into files: the stages, in order, and what they share.
 *
 *     survey → tracks (a file each) → sound (the mix) → picture (everybody, in parts) → film (both) → poster → manifest
 *
 * Each stage leaves sealed results in OUT/.render-<fingerprint>, so that a run that was cut short goes on where it was:
 * the fingerprint is the journal's, and that of the program's version. When all is done the manifest is written and the
 * working directory goes away; a run that finds a manifest of this journal has nothing to do.
 */
#ifndef MEDIA_RENDER_RENDER_H
#define MEDIA_RENDER_RENDER_H

#include <jansson.h>

#include "media/render/survey.h"

#define RENDER_VERSION "1.1"

struct render {
    const char *journal, *out, *recording;
    unsigned char key[32];
    const json_t *legend; /* legend.h; may be NULL */
    /** 0 to 100, never falling; told more often than it rises, as long as it gets on. May be NULL. */
    void (*progress_fn)(void *arg, int percent);
    void *arg;
    int64_t part_us; /* length of the picture's parts; 0: five minutes */

    struct survey *survey;
    char *work;
    int progress, stage_from, stage_to;
};

enum render_error {
    RENDER_OK,
    RENDER_NOT_FOUND,  /* no journal there */
    RENDER_EMPTY,      /* a journal without media */
    RENDER_UNREADABLE, /* nothing opens: the wrong key, or all is damaged */
    RENDER_OUTPUT,     /* what is made cannot be written */
    RENDER_MEDIA,      /* GStreamer would not */
};

/** Fills `reason` (g_free it) when the result is not RENDER_OK. gst_init must have been called. */
enum render_error render_run(struct render *render, char **reason);
/** "empty", … */
const char *render_error_name(enum render_error error);

/** For stages: how far within the part of the whole that they are. */
void render_progress(struct render *render, uint64_t done, uint64_t total);

#endif

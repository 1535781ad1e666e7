/**
 * A later reading of a journal: gives every frame of the wanted tracks, whole, in order within its track, with the time
 * of its capture. Frames of different tracks come interleaved as they arrived; `passed` tells how far all of them are.
 */
#ifndef MEDIA_RENDER_FEED_H
#define MEDIA_RENDER_FEED_H

#include "media/render/survey.h"

struct feed_frame {
    struct survey_track *track;
    const struct depay_frame *media; /* borrowed for the call */
    int64_t at_us;                   /* since the recording's start; always later than the track's frame before */
    int64_t duration_us;             /* of sound; 0 for pictures */
    uint32_t segment;
};

enum { FEED_AUDIO = 1, FEED_VIDEO = 2 };

struct feed_handler {
    unsigned wanted; /* FEED_… */
    void (*frame_fn)(void *arg, const struct feed_frame *frame);
    /** No frame from before `at_us` will come any more. Called about ten times a second of journal time. */
    void (*passed_fn)(void *arg, int64_t at_us);
    survey_progress_fn progress_fn;
    /** Asked with passed_fn; true stops the reading. May be NULL. */
    bool (*stop_fn)(void *arg);
    void *arg;
};

int feed_run(const char *directory, const unsigned char *key, const struct survey *survey,
             const struct feed_handler *handler);

#endif

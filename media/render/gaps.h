/** What a track lacks, from when to when, and why. */
#ifndef MEDIA_RENDER_GAPS_H
#define MEDIA_RENDER_GAPS_H

#include <jansson.h>

#include "media/render/feed.h"

struct gaps;

struct gaps *gaps_create(const struct survey *survey, const struct survey_track *track);
/** Takes NULL. */
void gaps_destroy(struct gaps *gaps);

/** Each of the track's frames, in order. */
void gaps_note(struct gaps *gaps, const struct feed_frame *frame);
/** After the last: what is missing up to the recording's end. */
void gaps_end(struct gaps *gaps);

/** [{"track", "from_ms", "to_ms", "cause", "count"?}], `count` holes close together. The caller owns it. */
json_t *gaps_list(const struct gaps *gaps);

#endif

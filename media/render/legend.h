/**
 * What the film says about what it shows: a title, when and where, a name for each participant, and words for what
 * happens. hoichand tells it in its language (one line of JSON after the key); without it the film says nothing.
 *
 *     {"title", "place", "date":"YYYY-MM-DD", "language":"vi",
 *      "people":{ID:{"name", "under"}}, "sources":{SOURCE:WORD},
 *      "words":{"begin", "joined", "left", "agreed", "withdrew", "still",        {} in a word is where the name goes
 *               "somebody"},                                                     for who is not named
 *      "stills":[{"at_us", "participant"}]}                                     Unix time
 *
 * All of it may be missing. It goes into sealed files only, never into a name or a log.
 */
#ifndef MEDIA_RENDER_LEGEND_H
#define MEDIA_RENDER_LEGEND_H

#include <gst/gst.h>
#include <jansson.h>

#include "media/render/tags.h"

enum { LEGEND_MAX = 256 * 1024 };

/** "" when nothing is said. Borrowed from `legend`, which may be NULL here and below. */
const char *legend_name(const json_t *legend, const char *participant);
const char *legend_under(const json_t *legend, const char *participant);
const char *legend_source(const json_t *legend, const char *source);

/** A name with what of theirs is shown, where that is not their face. g_free it. */
char *legend_title(const json_t *legend, const char *participant, const char *source);
/** Stands for a name that is not told. Borrowed. */
const char *legend_somebody(const json_t *legend);
/** What happened, to whom (NULL: to nobody): NULL when there is no word for it, or for them. g_free it. */
char *legend_moment(const json_t *legend, const char *word, const char *name);

/** Title, place and date of the whole; NULL when there is none. The caller owns it. `tags` has the words. */
GstTagList *legend_tags(const json_t *legend, struct tags *tags);
/** Of one stream: the language, "und" when it is not known, and a title unless it is "". The caller owns it. */
GstTagList *legend_stream_tags(const json_t *legend, const char *title, struct tags *tags);

#endif

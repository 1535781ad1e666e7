/**
 * Words that a muxer is to write into its file. GStreamer's for Matroska writes what is not ASCII in escapes (1.22: tags go through
 * gst_value_serialize), so it is given a placeholder of the same length for each, which is replaced by the words on the way to the file.
 */
#ifndef MEDIA_RENDER_TAGS_H
#define MEDIA_RENDER_TAGS_H

#include "media/render/line.h"

enum { TAGS_WORDS_MAX = 3 };

/** Zero to begin with. The owner keeps it where it is until the line is gone. */
struct tags {
    char *words[TAGS_WORDS_MAX];
    unsigned count;
    struct line_handler file;
};

/** What stands for `words` until they are written; "" for "". g_free it. */
char *tags_place(struct tags *tags, const char *words);
/** What to give to line_create, before what the file gets. */
struct line_handler tags_handler(struct tags *tags, struct line_handler file);
void tags_finish(struct tags *tags);

#endif

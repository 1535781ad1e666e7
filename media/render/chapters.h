/** The film's chapters: one from each moment when something happened to the next. */
#ifndef MEDIA_RENDER_CHAPTERS_H
#define MEDIA_RENDER_CHAPTERS_H

#include <gst/gst.h>

#include "media/render/render.h"

enum { CHAPTERS_MAX = 200, CHAPTERS_APART_US = 3 * 1000000 /* what happens closer together is one */ };

/** NULL when the legend has no words for them. The caller owns it. */
GstToc *chapters_make(const struct render *render);

#endif

/**
 * The composed picture as VP8, in working files of some minutes each.
 *
 * The recording is walked through in steps of a thirtieth of a second: at each, every track's frames up to then are
 * decoded, those who are there are given their seats, what changed is drawn, and if anything did, the picture is
 * encoded. Each part begins with a key frame and an encoder of its own, so that parts made before a crash are as good
 * as new ones: a later run only decodes its way through them.
 */
#ifndef MEDIA_RENDER_PICTURE_H
#define MEDIA_RENDER_PICTURE_H

#include "media/render/render.h"

enum { PICTURE_RATE = 30, PICTURE_PART_US = 300 * 1000000 };

struct picture_result {
    unsigned parts;
    int64_t poster_us; /* a moment worth a still: most pictures are live, and have been for a second */
};

/** The name of a part's working file. g_free it. */
char *picture_part_name(unsigned part);

enum render_error picture_write(struct render *render, struct picture_result *result, char **reason);

#endif

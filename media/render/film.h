/** The composed file, from the working files of sound and picture, and the still that stands for it. */
#ifndef MEDIA_RENDER_FILM_H
#define MEDIA_RENDER_FILM_H

#include <jansson.h>

#include "media/render/picture.h"

#define FILM_FILE   "composed.webm"
#define POSTER_FILE "poster.jpg"

/** `file` is the manifest's entry. The caller owns it. */
enum render_error film_write(struct render *render, unsigned parts, json_t **file, char **reason);
enum render_error poster_write(struct render *render, int64_t at_us, json_t **file, char **reason);

#endif

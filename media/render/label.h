/** A name that stands on a picture: light text on a dark plate, as brightness alone. */
#ifndef MEDIA_RENDER_LABEL_H
#define MEDIA_RENDER_LABEL_H

#include <stdint.h>

#include "media/render/layout.h"

struct label {
    int width, height; /* even */
    uint8_t *luma;     /* width bytes a row */
};

/** For a cell of that size: `under` is left out where there is little room, and what is too long is cut with an
 * ellipsis. NULL when `name` is "". */
struct label *label_create(const char *name, const char *under, const struct layout_cell *cell);
/** Takes NULL. */
void label_destroy(struct label *label);

#endif

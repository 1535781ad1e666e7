/** Where pictures go: a grid of equal cells, and a picture's place in its cell. Pure arithmetic; all numbers even. */
#ifndef MEDIA_RENDER_LAYOUT_H
#define MEDIA_RENDER_LAYOUT_H

#include <stddef.h>

struct layout_cell {
    int x, y, width, height;
};

/** Fills `cells` with `count` cells that use `width` by `height` best for pictures of 16:9; a last short row is
 * centred. */
void layout_grid(size_t count, int width, int height, struct layout_cell *cells);

/** The largest place within `cell` for a picture of that shape. */
struct layout_cell layout_fit(const struct layout_cell *cell, int width, int height);

#endif

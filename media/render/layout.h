/**
 * Where pictures go: what is examined or shown large with faces small beside it, else a grid of equal cells; and a
 * picture's place in its cell. Pure arithmetic; all numbers even.
 */
#ifndef MEDIA_RENDER_LAYOUT_H
#define MEDIA_RENDER_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum { LAYOUT_MAX = 64 };

struct layout_cell {
    int x, y, width, height;
};

/** Fills `cells` with `count` cells that use `width` by `height` best for pictures of 16:9; a last short row is
 * centred. */
void layout_grid(size_t count, int width, int height, struct layout_cell *cells);

/** True for sources that are looked at closely: a screen, a dermatoscope … not a face or a room. */
bool layout_is_large(const char *source);

/** As layout_grid, with those that are `large` beside a strip of the others. At most LAYOUT_MAX. */
void layout_stage(size_t count, const bool *large, int width, int height, struct layout_cell *cells);

/**
 * For faces: the part of such a picture that fills `cell` better, at most a quarter of its width or height cut off at
 * both sides together.
 */
struct layout_cell layout_cut(const struct layout_cell *cell, int width, int height);

/** The largest place within `cell` for a picture of that shape. */
struct layout_cell layout_fit(const struct layout_cell *cell, int width, int height);

#endif

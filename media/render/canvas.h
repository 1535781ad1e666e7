/** The picture that is composed, in I420: areas are filled, pictures scaled into their places. */
#ifndef MEDIA_RENDER_CANVAS_H
#define MEDIA_RENDER_CANVAS_H

#include <gst/video/video.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/render/label.h"
#include "media/render/layout.h"

enum { CANVAS_WIDTH = 1280, CANVAS_HEIGHT = 720 };

/** How somebody is shown. */
struct canvas_view {
    struct layout_cell cell;
    bool cut;                  /* a face, of which the sides may be cut off */
    const struct label *label; /* may be NULL; borrowed */
};

struct canvas;
struct canvas_scaler; /* keeps what scaling one source needs from picture to picture */

struct canvas *canvas_create(void);
void canvas_destroy(struct canvas *canvas);

void canvas_clear(struct canvas *canvas);
/** The cell of someone of whom there is no picture: a head and shoulders, nobody's in particular. */
void canvas_draw_person(struct canvas *canvas, const struct canvas_view *view);
/** Scales a decoded picture into the view's cell, its shape kept. `scaler` points to NULL at first. */
void canvas_draw_picture(struct canvas *canvas, const struct canvas_view *view, const GstVideoInfo *info,
                         GstBuffer *picture, struct canvas_scaler **scaler);
void canvas_scaler_destroy(struct canvas_scaler *scaler);

/** A copy, for the encoder. */
GstBuffer *canvas_copy(const struct canvas *canvas);

#endif

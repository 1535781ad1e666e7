/** One video track on its way into the picture: frames wait for their time, are decoded, and the last one is kept. */
#ifndef MEDIA_RENDER_SOURCE_H
#define MEDIA_RENDER_SOURCE_H

#include "media/render/canvas.h"
#include "media/render/feed.h"

struct source;

struct source *source_create(enum depay_codec codec);
/** Takes NULL. */
void source_destroy(struct source *source);

void source_add(struct source *source, const struct feed_frame *frame);
/** Decodes what is due up to `until_us`; true when there is another picture than before. */
bool source_advance(struct source *source, int64_t until_us);
/** There is a picture, and it is not older than `hold_us`. */
bool source_is_live(const struct source *source, int64_t at_us, int64_t hold_us);
void source_draw(struct source *source, struct canvas *canvas, const struct canvas_view *view);

#endif

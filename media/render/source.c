#include "media/render/source.h"

#include <string.h>

#include "media/render/line.h"

#define VP8_DECODER "vp8dec name=in0 threads=1 max-errors=-1 ! identity name=out"
#define H264_DECODER                                                                                                   \
    "avdec_h264 name=in0 max-threads=1 max-errors=-1 ! videoconvert ! capsfilter name=out "                            \
    "caps=video/x-raw,format=I420"
#define VP8_CAPS  "video/x-vp8"
#define H264_CAPS "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au"

enum { WAITING_MAX = 4096 };

struct waiting {
    int64_t at_us;
    GstBuffer *buffer;
};

struct source {
    enum depay_codec codec;
    GQueue waiting; /* struct waiting */
    struct line *line;
    GstVideoInfo info;
    bool known; /* `info` holds */
    GstBuffer *picture;
    GstVideoInfo picture_info;
    bool changed;
    int64_t at_us; /* of the last frame that was decoded */
    struct canvas_scaler *scaler;
};

struct source *source_create(enum depay_codec codec)
{
    struct source *source = g_new0(struct source, 1);
    source->codec = codec;
    source->at_us = INT64_MIN / 2;
    g_queue_init(&source->waiting);
    return source;
}

static void free_waiting(gpointer data)
{
    struct waiting *waiting = data;
    gst_buffer_unref(waiting->buffer);
    g_free(waiting);
}

void source_destroy(struct source *source)
{
    if (!source)
        return;
    line_destroy(source->line);
    g_queue_clear_full(&source->waiting, free_waiting);
    g_clear_pointer(&source->picture, gst_buffer_unref);
    canvas_scaler_destroy(source->scaler);
    g_free(source);
}

/* ---- decoding ---- */

static void on_caps(void *arg, GstCaps *caps)
{
    struct source *source = arg;
    source->known = gst_video_info_from_caps(&source->info, caps);
}

static bool on_picture(void *arg, GstBuffer *buffer)
{
    struct source *source = arg;
    if (!source->known)
        return true;
    gst_buffer_replace(&source->picture, buffer);
    source->picture_info = source->info;
    source->changed = true;
    return true;
}

static void open_decoder(struct source *source)
{
    bool vp8 = source->codec == DEPAY_VP8;
    const char *inputs[] = {vp8 ? VP8_CAPS : H264_CAPS, NULL};
    struct line_handler handler = {.buffer_fn = on_picture, .caps_fn = on_caps, .arg = source};
    source->line = line_create(vp8 ? VP8_DECODER : H264_DECODER, inputs, &handler, NULL);
}

static void decode(struct source *source, struct waiting *waiting)
{
    if (!source->line)
        open_decoder(source);
    source->at_us = waiting->at_us;
    if (source->line && !line_push(source->line, 0, gst_buffer_ref(waiting->buffer), NULL)) {
        line_destroy(source->line); /* damaged beyond its patience: a fresh one goes on at the next key frame */
        source->line = NULL;
    }
}

bool source_advance(struct source *source, int64_t until_us)
{
    source->changed = false;
    for (struct waiting *waiting; (waiting = g_queue_peek_head(&source->waiting)) && waiting->at_us <= until_us;) {
        g_queue_pop_head(&source->waiting);
        decode(source, waiting);
        free_waiting(waiting);
    }
    return source->changed;
}

/* ---- frames ---- */

/* Length prefixes become start codes, which are as long. */
static void write_start_codes(GstBuffer *buffer)
{
    static const uint8_t code[4] = {0, 0, 0, 1};
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE))
        return;
    for (gsize at = 0; map.size - at >= 4;) {
        guint32 prefix; /* not aligned: a macro that reads it as a word would not do */
        memcpy(&prefix, map.data + at, sizeof prefix);
        gsize size = GUINT32_FROM_BE(prefix);
        memcpy(map.data + at, code, sizeof code);
        at += 4;
        if (size > map.size - at)
            break;
        at += size;
    }
    gst_buffer_unmap(buffer, &map);
}

void source_add(struct source *source, const struct feed_frame *frame)
{
    if (source->waiting.length >= WAITING_MAX)
        return;
    struct waiting *waiting = g_new(struct waiting, 1);
    waiting->at_us = frame->at_us;
    waiting->buffer = line_buffer(frame->media->data, frame->media->size, (GstClockTime)MAX(frame->at_us, 0) * 1000,
                                  GST_CLOCK_TIME_NONE, frame->media->key);
    if (source->codec == DEPAY_H264)
        write_start_codes(waiting->buffer);
    g_queue_push_tail(&source->waiting, waiting);
}

/* ---- pictures ---- */

bool source_is_live(const struct source *source, int64_t at_us, int64_t hold_us)
{
    return source->picture && at_us - source->at_us <= hold_us;
}

void source_draw(struct source *source, struct canvas *canvas, const struct canvas_view *view)
{
    if (source->picture)
        canvas_draw_picture(canvas, view, &source->picture_info, source->picture, &source->scaler);
}

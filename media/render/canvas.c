#include "media/render/canvas.h"

#include <string.h>

enum { BACKGROUND = 22, CELL = 38, PERSON = 74, NEUTRAL = 128 };

struct canvas {
    GstVideoInfo info;
    GstBuffer *buffer;
};

struct canvas_scaler {
    GstVideoConverter *converter;
    GstVideoInfo info;        /* of the source … */
    struct layout_cell part;  /* … what is shown of it … */
    struct layout_cell place; /* … and where */
};

struct canvas *canvas_create(void)
{
    struct canvas *canvas = g_new0(struct canvas, 1);
    gst_video_info_set_format(&canvas->info, GST_VIDEO_FORMAT_I420, CANVAS_WIDTH, CANVAS_HEIGHT);
    canvas->buffer = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&canvas->info), NULL);
    canvas_clear(canvas);
    return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
    if (!canvas)
        return;
    gst_buffer_unref(canvas->buffer);
    g_free(canvas);
}

static uint8_t *row_of(GstVideoFrame *frame, guint plane, int y)
{
    return (uint8_t *)GST_VIDEO_FRAME_PLANE_DATA(frame, plane) + y * GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
}

static void fill(GstVideoFrame *frame, const struct layout_cell *area, int luma)
{
    for (int y = area->y; y < area->y + area->height; y++)
        memset(row_of(frame, 0, y) + area->x, luma, (size_t)area->width);
    for (guint plane = 1; plane < 3; plane++)
        for (int y = area->y / 2; y < (area->y + area->height) / 2; y++)
            memset(row_of(frame, plane, y) + area->x / 2, NEUTRAL, (size_t)area->width / 2);
}

void canvas_clear(struct canvas *canvas)
{
    GstVideoFrame frame;
    struct layout_cell all = {0, 0, CANVAS_WIDTH, CANVAS_HEIGHT};
    if (!gst_video_frame_map(&frame, &canvas->info, canvas->buffer, GST_MAP_WRITE))
        return;
    fill(&frame, &all, BACKGROUND);
    gst_video_frame_unmap(&frame);
}

/* Two ellipses, the lower one cut off by the cell. */
static bool in_person(const struct layout_cell *cell, int x, int y)
{
    double size = MIN(cell->width, cell->height);
    double dx = (x - cell->x - cell->width / 2.0) / size, dy = (y - cell->y - cell->height / 2.0) / size;
    double head = dx * dx + (dy + 0.10) * (dy + 0.10), body = dx * dx / 1.6 + (dy - 0.42) * (dy - 0.42) / 1.1;
    return head < 0.13 * 0.13 || body < 0.25 * 0.25;
}

/* Low at the left, over all of it that is new. */
static void draw_label(GstVideoFrame *frame, const struct canvas_view *view, const struct layout_cell *place)
{
    const struct label *label = view->label;
    if (!label)
        return;
    const struct layout_cell *cell = &view->cell; /* which it never leaves, though it may be wider than the picture */
    struct layout_cell area = {.width = label->width, .height = label->height};
    area.x = MIN(place->x, cell->x + cell->width - label->width);
    area.y = MAX(place->y + place->height - label->height, cell->y);
    fill(frame, &area, BACKGROUND);
    for (int y = 0; y < label->height; y++)
        memcpy(row_of(frame, 0, area.y + y) + area.x, label->luma + y * label->width, (size_t)label->width);
}

void canvas_draw_person(struct canvas *canvas, const struct canvas_view *view)
{
    const struct layout_cell *cell = &view->cell;
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &canvas->info, canvas->buffer, GST_MAP_WRITE))
        return;
    fill(&frame, cell, CELL);
    for (int y = cell->y; y < cell->y + cell->height; y++)
        for (int x = cell->x; x < cell->x + cell->width; x++)
            if (in_person(cell, x, y))
                row_of(&frame, 0, y)[x] = PERSON;
    draw_label(&frame, view, cell);
    gst_video_frame_unmap(&frame);
}

/* All sources are taken to have the canvas' colours: VP8 tells none, and converting between matrices would halve the
 * speed. */
static struct canvas_scaler *make_scaler(const struct canvas *canvas, const GstVideoInfo *info,
                                         const struct layout_cell *part, const struct layout_cell *place)
{
    struct canvas_scaler *scaler = g_new0(struct canvas_scaler, 1);
    scaler->info = *info;
    scaler->info.colorimetry = canvas->info.colorimetry;
    scaler->info.chroma_site = canvas->info.chroma_site;
    scaler->info.fps_n = canvas->info.fps_n; /* it insists, though it never looks */
    scaler->info.fps_d = canvas->info.fps_d;
    scaler->part = *part;
    scaler->place = *place;
    GstVideoInfo target = canvas->info;
    GstStructure *options = gst_structure_new(
        "options", GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, part->x, GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT,
        part->y, GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, part->width, GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT,
        G_TYPE_INT, part->height, GST_VIDEO_CONVERTER_OPT_DEST_X, G_TYPE_INT, place->x, GST_VIDEO_CONVERTER_OPT_DEST_Y,
        G_TYPE_INT, place->y, GST_VIDEO_CONVERTER_OPT_DEST_WIDTH, G_TYPE_INT, place->width,
        GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT, G_TYPE_INT, place->height, GST_VIDEO_CONVERTER_OPT_FILL_BORDER,
        G_TYPE_BOOLEAN, FALSE, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD,
        GST_VIDEO_RESAMPLER_METHOD_LINEAR, NULL);
    scaler->converter = gst_video_converter_new(&scaler->info, &target, options);
    return scaler;
}

void canvas_scaler_destroy(struct canvas_scaler *scaler)
{
    if (!scaler)
        return;
    if (scaler->converter)
        gst_video_converter_free(scaler->converter);
    g_free(scaler);
}

static bool fits(const struct canvas_scaler *scaler, const GstVideoInfo *info, const struct layout_cell *part,
                 const struct layout_cell *place)
{
    return scaler && GST_VIDEO_INFO_WIDTH(&scaler->info) == GST_VIDEO_INFO_WIDTH(info) &&
           GST_VIDEO_INFO_HEIGHT(&scaler->info) == GST_VIDEO_INFO_HEIGHT(info) &&
           GST_VIDEO_INFO_FORMAT(&scaler->info) == GST_VIDEO_INFO_FORMAT(info) &&
           memcmp(&scaler->part, part, sizeof *part) == 0 && memcmp(&scaler->place, place, sizeof *place) == 0;
}

void canvas_draw_picture(struct canvas *canvas, const struct canvas_view *view, const GstVideoInfo *info,
                         GstBuffer *picture, struct canvas_scaler **scaler)
{
    int width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
    struct layout_cell whole = {0, 0, width, height};
    struct layout_cell part = view->cut ? layout_cut(&view->cell, width, height) : whole;
    struct layout_cell place = layout_fit(&view->cell, part.width, part.height);
    GstVideoFrame from, to;
    bool moved = !fits(*scaler, info, &part, &place);
    if (moved) {
        canvas_scaler_destroy(*scaler);
        *scaler = make_scaler(canvas, info, &part, &place);
    }
    if (!(*scaler)->converter || !gst_video_frame_map(&to, &canvas->info, canvas->buffer, GST_MAP_READWRITE))
        return;
    if (moved)
        fill(&to, &view->cell, BACKGROUND); /* what a picture of another shape left beside it */
    if (gst_video_frame_map(&from, info, picture, GST_MAP_READ)) {
        gst_video_converter_frame((*scaler)->converter, &from, &to);
        gst_video_frame_unmap(&from);
    }
    draw_label(&to, view, &place);
    gst_video_frame_unmap(&to);
}

GstBuffer *canvas_copy(const struct canvas *canvas)
{
    return gst_buffer_copy_deep(canvas->buffer);
}

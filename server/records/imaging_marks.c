/* What was drawn on a still: a Color Softcopy Presentation State, which viewers lay over the picture. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "imaging_object.h"
#include "server/embed.h"
#include "server/files/marks.h"
#include "server/files/sniff.h"

#define COLOR_PRESENTATION_STATE "1.2.840.10008.5.1.4.1.1.11.2"
#define LAYER                    "MARKS"

enum { POINTS_MAX = 256, PRESENTATION_SERIES = 9 };

/* A presentation state of colours says what its colours mean: sRGB. Its size is its first word (ICC.1, 7.2.2). */
EMBED(srgb_icc, "server/records/srgb.icc");

static size_t icc_size(void)
{
    const unsigned char *p = (const unsigned char *)srgb_icc;
    return (size_t)p[2] << 8 | p[3];
}

/* ---- one mark ---- */

static void add_graphic(GByteArray *out, const char *type, const float *points, size_t count)
{
    dicom_begin_sequence(out, 0x00700009);
    dicom_begin_item(out);
    dicom_code(out, 0x00700005, "CS", "PIXEL");
    dicom_number(out, 0x00700020, 2);
    dicom_number(out, 0x00700021, (uint16_t)count);
    dicom_floats(out, 0x00700022, points, count * 2);
    dicom_code(out, 0x00700023, "CS", type);
    if (strcmp(type, "ELLIPSE") == 0)
        dicom_code(out, 0x00700024, "CS", "N");
    dicom_end_item(out);
    dicom_end_sequence(out);
}

static void add_polyline(GByteArray *out, const json_t *points)
{
    size_t count = MIN(json_array_size(points) / 2, (size_t)POINTS_MAX);
    float values[POINTS_MAX * 2];
    for (size_t i = 0; i < count * 2; i++)
        values[i] = (float)mark_number(points, i);
    if (count >= 2)
        add_graphic(out, "POLYLINE", values, count);
}

/** The shaft, and from its point both barbs, in one stroke. */
static void add_arrow(GByteArray *out, const json_t *points)
{
    double x = mark_number(points, 2), y = mark_number(points, 3);
    double dx = mark_number(points, 0) - x, dy = mark_number(points, 1) - y, barb = 0.2;
    const double c = cos(G_PI / 7) * barb, s = sin(G_PI / 7) * barb;
    const float stroke[] = {(float)(x + dx),
                            (float)(y + dy),
                            (float)x,
                            (float)y,
                            (float)(x + dx * c - dy * s),
                            (float)(y + dx * s + dy * c),
                            (float)x,
                            (float)y,
                            (float)(x + dx * c + dy * s),
                            (float)(y - dx * s + dy * c)};
    add_graphic(out, "POLYLINE", stroke, 5);
}

/** Ends of the longer axis, then of the shorter (PS3.3 §C.10.5.1.2). */
static void add_ellipse(GByteArray *out, const json_t *points)
{
    float x1 = (float)mark_number(points, 0), y1 = (float)mark_number(points, 1), x2 = (float)mark_number(points, 2),
          y2 = (float)mark_number(points, 3);
    float x = (x1 + x2) / 2, y = (y1 + y2) / 2;
    const float wide[] = {x1, y, x2, y, x, y1, x, y2}, tall[] = {x, y1, x, y2, x1, y, x2, y};
    add_graphic(out, "ELLIPSE", fabsf(x2 - x1) >= fabsf(y2 - y1) ? wide : tall, 4);
}

static void add_label(GByteArray *out, const json_t *points, const char *label)
{
    const float at[] = {(float)mark_number(points, 0), (float)mark_number(points, 1)};
    dicom_begin_sequence(out, 0x00700008);
    dicom_begin_item(out);
    dicom_code(out, 0x00700004, "CS", "PIXEL");
    dicom_text(out, 0x00700006, "ST", label);
    dicom_floats(out, 0x00700014, at, 2);
    dicom_code(out, 0x00700015, "CS", "N");
    dicom_end_item(out);
    dicom_end_sequence(out);
}

static void add_annotation(GByteArray *out, const char *kind, const json_t *points, const char *label)
{
    dicom_begin_item(out);
    dicom_code(out, 0x00700002, "CS", LAYER);
    add_label(out, points, label);
    if (g_strcmp0(kind, "arrow") == 0)
        add_arrow(out, points);
    else if (g_strcmp0(kind, "ellipse") == 0)
        add_ellipse(out, points);
    else if (g_strcmp0(kind, "text") != 0)
        add_polyline(out, points);
    dicom_end_item(out);
}

/* ---- the whole ---- */

static void add_annotations(GByteArray *out, const json_t *drawn)
{
    json_t *scale = json_object_get(drawn, "calibration"), *mark;
    size_t i;
    dicom_begin_sequence(out, 0x00700001);
    json_array_foreach(json_object_get(drawn, "marks"), i, mark)
    {
        g_autofree char *label = mark_label(mark, scale);
        add_annotation(out, json_string_value(json_object_get(mark, "kind")), json_object_get(mark, "points"), label);
    }
    if (scale) {
        g_autofree char *label = mark_scale_label(scale);
        add_annotation(out, "measure", json_object_get(scale, "points"), label);
    }
    dicom_end_sequence(out);
}

/** The whole picture; and how large its pixels are, where somebody measured that, so that viewers can measure too. */
static void add_displayed_area(GByteArray *out, const struct sniffed *seen, const json_t *drawn)
{
    const int32_t first[] = {1, 1}, last[] = {seen->width, seen->height};
    double mm = mark_pixel_mm(json_object_get(drawn, "calibration"));
    dicom_begin_sequence(out, 0x0070005a);
    dicom_begin_item(out);
    dicom_longs(out, 0x00700052, first, 2);
    dicom_longs(out, 0x00700053, last, 2);
    dicom_code(out, 0x00700100, "CS", "SCALE TO FIT");
    if (mm > 0) {
        char one[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(one, sizeof one, "%.6f", mm);
        g_autofree char *both = g_strconcat(one, "\\", one, NULL);
        dicom_code(out, 0x00700101, "DS", both);
    } else {
        dicom_code(out, 0x00700102, "IS", "1\\1");
    }
    dicom_end_item(out);
    dicom_end_sequence(out);
}

static void add_layer(GByteArray *out)
{
    dicom_begin_sequence(out, 0x00700060);
    dicom_begin_item(out);
    dicom_code(out, 0x00700002, "CS", LAYER);
    dicom_code(out, 0x00700062, "IS", "1");
    dicom_end_item(out);
    dicom_end_sequence(out);
}

static void add_reference(GByteArray *out, const struct imaging_names *picture)
{
    dicom_begin_sequence(out, 0x00081115);
    dicom_begin_item(out);
    dicom_begin_sequence(out, 0x00081140);
    dicom_begin_item(out);
    dicom_code(out, 0x00081150, "UI", picture->sop_class);
    dicom_code(out, 0x00081155, "UI", picture->instance);
    dicom_end_item(out);
    dicom_end_sequence(out);
    dicom_code(out, 0x0020000e, "UI", picture->series);
    dicom_end_item(out);
    dicom_end_sequence(out);
}

static void add_presentation(GByteArray *out, const struct imaging *i, const struct sniffed *seen)
{
    dicom_code(out, 0x00200060, "CS", ""); /* which side it is, is not known */
    dicom_bytes(out, 0x00282000, srgb_icc, icc_size());
    add_annotations(out, i->drawn);
    add_displayed_area(out, seen, i->drawn);
    add_layer(out);
    dicom_code(out, 0x00700080, "CS", "HOICHAN");
    dicom_text(out, 0x00700081, "LO", "Hình vẽ trên ảnh");
    dicom_date(out, 0x00700082, i->marked_at);
    dicom_time(out, 0x00700083, i->marked_at);
    dicom_code(out, 0x00700084, "PN", ""); /* each mark names its author */
}

GByteArray *imaging_marks(const struct imaging *i)
{
    if (!json_array_size(json_object_get(i->drawn, "marks")) && !json_object_get(i->drawn, "calibration"))
        return NULL;
    struct sniffed seen;
    struct imaging_names picture;
    char instance[DICOM_UID_SIZE];
    g_autofree char *version = g_strdup_printf("%s/%" G_GINT64_FORMAT, i->still, i->marked_at);
    dicom_uid("marks", version, instance);
    sniff(i->data, MIN(i->size, (size_t)SNIFF_SIZE), &seen);
    imaging_name(i->consultation, i->still, i->source, &picture);
    const struct imaging_object object = {.sop_class = COLOR_PRESENTATION_STATE,
                                          .instance = instance,
                                          .modality = "PR",
                                          .description = "Hình vẽ trên ảnh",
                                          .series = PRESENTATION_SERIES,
                                          .number = i->number};
    GByteArray *out = g_byte_array_new();
    dicom_file(out, object.sop_class, instance, DICOM_EXPLICIT_LE);
    imaging_identity(out, i, &object);
    add_reference(out, &picture);
    imaging_place(out, i, &object);
    add_presentation(out, i, &seen);
    return out;
}

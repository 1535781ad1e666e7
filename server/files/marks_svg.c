#include "marks_svg.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "marks.h"

enum { LINES_PER_HEIGHT = 300 }; /* a stroke is a three-hundredth of the picture's height */

static void add_label(GString *svg, const json_t *points, const char *label)
{
    g_autofree char *safe = g_markup_escape_text(label, -1);
    g_string_append_printf(svg, "<text x=\"%.0f\" y=\"%.0f\">%s</text>", mark_number(points, 0), mark_number(points, 1),
                           safe);
}

static void add_line(GString *svg, const json_t *points, const char *attributes)
{
    g_string_append_printf(svg, "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"%s/>", mark_number(points, 0),
                           mark_number(points, 1), mark_number(points, 2), mark_number(points, 3), attributes);
}

static void add_ellipse(GString *svg, const json_t *points)
{
    double x1 = mark_number(points, 0), y1 = mark_number(points, 1), x2 = mark_number(points, 2),
           y2 = mark_number(points, 3);
    g_string_append_printf(svg, "<ellipse cx=\"%.1f\" cy=\"%.1f\" rx=\"%.1f\" ry=\"%.1f\"/>", (x1 + x2) / 2,
                           (y1 + y2) / 2, fabs(x2 - x1) / 2, fabs(y2 - y1) / 2);
}

static void add_polyline(GString *svg, const json_t *points)
{
    g_string_append(svg, "<polyline points=\"");
    for (size_t i = 0; i + 1 < json_array_size(points); i += 2)
        g_string_append_printf(svg, "%.0f,%.0f ", mark_number(points, i), mark_number(points, i + 1));
    g_string_append(svg, "\"/>");
}

static void add_mark(GString *svg, const json_t *mark, const json_t *scale)
{
    const char *kind = json_string_value(json_object_get(mark, "kind"));
    const json_t *points = json_object_get(mark, "points");
    if (g_strcmp0(kind, "pen") == 0)
        add_polyline(svg, points);
    else if (g_strcmp0(kind, "arrow") == 0)
        add_line(svg, points, " marker-end=\"url(#head)\"");
    else if (g_strcmp0(kind, "measure") == 0)
        add_line(svg, points, "");
    else if (g_strcmp0(kind, "ellipse") == 0)
        add_ellipse(svg, points);
    g_autofree char *label = mark_label(mark, scale);
    add_label(svg, points, label);
}

static void add_scale(GString *svg, const json_t *scale)
{
    const json_t *points = json_object_get(scale, "points");
    if (!points)
        return;
    g_autofree char *label = mark_scale_label(scale);
    add_line(svg, points, " stroke-dasharray=\"6 5\"");
    add_label(svg, points, label);
}

char *marks_svg(const json_t *drawn, int width, int height)
{
    const json_t *marks = json_object_get(drawn, "marks"), *scale = json_object_get(drawn, "calibration");
    size_t i;
    json_t *mark;
    if (!json_array_size(marks) && !scale)
        return NULL;
    double stroke = MAX(1.0, height / (double)LINES_PER_HEIGHT);
    GString *svg = g_string_new(NULL);
    g_string_append_printf(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\"><defs><marker id=\"head\" viewBox=\"0 0 10 "
        "10\" "
        "refX=\"9\" refY=\"5\" markerWidth=\"5\" markerHeight=\"5\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" "
        "fill=\"#ffd60a\" stroke=\"none\"/></marker></defs><g fill=\"none\" stroke=\"#ffd60a\" stroke-width=\"%.0f\">"
        "<style>text{fill:#ffd60a;stroke:#000;stroke-width:%.0fpx;paint-order:stroke;font:600 %.0fpx "
        "sans-serif}</style>",
        width, height, stroke, stroke, stroke * 7);
    json_array_foreach((json_t *)marks, i, mark) add_mark(svg, mark, scale);
    add_scale(svg, scale);
    g_string_append(svg, "</g></svg>");
    return g_string_free(svg, FALSE);
}

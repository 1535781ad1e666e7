#include "marks_svg.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { LINES_PER_HEIGHT = 300 }; /* a stroke is a three-hundredth of the picture's height */

static double number(const json_t *points, size_t at)
{
    return (double)json_integer_value(json_array_get(points, at));
}

static double length(const json_t *points)
{
    return hypot(number(points, 2) - number(points, 0), number(points, 3) - number(points, 1));
}

/** Decimal comma, as the page shows it. */
static void add_length(GString *svg, double mm)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.1f", mm);
    for (char *at = text; *at; at++)
        if (*at == '.')
            *at = ',';
    g_string_append_printf(svg, "%s mm – ", text);
}

/** In millimetres; negative while no scale is known. */
static double measured(const json_t *points, const json_t *scale)
{
    double reference = length(json_object_get(scale, "points"));
    double um = (double)json_integer_value(json_object_get(scale, "length_um"));
    return reference > 0 ? length(points) * um / 1000 / reference : -1;
}

static void add_label(GString *svg, const json_t *mark, const json_t *scale)
{
    const json_t *points = json_object_get(mark, "points");
    const char *name = json_string_value(json_object_get(mark, "name"));
    const char *text = json_string_value(json_object_get(mark, "text"));
    const char *kind = json_string_value(json_object_get(mark, "kind"));
    g_autofree char *safe_name = g_markup_escape_text(name ? name : "", -1);
    g_autofree char *safe_text = g_markup_escape_text(text ? text : "", -1);
    double mm = g_strcmp0(kind, "measure") == 0 ? measured(points, scale) : -1;
    g_string_append_printf(svg, "<text x=\"%.0f\" y=\"%.0f\">", number(points, 0), number(points, 1));
    if (*safe_text)
        g_string_append_printf(svg, "%s – ", safe_text);
    if (mm >= 0)
        add_length(svg, mm);
    g_string_append_printf(svg, "%s</text>", safe_name);
}

static void add_line(GString *svg, const json_t *points, const char *attributes)
{
    g_string_append_printf(svg, "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"%s/>", number(points, 0),
                           number(points, 1), number(points, 2), number(points, 3), attributes);
}

static void add_ellipse(GString *svg, const json_t *points)
{
    double x1 = number(points, 0), y1 = number(points, 1), x2 = number(points, 2), y2 = number(points, 3);
    g_string_append_printf(svg, "<ellipse cx=\"%.1f\" cy=\"%.1f\" rx=\"%.1f\" ry=\"%.1f\"/>", (x1 + x2) / 2,
                           (y1 + y2) / 2, fabs(x2 - x1) / 2, fabs(y2 - y1) / 2);
}

static void add_polyline(GString *svg, const json_t *points)
{
    g_string_append(svg, "<polyline points=\"");
    for (size_t i = 0; i + 1 < json_array_size(points); i += 2)
        g_string_append_printf(svg, "%.0f,%.0f ", number(points, i), number(points, i + 1));
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
    add_label(svg, mark, scale);
}

static void add_scale(GString *svg, const json_t *scale)
{
    const char *name = json_string_value(json_object_get(scale, "name"));
    const json_t *points = json_object_get(scale, "points");
    g_autofree char *safe = g_markup_escape_text(name ? name : "", -1);
    if (!points)
        return;
    add_line(svg, points, " stroke-dasharray=\"6 5\"");
    g_string_append_printf(svg, "<text x=\"%.0f\" y=\"%.0f\">", number(points, 0), number(points, 1));
    add_length(svg, (double)json_integer_value(json_object_get(scale, "length_um")) / 1000);
    g_string_append_printf(svg, "%s</text>", safe);
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

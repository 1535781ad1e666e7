#include "marks.h"

#include <glib.h>
#include <math.h>
#include <string.h>

double mark_number(const json_t *points, size_t n)
{
    return (double)json_integer_value(json_array_get(points, n));
}

static double length(const json_t *points)
{
    return hypot(mark_number(points, 2) - mark_number(points, 0), mark_number(points, 3) - mark_number(points, 1));
}

double mark_pixel_mm(const json_t *calibration)
{
    double reference = length(json_object_get(calibration, "points"));
    double um = (double)json_integer_value(json_object_get(calibration, "length_um"));
    return reference > 0 ? um / 1000 / reference : 0;
}

/** Decimal comma, as the page shows it. */
static void add_length(GString *label, double mm)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.1f", mm);
    for (char *at = text; *at; at++)
        if (*at == '.')
            *at = ',';
    g_string_append_printf(label, "%s mm – ", text);
}

static void add_name(GString *label, const json_t *of)
{
    const char *name = json_string_value(json_object_get(of, "name"));
    g_string_append(label, name ? name : "");
}

char *mark_label(const json_t *mark, const json_t *calibration)
{
    const char *text = json_string_value(json_object_get(mark, "text"));
    const char *kind = json_string_value(json_object_get(mark, "kind"));
    double mm = mark_pixel_mm(calibration);
    GString *label = g_string_new(NULL);
    if (text && *text)
        g_string_append_printf(label, "%s – ", text);
    if (mm > 0 && g_strcmp0(kind, "measure") == 0)
        add_length(label, length(json_object_get(mark, "points")) * mm);
    add_name(label, mark);
    return g_string_free(label, FALSE);
}

char *mark_scale_label(const json_t *calibration)
{
    GString *label = g_string_new(NULL);
    add_length(label, (double)json_integer_value(json_object_get(calibration, "length_um")) / 1000);
    add_name(label, calibration);
    return g_string_free(label, FALSE);
}

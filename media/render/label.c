#include "media/render/label.h"

#include <glib.h>
#include <pango/pangocairo.h>

/* It has the Vietnamese letters; a package dependency (config/). */
#define FAMILY "Liberation Sans, DejaVu Sans, sans-serif"

enum { PLATE = 28, TEXT = 235, PADDING = 8, SMALLEST = 14, LARGEST = 22, CELL_PER_LETTER = 20, ROOMY_HEIGHT = 200 };

static PangoLayout *set(cairo_t *cr, const char *name, const char *under, const struct layout_cell *cell)
{
    bool roomy = cell->height >= ROOMY_HEIGHT && *under;
    g_autofree char *text = roomy ? g_markup_printf_escaped("<b>%s</b>\n<small>%s</small>", name, under)
                                  : g_markup_printf_escaped("<b>%s</b>", name);
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(FAMILY);
    pango_font_description_set_absolute_size(font,
                                             CLAMP(cell->height / CELL_PER_LETTER, SMALLEST, LARGEST) * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_width(layout, MAX(cell->width - 4 * PADDING, 1) * PANGO_SCALE);
    pango_layout_set_markup(layout, text, -1);
    pango_font_description_free(font);
    return layout;
}

/* Coverage becomes brightness between the plate's and the text's. */
static void ink(struct label *label, cairo_surface_t *surface)
{
    cairo_surface_flush(surface);
    const uint8_t *from = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < label->height; y++)
        for (int x = 0; x < label->width; x++)
            label->luma[y * label->width + x] = (uint8_t)(PLATE + (TEXT - PLATE) * from[y * stride + x] / 255);
}

static cairo_surface_t *surface_of(int width, int height)
{
    return cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
}

static void measure(struct label *label, PangoLayout *layout, const struct layout_cell *cell)
{
    int width, height;
    pango_layout_get_pixel_size(layout, &width, &height);
    label->width = MIN((width + 2 * PADDING + 1) & ~1, cell->width & ~1);
    label->height = MIN((height + PADDING + 1) & ~1, cell->height & ~1);
}

struct label *label_create(const char *name, const char *under, const struct layout_cell *cell)
{
    if (!*name || cell->width < 4 * PADDING || cell->height < 4 * PADDING)
        return NULL;
    struct label *label = g_new0(struct label, 1);
    cairo_surface_t *ruler = surface_of(1, 1);
    cairo_t *cr = cairo_create(ruler);
    PangoLayout *layout = set(cr, name, under, cell);
    measure(label, layout, cell);
    cairo_destroy(cr);
    cairo_surface_destroy(ruler);
    label->luma = g_malloc((size_t)label->width * (size_t)label->height);
    cairo_surface_t *surface = surface_of(label->width, label->height);
    cr = cairo_create(surface);
    cairo_move_to(cr, PADDING, PADDING / 2);
    pango_cairo_show_layout(cr, layout);
    ink(label, surface);
    g_object_unref(layout);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return label;
}

void label_destroy(struct label *label)
{
    if (!label)
        return;
    g_free(label->luma);
    g_free(label);
}

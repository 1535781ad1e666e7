#include "media/render/paper.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <string.h>

/* Points. As Vietnamese offices set a page: left 30 mm, right 18 mm, top and bottom 20 mm. */
static const double WIDTH = 595.28, HEIGHT = 841.89, LEFT = 85, RIGHT = 51, TOP = 57, BOTTOM = 62;
static const double GAP = 6, NAME_WIDTH = 128, SIGNATURE_HEIGHT = 122, SIGNATURE_ROOM = 14, FOOT = 34;

#define FAMILY "Liberation Serif, Times New Roman, DejaVu Serif, serif"

enum { SIZE_TEXT = 12, SIZE_TITLE = 17, SIZE_SMALL = 9 };

struct paper {
    cairo_t *cr;
    PangoLayout *layout;
    const char *foot;
    double y;
    int page, pages; /* pages 0: they are being counted */
};

struct style {
    int size;
    bool bold, italic;
    PangoAlignment align;
};

static const struct style PLAIN = {.size = SIZE_TEXT};
static const struct style BOLD = {.size = SIZE_TEXT, .bold = true};
static const struct style SMALL = {.size = SIZE_SMALL};
static const struct style CENTRED = {.size = SIZE_TEXT, .align = PANGO_ALIGN_CENTER};
static const struct style CENTRED_BOLD = {.size = SIZE_TEXT, .bold = true, .align = PANGO_ALIGN_CENTER};
static const struct style CENTRED_ITALIC = {.size = SIZE_TEXT - 1, .italic = true, .align = PANGO_ALIGN_CENTER};
static const struct style TITLE = {.size = SIZE_TITLE, .bold = true, .align = PANGO_ALIGN_CENTER};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- lines and pages ---- */

static void set(struct paper *paper, const char *text, const struct style *style, double width)
{
    PangoFontDescription *font = pango_font_description_from_string(FAMILY);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(font, style->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_layout_set_font_description(paper->layout, font);
    pango_layout_set_alignment(paper->layout, style->align);
    pango_layout_set_wrap(paper->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(paper->layout, 1.12f);
    pango_layout_set_width(paper->layout, pango_units_from_double(width));
    pango_layout_set_text(paper->layout, text, -1);
    pango_font_description_free(font);
}

static void draw_foot(struct paper *paper)
{
    g_autofree char *number = g_strdup_printf("%d/%d", paper->page, paper->pages);
    double y = HEIGHT - FOOT;
    set(paper, paper->foot, &SMALL, WIDTH - LEFT - RIGHT - 40);
    pango_layout_set_height(paper->layout, 0);
    cairo_move_to(paper->cr, LEFT, y);
    pango_cairo_show_layout(paper->cr, paper->layout);
    set(paper, number, &SMALL, 40);
    pango_layout_set_alignment(paper->layout, PANGO_ALIGN_RIGHT);
    cairo_move_to(paper->cr, WIDTH - RIGHT - 40, y);
    pango_cairo_show_layout(paper->cr, paper->layout);
}

static void end_page(struct paper *paper)
{
    draw_foot(paper);
    cairo_show_page(paper->cr);
    paper->page++;
    paper->y = TOP;
}

/** What follows needs so much and is not cut. */
static void need(struct paper *paper, double height)
{
    if (paper->y + height > HEIGHT - BOTTOM && paper->y > TOP)
        end_page(paper);
}

static void draw_line(struct paper *paper, PangoLayoutIter *iter, double x)
{
    PangoRectangle logical;
    pango_layout_iter_get_line_extents(iter, NULL, &logical);
    double above = (pango_layout_iter_get_baseline(iter) - logical.y) / (double)PANGO_SCALE;
    cairo_move_to(paper->cr, x + logical.x / (double)PANGO_SCALE, paper->y + above);
    pango_cairo_show_layout_line(paper->cr, pango_layout_iter_get_line_readonly(iter));
    paper->y += logical.height / (double)PANGO_SCALE;
}

/** Line by line, over as many pages as it takes. */
static void flow(struct paper *paper, const char *text, const struct style *style, double x, double width)
{
    set(paper, text, style, width);
    /* The foot of a full page is set with a layout, too. */
    PangoLayout *mine = paper->layout;
    paper->layout = pango_cairo_create_layout(paper->cr);
    PangoLayoutIter *iter = pango_layout_get_iter(mine);
    do {
        PangoRectangle logical;
        pango_layout_iter_get_line_extents(iter, NULL, &logical);
        need(paper, logical.height / (double)PANGO_SCALE);
        draw_line(paper, iter, x);
    } while (pango_layout_iter_next_line(iter) && paper->page < PAPER_PAGES_MAX);
    pango_layout_iter_free(iter);
    g_object_unref(mine);
}

static void flow_lines(struct paper *paper, const json_t *lines, const struct style *style, double x, double width)
{
    json_t *line;
    size_t i;
    json_array_foreach(lines, i, line)
        flow(paper, json_string_value(line) ? json_string_value(line) : "", i ? style : &CENTRED_BOLD, x, width);
}

/* ---- blocks ---- */

static const double BODY = 595.28 - 85 - 51; /* WIDTH - LEFT - RIGHT */

/** Who issues it, and the state's name: side by side. */
static void draw_heads(struct paper *paper, const json_t *block)
{
    double top = paper->y, half = BODY / 2, end;
    flow_lines(paper, json_object_get(block, "left"), &CENTRED, LEFT - 20, half);
    end = paper->y;
    paper->y = top;
    flow_lines(paper, json_object_get(block, "right"), &CENTRED_BOLD, LEFT + half - 20, half + 30);
    paper->y = MAX(end, paper->y) + 3 * GAP;
}

static void draw_title(struct paper *paper, const json_t *block)
{
    flow(paper, text_of(block, "text"), &TITLE, LEFT, BODY);
    flow(paper, text_of(block, "under"), &CENTRED_ITALIC, LEFT, BODY);
    paper->y += 2 * GAP;
}

static void draw_heading(struct paper *paper, const json_t *block)
{
    paper->y += GAP;
    need(paper, 3 * SIZE_TEXT * 1.4); /* never alone at the foot of a page */
    flow(paper, text_of(block, "text"), &BOLD, LEFT, BODY);
    paper->y += GAP / 2;
}

static void draw_text(struct paper *paper, const json_t *block)
{
    flow(paper, text_of(block, "text"), &PLAIN, LEFT, BODY);
    paper->y += GAP;
}

static void draw_small(struct paper *paper, const json_t *block)
{
    flow(paper, text_of(block, "text"), &SMALL, LEFT, BODY);
    paper->y += GAP / 2;
}

static double height_of(struct paper *paper, const char *text, const struct style *style, double width)
{
    int height;
    set(paper, text, style, width);
    pango_layout_get_size(paper->layout, NULL, &height);
    return height / (double)PANGO_SCALE;
}

/** A name beside its value. The name is kept with the value's first lines. */
static void draw_pair(struct paper *paper, const char *name, const char *value)
{
    double tall = height_of(paper, name, &PLAIN, NAME_WIDTH - GAP);
    need(paper, tall);
    double top = paper->y;
    int page = paper->page;
    flow(paper, name, &PLAIN, LEFT, NAME_WIDTH - GAP);
    paper->y = top;
    flow(paper, value, &PLAIN, LEFT + NAME_WIDTH, BODY - NAME_WIDTH);
    if (paper->page == page)
        paper->y = MAX(paper->y, top + tall);
    paper->y += GAP / 2;
}

static void draw_pairs(struct paper *paper, const json_t *block)
{
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(block, "rows"), i, row)
    {
        const char *name = json_string_value(json_array_get(row, 0)),
                   *value = json_string_value(json_array_get(row, 1));
        if (name && value)
            draw_pair(paper, name, value);
    }
    paper->y += GAP / 2;
}

static void draw_signature(struct paper *paper, const json_t *person, double x, double width)
{
    json_t *line;
    size_t i;
    flow(paper, text_of(person, "part"), &CENTRED_BOLD, x, width);
    paper->y += SIGNATURE_ROOM;
    json_array_foreach(json_object_get(person, "lines"), i, line) if (json_is_string(line))
        flow(paper, json_string_value(line), &CENTRED_ITALIC, x, width);
    paper->y += SIGNATURE_ROOM;
    flow(paper, text_of(person, "name"), &CENTRED_BOLD, x, width);
}

static void draw_signatures(struct paper *paper, const json_t *block)
{
    const json_t *people = json_object_get(block, "people");
    size_t count = json_array_size(people);
    if (!count || count > 4)
        return;
    paper->y += 2 * GAP;
    need(paper, SIGNATURE_HEIGHT);
    double top = paper->y, width = BODY / (double)count, end = top;
    for (size_t i = 0; i < count; i++) {
        paper->y = top;
        draw_signature(paper, json_array_get(people, i), LEFT + (double)i * width, width);
        end = MAX(end, paper->y);
    }
    paper->y = end + 2 * GAP;
}

static const struct {
    const char *kind;
    void (*draw)(struct paper *paper, const json_t *block);
} KINDS[] = {
    {"heads", draw_heads}, {"title", draw_title}, {"heading", draw_heading},       {"text", draw_text},
    {"small", draw_small}, {"pairs", draw_pairs}, {"signatures", draw_signatures},
};

static void draw_block(struct paper *paper, const json_t *block)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (strcmp(text_of(block, "kind"), KINDS[i].kind) == 0)
            KINDS[i].draw(paper, block);
}

/* ---- the whole ---- */

static cairo_status_t collect(void *arg, const unsigned char *data, unsigned int size)
{
    g_byte_array_append(arg, data, size);
    return CAIRO_STATUS_SUCCESS;
}

/** Sets it once; the number of its pages, or -1. `pages` stands at the foot of each. */
static int draw(const json_t *document, int pages, GByteArray *out)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(collect, out, WIDTH, HEIGHT);
    struct paper paper = {
        .cr = cairo_create(surface), .foot = text_of(document, "foot"), .y = TOP, .page = 1, .pages = pages};
    json_t *block;
    size_t i;
    paper.layout = pango_cairo_create_layout(paper.cr);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text_of(document, "title"));
    json_array_foreach(json_object_get(document, "blocks"), i, block) if (paper.page < PAPER_PAGES_MAX)
        draw_block(&paper, block);
    draw_foot(&paper);
    g_object_unref(paper.layout);
    cairo_surface_finish(surface);
    bool good = cairo_status(paper.cr) == CAIRO_STATUS_SUCCESS && paper.page < PAPER_PAGES_MAX;
    cairo_destroy(paper.cr);
    cairo_surface_destroy(surface);
    return good ? paper.page : -1;
}

GByteArray *paper_pdf(const json_t *document)
{
    GByteArray *counted = g_byte_array_new(), *pdf = g_byte_array_new();
    int pages = draw(document, 0, counted);
    g_byte_array_unref(counted);
    if (pages > 0 && draw(document, pages, pdf) == pages)
        return pdf;
    g_byte_array_unref(pdf);
    return NULL;
}

#include "media/render/layout.h"

#include <string.h>

enum { MARGIN = 4, STRIP_PART = 5 /* of the width */, KEPT_QUARTERS = 3 };

static int even(int value)
{
    return value & ~1;
}

/* How wide 16:9 pictures would be in a grid of so many columns. */
static int picture_width(size_t count, size_t columns, int width, int height)
{
    size_t rows = (count + columns - 1) / columns;
    int by_width = width / (int)columns, by_height = height / (int)rows * 16 / 9;
    return by_width < by_height ? by_width : by_height;
}

static size_t best_columns(size_t count, int width, int height)
{
    size_t best = 1;
    for (size_t columns = 2; columns <= count; columns++)
        if (picture_width(count, columns, width, height) >= picture_width(count, best, width, height))
            best = columns;
    return best;
}

void layout_grid(size_t count, int width, int height, struct layout_cell *cells)
{
    if (count == 0)
        return;
    size_t columns = best_columns(count, width, height), rows = (count + columns - 1) / columns;
    int cell_width = even(width / (int)columns), cell_height = even(height / (int)rows);
    int margin = count > 1 ? MARGIN : 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = i / columns, in_row = row + 1 < rows ? columns : count - row * columns;
        int left = even((width - (int)in_row * cell_width) / 2);
        cells[i].x = left + (int)(i % columns) * cell_width + margin / 2;
        cells[i].y = (int)row * cell_height + margin / 2;
        cells[i].width = cell_width - margin;
        cells[i].height = cell_height - margin;
    }
}

bool layout_is_large(const char *source)
{
    static const char *const large[] = {"screen", "exam", "document", "dermatoscope", "ultrasound"};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        if (strcmp(source, large[i]) == 0)
            return true;
    return false;
}

/* Those of one kind into their part of the picture. */
static void fill_area(size_t count, const bool *large, bool kind, const struct layout_cell *area,
                      struct layout_cell *cells)
{
    struct layout_cell part[LAYOUT_MAX];
    size_t many = 0, next = 0;
    for (size_t i = 0; i < count; i++)
        many += large[i] == kind;
    layout_grid(many, area->width, area->height, part);
    for (size_t i = 0; i < count; i++) {
        if (large[i] != kind)
            continue;
        cells[i] = part[next++];
        cells[i].x += area->x;
    }
}

void layout_stage(size_t count, const bool *large, int width, int height, struct layout_cell *cells)
{
    size_t many = 0;
    for (size_t i = 0; i < count; i++)
        many += large[i];
    int strip = many == 0 || many == count ? 0 : even(width / STRIP_PART);
    struct layout_cell wide = {0, 0, width - strip, height}, narrow = {width - strip, 0, strip, height};
    fill_area(count, large, many > 0, &wide, cells);
    if (strip)
        fill_area(count, large, false, &narrow, cells);
}

struct layout_cell layout_cut(const struct layout_cell *cell, int width, int height)
{
    struct layout_cell part = {0, 0, width, height};
    if (width < 8 || height < 8)
        return part;
    int wanted_width = (int)((long)height * cell->width / cell->height);
    int wanted_height = (int)((long)width * cell->height / cell->width);
    if (wanted_width < width)
        part.width = even(wanted_width > width * KEPT_QUARTERS / 4 ? wanted_width : width * KEPT_QUARTERS / 4);
    else if (wanted_height < height)
        part.height = even(wanted_height > height * KEPT_QUARTERS / 4 ? wanted_height : height * KEPT_QUARTERS / 4);
    part.x = even((width - part.width) / 2);
    part.y = even((height - part.height) / 2);
    return part;
}

struct layout_cell layout_fit(const struct layout_cell *cell, int width, int height)
{
    struct layout_cell place = *cell;
    if (width <= 0 || height <= 0)
        return place;
    if ((long)cell->width * height > (long)cell->height * width)
        place.width = even((int)((long)cell->height * width / height));
    else
        place.height = even((int)((long)cell->width * height / width));
    place.width = place.width < 2 ? 2 : place.width;
    place.height = place.height < 2 ? 2 : place.height;
    place.x += even((cell->width - place.width) / 2);
    place.y += even((cell->height - place.height) / 2);
    return place;
}

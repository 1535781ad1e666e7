#include "media/render/layout.h"

enum { MARGIN = 4 };

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

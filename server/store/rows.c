#include "backend.h"

#include <string.h>

struct cell {
    enum store_type type;
    int64_t integer;
    const char *text; /* in `texts` */
};

struct store_rows {
    GPtrArray *columns;
    GArray *cells;
    GStringChunk *texts;
    size_t next; /* the row after the current one */
};

struct store_rows *store_rows_create(void)
{
    struct store_rows *rows = g_new0(struct store_rows, 1);
    rows->columns = g_ptr_array_new_with_free_func(g_free);
    rows->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
    rows->texts = g_string_chunk_new(1024);
    return rows;
}

void store_rows_free(struct store_rows *rows)
{
    if (!rows)
        return;
    g_ptr_array_unref(rows->columns);
    g_array_unref(rows->cells);
    g_string_chunk_free(rows->texts);
    g_free(rows);
}

void store_rows_clear(struct store_rows **rows)
{
    store_rows_free(*rows);
    *rows = NULL;
}

void store_rows_column(struct store_rows *rows, const char *name)
{
    g_ptr_array_add(rows->columns, g_strdup(name));
}

static void add(struct store_rows *rows, struct cell cell)
{
    g_array_append_val(rows->cells, cell);
}

void store_rows_null(struct store_rows *rows)
{
    add(rows, (struct cell){.type = STORE_NULL});
}

void store_rows_int(struct store_rows *rows, int64_t value)
{
    add(rows, (struct cell){.type = STORE_INT, .integer = value});
}

void store_rows_text(struct store_rows *rows, const char *value)
{
    add(rows, (struct cell){.type = STORE_TEXT, .text = g_string_chunk_insert(rows->texts, value)});
}

size_t store_count(const struct store_rows *rows)
{
    return rows && rows->columns->len ? rows->cells->len / rows->columns->len : 0;
}

bool store_next(struct store_rows *rows)
{
    if (!rows || rows->next >= store_count(rows))
        return false;
    rows->next++;
    return true;
}

static const struct cell *cell_of(const struct store_rows *rows, const char *column)
{
    g_assert(rows && rows->next > 0);
    for (guint i = 0; i < rows->columns->len; i++)
        if (strcmp(g_ptr_array_index(rows->columns, i), column) == 0)
            return &g_array_index(rows->cells, struct cell, (rows->next - 1) * rows->columns->len + i);
    g_error("store: no column %s in this result", column);
}

const char *rows_text(const struct store_rows *rows, const char *column)
{
    const struct cell *cell = cell_of(rows, column);
    return cell->type == STORE_TEXT ? cell->text : NULL;
}

int64_t rows_int(const struct store_rows *rows, const char *column)
{
    const struct cell *cell = cell_of(rows, column);
    return cell->type == STORE_TEXT ? g_ascii_strtoll(cell->text, NULL, 10) : cell->integer;
}

bool rows_bool(const struct store_rows *rows, const char *column)
{
    return rows_int(rows, column) != 0;
}

bool rows_null(const struct store_rows *rows, const char *column)
{
    return cell_of(rows, column)->type == STORE_NULL;
}

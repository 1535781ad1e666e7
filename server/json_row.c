#include "json_row.h"

#include "rfc3339.h"

typedef json_t *(*value_fn)(const struct store_rows *rows, const char *column);

static json_t *text_value(const struct store_rows *rows, const char *column)
{
    return json_string(rows_text(rows, column));
}

static json_t *integer_value(const struct store_rows *rows, const char *column)
{
    return json_integer(rows_int(rows, column));
}

static json_t *boolean_value(const struct store_rows *rows, const char *column)
{
    return json_boolean(rows_bool(rows, column));
}

static json_t *time_value(const struct store_rows *rows, const char *column)
{
    char text[RFC3339_SIZE];
    rfc3339_format(rows_int(rows, column), text);
    return json_string(text);
}

static json_t *number_value(const struct store_rows *rows, const char *column)
{
    return json_sprintf("%" G_GINT64_FORMAT, rows_int(rows, column));
}

static json_t *json_value(const struct store_rows *rows, const char *column)
{
    return json_loads(rows_text(rows, column), JSON_DECODE_ANY, NULL);
}

static void set_all(json_t *object, const struct store_rows *rows, const char *const *columns, value_fn value)
{
    for (int i = 0; i < JSON_COLUMNS_MAX && columns[i]; i++)
        if (!rows_null(rows, columns[i]))
            json_object_set_new(object, columns[i], value(rows, columns[i]));
}

json_t *json_row(const struct store_rows *rows, const struct json_columns *columns)
{
    json_t *object = json_object();
    set_all(object, rows, columns->number, number_value);
    set_all(object, rows, columns->text, text_value);
    set_all(object, rows, columns->integer, integer_value);
    set_all(object, rows, columns->boolean, boolean_value);
    set_all(object, rows, columns->time, time_value);
    set_all(object, rows, columns->json, json_value);
    return object;
}

json_t *json_rows(struct store_rows *rows, const struct json_columns *columns)
{
    json_t *list = json_array();
    while (store_next(rows))
        json_array_append_new(list, json_row(rows, columns));
    return list;
}

void json_row_set_named(json_t *object, const char *member, const struct store_rows *rows)
{
    g_autofree char *id = g_strconcat(member, "_id", NULL);
    g_autofree char *name = g_strconcat(member, "_name", NULL);
    if (!rows_null(rows, id))
        json_object_set_new(object, member,
                            json_pack("{s:s, s:s}", "id", rows_text(rows, id), "name", rows_text(rows, name)));
}

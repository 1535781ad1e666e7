#include "fields.h"

#include <glib.h>
#include <string.h>

#include "server/problem.h"
#include "server/rfc3339.h"
#include "server/store/store.h"

enum { ID_MAX = 64, FIELD_NAME_MAX = 128 };

struct fields fields_of(const struct request *request)
{
    return (struct fields){request, request_json(request), json_array(), ""};
}

struct fields fields_inside(const struct fields *outer, json_t *object, const char *prefix)
{
    return (struct fields){outer->request, object, outer->errors, prefix};
}

bool fields_bad(const struct fields *fields)
{
    return json_array_size(fields->errors) > 0;
}

struct response *fields_problem(struct fields *fields)
{
    return problem_validation(fields->request, fields->errors);
}

void fields_done(struct fields *fields)
{
    json_decref(fields->errors);
}

bool field_given(const struct fields *fields, const char *name)
{
    json_t *value = json_object_get(fields->object, name);
    return value && !json_is_null(value);
}

bool field_is_null(const struct fields *fields, const char *name)
{
    return json_is_null(json_object_get(fields->object, name));
}

void field_fault(const struct fields *fields, const char *name, const char *reason)
{
    char full[FIELD_NAME_MAX];
    g_snprintf(full, sizeof full, "%s%s", fields->prefix, name);
    problem_field(fields->errors, fields->request, full, reason);
}

/** The value when it is there at all; complains when it must be. */
static json_t *present(const struct fields *fields, const char *name, bool required)
{
    if (field_given(fields, name))
        return json_object_get(fields->object, name);
    if (required)
        field_fault(fields, name, "required");
    return NULL;
}

static bool has_control(const char *text, bool lines)
{
    for (; *text; text = g_utf8_next_char(text))
        if (g_unichar_iscntrl(g_utf8_get_char(text)) && !(lines && *text == '\n'))
            return true;
    return false;
}

static const char *text_field(const struct fields *fields, const char *name, size_t max, bool required, bool lines)
{
    json_t *value = present(fields, name, required);
    const char *text = json_string_value(value);
    const char *fault = NULL;
    if (!value)
        return NULL;
    if (!text || has_control(text, lines))
        fault = "not-text";
    else if (!*text)
        fault = "required";
    else if ((size_t)g_utf8_strlen(text, -1) > max)
        fault = "too-long";
    if (!fault)
        return text;
    field_fault(fields, name, fault);
    return NULL;
}

const char *field_text(const struct fields *fields, const char *name, size_t max, bool required)
{
    return text_field(fields, name, max, required, false);
}

const char *field_lines(const struct fields *fields, const char *name, size_t max, bool required)
{
    return text_field(fields, name, max, required, true);
}

bool id_is_good(const char *text)
{
    size_t length = strnlen(text, ID_MAX + 1);
    if (length == 0 || length > ID_MAX)
        return false;
    for (; *text; text++)
        if (!g_ascii_isalnum(*text) && !strchr("_.-", *text))
            return false;
    return true;
}

const char *field_id(const struct fields *fields, const char *name, bool required)
{
    const char *text = field_text(fields, name, ID_MAX, required);
    if (!text || id_is_good(text))
        return text;
    field_fault(fields, name, "unknown");
    return NULL;
}

const char *field_reference(const struct fields *fields, const char *name, const char *sql, bool required)
{
    const char *id = field_id(fields, name, required);
    if (!id)
        return NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(fields->request), NULL, sql, store_text(id));
    if (rows && !store_next(rows))
        field_fault(fields, name, "unknown");
    return id;
}

const char *field_choice(const struct fields *fields, const char *name, const char *const *choices,
                         const char *fallback)
{
    json_t *value = present(fields, name, !fallback);
    if (!value)
        return fallback;
    const char *text = json_string_value(value);
    for (size_t i = 0; text && choices[i]; i++)
        if (strcmp(text, choices[i]) == 0)
            return choices[i];
    field_fault(fields, name, "not-a-choice");
    return fallback;
}

int64_t field_time(const struct fields *fields, const char *name, bool required)
{
    json_t *value = present(fields, name, required);
    int64_t us = 0;
    if (value && !rfc3339_parse(json_string_value(value), &us))
        field_fault(fields, name, "not-a-time");
    return us;
}

const char *field_date(const struct fields *fields, const char *name)
{
    json_t *value = present(fields, name, false);
    if (value && !rfc3339_date(json_string_value(value)))
        field_fault(fields, name, "not-a-date");
    else if (value)
        return json_string_value(value);
    return NULL;
}

int64_t field_int(const struct fields *fields, const char *name, int64_t fallback, int64_t min, int64_t max)
{
    json_t *value = present(fields, name, false);
    if (!value)
        return fallback;
    if (!json_is_integer(value))
        field_fault(fields, name, "not-a-number");
    else if (json_integer_value(value) < min || json_integer_value(value) > max)
        field_fault(fields, name, "out-of-range");
    else
        return json_integer_value(value);
    return fallback;
}

bool field_flag(const struct fields *fields, const char *name, bool fallback)
{
    json_t *value = present(fields, name, false);
    if (value && !json_is_boolean(value))
        field_fault(fields, name, "not-a-boolean");
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

json_t *field_object(const struct fields *fields, const char *name, bool required)
{
    json_t *value = present(fields, name, required);
    if (!value || json_is_object(value))
        return value;
    field_fault(fields, name, "not-an-object");
    return NULL;
}

json_t *field_array(const struct fields *fields, const char *name, size_t max, bool required)
{
    json_t *value = present(fields, name, required);
    if (!value)
        return NULL;
    if (!json_is_array(value))
        field_fault(fields, name, "not-a-list");
    else if (json_array_size(value) > max)
        field_fault(fields, name, "too-many");
    else
        return value;
    return NULL;
}

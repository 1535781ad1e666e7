/* server/openapi.json and the table of routes are held together: neither says what the other does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <jansson.h>

#include "server/router.h"

static json_t *document;

static json_t *operation_of(const struct route *route)
{
    g_autofree char *method = g_ascii_strdown(http_method_name(route->method), -1);
    return json_object_get(json_object_get(json_object_get(document, "paths"), route->pattern), method);
}

static void test_openapi_describes_every_route(void **state)
{
    (void)state;
    for (const struct route *const *table = api_routes; *table; table++)
        for (const struct route *route = *table; route->pattern; route++)
            if (!operation_of(route))
                fail_msg("openapi.json lacks %s %s", http_method_name(route->method), route->pattern);
}

static void test_openapi_describes_no_other_route(void **state)
{
    json_t *paths = json_object_get(document, "paths"), *item, *operation;
    const char *path, *method;

    (void)state;
    json_object_foreach(paths, path, item) json_object_foreach(item, method, operation)
    {
        bool found = !strcmp(method, "parameters");
        for (const struct route *const *table = api_routes; *table; table++)
            for (const struct route *route = *table; route->pattern; route++)
                found |= !strcmp(route->pattern, path) && !g_ascii_strcasecmp(method, http_method_name(route->method));
        if (!found)
            fail_msg("there is no route %s %s", method, path);
    }
}

static void test_openapi_says_who_may(void **state)
{
    static const char *const names[] = {"anyone", "signed-in", "staff", "admin", "there"};

    (void)state;
    for (const struct route *const *table = api_routes; *table; table++)
        for (const struct route *route = *table; route->pattern; route++) {
            json_t *operation = operation_of(route);
            const char *access = json_string_value(json_object_get(operation, "x-access"));
            if (g_strcmp0(access, names[route->access]))
                fail_msg("%s %s is for %s", http_method_name(route->method), route->pattern, names[route->access]);
            bool open = !json_array_size(json_object_get(operation, "security"));
            assert_int_equal(open, route->access == ACCESS_ANYONE);
        }
}

static void test_openapi_names_path_parameters(void **state)
{
    json_t *item, *parameter;
    const char *path;
    size_t i;

    (void)state;
    json_object_foreach(json_object_get(document, "paths"), path, item)
    {
        size_t wanted = 0;
        for (const char *brace = strchr(path, '{'); brace; brace = strchr(brace + 1, '{'))
            wanted++;
        json_array_foreach(json_object_get(item, "parameters"), i, parameter)
        {
            g_autofree char *braced = g_strdup_printf("{%s}", json_string_value(json_object_get(parameter, "name")));
            assert_non_null(strstr(path, braced));
        }
        assert_int_equal(json_array_size(json_object_get(item, "parameters")), wanted);
    }
}

static void check_references(json_t *value)
{
    const char *name;
    json_t *part;
    size_t i;

    json_array_foreach(value, i, part) check_references(part);
    if (!json_is_object(value))
        return;
    json_object_foreach(value, name, part)
    {
        if (strcmp(name, "$ref") || !json_is_string(part)) {
            check_references(part);
            continue;
        }
        g_auto(GStrv) steps = g_strsplit(json_string_value(part), "/", -1);
        json_t *target = document;
        assert_string_equal(steps[0], "#");
        for (char **step = steps + 1; *step; step++)
            target = json_object_get(target, *step);
        if (!target)
            fail_msg("%s leads nowhere", json_string_value(part));
    }
}

static void test_openapi_references_lead_somewhere(void **state)
{
    (void)state;
    check_references(document);
}

static int load(void **state)
{
    json_error_t error;

    (void)state;
    document = json_load_file("server/openapi.json", JSON_REJECT_DUPLICATES, &error);
    return document ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openapi_describes_every_route),
        cmocka_unit_test(test_openapi_describes_no_other_route),
        cmocka_unit_test(test_openapi_says_who_may),
        cmocka_unit_test(test_openapi_names_path_parameters),
        cmocka_unit_test(test_openapi_references_lead_somewhere),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

#include "server/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct route first[] = {
    {.method = HTTP_GET, .pattern = "/api/v1/rooms"},
    {.method = HTTP_POST, .pattern = "/api/v1/rooms"},
    {.method = HTTP_GET, .pattern = "/api/v1/rooms/{id}"},
    {0},
};
static const struct route second[] = {
    {.method = HTTP_GET, .pattern = "/api/v1/recordings/{id}/files/{name}"},
    {.method = HTTP_DELETE, .pattern = "/api/v1/rooms/{id}"},
    {0},
};
static const struct route *const tables[] = {first, second, NULL};

static struct route_match find(enum http_method method, const char *path)
{
    struct route_match match;
    router_find(tables, method, path, &match);
    return match;
}

static void test_router_finds_routes_and_parameters(void **state)
{
    struct route_match match = find(HTTP_GET, "/api/v1/recordings/r1/files/poster.jpg");

    (void)state;
    assert_ptr_equal(match.route, &second[0]);
    assert_int_equal(match.count, 2);
    assert_string_equal(match.params[0].value, "r1");
    assert_memory_equal(match.params[0].name, "id", match.params[0].name_size);
    assert_string_equal(match.params[1].value, "poster.jpg");
    assert_memory_equal(match.params[1].name, "name", match.params[1].name_size);
}

static void test_router_same_path_other_method(void **state)
{
    (void)state;
    assert_ptr_equal(find(HTTP_POST, "/api/v1/rooms").route, &first[1]);
    struct route_match match = find(HTTP_PUT, "/api/v1/rooms/r1");
    assert_null(match.route);
    assert_true(match.other_methods);
    assert_string_equal(match.allow, "GET, HEAD, DELETE");
}

static void test_router_near_misses_match_nothing(void **state)
{
    char long_path[400] = "/api/v1/rooms/";
    static const char *const paths[] = {"/",
                                        "/api/v1/room",
                                        "/api/v1/roomss",
                                        "/api/v1/rooms/",
                                        "/api/v1//rooms",
                                        "/api/v1/rooms/a/b",
                                        "/api/v1/recordings/r1/files/",
                                        ""};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct route_match match = find(HTTP_GET, paths[i]);
        if (match.route || match.other_methods)
            fail_msg("%s matches", paths[i]);
    }
    memset(long_path + strlen(long_path), 'x', ROUTE_PARAM_MAX);
    assert_null(find(HTTP_GET, long_path).route);
}

/* Every route of the API has a handler, and exactly one. */
static void test_router_api_routes_are_whole(void **state)
{
    (void)state;
    for (const struct route *const *table = api_routes; *table; table++)
        for (const struct route *route = *table; route->pattern; route++)
            if (!route->handler == !route->async_handler)
                fail_msg("%s %s", http_method_name(route->method), route->pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_router_finds_routes_and_parameters),
        cmocka_unit_test(test_router_same_path_other_method),
        cmocka_unit_test(test_router_near_misses_match_nothing),
        cmocka_unit_test(test_router_api_routes_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

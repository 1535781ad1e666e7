#include "server/router.h"

#include <glib.h>
#include <string.h>

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return names[method];
}

static bool add_param(struct route_match *match, const char *name, size_t name_size, const char *value, size_t size)
{
    if (!size || size >= ROUTE_PARAM_MAX || match->count == ROUTE_PARAMS_MAX)
        return false;
    match->params[match->count].name = name;
    match->params[match->count].name_size = name_size;
    memcpy(match->params[match->count].value, value, size);
    match->params[match->count++].value[size] = '\0';
    return true;
}

/* Segment by segment; a `{name}` segment takes any one segment that is not empty. */
static bool matches(const char *pattern, const char *path, struct route_match *match)
{
    match->count = 0;
    while (*pattern == '/' && *path == '/') {
        size_t wanted = strcspn(++pattern, "/"), given = strcspn(++path, "/");
        if (*pattern == '{') {
            if (!add_param(match, pattern + 1, wanted - 2, path, given))
                return false;
        } else if (wanted != given || memcmp(pattern, path, wanted)) {
            return false;
        }
        pattern += wanted;
        path += given;
    }
    return !*pattern && !*path;
}

static void allow(struct route_match *match, enum http_method method)
{
    const char *name = http_method_name(method);

    match->other_methods = true;
    if (strstr(match->allow, name))
        return;
    if (*match->allow)
        g_strlcat(match->allow, ", ", sizeof match->allow);
    g_strlcat(match->allow, method == HTTP_GET ? "GET, HEAD" : name, sizeof match->allow);
}

void router_find(const struct route *const *tables, enum http_method method, const char *path,
                 struct route_match *match)
{
    struct route_match found;

    memset(match, 0, sizeof *match);
    for (; *tables; tables++)
        for (const struct route *route = *tables; route->pattern; route++) {
            memset(&found, 0, sizeof found);
            if (!matches(route->pattern, path, &found))
                continue;
            if (route->method == method) {
                *match = found;
                match->route = route;
                return;
            }
            allow(match, route->method);
        }
}

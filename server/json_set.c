#include "server/json_set.h"

#include "server/rfc3339.h"

void json_set_text(json_t *object, const char *name, const char *text)
{
    if (text)
        json_object_set_new(object, name, json_string(text));
}

void json_set_time(json_t *object, const char *name, int64_t us)
{
    char text[RFC3339_SIZE];
    if (!us)
        return;
    rfc3339_format(us, text);
    json_object_set_new(object, name, json_string(text));
}

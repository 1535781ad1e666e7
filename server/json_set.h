/** Optional members of a JSON object: what is not known is left out, never null. */
#ifndef SERVER_JSON_SET_H
#define SERVER_JSON_SET_H

#include <jansson.h>
#include <stdint.h>

/** Left out when NULL. */
void json_set_text(json_t *object, const char *name, const char *text);
/** RFC 3339, from microseconds since the Unix epoch; left out when 0. */
void json_set_time(json_t *object, const char *name, int64_t us);

#endif

#include "marks.h"

#include "call.h"
#include "protocol.h"
#include "rights.h"
#include "stills.h"

#include <string.h>

/* How many numbers each kind has at least and at most. */
static const struct {
    const char *name;
    size_t least, most;
} KINDS[] = {
    {"pen", 2, MARKS_NUMBERS_MAX}, {"arrow", 4, 4}, {"ellipse", 4, 4}, {"text", 2, 2}, {"measure", 4, 4},
};

static const char *text_of(const json_t *object, const char *field)
{
    return json_string_value(json_object_get(object, field));
}

static bool is_whole(const struct message *message)
{
    const char *kind = message_text(message, "kind");
    size_t count = json_array_size(json_object_get(message->body, "points"));
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (strcmp(KINDS[i].name, kind) == 0)
            return count >= KINDS[i].least && count <= KINDS[i].most && count % 2 == 0 &&
                   (strcmp(kind, "text") != 0 || message_text(message, "text"));
    return false;
}

static size_t index_of(const json_t *marks, const char *id)
{
    size_t i;
    json_t *mark;
    json_array_foreach((json_t *)marks, i, mark) if (g_strcmp0(text_of(mark, "id"), id) == 0) break;
    return i;
}

static json_t *mark_of(const struct participant *by, const struct message *message)
{
    json_t *mark = json_pack("{s:s, s:s, s:s, s:s, s:O}", "id", message_text(message, "mark"), "participant", by->id,
                             "name", by->name, "kind", message_text(message, "kind"), "points",
                             json_object_get(message->body, "points"));
    if (message_text(message, "text"))
        json_object_set(mark, "text", json_object_get(message->body, "text"));
    return mark;
}

static void changed(struct call *call, const json_t *still)
{
    g_hash_table_add(call->stills.unsaved, g_strdup(text_of(still, "id")));
}

const char *marks_put(struct participant *by, const struct message *message)
{
    const json_t *still = stills_find(by->call, message_text(message, "still"));
    if (!rights_allow(by, RIGHT_STILLS))
        return "not_allowed";
    if (!still)
        return "not_found";
    if (!is_whole(message))
        return "bad_message";
    json_t *marks = json_object_get(still, "marks");
    size_t at = index_of(marks, message_text(message, "mark"));
    bool known = at < json_array_size(marks);
    if (known && g_strcmp0(text_of(json_array_get(marks, at), "participant"), by->id) != 0)
        return "not_allowed";
    if (!known && at >= MARKS_MAX)
        return "full";
    json_t *mark = mark_of(by, message);
    call_tell(by->call, json_pack("{s:s, s:s, s:O}", "type", "mark", "still", text_of(still, "id"), "mark", mark));
    known ? json_array_set_new(marks, at, mark) : json_array_append_new(marks, mark);
    changed(by->call, still);
    return NULL;
}

const char *marks_remove(struct participant *by, const struct message *message)
{
    const json_t *still = stills_find(by->call, message_text(message, "still"));
    const char *id = message_text(message, "mark");
    if (!rights_allow(by, RIGHT_STILLS))
        return "not_allowed";
    if (!still)
        return "not_found";
    json_t *marks = json_object_get(still, "marks");
    size_t at = id ? index_of(marks, id) : 0;
    if (id && at == json_array_size(marks))
        return "not_found";
    if (id && g_strcmp0(text_of(json_array_get(marks, at), "participant"), by->id) != 0)
        return "not_allowed";
    json_t *told = json_pack("{s:s, s:s, s:s}", "type", "mark.gone", "still", text_of(still, "id"), "participant",
                             by->id);
    if (id)
        json_object_set_new(told, "mark", json_string(id));
    call_tell(by->call, told);
    id ? json_array_remove(marks, at) : json_array_clear(marks);
    changed(by->call, still);
    return NULL;
}

const char *marks_point(struct participant *by, const struct message *message)
{
    const json_t *still = stills_find(by->call, message_text(message, "still"));
    if (!rights_allow(by, RIGHT_PUBLISH))
        return "not_allowed";
    if (!still)
        return "not_found";
    json_t *told = json_pack("{s:s, s:s, s:s, s:s}", "type", "pointer", "still", text_of(still, "id"), "participant",
                             by->id, "name", by->name);
    const json_t *x = json_object_get(message->body, "x"), *y = json_object_get(message->body, "y");
    if (x && y) {
        json_object_set(told, "x", (json_t *)x);
        json_object_set(told, "y", (json_t *)y);
    }
    call_tell(by->call, told);
    return NULL;
}

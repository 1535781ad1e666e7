#include "protocol.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RETRY_AFTER_S = 10, RETRY_SPREAD_S = 6 }; /* chance spreads those who were turned away together */

/* ---- the rules: one table per message, as protocol.schema.json has them ---- */

enum field_kind {
    FIELD_END,
    FIELD_NAME,
    FIELD_TEXT,
    FIELD_WORD,
    FIELD_NUMBER,
    FIELD_FLAG,
    FIELD_LIST,
    FIELD_NUMBERS,
    FIELD_NAMES
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    int64_t min, max; /* of a number; of a text's length in characters; of a list's length; of each of NUMBERS */
    const char *const *words;
    const struct field *element;
};

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define ID                                                                                                             \
    {                                                                                                                  \
        "id", FIELD_NUMBER, true, 0, INT32_MAX, NULL, NULL                                                             \
    }
#define LANGUAGE                                                                                                       \
    {                                                                                                                  \
        "language", FIELD_WORD, false, 0, 0, WORDS("vi", "en"), NULL                                                   \
    }
#define FLAG(n)                                                                                                        \
    {                                                                                                                  \
        n, FIELD_FLAG, false, 0, 0, NULL, NULL                                                                         \
    }
#define COUNT(n)                                                                                                       \
    {                                                                                                                  \
        n, FIELD_NUMBER, false, 0, INT64_MAX, NULL, NULL                                                               \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, FIELD_END, false, 0, 0, NULL, NULL                                                                       \
    }
#define SOURCES                                                                                                        \
    WORDS("camera", "microphone", "screen", "screen-audio", "exam", "document", "dermatoscope", "ultrasound",          \
          "stethoscope", "room")

static const struct field OFFERED_TRACK[] = {{"mid", FIELD_TEXT, true, 0, 16, NULL, NULL},
                                             {"source", FIELD_WORD, true, 0, 0, SOURCES, NULL},
                                             {"label", FIELD_TEXT, false, 0, 80, NULL, NULL},
                                             END};
static const struct field VIEW_ITEM[] = {{"participant", FIELD_NAME, true, 0, 0, NULL, NULL},
                                         {"source", FIELD_WORD, true, 0, 0, SOURCES, NULL},
                                         {"width", FIELD_NUMBER, true, 0, 8192, NULL, NULL},
                                         {"height", FIELD_NUMBER, true, 0, 8192, NULL, NULL},
                                         FLAG("pinned"),
                                         END};

static const struct field JOIN[] = {ID,
                                    {"ticket", FIELD_TEXT, true, 0, 2048, NULL, NULL},
                                    LANGUAGE,
                                    {"client", FIELD_TEXT, false, 0, 80, NULL, NULL},
                                    END};
static const struct field RESUME[] = {ID, {"token", FIELD_TEXT, true, 0, 2048, NULL, NULL}, LANGUAGE, END};
static const struct field OFFER[] = {ID,
                                     {"generation", FIELD_NUMBER, true, 1, INT32_MAX, NULL, NULL},
                                     {"sdp", FIELD_TEXT, true, 0, PROTOCOL_MESSAGE_MAX, NULL, NULL},
                                     {"tracks", FIELD_LIST, true, 0, PROTOCOL_TRACKS_MAX, NULL, OFFERED_TRACK},
                                     END};
#define CHANNEL(n)                                                                                                     \
    {                                                                                                                  \
        n, FIELD_WORD, false, 0, 0, WORDS("floor", "interpreter"), NULL                                                \
    }
#define SOURCE                                                                                                         \
    {                                                                                                                  \
        "source", FIELD_WORD, true, 0, 0, SOURCES, NULL                                                                \
    }
#define PERMILLE(n)                                                                                                    \
    {                                                                                                                  \
        n, FIELD_NUMBER, false, -1000, 1000, NULL, NULL                                                                \
    }
static const struct field OFFERED_SOURCE[] = {SOURCE, {"label", FIELD_TEXT, false, 0, 80, NULL, NULL}, END};
static const struct field PRESET[] = {{"name", FIELD_TEXT, true, 1, 40, NULL, NULL}, END};
static const struct field CAMERA[] = {
    SOURCE, FLAG("pan"), FLAG("tilt"), FLAG("zoom"), {"presets", FIELD_LIST, false, 0, 8, NULL, PRESET}, END};
static const struct field STATE[] = {FLAG("microphone"),
                                     FLAG("camera"),
                                     FLAG("hand"),
                                     CHANNEL("speaks"),
                                     CHANNEL("listens"),
                                     {"offers", FIELD_LIST, false, 0, PROTOCOL_TRACKS_MAX, NULL, OFFERED_SOURCE},
                                     {"cameras", FIELD_LIST, false, 0, PROTOCOL_TRACKS_MAX, NULL, CAMERA},
                                     END};
static const struct field VIEW[] = {{"items", FIELD_LIST, true, 0, 64, NULL, VIEW_ITEM}, COUNT("max_bps"), END};
static const struct field LEAVE[] = {END};
static const struct field RECORD[] = {ID, {"action", FIELD_WORD, true, 0, 0, WORDS("start", "stop"), NULL}, END};
static const struct field CONSENT[] = {
    ID,
    {"purpose", FIELD_WORD, true, 0, 0, WORDS("take-part", "record", "observers", "photographs", "captions"), NULL},
    {"granted", FIELD_FLAG, true, 0, 0, NULL, NULL},
    {"participant", FIELD_NAME, false, 0, 0, NULL, NULL},
    FLAG("for_patient"),
    FLAG("patient_left"),
    LANGUAGE,
    END};
#define SEAT                                                                                                           \
    {                                                                                                                  \
        "participant", FIELD_NAME, true, 0, 0, NULL, NULL                                                              \
    }
static const struct field SOURCE_ASK[] = {
    ID, SEAT, SOURCE, {"action", FIELD_WORD, true, 0, 0, WORDS("start", "stop"), NULL}, END};
static const struct field SOURCE_DECLINE[] = {ID, SEAT, SOURCE, END};
static const struct field CAMERA_MOVE[] = {
    ID, SEAT, SOURCE, PERMILLE("pan"), PERMILLE("tilt"), PERMILLE("zoom"), FLAG("relative"), END};
static const struct field CAMERA_PRESET[] = {ID,
                                             SEAT,
                                             SOURCE,
                                             {"action", FIELD_WORD, true, 0, 0, WORDS("go", "save", "remove"), NULL},
                                             {"name", FIELD_TEXT, true, 1, 40, NULL, NULL},
                                             END};
static const struct field CAMERA_RELEASE[] = {ID, SEAT, SOURCE, END};
static const struct field SIDE[] = {ID,
                                    {"action", FIELD_WORD, true, 0, 0, WORDS("start", "stop"), NULL},
                                    {"participants", FIELD_NAMES, false, 0, 16, NULL, NULL},
                                    END};
static const struct field CHAT[] = {ID, {"text", FIELD_TEXT, true, 1, 4000, NULL, NULL}, END};
static const struct field MODERATE[] = {
    ID,
    {"action", FIELD_WORD, true, 0, 0,
     WORDS("mute", "invite", "remove", "admit", "admit-all", "tell", "lock", "unlock", "make-host", "end"), NULL},
    {"participant", FIELD_NAME, false, 0, 0, NULL, NULL},
    {"text", FIELD_TEXT, false, 1, 300, NULL, NULL},
    END};
static const struct field QUALITY[] = {
    COUNT("concealed_permille"),
    COUNT("loss_permille"),
    COUNT("rtt_ms"),
    COUNT("jitter_ms"),
    COUNT("buffer_ms"),
    COUNT("freezes"),
    COUNT("frozen_ms"),
    COUNT("frames_decoded"),
    COUNT("frames_dropped"),
    COUNT("estimate_bps"),
    {"limited", FIELD_WORD, false, 0, 0, WORDS("none", "cpu", "bandwidth", "other"), NULL},
    {"protocol", FIELD_WORD, false, 0, 0, WORDS("udp", "tcp", "turn-udp", "turn-tcp", "turn-tls"), NULL},
    END};
static const struct field PING[] = {ID, END};
/* A still and what is drawn on it; coordinates are the picture's pixels. */
enum { NUMBERS_MAX = 400, PIXEL_MAX = 16384, THUMBNAIL_MAX = 27400, LENGTH_MAX_UM = 10000000 };
#define NAMED(n)                                                                                                       \
    {                                                                                                                  \
        n, FIELD_NAME, true, 0, 0, NULL, NULL                                                                          \
    }
#define PIXELS(n, required)                                                                                            \
    {                                                                                                                  \
        n, FIELD_NUMBER, required, 0, PIXEL_MAX, NULL, NULL                                                            \
    }
#define POINTS                                                                                                         \
    {                                                                                                                  \
        "points", FIELD_NUMBERS, true, 0, PIXEL_MAX, NULL, NULL                                                        \
    }
static const struct field STILL[] = {ID,
                                     NAMED("participant"),
                                     {"source", FIELD_WORD, true, 0, 0, SOURCES, NULL},
                                     {"format", FIELD_WORD, false, 0, 0, WORDS("jpeg", "png"), NULL},
                                     END};
static const struct field STILL_TAKEN[] = {ID,
                                           NAMED("still"),
                                           {"width", FIELD_NUMBER, true, 1, PIXEL_MAX, NULL, NULL},
                                           {"height", FIELD_NUMBER, true, 1, PIXEL_MAX, NULL, NULL},
                                           {"thumbnail", FIELD_TEXT, true, 1, THUMBNAIL_MAX, NULL, NULL},
                                           END};
static const struct field STILL_FAILED[] = {ID, NAMED("still"), END};
static const struct field STILL_SCALE[] = {ID,
                                           NAMED("still"),
                                           POINTS,
                                           {"length_um", FIELD_NUMBER, true, 1, LENGTH_MAX_UM, NULL, NULL},
                                           {"against", FIELD_WORD, true, 0, 0, WORDS("ruler", "coin", "other"), NULL},
                                           END};
static const struct field MARK[] = {
    NAMED("still"),
    NAMED("mark"),
    {"kind", FIELD_WORD, true, 0, 0, WORDS("pen", "arrow", "ellipse", "text", "measure"), NULL},
    POINTS,
    {"text", FIELD_TEXT, false, 1, 120, NULL, NULL},
    END};
static const struct field MARK_REMOVE[] = {NAMED("still"), {"mark", FIELD_NAME, false, 0, 0, NULL, NULL}, END};
static const struct field CAPTIONS_LINE[] = {NAMED("participant"),
                                             {"line", FIELD_NUMBER, true, 0, INT32_MAX, NULL, NULL},
                                             {"text", FIELD_TEXT, true, 1, 500, NULL, NULL},
                                             FLAG("final"),
                                             END};
static const struct field POINTER[] = {NAMED("still"), PIXELS("x", false), PIXELS("y", false), END};

static const struct {
    const char *name;
    const struct field *fields;
} TYPES[MESSAGE_TYPE_COUNT] = {
    [MESSAGE_JOIN] = {"join", JOIN},
    [MESSAGE_RESUME] = {"resume", RESUME},
    [MESSAGE_OFFER] = {"offer", OFFER},
    [MESSAGE_STATE] = {"state", STATE},
    [MESSAGE_VIEW] = {"view", VIEW},
    [MESSAGE_LEAVE] = {"leave", LEAVE},
    [MESSAGE_RECORD] = {"record", RECORD},
    [MESSAGE_CONSENT] = {"consent", CONSENT},
    [MESSAGE_CHAT] = {"chat", CHAT},
    [MESSAGE_MODERATE] = {"moderate", MODERATE},
    [MESSAGE_QUALITY] = {"quality", QUALITY},
    [MESSAGE_PING] = {"ping", PING},
    [MESSAGE_SIDE] = {"side", SIDE},
    [MESSAGE_SOURCE_ASK] = {"source.ask", SOURCE_ASK},
    [MESSAGE_SOURCE_DECLINE] = {"source.decline", SOURCE_DECLINE},
    [MESSAGE_CAMERA_MOVE] = {"camera.move", CAMERA_MOVE},
    [MESSAGE_CAMERA_PRESET] = {"camera.preset", CAMERA_PRESET},
    [MESSAGE_CAMERA_RELEASE] = {"camera.release", CAMERA_RELEASE},
    [MESSAGE_STILL] = {"still", STILL},
    [MESSAGE_STILL_TAKEN] = {"still.taken", STILL_TAKEN},
    [MESSAGE_STILL_FAILED] = {"still.failed", STILL_FAILED},
    [MESSAGE_STILL_SCALE] = {"still.scale", STILL_SCALE},
    [MESSAGE_MARK] = {"mark", MARK},
    [MESSAGE_MARK_REMOVE] = {"mark.remove", MARK_REMOVE},
    [MESSAGE_POINTER] = {"pointer", POINTER},
    [MESSAGE_CAPTIONS_LINE] = {"captions.line", CAPTIONS_LINE},
};

/* ---- checking ---- */

bool protocol_is_name(const char *text)
{
    size_t size = text ? strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") : 0;
    return size >= 1 && size <= PROTOCOL_NAME_MAX && text[size] == '\0';
}

static bool is_word(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool fields_hold(const json_t *object, const struct field *fields);

static bool names_hold(const json_t *list, const struct field *field)
{
    size_t i;
    json_t *name;
    if (!json_is_array(list) || (int64_t)json_array_size(list) > field->max)
        return false;
    json_array_foreach((json_t *)list, i, name) if (!protocol_is_name(json_string_value(name))) return false;
    return true;
}

static bool list_holds(const json_t *list, const struct field *field)
{
    size_t i;
    json_t *element;
    if (!json_is_array(list) || (int64_t)json_array_size(list) > field->max)
        return false;
    json_array_foreach((json_t *)list, i, element) if (!fields_hold(element, field->element)) return false;
    return true;
}

static bool numbers_hold(const json_t *list, const struct field *field)
{
    size_t i;
    json_t *number;
    if (!json_is_array(list) || json_array_size(list) > NUMBERS_MAX)
        return false;
    json_array_foreach((json_t *)list, i, number)
    {
        if (!json_is_integer(number) || json_integer_value(number) < field->min ||
            json_integer_value(number) > field->max)
            return false;
    }
    return true;
}

static bool field_holds(const json_t *value, const struct field *field)
{
    switch (field->kind) {
    case FIELD_NAME:
        return json_is_string(value) && protocol_is_name(json_string_value(value));
    case FIELD_TEXT: {
        long size = json_is_string(value) ? g_utf8_strlen(json_string_value(value), -1) : -1;
        return size >= field->min && size <= field->max;
    }
    case FIELD_WORD:
        return is_word(json_string_value(value), field->words);
    case FIELD_NUMBER:
        return json_is_integer(value) && json_integer_value(value) >= field->min &&
               json_integer_value(value) <= field->max;
    case FIELD_FLAG:
        return json_is_boolean(value);
    case FIELD_LIST:
        return list_holds(value, field);
    case FIELD_NAMES:
        return names_hold(value, field);
    case FIELD_NUMBERS:
        return numbers_hold(value, field);
    case FIELD_END:
        break;
    }
    return false;
}

static bool fields_hold(const json_t *object, const struct field *fields)
{
    if (!json_is_object(object))
        return false;
    for (const struct field *field = fields; field->kind != FIELD_END; field++) {
        const json_t *value = json_object_get(object, field->name);
        if (value ? !field_holds(value, field) : field->required)
            return false;
    }
    return true;
}

static const struct field *field_named(const struct field *fields, const char *name)
{
    for (; fields->kind != FIELD_END; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

/** What no table names would be told on to everybody with the rest: it is not kept. */
static void keep_named(json_t *object, const struct field *fields)
{
    const char *name;
    void *next;
    json_t *value, *element;
    size_t i;
    json_object_foreach_safe(object, next, name, value)
    {
        const struct field *field = field_named(fields, name);
        if (!field)
            json_object_del(object, name);
        else if (field->kind == FIELD_LIST)
            json_array_foreach(value, i, element) keep_named(element, field->element);
    }
}

static bool type_named(const char *name, enum message_type *type)
{
    for (int i = 0; name && i < MESSAGE_TYPE_COUNT; i++) {
        if (strcmp(TYPES[i].name, name) == 0) {
            *type = (enum message_type)i;
            return true;
        }
    }
    return false;
}

const char *protocol_read(const char *text, size_t size, struct message *message)
{
    *message = (struct message){.id = -1};
    if (size > PROTOCOL_MESSAGE_MAX)
        return "too_large";
    message->body = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(message->body))
        return "bad_message";
    const json_t *id = json_object_get(message->body, "id");
    if (json_is_integer(id) && json_integer_value(id) >= 0 && json_integer_value(id) <= INT32_MAX)
        message->id = json_integer_value(id);
    const json_t *type = json_object_get(message->body, "type");
    if (!json_is_string(type))
        return "bad_message";
    if (!type_named(json_string_value(type), &message->type))
        return "unknown_type";
    if (!fields_hold(message->body, TYPES[message->type].fields))
        return "bad_message";
    keep_named(message->body, TYPES[message->type].fields);
    return NULL;
}

void message_finish(struct message *message)
{
    json_decref(message->body);
    message->body = NULL;
}

const char *message_text(const struct message *message, const char *field)
{
    return json_string_value(json_object_get(message->body, field));
}

int64_t message_number(const struct message *message, const char *field, int64_t otherwise)
{
    const json_t *value = json_object_get(message->body, field);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

int message_flag(const struct message *message, const char *field)
{
    const json_t *value = json_object_get(message->body, field);
    return json_is_boolean(value) ? json_is_true(value) : -1;
}

/* ---- makers ---- */

static json_t *with_id(json_t *object, int64_t id)
{
    if (id >= 0)
        json_object_set_new(object, "id", json_integer(id));
    return object;
}

int protocol_retry_after_s(const char *code)
{
    bool later = strcmp(code, "at_capacity") == 0 || strcmp(code, "draining") == 0;
    return later ? RETRY_AFTER_S + (int)g_random_int_range(0, RETRY_SPREAD_S) : 0;
}

json_t *protocol_error(const char *code, int64_t id, const char *language, bool fatal)
{
    struct message_words words = message_words(code, language);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "type", "error", "code", code, "message", words.message,
                               "action", words.action);
    if (fatal)
        json_object_set_new(object, "fatal", json_true());
    int retry_after_s = protocol_retry_after_s(code);
    if (retry_after_s)
        json_object_set_new(object, "retry_after_s", json_integer(retry_after_s));
    return with_id(object, id);
}

json_t *protocol_ok(int64_t id)
{
    return with_id(json_pack("{s:s}", "type", "ok"), id);
}

json_t *protocol_time(int64_t unix_us)
{
    char text[64];
    struct tm parts;
    time_t seconds = (time_t)(unix_us / 1000000);
    gmtime_r(&seconds, &parts);
    size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + size, sizeof text - size, ".%03dZ", (int)(unix_us / 1000 % 1000));
    return json_string(text);
}

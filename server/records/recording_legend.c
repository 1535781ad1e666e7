#include "recording_legend.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "paper_blocks.h"
#include "server/rfc3339.h"

enum { PEOPLE_MAX = 100, STILLS_MAX = 200 };

/* A code, then what stands for it in Vietnamese and in English. */
struct word {
    const char *code, *vi, *en;
};

static const struct word MOMENTS[] = {
    {"begin", "Bắt đầu ghi hình", "Recording begins"},
    {"joined", "{} vào phòng", "{} joined"},
    {"left", "{} rời phòng", "{} left"},
    {"agreed", "{} đồng ý ghi hình", "{} agreed to the recording"},
    {"withdrew", "{} không đồng ý ghi hình", "{} does not agree to the recording"},
    {"still", "Chụp ảnh: {}", "Still taken: {}"},
    {"somebody", "Có người", "Somebody"},
};

static const struct word SOURCES[] = {
    {"screen", "Màn hình", "Screen"},
    {"exam", "Camera khám", "Exam camera"},
    {"document", "Camera vật thể", "Document camera"},
    {"dermatoscope", "Máy soi da", "Dermatoscope"},
    {"ultrasound", "Siêu âm", "Ultrasound"},
    {"stethoscope", "Ống nghe", "Stethoscope"},
    {"room", "Camera phòng", "Room camera"},
};

static const struct word ROLES[] = {
    {"host", "Chủ tọa", "Chair"},
    {"specialist", "Bác sĩ chuyên khoa", "Specialist"},
    {"doctor", "Bác sĩ", "Doctor"},
    {"patient", "Người bệnh", "Patient"},
    {"interpreter", "Phiên dịch", "Interpreter"},
    {"observer", "Người dự", "Observer"},
    {"kiosk", "Máy phòng hội chẩn", "Consult room"},
};

static const char *say(const struct word *word, bool vietnamese)
{
    return vietnamese ? word->vi : word->en;
}

static json_t *words(const struct word *list, size_t count, bool vietnamese)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, list[i].code, json_string(say(&list[i], vietnamese)));
    return object;
}

static const char *role_word(const char *role, bool vietnamese)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROLES); i++)
        if (strcmp(ROLES[i].code, role) == 0)
            return say(&ROLES[i], vietnamese);
    return "";
}

static const char *text_of(const struct store_rows *rows, const char *column)
{
    const char *text = rows_null(rows, column) ? NULL : rows_text(rows, column);
    return text ? text : "";
}

/* Both, or the one there is. g_free it. */
static char *both(const char *one, const char *between, const char *other)
{
    return g_strconcat(one, *one && *other ? between : "", other, NULL);
}

/* The day it was there, not at Greenwich. g_free it. */
static char *day_of(int64_t us)
{
    char text[RFC3339_SIZE];
    rfc3339_format(us, text);
    json_t *object = json_pack("{s:s}", "at", text);
    char *day = block_wall(object, "at", "%Y-%m-%d");
    json_decref(object);
    return day;
}

static json_t *describe_whole(const struct store_rows *rows, bool vietnamese)
{
    g_autofree char *place = both(text_of(rows, "room"), ", ", text_of(rows, "site"));
    g_autofree char *day = day_of(rows_int(rows, "started_at"));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "title", text_of(rows, "title"), "place", place, "date", day,
                     "language", text_of(rows, "language"), "sources",
                     words(SOURCES, G_N_ELEMENTS(SOURCES), vietnamese), "words",
                     words(MOMENTS, G_N_ELEMENTS(MOMENTS), vietnamese));
}

static bool add_people(struct store *store, const char *consultation, bool vietnamese, json_t *legend, GError **error)
{
    json_t *people = json_object();
    json_object_set_new(legend, "people", people);
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, name, role, place FROM participants p WHERE consultation_id = ? AND EXISTS (SELECT 1 FROM stays s "
        "WHERE s.participant_id = p.id) ORDER BY created_at, id LIMIT ?",
        store_text(consultation), store_int(PEOPLE_MAX));
    while (store_next(rows)) {
        g_autofree char *under = both(role_word(rows_text(rows, "role"), vietnamese), " · ", text_of(rows, "place"));
        json_object_set_new(people, rows_text(rows, "id"),
                            json_pack("{s:s, s:s}", "name", rows_text(rows, "name"), "under", under));
    }
    return rows != NULL;
}

static bool add_stills(struct store *store, const char *consultation, json_t *legend, GError **error)
{
    json_t *stills = json_array();
    json_object_set_new(legend, "stills", stills);
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT participant_id, created_at FROM files WHERE consultation_id = ? AND "
                                       "kind = 'still' AND state <> 'refused' ORDER BY created_at, id LIMIT ?",
                                       store_text(consultation), store_int(STILLS_MAX));
    while (store_next(rows))
        json_array_append_new(stills, json_pack("{s:I, s:s}", "at_us", (json_int_t)rows_int(rows, "created_at"),
                                                "participant", rows_text(rows, "participant_id")));
    return rows != NULL;
}

char *recording_legend(struct store *store, const char *recording, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.id, c.title, c.language, rec.started_at, r.name AS room, s.name AS site FROM recordings rec "
        "JOIN consultations c ON c.id = rec.consultation_id LEFT JOIN rooms r ON r.id = c.room_id "
        "LEFT JOIN sites s ON s.id = r.site_id WHERE rec.id = ?",
        store_text(recording));
    if (!store_next(rows))
        return NULL;
    bool vietnamese = strcmp(rows_text(rows, "language"), "en") != 0;
    json_t *legend = describe_whole(rows, vietnamese);
    const char *consultation = rows_text(rows, "id");
    bool whole = add_people(store, consultation, vietnamese, legend, error) &&
                 add_stills(store, consultation, legend, error);
    char *dumped = whole ? json_dumps(legend, JSON_COMPACT) : NULL, *text = g_strdup(dumped);
    free(dumped);
    json_decref(legend);
    return text;
}

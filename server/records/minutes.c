#include "minutes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "addenda.h"
#include "minutes_content.h"
#include "outbox.h"
#include "server/json_row.h"
#include "server/json_set.h"

enum { DOCTORS_MAX = 50 };

bool minutes_may_chair(const char *role)
{
    return strcmp(role, "host") == 0 || strcmp(role, "specialist") == 0;
}

bool minutes_is_doctor(const char *role)
{
    return minutes_may_chair(role) || strcmp(role, "doctor") == 0;
}

/* ---- what the booking says, before anybody has written ---- */

/** Lines of the reason that ask are the questions, the rest is what is known. */
static void split_reason(json_t *text, const char *reason)
{
    g_auto(GStrv) lines = g_strsplit(reason, "\n", -1);
    g_autoptr(GString) summary = g_string_new(NULL);
    json_t *questions = json_object_get(text, "questions");
    for (char **line = lines; *line; line++) {
        g_strstrip(*line);
        if (g_str_has_suffix(*line, "?") && g_utf8_strlen(*line, -1) <= MINUTES_QUESTION_MAX &&
            json_array_size(questions) < MINUTES_QUESTIONS_MAX)
            json_array_append_new(
                questions,
                json_pack("{s:o, s:s}", "id", json_sprintf("b%zu", json_array_size(questions)), "question", *line));
        else if (**line)
            g_string_append_printf(summary, "%s%s", summary->len ? "\n" : "", *line);
    }
    if (summary->len)
        json_object_set_new(text, "summary", json_string(summary->str));
}

static json_t *doctors_of(struct store *store, const char *consultation, GError **error)
{
    static const struct json_columns DOCTOR = {.text = {"id", "name", "role", "place"}};
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT id, name, role, place FROM participants WHERE consultation_id = ? AND "
                                       "removed_at IS NULL AND role IN ('host', 'specialist', 'doctor') "
                                       "ORDER BY CASE role WHEN 'host' THEN 0 WHEN 'specialist' THEN 1 ELSE 2 END, "
                                       "created_at, id LIMIT ?",
                                       store_text(consultation), store_int(DOCTORS_MAX));
    return rows ? json_rows(rows, &DOCTOR) : NULL;
}

/** Who leads it is the first to chair, and the last in rank, the clinic's doctor, writes. */
static void propose_signers(json_t *text, const json_t *doctors)
{
    const json_t *first = json_array_get(doctors, 0), *doctor;
    size_t i;
    if (first && minutes_may_chair(json_string_value(json_object_get(first, "role"))))
        json_object_set(text, "chair", json_object_get(first, "id"));
    json_array_foreach(doctors, i, doctor)
    {
        if (strcmp(json_string_value(json_object_get(doctor, "role")), "doctor") != 0)
            continue;
        json_object_set(text, "secretary", json_object_get(doctor, "id"));
        break;
    }
}

static bool add_unwritten(struct store *store, const char *consultation, json_t *json, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT reason FROM consultations WHERE id = ?",
                                       store_text(consultation));
    if (!store_next(rows))
        return false;
    json_t *text = json_pack("{s:[]}", "questions");
    if (!rows_null(rows, "reason"))
        split_reason(text, rows_text(rows, "reason"));
    propose_signers(text, json_object_get(json, "doctors"));
    json_object_set_new(json, "text", text);
    return true;
}

/* ---- as it stands ---- */

struct standing {
    int64_t version, final_at;
    json_t *text;  /* owned */
    char *content; /* owned; NULL: open */
};

static void standing_clear(struct standing *s)
{
    json_decref(s->text);
    g_free(s->content);
}
#define AUTO_STANDING __attribute__((cleanup(standing_clear))) struct standing

static bool stand(struct store *store, const char *consultation, struct standing *s, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT version, text, content, final_at FROM minutes WHERE consultation_id = ?",
                                       store_text(consultation));
    *s = (struct standing){0};
    if (!store_next(rows))
        return rows != NULL;
    s->version = rows_int(rows, "version");
    s->final_at = rows_int(rows, "final_at");
    s->text = json_loads(rows_text(rows, "text"), 0, NULL);
    s->content = g_strdup(rows_text(rows, "content"));
    return true;
}

/* Where it is on its way: what may keep it from being signed, and the filing that has it in it. */
#define FILING(column)                                                                                                 \
    "(SELECT o." column " FROM outbox o WHERE o.consultation_id = c.id AND o.kind = 'fhir' AND o.once LIKE "           \
    "'%" OUTBOX_WITH_MINUTES ":%' ORDER BY o.created_at DESC, o.id LIMIT 1)"

static struct store_rows *find_way(struct store *store, const char *consultation, GError **error)
{
    return store_query(
        store, error,
        "SELECT COALESCE(m.version, 0) AS version, c.updated_at, c.state AS consultation, "
        "CASE WHEN c.kind = 'emergency' AND c.patient_id IS NULL THEN 1 ELSE 0 END AS nameless, "
        "(SELECT COUNT(*) FROM participants p WHERE p.consultation_id = c.id) AS people, "
        "(SELECT COUNT(*) + COALESCE(MAX(s.left_at), 0) FROM stays s WHERE s.consultation_id = c.id) AS stays, "
        "(SELECT COUNT(*) FROM files f WHERE f.consultation_id = c.id AND f.kind = 'still' AND f.state = 'ready') AS "
        "stills, "
        "(SELECT COUNT(*) FROM recordings r WHERE r.consultation_id = c.id AND r.state IN ('recording', "
        "'rendering')) AS pending, " FILING("state") " AS state, " FILING(
            "delivered_at") " AS "
                            "delivered_at FROM consultations c LEFT JOIN minutes m ON m.consultation_id = c.id "
                            "WHERE c.id = ?",
        store_text(consultation));
}

/** NULL when nothing does: the end, what is recorded, and whom an emergency was about must be there first. */
static const char *obstacle_on(const struct store_rows *way)
{
    if (strcmp(rows_text(way, "consultation"), "ended") != 0)
        return "not-ended";
    if (rows_int(way, "pending"))
        return "recording";
    return rows_int(way, "nameless") ? "patient" : NULL;
}

static json_t *signatures_of(struct store *store, const char *consultation, GError **error)
{
    static const struct json_columns SIGNATURE = {.text = {"part", "participant", "name", "role", "method", "jws"},
                                                  .time = {"at"}};
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT s.part, s.participant_id AS participant, p.name, p.role, s.method, "
                                       "s.jws, s.at FROM minutes_signatures s JOIN participants p ON p.id = "
                                       "s.participant_id WHERE s.consultation_id = ? ORDER BY s.part",
                                       store_text(consultation));
    return rows ? json_rows(rows, &SIGNATURE) : NULL;
}

/** The text, and from the first signature on what was signed, as it was. */
static bool add_writing(struct store *store, const char *consultation, json_t *json, GError **error)
{
    static const struct json_columns WRITING = {.integer = {"version"},
                                                .text = {"written_by", "sha256"},
                                                .time = {"written_at", "final_at"},
                                                .json = {"text", "content"}};
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT m.version, m.text, m.content, m.sha256, m.written_at, m.final_at, "
                                       "p.name AS written_by FROM minutes m LEFT JOIN participants p ON p.id = "
                                       "m.written_by WHERE m.consultation_id = ?",
                                       store_text(consultation));
    if (!store_next(rows))
        return rows != NULL;
    json_t *writing = json_row(rows, &WRITING);
    json_object_update(json, writing);
    json_decref(writing);
    json_object_set_new(json, "state",
                        json_string(!rows_null(rows, "final_at") ? "signed"
                                    : !rows_null(rows, "sha256") ? "locked"
                                                                 : "draft"));
    return true;
}

static bool add_people(struct store *store, const char *consultation, json_t *json, GError **error)
{
    json_t *doctors = doctors_of(store, consultation, error);
    json_t *signatures = doctors ? signatures_of(store, consultation, error) : NULL;
    json_object_set_new(json, "doctors", doctors);
    json_object_set_new(json, "signatures", signatures);
    return signatures != NULL;
}

static bool add_addenda(struct store *store, const char *consultation, json_t *json, GError **error)
{
    json_t *addenda = addenda_json(store, consultation, error);
    json_object_set_new(json, "addenda", addenda);
    return addenda != NULL;
}

/** Of the filing nothing where nothing is filed. */
static bool add_way(struct store *store, const char *consultation, json_t *json, GError **error)
{
    static const struct json_columns FILED = {.text = {"state"}, .time = {"delivered_at"}};
    STORE_AUTO_ROWS way = find_way(store, consultation, error);
    if (!store_next(way))
        return false;
    if (!rows_null(way, "state"))
        json_object_set_new(json, "filing", json_row(way, &FILED));
    json_set_text(json, "obstacle", obstacle_on(way));
    return true;
}

/** What would be signed. */
static bool add_content(struct store *store, const char *consultation, json_t *json, GError **error)
{
    json_t *content = minutes_content(store, consultation, json_object_get(json, "text"), error);
    json_object_set_new(json, "content", content);
    return content != NULL;
}

static bool fill(struct store *store, const char *consultation, json_t *json, GError **error)
{
    return add_people(store, consultation, json, error) && add_writing(store, consultation, json, error) &&
           (json_object_get(json, "text") || add_unwritten(store, consultation, json, error)) &&
           (json_object_get(json, "content") || add_content(store, consultation, json, error)) &&
           add_addenda(store, consultation, json, error) && add_way(store, consultation, json, error);
}

json_t *minutes_json(struct store *store, const char *consultation, GError **error)
{
    json_t *json = json_pack("{s:i, s:s}", "version", 0, "state", "empty");
    if (fill(store, consultation, json, error))
        return json;
    json_decref(json);
    return NULL;
}

char *minutes_mark(struct store *store, const char *consultation, GError **error)
{
    STORE_AUTO_ROWS way = find_way(store, consultation, error);
    if (!store_next(way))
        return NULL;
    const char *filing = rows_text(way, "state"), *obstacle = obstacle_on(way);
    return g_strdup_printf("%" PRId64 ".%" PRId64 ".%" PRId64 ".%" PRId64 ".%" PRId64 ".%s.%s",
                           rows_int(way, "version"), rows_int(way, "updated_at"), rows_int(way, "people"),
                           rows_int(way, "stays"), rows_int(way, "stills"), filing ? filing : "",
                           obstacle ? obstacle : "");
}

char *minutes_signed_content(struct store *store, const char *consultation, GError **error)
{
    AUTO_STANDING s;
    return stand(store, consultation, &s, error) ? g_steal_pointer(&s.content) : NULL;
}

/* ---- writing ---- */

/** Nobody is named who may not sign in that part, and nobody twice. */
static bool check_signers(struct store *store, const char *consultation, const json_t *text, bool *good, GError **error)
{
    static const char *const parts[] = {"chair", "secretary"};
    *good = !json_object_get(text, "chair") ||
            !json_equal(json_object_get(text, "chair"), json_object_get(text, "secretary"));
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *id = json_string_value(json_object_get(text, parts[i]));
        if (!id)
            continue;
        STORE_AUTO_ROWS rows = store_query(store, error,
                                           "SELECT role FROM participants WHERE id = ? AND consultation_id = ? AND "
                                           "removed_at IS NULL",
                                           store_text(id), store_text(consultation));
        if (!rows)
            return false;
        bool may = store_next(rows) &&
                   (i == 0 ? minutes_may_chair(rows_text(rows, "role")) : minutes_is_doctor(rows_text(rows, "role")));
        *good = *good && may;
    }
    return true;
}

static bool write_text(struct store *store, const struct minutes_deed *deed, const json_t *text, GError **error)
{
    char *canonical = attest_canonical(text);
    bool good = deed->version
                    ? store_run(store, error,
                                "UPDATE minutes SET version = version + 1, text = ?, written_by = ?, written_at = ? "
                                "WHERE consultation_id = ?",
                                store_text(canonical), store_text(deed->actor->participant), store_int(deed->now),
                                store_text(deed->consultation)) == 1
                    : store_run(store, error,
                                "INSERT INTO minutes (consultation_id, version, text, written_by, written_at) VALUES "
                                "(?, 1, ?, ?, ?)",
                                store_text(deed->consultation), store_text(canonical),
                                store_text(deed->actor->participant), store_int(deed->now)) == 1;
    free(canonical);
    return good;
}

bool minutes_save(struct store *store, struct minutes_deed *deed, const json_t *text, GError **error)
{
    AUTO_STANDING s;
    bool signers_good;
    if (!stand(store, deed->consultation, &s, error) ||
        !check_signers(store, deed->consultation, text, &signers_good, error))
        return false;
    deed->problem = s.content                    ? "minutes-locked"
                    : s.version != deed->version ? "minutes-changed"
                    : !signers_good              ? "minutes-signers"
                                                 : NULL;
    return deed->problem || write_text(store, deed, text, error);
}

/* ---- signing ---- */

static bool is_whole(const json_t *text)
{
    json_t *question;
    size_t i;
    json_array_foreach(json_object_get(text, "questions"), i,
                       question) if (!json_object_get(question, "question") ||
                                     !json_object_get(question, "conclusion")) return false;
    return json_object_get(text, "conclusion") && json_object_get(text, "chair");
}

static const char *part_of(const json_t *text, const char *participant)
{
    static const char *const parts[] = {"chair", "secretary"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (g_strcmp0(json_string_value(json_object_get(text, parts[i])), participant) == 0)
            return parts[i];
    return NULL;
}

static bool judge_signing(struct store *store, struct minutes_deed *deed, const struct standing *s, GError **error)
{
    STORE_AUTO_ROWS way = find_way(store, deed->consultation, error);
    if (!store_next(way))
        return false;
    deed->problem = s->final_at                                   ? "minutes-locked"
                    : s->version != deed->version || !s->version  ? "minutes-changed"
                    : !part_of(s->text, deed->actor->participant) ? "not-allowed"
                    : obstacle_on(way)                            ? "minutes-not-yet"
                    : !is_whole(s->text)                          ? "minutes-incomplete"
                                                                  : NULL;
    return true;
}

static bool lock(struct store *store, const struct minutes_deed *deed, struct standing *s, GError **error)
{
    if (s->content)
        return true;
    json_t *content = minutes_content(store, deed->consultation, s->text, error);
    if (!content)
        return false;
    char hash[ATTEST_HASH_SIZE], *canonical = attest_canonical(content);
    s->content = g_strdup(canonical);
    free(canonical);
    json_decref(content);
    attest_hash(s->content, hash);
    return store_run(store, error, "UPDATE minutes SET content = ?, sha256 = ? WHERE consultation_id = ?",
                     store_text(s->content), store_text(hash), store_text(deed->consultation)) == 1;
}

static json_t *statement(const struct minutes_deed *deed, const struct standing *s, const char *part)
{
    char hash[ATTEST_HASH_SIZE];
    attest_hash(s->content, hash);
    json_t *content = json_loads(s->content, 0, NULL);
    json_t *payload = json_pack("{s:s, s:s, s:s, s:s, s:s}", "consultation", deed->consultation, "part", part,
                                "participant", deed->actor->participant, "method", deed->actor->method, "sha256", hash);
    json_object_set(payload, "name", json_object_get(json_object_get(content, part), "name"));
    json_set_time(payload, "signed_at", deed->now);
    json_decref(content);
    return payload;
}

static bool add_signature(struct store *store, const struct minutes_deed *deed, const struct standing *s,
                          const unsigned char *seed, GError **error)
{
    const char *part = part_of(s->text, deed->actor->participant);
    json_t *payload = statement(deed, s, part);
    g_autofree char *jws = attest_sign(seed, payload);
    json_decref(payload);
    return store_run(store, error,
                     "INSERT INTO minutes_signatures (consultation_id, part, participant_id, method, at, jws) VALUES "
                     "(?, ?, ?, ?, ?, ?) ON CONFLICT (consultation_id, part) DO NOTHING",
                     store_text(deed->consultation), store_text(part), store_text(deed->actor->participant),
                     store_text(deed->actor->method), store_int(deed->now), store_text(jws)) >= 0;
}

/** The last signature makes them final, and they are filed. Where nobody was named to write, the chair's is the last. */
static bool finish(struct store *store, struct minutes_deed *deed, const struct standing *s, GError **error)
{
    json_t *signatures = signatures_of(store, deed->consultation, error);
    if (!signatures)
        return false;
    size_t wanted = json_object_get(s->text, "secretary") ? 2 : 1;
    deed->final = json_array_size(signatures) >= wanted;
    json_decref(signatures);
    return store_run(store, error, "UPDATE minutes SET version = version + 1, final_at = ? WHERE consultation_id = ?",
                     store_time(deed->final ? deed->now : 0), store_text(deed->consultation)) == 1 &&
           (!deed->final || (outbox_event(store, "minutes.signed", deed->consultation, NULL, deed->now, error) &&
                             outbox_file(store, deed->consultation, deed->now, error)));
}

bool minutes_sign(struct store *store, struct minutes_deed *deed, const unsigned char seed[ATTEST_SEED_SIZE],
                  GError **error)
{
    AUTO_STANDING s;
    deed->final = false;
    if (!stand(store, deed->consultation, &s, error) || !judge_signing(store, deed, &s, error))
        return false;
    return deed->problem || (lock(store, deed, &s, error) && add_signature(store, deed, &s, seed, error) &&
                             finish(store, deed, &s, error));
}

bool minutes_withdraw(struct store *store, struct minutes_deed *deed, GError **error)
{
    AUTO_STANDING s;
    if (!stand(store, deed->consultation, &s, error))
        return false;
    deed->problem = s.final_at ? "minutes-locked" : s.version != deed->version ? "minutes-changed" : NULL;
    if (deed->problem)
        return true;
    int64_t removed = store_run(store, error,
                                "DELETE FROM minutes_signatures WHERE consultation_id = ? AND participant_id = ?",
                                store_text(deed->consultation), store_text(deed->actor->participant));
    if (removed == 0)
        deed->problem = "not-allowed";
    return removed == 0 ||
           (removed > 0 && store_run(store, error,
                                     "UPDATE minutes SET version = version + 1, content = NULL, sha256 = NULL WHERE "
                                     "consultation_id = ?",
                                     store_text(deed->consultation)) == 1);
}

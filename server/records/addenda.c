#include "addenda.h"

#include <stdlib.h>
#include <string.h>

#include "outbox.h"
#include "server/json_row.h"
#include "server/json_set.h"

/* ---- as they stand ---- */

static const struct json_columns SIGNED = {.text = {"method", "sha256", "jws"}, .json = {"content"}};

/** What was signed, and beside it how. */
static json_t *shown(const struct store_rows *rows)
{
    json_t *row = json_row(rows, &SIGNED), *addendum = json_incref(json_object_get(row, "content"));
    json_object_del(row, "content");
    json_object_update(addendum, row);
    json_decref(row);
    return addendum;
}

json_t *addenda_json(struct store *store, const char *consultation, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT content, method, sha256, jws FROM minutes_addenda WHERE "
                                       "consultation_id = ? ORDER BY number LIMIT ?",
                                       store_text(consultation), store_int(ADDENDA_MAX));
    if (!rows)
        return NULL;
    json_t *all = json_array();
    while (store_next(rows))
        json_array_append_new(all, shown(rows));
    return all;
}

char *addendum_signed_content(struct store *store, const char *consultation, int64_t number, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT content FROM minutes_addenda WHERE consultation_id = ? AND number = ?",
                                       store_text(consultation), store_int(number));
    return store_next(rows) ? g_strdup(rows_text(rows, "content")) : NULL;
}

/* ---- signing one ---- */

/** What it stands on. */
struct ground {
    bool final;
    char part[16];          /* that its author signed the minutes in; "" : none */
    char *minutes, *before; /* hashes, owned; `before`: of the addendum before it, NULL: it is the first */
    json_t *standing;       /* owned; who has this number already */
    int64_t count;
};

static void ground_clear(struct ground *g)
{
    g_free(g->minutes);
    g_free(g->before);
    json_decref(g->standing);
}
#define AUTO_GROUND __attribute__((cleanup(ground_clear))) struct ground

static bool load_minutes(struct store *store, const struct minutes_deed *deed, struct ground *g, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT m.sha256, m.final_at, s.part FROM minutes m LEFT JOIN minutes_signatures "
        "s ON s.consultation_id = m.consultation_id AND s.participant_id = ? WHERE "
        "m.consultation_id = ? ORDER BY s.part LIMIT 1",
        store_text(deed->actor->participant), store_text(deed->consultation));
    if (!store_next(rows))
        return rows != NULL;
    g->final = !rows_null(rows, "final_at");
    g->minutes = g_strdup(rows_text(rows, "sha256"));
    g_strlcpy(g->part, rows_null(rows, "part") ? "" : rows_text(rows, "part"), sizeof g->part);
    return true;
}

static bool load_ground(struct store *store, const struct minutes_deed *deed, int64_t number, struct ground *g,
                        GError **error)
{
    *g = (struct ground){0};
    if (!load_minutes(store, deed, g, error))
        return false;
    json_t *all = addenda_json(store, deed->consultation, error), *addendum;
    size_t i;
    if (!all)
        return false;
    json_array_foreach(all, i, addendum)
    {
        int64_t its = json_integer_value(json_object_get(addendum, "number"));
        if (its == number - 1)
            g->before = g_strdup(json_string_value(json_object_get(addendum, "sha256")));
        if (its == number)
            g->standing = json_incref(addendum);
    }
    g->count = (int64_t)json_array_size(all);
    json_decref(all);
    return true;
}

static bool says(const json_t *object, const char *name, const char *text)
{
    return g_strcmp0(json_string_value(json_object_get(object, name)), text) == 0;
}

/** An answer may have been lost on the way: who sends the same again has written it. */
static bool is_the_same(const json_t *standing, const struct minutes_deed *deed, const struct addendum *a)
{
    return says(json_object_get(standing, "author"), "id", deed->actor->participant) &&
           says(standing, "kind", a->kind) && says(standing, "reason", a->reason) && says(standing, "text", a->text);
}

static void judge(struct minutes_deed *deed, struct addendum *a, const struct ground *g)
{
    a->stood = g->standing && is_the_same(g->standing, deed, a);
    deed->problem = !g->final                   ? "minutes-not-signed"
                    : !*g->part                 ? "not-allowed"
                    : a->stood                  ? NULL
                    : g->count >= ADDENDA_MAX   ? "minutes-addenda-full"
                    : a->number != g->count + 1 ? "minutes-changed"
                                                : NULL;
}

static json_t *author_of(struct store *store, const struct minutes_deed *deed, GError **error)
{
    static const struct json_columns PERSON = {.text = {"id", "name", "role", "place"}};
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT id, name, role, place FROM participants WHERE id = ?",
                                       store_text(deed->actor->participant));
    return store_next(rows) ? json_row(rows, &PERSON) : NULL;
}

static json_t *content_of(const struct minutes_deed *deed, const struct addendum *a, const struct ground *g,
                          const json_t *author)
{
    json_t *content = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:O, s:s, s:s}", "form", "hoichan-addendum/1",
                                "consultation", deed->consultation, "number", (json_int_t)a->number, "kind", a->kind,
                                "reason", a->reason, "text", a->text, "author", author, "part", g->part,
                                "minutes_sha256", g->minutes);
    json_set_text(content, "previous_sha256", g->before);
    json_set_time(content, "signed_at", deed->now);
    return content;
}

static json_t *statement(const struct minutes_deed *deed, const struct addendum *a, const struct ground *g,
                         const json_t *author, const char *hash)
{
    json_t *payload = json_pack("{s:s, s:I, s:s, s:s, s:s, s:O, s:s}", "consultation", deed->consultation, "addendum",
                                (json_int_t)a->number, "part", g->part, "participant", deed->actor->participant,
                                "method", deed->actor->method, "name", json_object_get(author, "name"), "sha256", hash);
    json_set_time(payload, "signed_at", deed->now);
    return payload;
}

static bool insert(struct store *store, const struct minutes_deed *deed, const struct addendum *a,
                   const struct ground *g, const unsigned char *seed, GError **error)
{
    char hash[ATTEST_HASH_SIZE];
    json_t *author = author_of(store, deed, error);
    if (!author)
        return false;
    json_t *content = content_of(deed, a, g, author);
    char *canonical = attest_canonical(content);
    attest_hash(canonical, hash);
    json_t *payload = statement(deed, a, g, author, hash);
    g_autofree char *jws = attest_sign(seed, payload);
    bool good = store_run(store, error,
                          "INSERT INTO minutes_addenda (consultation_id, number, participant_id, method, at, content, "
                          "sha256, jws) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                          store_text(deed->consultation), store_int(a->number), store_text(deed->actor->participant),
                          store_text(deed->actor->method), store_int(deed->now), store_text(canonical),
                          store_text(hash), store_text(jws)) == 1;
    json_decref(payload);
    free(canonical);
    json_decref(content);
    json_decref(author);
    return good;
}

bool addendum_sign(struct store *store, struct minutes_deed *deed, struct addendum *addendum,
                   const unsigned char seed[ATTEST_SEED_SIZE], GError **error)
{
    AUTO_GROUND ground;
    if (!load_ground(store, deed, addendum->number, &ground, error))
        return false;
    judge(deed, addendum, &ground);
    if (deed->problem || addendum->stood)
        return true;
    return insert(store, deed, addendum, &ground, seed, error) &&
           store_run(store, error, "UPDATE minutes SET version = version + 1 WHERE consultation_id = ?",
                     store_text(deed->consultation)) == 1 &&
           outbox_addendum(store, deed->consultation, addendum->number, deed->now, error) &&
           outbox_file(store, deed->consultation, deed->now, error);
}

#include "outbox.h"

#include <jansson.h>
#include <string.h>

#include "server/json_set.h"
#include "server/rfc3339.h"

enum { FIRST_WAIT_S = 5, LONGEST_WAIT_S = 4 * 3600, FAILURES_MAX = 30 };
#define EMR_SETTING  "emr.fhir_base"
#define PACS_SETTING "pacs.dicomweb"

int64_t outbox_backoff_s(int64_t failures, double random)
{
    if (failures >= FAILURES_MAX)
        return -1;
    int64_t wait = LONGEST_WAIT_S;
    if (failures < 16)
        wait = MIN((int64_t)FIRST_WAIT_S << MAX(failures - 1, 0), LONGEST_WAIT_S);
    return MAX(1, (int64_t)((double)wait * (0.75 + random / 2)));
}

struct entry {
    const char *once, *kind, *event, *consultation, *recording, *file, *webhook, *target, *payload;
};

static bool insert(struct store *store, const struct entry *e, int64_t now, GError **error)
{
    char id[STORE_ID_SIZE];
    store_new_id(id);
    return store_run(store, error,
                     "INSERT INTO outbox (id, once, kind, event, consultation_id, recording_id, file_id, webhook_id, "
                     "target, payload, state, next_attempt_at, created_at) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?) "
                     "ON CONFLICT (once) DO NOTHING",
                     store_text(id), store_text(e->once), store_text(e->kind), store_text(e->event),
                     store_text(e->consultation), store_text(e->recording), store_text(e->file), store_text(e->webhook),
                     store_text(e->target), store_text(e->payload), store_int(now), store_int(now)) >= 0;
}

/* ---- webhooks ---- */

/** What is told, and of what: a recording, or an addendum by its number. */
struct news {
    const char *event, *consultation, *recording;
    int64_t addendum; /* 0: none */
};

/** Ids and times only: who receives it asks the API for more, with its own authorisation. */
static char *event_payload(const struct news *news, int64_t now)
{
    char at[RFC3339_SIZE];
    rfc3339_format(now, at);
    json_t *body = json_pack("{s:s, s:s, s:{s:s}}", "type", news->event, "timestamp", at, "data", "consultation_id",
                             news->consultation);
    json_t *data = json_object_get(body, "data");
    json_set_text(data, "recording_id", news->recording);
    if (news->addendum)
        json_object_set_new(data, "number", json_integer(news->addendum));
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

static bool wants(const char *events, const char *event)
{
    json_t *list = json_loads(events, 0, NULL), *item;
    bool found = false;
    size_t i;
    json_array_foreach(list, i, item) found |= g_strcmp0(json_string_value(item), event) == 0;
    json_decref(list);
    return found;
}

static bool tell(struct store *store, const struct news *news, const char *of, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT id, url, events FROM webhooks WHERE active = 1");
    if (!rows)
        return false;
    g_autofree char *payload = event_payload(news, now);
    while (store_next(rows)) {
        if (!wants(rows_text(rows, "events"), news->event))
            continue;
        const char *webhook = rows_text(rows, "id");
        g_autofree char *once = g_strdup_printf("%s:%s:%s:%s", webhook, news->event, news->consultation, of);
        struct entry entry = {.once = once,
                              .kind = "webhook",
                              .event = news->event,
                              .consultation = news->consultation,
                              .recording = news->recording,
                              .webhook = webhook,
                              .target = rows_text(rows, "url"),
                              .payload = payload};
        if (!insert(store, &entry, now, error))
            return false;
    }
    return true;
}

bool outbox_event(struct store *store, const char *event, const char *consultation, const char *recording, int64_t now,
                  GError **error)
{
    struct news news = {.event = event, .consultation = consultation, .recording = recording};
    return tell(store, &news, recording ? recording : "", now, error);
}

bool outbox_emergency(struct store *store, const char *consultation, const char *call, int64_t now, GError **error)
{
    struct news news = {.event = "emergency.called", .consultation = consultation};
    return tell(store, &news, call, now, error);
}

bool outbox_addendum(struct store *store, const char *consultation, int64_t number, int64_t now, GError **error)
{
    struct news news = {.event = "minutes.addendum", .consultation = consultation, .addendum = number};
    g_autofree char *of = g_strdup_printf("%" G_GINT64_FORMAT, number);
    return tell(store, &news, of, now, error);
}

bool outbox_filed(struct store *store, const char *delivery, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT consultation_id, once FROM outbox WHERE id = ?",
                                       store_text(delivery));
    if (!store_next(rows))
        return rows != NULL;
    struct news news = {.event = "record.filed", .consultation = rows_text(rows, "consultation_id")};
    return tell(store, &news, rows_text(rows, "once"), now, error);
}

/* ---- filing ---- */

static bool set_setting(struct store *store, const char *key, const char *value, GError **error)
{
    return store_run(store, error,
                     "INSERT INTO settings (key, value) VALUES (?, ?) "
                     "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                     store_text(key), store_text(value ? value : "")) >= 0;
}

bool outbox_configure(struct store *store, const char *fhir_base, const char *dicomweb, GError **error)
{
    return set_setting(store, EMR_SETTING, fhir_base, error) && set_setting(store, PACS_SETTING, dicomweb, error);
}

/** What waits is made of the record as it is when it is sent: the newer state takes its place, and is not sent twice. */
static bool renew(struct store *store, const struct entry *e, int64_t now, GError **error)
{
    return store_run(store, error,
                     "UPDATE outbox SET once = ?, next_attempt_at = ? WHERE id = (SELECT id FROM outbox WHERE "
                     "consultation_id = ? AND kind = ? AND COALESCE(file_id, '') = ? AND state = 'waiting' ORDER BY "
                     "created_at DESC, id LIMIT 1) AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.once = ?)",
                     store_text(e->once), store_int(now), store_text(e->consultation), store_text(e->kind),
                     store_text(e->file ? e->file : ""), store_text(e->once)) >= 0;
}

static bool renew_or_insert(struct store *store, const struct entry *e, int64_t now, GError **error)
{
    return renew(store, e, now, error) && insert(store, e, now, error);
}

static bool file_record(struct store *store, const char *consultation, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.state, CASE WHEN c.kind = 'emergency' AND c.patient_id IS NULL THEN 1 ELSE 0 END AS nameless, "
        "COALESCE((SELECT value FROM settings WHERE key = '" EMR_SETTING "'), '') AS target, "
        "(SELECT COUNT(*) FROM recordings r WHERE r.consultation_id = c.id AND r.state IN ('recording', 'rendering')) "
        "AS pending, "
        "(SELECT COUNT(*) FROM recordings r WHERE r.consultation_id = c.id AND r.state = 'ready') AS ready, "
        "(SELECT COUNT(*) FROM files f WHERE f.consultation_id = c.id AND f.kind = 'still' AND f.state = 'ready') AS "
        "stills, (SELECT COALESCE(MAX(f.marked_at), 0) FROM files f WHERE f.consultation_id = c.id) AS marked, "
        "(SELECT COUNT(*) FROM minutes m WHERE m.consultation_id = c.id AND m.final_at IS NOT NULL) AS minutes, "
        "(SELECT COUNT(*) FROM minutes_addenda a WHERE a.consultation_id = c.id) AS addenda "
        "FROM consultations c WHERE c.id = ?",
        store_text(consultation));
    if (!store_next(rows))
        return rows != NULL;
    bool ended = strcmp(rows_text(rows, "state"), "ended") == 0;
    int64_t ready = rows_int(rows, "ready");
    if (!*rows_text(rows, "target") || rows_int(rows, "nameless") || rows_int(rows, "pending") || (!ended && !ready))
        return true;
    /* What is still drawn while it goes on is filed with its end. */
    g_autofree char *papers = g_strdup_printf(OUTBOX_WITH_MINUTES ":%" G_GINT64_FORMAT, rows_int(rows, "addenda"));
    g_autofree char *once = g_strdup_printf(
        "fhir:%s:%s:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT "%s", consultation,
        rows_text(rows, "state"), ready, rows_int(rows, "stills"), ended ? rows_int(rows, "marked") : 0,
        rows_int(rows, "minutes") ? papers : "");
    struct entry entry = {.once = once,
                          .kind = "fhir",
                          .event = "record.filed",
                          .consultation = consultation,
                          .target = rows_text(rows, "target")};
    return renew_or_insert(store, &entry, now, error);
}

/** Each picture is a delivery of its own: one that the PACS refuses does not hold up the others. A PACS keeps pictures by
 * patient, so without one there is nowhere to put them. */
static bool file_stills(struct store *store, const char *consultation, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT f.id, COALESCE(f.marked_at, 0) AS marked, s.value AS target FROM files f "
        "JOIN consultations c ON c.id = f.consultation_id JOIN settings s ON s.key = "
        "'" PACS_SETTING "' WHERE c.id = ? AND c.state = 'ended' AND c.patient_id IS NOT "
        "NULL AND s.value <> '' AND f.kind = 'still' AND f.state = 'ready'",
        store_text(consultation));
    bool good = rows != NULL;
    while (good && store_next(rows)) {
        g_autofree char *once = g_strdup_printf("dicom:%s:%" G_GINT64_FORMAT, rows_text(rows, "id"),
                                                rows_int(rows, "marked"));
        struct entry entry = {.once = once,
                              .kind = "dicom",
                              .event = "still.filed",
                              .consultation = consultation,
                              .file = rows_text(rows, "id"),
                              .target = rows_text(rows, "target")};
        good = renew_or_insert(store, &entry, now, error);
    }
    return good;
}

bool outbox_file(struct store *store, const char *consultation, int64_t now, GError **error)
{
    return file_record(store, consultation, now, error) && file_stills(store, consultation, now, error);
}

/* ---- by hand ---- */

bool outbox_retry(struct store *store, const char *id, int64_t now, bool *found, GError **error)
{
    int64_t changed = store_run(store, error,
                                "UPDATE outbox SET state = 'waiting', failures = 0, next_attempt_at = ?, "
                                "delivered_at = NULL WHERE id = ? AND state <> 'delivering'",
                                store_int(now), store_text(id));
    *found = changed > 0;
    return changed >= 0;
}

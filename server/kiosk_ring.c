/* Who waits for a room: what its kiosk rings for. */
#include "kiosk.h"

#include "json_row.h"
#include "json_set.h"

/** Of a room's consultations few are open at a time. */
enum { CALLS_MAX = 8 };

/** Doctors who are in it at this moment; "newest" is when the last of them came. */
static json_t *doctors_waiting(struct store *store, const char *consultation, int64_t *newest, GError **error)
{
    static const struct json_columns DOCTOR = {.text = {"name", "place"}};
    *newest = 0;
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT p.name, p.place, MAX(t.joined_at) AS joined_at FROM stays t "
                                       "JOIN participants p ON p.id = t.participant_id WHERE t.consultation_id = ? "
                                       "AND t.left_at IS NULL AND t.away_at IS NULL AND p.removed_at IS NULL "
                                       "AND p.role IN ('host', 'specialist', 'doctor') "
                                       "GROUP BY p.id, p.name, p.place ORDER BY MIN(t.joined_at), p.id",
                                       store_text(consultation));
    json_t *doctors = rows ? json_array() : NULL;
    while (store_next(rows)) {
        json_array_append_new(doctors, json_row(rows, &DOCTOR));
        *newest = MAX(*newest, rows_int(rows, "joined_at"));
    }
    return doctors;
}

/** What may ring: it is open, or an emergency booked for now that the room has not called itself; and no machine of it is in. */
#define SELECT_CALLS                                                                                                   \
    "SELECT c.id AS consultation_id, c.kind, c.title, c.starts_at, c.state FROM consultations c "                      \
    "WHERE c.room_id = (SELECT room_id FROM kiosks WHERE id = ?) AND (c.state = 'open' OR (c.state = 'booked' AND "    \
    "c.kind = 'emergency' AND c.starts_at <= ? AND c.ends_at > ? AND NOT EXISTS (SELECT 1 FROM emergency_calls e "     \
    "WHERE e.consultation_id = c.id))) AND NOT EXISTS (SELECT 1 FROM stays t JOIN participants p ON "                  \
    "p.id = t.participant_id WHERE t.consultation_id = c.id AND t.left_at IS NULL AND p.kiosk_id IS NOT NULL) "

static json_t *call_json(const struct store_rows *rows, json_t *doctors, int64_t since)
{
    static const struct json_columns CALL = {.text = {"consultation_id", "kind", "title"}};
    json_t *call = json_row(rows, &CALL);
    json_object_set_new(call, "doctors", doctors);
    json_set_time(call, "since", since);
    return call;
}

json_t *kiosk_rings(struct store *store, const char *kiosk, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       SELECT_CALLS "ORDER BY CASE c.kind WHEN 'emergency' THEN 0 ELSE 1 END, "
                                                    "c.starts_at DESC, c.id LIMIT ?",
                                       store_text(kiosk), store_int(now), store_int(now), store_int(CALLS_MAX));
    json_t *calls = rows ? json_array() : NULL;
    while (store_next(rows)) {
        int64_t newest;
        json_t *doctors = doctors_waiting(store, rows_text(rows, "consultation_id"), &newest, error);
        if (!doctors) {
            json_decref(calls);
            return NULL;
        }
        if (newest)
            json_array_append_new(calls, call_json(rows, doctors, newest));
        else if (g_str_equal(rows_text(rows, "state"), "booked"))
            json_array_append_new(calls, call_json(rows, doctors, rows_int(rows, "starts_at")));
        else
            json_decref(doctors);
    }
    return calls;
}

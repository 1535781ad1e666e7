/* What the pool does when somebody comes, stays and goes. */
#include "consultation.h"
#include "house_call.h"
#include "json_set.h"
#include "server.h"

static json_t *admitted_json(const struct house_call *call, struct store_rows *rows)
{
    json_t *c = json_pack("{s:s, s:s, s:s, s:s}", "id", call->consultation, "title", rows_text(rows, "title"), "kind",
                          rows_text(rows, "kind"), "state", rows_text(rows, "state"));
    json_set_time(c, "starts_at", rows_int(rows, "starts_at"));
    json_set_time(c, "ends_at", rows_int(rows, "ends_at"));
    json_set_time(c, "started_at", rows_int(rows, "started_at"));
    json_set_text(c, "room", rows_text(rows, "room"));
    json_set_text(c, "site", rows_text(rows, "site"));
    json_t *p = json_pack("{s:s, s:s, s:s, s:s}", "id", call->participant, "name", rows_text(rows, "name"), "role",
                          rows_text(rows, "role"), "language", rows_text(rows, "language"));
    json_set_text(p, "place", rows_text(rows, "place"));
    return json_pack("{s:o, s:o, s:b, s:o}", "consultation", c, "participant", p, "waiting_room",
                     rows_bool(rows, "waiting_room"), "ice_servers",
                     house_ice_servers(call->server->config, call->participant, call->at));
}

/** The stay that goes on, for a signaling that was restarted in the middle of it. */
static bool add_stay(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT id, quality FROM stays WHERE consultation_id = ? AND participant_id = ? "
                                       "AND left_at IS NULL AND quality IS NOT NULL ORDER BY joined_at DESC LIMIT 1",
                                       store_text(call->consultation), store_text(call->participant));
    if (!rows)
        return false;
    if (store_next(rows))
        json_object_set_new(call->admitted, "stay",
                            json_pack("{s:s, s:o*}", "id", rows_text(rows, "id"), "quality",
                                      json_loads(rows_text(rows, "quality"), 0, NULL)));
    return true;
}

/** The last word of each voice on each purpose. */
static bool add_consents(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT purpose, granted, for_patient FROM consents c WHERE c.consultation_id = "
                                       "? AND c.participant_id = ? AND c.seq = (SELECT MAX(l.seq) FROM consents l "
                                       "WHERE l.consultation_id = c.consultation_id AND l.participant_id = "
                                       "c.participant_id AND l.purpose = c.purpose AND l.for_patient = c.for_patient) "
                                       "ORDER BY c.seq",
                                       store_text(call->consultation), store_text(call->participant));
    json_t *words = json_array();
    while (store_next(rows))
        json_array_append_new(words, json_pack("{s:s, s:b, s:b}", "purpose", rows_text(rows, "purpose"), "granted",
                                               (int)rows_bool(rows, "granted"), "for_patient",
                                               (int)rows_bool(rows, "for_patient")));
    json_object_set_new(call->admitted, "consents", words);
    return rows != NULL;
}

bool house_admit(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.title, c.kind, c.state, c.starts_at, c.ends_at, c.started_at, c.waiting_room, "
        "r.name AS room, s.name AS site, p.name, p.role, p.place, COALESCE(u.language, c.language) AS language "
        "FROM participants p JOIN consultations c ON c.id = p.consultation_id "
        "LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id "
        "LEFT JOIN users u ON u.id = p.user_id "
        "WHERE p.id = ? AND c.id = ? AND p.removed_at IS NULL",
        store_text(call->participant), store_text(call->consultation));
    if (!rows)
        return false;
    if (!store_next(rows)) {
        call->problem = "not_found";
        return true;
    }
    enum consultation_state state = consultation_state_of(rows_text(rows, "state"));
    if (state == CONSULTATION_ENDED)
        call->problem = "ended";
    else if (state == CONSULTATION_CANCELLED)
        call->problem = "not_open";
    else
        call->admitted = admitted_json(call, rows);
    return !call->admitted ||
           (add_stay(call, store, error) && add_consents(call, store, error) && house_add_stills(call, store, error));
}

/** The same stay may be told of twice: before and after a restart. */
bool house_joined(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error,
                     "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (id) DO UPDATE SET away_at = NULL",
                     store_text(call->stay.id), store_text(call->consultation), store_text(call->participant),
                     store_int(call->at)) >= 0;
}

bool house_away(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error, "UPDATE stays SET away_at = ? WHERE id = ? AND left_at IS NULL",
                     store_time(call->at), store_text(call->stay.id)) >= 0;
}

bool house_quality(struct house_call *call, struct store *store, GError **error)
{
    g_autofree char *quality = json_dumps(call->stay.quality, JSON_COMPACT);
    return store_run(store, error, "UPDATE stays SET quality = ? WHERE id = ? AND left_at IS NULL", store_text(quality),
                     store_text(call->stay.id)) >= 0;
}

bool house_left(struct house_call *call, struct store *store, GError **error)
{
    g_autofree char *quality = call->stay.quality ? json_dumps(call->stay.quality, JSON_COMPACT) : NULL;
    return store_run(store, error,
                     "UPDATE stays SET left_at = COALESCE(left_at, ?), reason = COALESCE(reason, ?), "
                     "quality = COALESCE(?, quality) WHERE id = ?",
                     store_int(call->at), store_text(call->stay.reason), store_text(quality),
                     store_text(call->stay.id)) >= 0;
}

bool house_started(struct house_call *call, struct store *store, GError **error)
{
    bool moved;
    return consultation_start(store, call->consultation, call->at, &moved, error);
}

static bool end_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    bool moved;
    if (!consultation_end(store, call->consultation, call->at, &moved, error))
        return false;
    return !moved || house_append_audit(call, store, &(struct house_deed){.action = "consultation.end"}, error);
}

bool house_ended(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, end_work, call, error);
}

/* Consultations as the API shows them. */
#include "consultation.h"

#include "json_set.h"

static json_t *patient_json(const struct store_rows *rows)
{
    json_t *patient = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s}", "id", rows_text(rows, "patient_id"), "identifier",
                                "system", rows_text(rows, "identifier_system"), "value",
                                rows_text(rows, "identifier_value"), "name", rows_text(rows, "patient_name"), "sex",
                                rows_text(rows, "sex"));
    json_set_text(patient, "birth_date", rows_text(rows, "birth_date"));
    return patient;
}

static json_t *participants_json(struct store *store, const char *id, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, name, role, user_id, kiosk_id, place FROM participants "
        "WHERE consultation_id = ? AND removed_at IS NULL ORDER BY created_at, id LIMIT 200",
        store_text(id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    while (store_next(rows)) {
        json_t *person = json_pack("{s:s, s:s, s:s}", "id", rows_text(rows, "id"), "name", rows_text(rows, "name"),
                                   "role", rows_text(rows, "role"));
        json_set_text(person, "user_id", rows_text(rows, "user_id"));
        json_set_text(person, "kiosk_id", rows_text(rows, "kiosk_id"));
        json_set_text(person, "place", rows_text(rows, "place"));
        json_array_append_new(list, person);
    }
    return list;
}

json_t *consultation_row_json(struct store *store, struct store_rows *rows, GError **error)
{
    json_t *participants = participants_json(store, rows_text(rows, "id"), error);
    if (!participants)
        return NULL;
    json_t *c = json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", rows_text(rows, "id"), "kind", rows_text(rows, "kind"),
                          "title", rows_text(rows, "title"), "language", rows_text(rows, "language"), "state",
                          rows_text(rows, "state"));
    json_set_time(c, "starts_at", rows_int(rows, "starts_at"));
    json_set_time(c, "ends_at", rows_int(rows, "ends_at"));
    json_set_time(c, "started_at", rows_int(rows, "started_at"));
    json_set_time(c, "ended_at", rows_int(rows, "ended_at"));
    json_set_time(c, "created_at", rows_int(rows, "created_at"));
    json_set_text(c, "cancel_reason", rows_text(rows, "cancel_reason"));
    if (!rows_null(rows, "room_id")) {
        json_object_set_new(
            c, "room", json_pack("{s:s, s:s}", "id", rows_text(rows, "room_id"), "name", rows_text(rows, "room_name")));
        json_object_set_new(
            c, "site", json_pack("{s:s, s:s}", "id", rows_text(rows, "site_id"), "name", rows_text(rows, "site_name")));
    }
    json_set_text(c, "reason", rows_text(rows, "reason"));
    json_object_set_new(c, "waiting_room", json_boolean(rows_bool(rows, "waiting_room")));
    if (!rows_null(rows, "patient_id"))
        json_object_set_new(c, "patient", patient_json(rows));
    json_object_set_new(c, "participants", participants);
    return c;
}

json_t *consultation_json(struct store *store, const char *id, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, CONSULTATION_SELECT "WHERE c.id = ?", store_text(id));
    return store_next(rows) ? consultation_row_json(store, rows, error) : NULL;
}

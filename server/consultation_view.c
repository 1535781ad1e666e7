/* Consultations as the API shows them. */
#include "consultation.h"

#include "json_row.h"
#include "json_set.h"

json_t *patient_row_json(const struct store_rows *rows)
{
    json_t *patient = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s}", "id", rows_text(rows, "patient_id"), "identifier",
                                "system", rows_text(rows, "identifier_system"), "value",
                                rows_text(rows, "identifier_value"), "name", rows_text(rows, "patient_name"), "sex",
                                rows_text(rows, "sex"));
    json_set_text(patient, "birth_date", rows_text(rows, "birth_date"));
    return patient;
}

static const struct json_columns PARTICIPANT = {.text = {"id", "name", "role", "user_id", "kiosk_id", "place"}};

static json_t *participants_json(struct store *store, const char *id, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, name, role, user_id, kiosk_id, place FROM participants "
        "WHERE consultation_id = ? AND removed_at IS NULL ORDER BY created_at, id LIMIT 200",
        store_text(id));
    return rows ? json_rows(rows, &PARTICIPANT) : NULL;
}

static const struct json_columns CONSULTATION = {
    .text = {"id", "kind", "title", "language", "state", "cancel_reason", "reason"},
    .boolean = {"waiting_room"},
    .time = {"starts_at", "ends_at", "started_at", "ended_at", "created_at"},
};

json_t *consultation_row_json(struct store *store, const struct store_rows *rows, GError **error)
{
    json_t *participants = participants_json(store, rows_text(rows, "id"), error);
    if (!participants)
        return NULL;
    json_t *consultation = json_row(rows, &CONSULTATION);
    json_row_set_named(consultation, "room", rows);
    json_row_set_named(consultation, "site", rows);
    if (!rows_null(rows, "patient_id"))
        json_object_set_new(consultation, "patient", patient_row_json(rows));
    json_object_set_new(consultation, "participants", participants);
    return consultation;
}

json_t *consultation_json(struct store *store, const char *id, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, CONSULTATION_SELECT "WHERE c.id = ?", store_text(id));
    return store_next(rows) ? consultation_row_json(store, rows, error) : NULL;
}

/* What belongs to one consultation: who was there when, consents, chat, its part of the audit log. */
#include "consultations.h"
#include "resource.h"
#include "server/router.h"
#include "tables.h"

static void add_person(json_t *object, const struct store_rows *rows)
{
    json_set_text(object, "participant_id", rows_text(rows, "participant_id"));
    json_set_text(object, "name", rows_text(rows, "name"));
    json_set_text(object, "role", rows_text(rows, "role"));
}

static json_t *stay_json(struct store *store, struct store_rows *rows, GError **error)
{
    (void)store;
    (void)error;
    json_t *stay = json_pack("{s:s}", "id", rows_text(rows, "id"));
    add_person(stay, rows);
    json_set_time(stay, "joined_at", rows_int(rows, "joined_at"));
    json_set_time(stay, "left_at", rows_int(rows, "left_at"));
    json_set_text(stay, "reason", rows_text(rows, "reason"));
    if (!rows_null(rows, "quality"))
        json_object_set_new(stay, "quality", json_loads(rows_text(rows, "quality"), 0, NULL));
    return stay;
}

static json_t *consent_json(struct store *store, struct store_rows *rows, GError **error)
{
    (void)store;
    (void)error;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, rows_int(rows, "seq"));
    json_t *consent = json_pack("{s:s, s:s, s:b, s:b, s:s}", "id", id, "purpose", rows_text(rows, "purpose"), "granted",
                                rows_bool(rows, "granted"), "for_patient", rows_bool(rows, "for_patient"), "language",
                                rows_text(rows, "language"));
    add_person(consent, rows);
    if (!rows_null(rows, "said_by"))
        json_set_text(consent, "said_by", rows_text(rows, "said_by"));
    json_set_time(consent, "at", rows_int(rows, "at"));
    return consent;
}

static json_t *chat_json(struct store *store, struct store_rows *rows, GError **error)
{
    (void)store;
    (void)error;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, rows_int(rows, "seq"));
    json_t *line = json_pack("{s:s, s:s}", "id", id, "text", rows_text(rows, "text"));
    add_person(line, rows);
    json_set_time(line, "at", rows_int(rows, "at"));
    return line;
}

static struct response *list_stays(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT t.id, t.participant_id, p.name, p.role, t.joined_at, t.left_at, t.reason, t.quality FROM stays t "
        "JOIN participants p ON p.id = t.participant_id WHERE t.consultation_id = ? "
        "ORDER BY t.joined_at, t.id LIMIT ?",
        stay_json);
}

static struct response *list_consents(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT t.seq, t.participant_id, p.name, p.role, t.purpose, t.granted, t.for_patient, t.language, t.at, "
        "COALESCE(b.name, u.name, t.said_by) AS said_by FROM consents t "
        "JOIN participants p ON p.id = t.participant_id "
        "LEFT JOIN participants b ON t.said_by = 'participant:' || b.id "
        "LEFT JOIN users u ON t.said_by = 'user:' || u.id WHERE t.consultation_id = ? ORDER BY t.seq LIMIT ?",
        consent_json);
}

static struct response *list_chat(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT t.seq, t.participant_id, p.name, p.role, t.text, t.at FROM chat t "
        "JOIN participants p ON p.id = t.participant_id WHERE t.consultation_id = ? ORDER BY t.seq LIMIT ?",
        chat_json);
}

const struct route consultation_part_routes[] = {
    {HTTP_GET, "/api/v1/consultations/{id}/sessions", ACCESS_STAFF, .handler = list_stays},
    {HTTP_GET, "/api/v1/consultations/{id}/consents", ACCESS_STAFF, .handler = list_consents},
    {HTTP_GET, "/api/v1/consultations/{id}/chat", ACCESS_STAFF, .handler = list_chat},
    {0},
};

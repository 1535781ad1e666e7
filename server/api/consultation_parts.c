/* What belongs to one consultation: who was there when, consents, chat, its part of the audit log. */
#include "consultations.h"
#include "resource.h"
#include "server/router.h"
#include "tables.h"

static const struct row_view STAY = {.columns = {.text = {"id", "participant_id", "name", "role", "reason"},
                                                 .time = {"joined_at", "left_at"},
                                                 .json = {"quality"}}};

static const struct row_view CONSENT = {
    .columns = {.number = {"id"},
                .text = {"participant_id", "name", "role", "purpose", "language", "said_by"},
                .boolean = {"granted", "for_patient"},
                .time = {"at"}}};

static const struct row_view LINE = {
    .columns = {.number = {"id"}, .text = {"participant_id", "name", "role", "text"}, .time = {"at"}}};

static struct response *list_stays(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT t.id, t.participant_id, p.name, p.role, t.joined_at, t.left_at, t.reason, t.quality FROM stays t "
        "JOIN participants p ON p.id = t.participant_id WHERE t.consultation_id = ? "
        "ORDER BY t.joined_at, t.id LIMIT ?",
        &STAY);
}

static struct response *list_consents(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT t.seq AS id, t.participant_id, p.name, p.role, t.purpose, t.granted, t.for_patient, t.language, t.at, "
        "COALESCE(b.name, u.name, t.said_by) AS said_by FROM consents t "
        "JOIN participants p ON p.id = t.participant_id "
        "LEFT JOIN participants b ON b.id = SUBSTR(t.said_by, LENGTH('participant:') + 1) "
        "LEFT JOIN users u ON u.id = SUBSTR(t.said_by, LENGTH('user:') + 1) WHERE t.consultation_id = ? ORDER BY t.seq "
        "LIMIT ?",
        &CONSENT);
}

static struct response *list_chat(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT t.seq AS id, t.participant_id, p.name, p.role, t.text, t.at FROM chat t "
        "JOIN participants p ON p.id = t.participant_id WHERE t.consultation_id = ? ORDER BY t.seq LIMIT ?",
        &LINE);
}

const struct route consultation_part_routes[] = {
    {HTTP_GET, "/api/v1/consultations/{id}/sessions", ACCESS_STAFF, .handler = list_stays},
    {HTTP_GET, "/api/v1/consultations/{id}/consents", ACCESS_STAFF, .handler = list_consents},
    {HTTP_GET, "/api/v1/consultations/{id}/chat", ACCESS_STAFF, .handler = list_chat},
    {0},
};

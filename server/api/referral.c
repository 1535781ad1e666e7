/* The first paper of a consultation: why it was asked for, and who the patient is. For the doctors in it, by ticket. */
#include "guest.h"
#include "reading.h"
#include "resource.h"
#include "server/problem.h"
#include "server/records/minutes.h"
#include "server/router.h"
#include "tables.h"

static const struct json_columns REFERRAL = {.text = {"title", "reason"}, .time = {"at"}};

static const struct json_columns PATIENT = {.text = {"name", "sex", "birth_date"}};

static json_t *referral_json(const struct store_rows *rows)
{
    json_t *referral = json_row(rows, &REFERRAL);
    if (!rows_null(rows, "name"))
        json_object_set_new(referral, "patient", json_row(rows, &PATIENT));
    return referral;
}

static struct response *answer(struct request *request, const struct ticket *ticket)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       "SELECT c.title, c.reason, c.created_at AS at, p.name, p.birth_date, p.sex FROM "
                                       "consultations c LEFT JOIN patients p ON p.id = c.patient_id WHERE c.id = ?",
                                       store_text(ticket->consultation));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    struct reading reading = {.action = "referral.read",
                              .kind = "consultation",
                              .id = ticket->consultation,
                              .consultation = ticket->consultation,
                              .participant = ticket->participant};
    if (!reading_audit(request, &reading, NULL))
        return problem(request, "busy");
    struct response *response = response_json(200, referral_json(rows));
    response_header(response, "cache-control", "private, no-store");
    return response;
}

static struct response *get_referral(struct request *request)
{
    struct ticket ticket;
    struct response *refused = guest_check(request, &ticket);
    if (refused)
        return refused;
    return minutes_is_doctor(ticket.role) ? answer(request, &ticket) : problem(request, "not-allowed");
}

const struct route referral_routes[] = {
    {HTTP_GET, "/api/v1/consultations/{id}/referral", ACCESS_ANYONE, .gate = guest_gate, .handler = get_referral},
    {0},
};

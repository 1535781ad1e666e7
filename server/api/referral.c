/* The first paper of a consultation: why it was asked for, and who the patient is. For the doctors in it, by ticket. */
#include <string.h>

#include "guest.h"
#include "resource.h"
#include "server/audit.h"
#include "server/json_set.h"
#include "server/problem.h"
#include "server/router.h"
#include "tables.h"

static bool is_for_doctors(const char *role)
{
    return strcmp(role, "host") == 0 || strcmp(role, "specialist") == 0 || strcmp(role, "doctor") == 0;
}

static json_t *referral_json(const struct store_rows *rows)
{
    json_t *referral = json_pack("{s:s}", "title", rows_text(rows, "title"));
    json_set_text(referral, "reason", rows_text(rows, "reason"));
    json_set_time(referral, "at", rows_int(rows, "created_at"));
    if (rows_null(rows, "name"))
        return referral;
    json_t *patient = json_pack("{s:s, s:s}", "name", rows_text(rows, "name"), "sex", rows_text(rows, "sex"));
    json_set_text(patient, "birth_date", rows_text(rows, "birth_date"));
    json_object_set_new(referral, "patient", patient);
    return referral;
}

/** What cannot be audited is not shown. */
static bool audit_read(struct request *request, const struct ticket *ticket)
{
    g_autofree char *object = g_strconcat("consultation:", ticket->consultation, NULL);
    g_autofree char *actor = g_strconcat("participant:", ticket->participant, NULL);
    return audit_append(request_store(request), &(struct audit_entry){.at_us = request_now_us(request),
                                                                      .actor = actor,
                                                                      .action = "referral.read",
                                                                      .object = object,
                                                                      .address = request_address(request),
                                                                      .consultation = ticket->consultation}) >= 0;
}

static struct response *answer(struct request *request, const struct ticket *ticket)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       "SELECT c.title, c.reason, c.created_at, p.name, p.birth_date, p.sex FROM "
                                       "consultations c LEFT JOIN patients p ON p.id = c.patient_id WHERE c.id = ?",
                                       store_text(ticket->consultation));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    if (!audit_read(request, ticket))
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
    return is_for_doctors(ticket.role) ? answer(request, &ticket) : problem(request, "not-allowed");
}

const struct route referral_routes[] = {
    {HTTP_GET, "/api/v1/consultations/{id}/referral", ACCESS_ANYONE, .gate = guest_gate, .handler = get_referral},
    {0},
};

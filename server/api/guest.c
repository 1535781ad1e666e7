#include "guest.h"

#include <string.h>

#include "resource.h"
#include "server/problem.h"
#include "server/server.h"
#include "signaling/rights.h"
#include "signaling/signaling.h"

static enum ticket_verdict read_bearer(struct request *request, struct ticket *ticket)
{
    const char *text = request_bearer(request);
    return text ? ticket_check(text, request_server(request)->ticket_key, request_now_us(request) / G_USEC_PER_SEC,
                               ticket)
                : TICKET_INVALID;
}

struct response *guest_gate(struct request *request)
{
    struct signaling *signaling = request_server(request)->signaling;
    struct ticket ticket;
    if (!signaling || read_bearer(request, &ticket) != TICKET_GOOD)
        return NULL;
    enum signaling_place place = signaling_place_of(signaling, ticket.consultation, ticket.participant);
    request_set_inside(request, place == SIGNALING_INSIDE);
    if (place == SIGNALING_REMOVED)
        return problem(request, "removed");
    return place == SIGNALING_WAITING ? problem(request, "waiting") : NULL;
}

struct response *guest_check_inside(struct request *request, const struct ticket *ticket)
{
    GError *error = NULL;
    if (strcmp(ticket->role, "captions") == 0)
        return problem(request, "not-allowed");
    if (request_is_inside(request) || !rights_waits_outside(ticket->role))
        return NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       "SELECT 1 AS one FROM consultations WHERE id = ? AND waiting_room = 1 AND NOT "
                                       "EXISTS (SELECT 1 FROM stays WHERE participant_id = ?)",
                                       store_text(ticket->consultation), store_text(ticket->participant));
    if (!rows)
        return store_problem(request, error);
    return store_count(rows) ? problem(request, "waiting") : NULL;
}

struct response *guest_check(struct request *request, struct ticket *ticket)
{
    const char *id = request_param(request, "id");
    enum ticket_verdict verdict = read_bearer(request, ticket);
    GError *error = NULL;
    if (verdict == TICKET_EXPIRED)
        return problem(request, "ticket-expired");
    if (verdict != TICKET_GOOD || strcmp(ticket->consultation, id) != 0)
        return problem(request, "ticket-invalid");
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       "SELECT role FROM participants WHERE id = ? AND consultation_id = ? AND "
                                       "removed_at IS NULL",
                                       store_text(ticket->participant), store_text(ticket->consultation));
    if (!store_next(rows))
        return rows ? problem(request, "ticket-invalid") : store_problem(request, error);
    g_strlcpy(ticket->role, rows_text(rows, "role"), sizeof ticket->role);
    return NULL;
}

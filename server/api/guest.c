#include "guest.h"

#include <string.h>

#include "resource.h"
#include "server/problem.h"
#include "server/server.h"

struct response *guest_check(struct request *request, struct ticket *ticket)
{
    const char *text = request_bearer(request), *id = request_param(request, "id");
    enum ticket_verdict verdict = TICKET_INVALID;
    GError *error = NULL;
    if (text)
        verdict = ticket_check(text, request_server(request)->ticket_key, request_now_us(request) / G_USEC_PER_SEC,
                               ticket);
    if (verdict == TICKET_EXPIRED)
        return problem(request, "ticket-expired");
    if (verdict != TICKET_GOOD || strcmp(ticket->consultation, id) != 0)
        return problem(request, "ticket-invalid");
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       "SELECT 1 AS one FROM participants WHERE id = ? AND consultation_id = ? AND "
                                       "removed_at IS NULL",
                                       store_text(ticket->participant), store_text(ticket->consultation));
    if (!rows)
        return store_problem(request, error);
    return store_count(rows) ? NULL : problem(request, "ticket-invalid");
}

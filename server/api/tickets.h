/** Join tickets as the API gives them out. */
#ifndef SERVER_API_TICKETS_H
#define SERVER_API_TICKETS_H

#include "server/http.h"
#include "signaling/ticket.h"

enum { TICKET_AFTER_END_S = 2 * 3600 };

/** {ticket, url, participant_id, expires_at}; NULL when it cannot be signed. Caller owns it. */
json_t *ticket_json(const struct request *request, const struct ticket *ticket);

#endif

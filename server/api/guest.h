/** Who is in a consultation by a ticket: what its page may fetch and send without anybody being signed in. */
#ifndef SERVER_API_GUEST_H
#define SERVER_API_GUEST_H

#include "server/http.h"
#include "signaling/ticket.h"

/**
 * Checks the bearer: a join ticket, or a resume token of signaling, for the consultation {id} of the route, whose
 * participant has not been removed. NULL when it is good, else the problem. Thread: pool.
 */
struct response *guest_check(struct request *request, struct ticket *ticket);

#endif

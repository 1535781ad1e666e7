/** Who is in a consultation by a ticket: what its page may fetch and send without anybody being signed in. */
#ifndef SERVER_API_GUEST_H
#define SERVER_API_GUEST_H

#include "server/http.h"
#include "signaling/ticket.h"

/**
 * Checks the bearer: a join ticket, or a resume token of signaling, for the consultation {id} of the route, whose
 * participant has not been removed. NULL when it is good, else the problem. The role is today's, whatever the ticket was
 * made for. Thread: pool.
 */
struct response *guest_check(struct request *request, struct ticket *ticket);
/** A route's gate: who waits outside now is refused. What is wrong with the bearer guest_check says. Thread: main loop. */
struct response *guest_gate(struct request *request);
/**
 * Who would have to wait outside, and has never been let in, has nothing of the room and puts nothing into it; the captions
 * service never does. After guest_gate and guest_check. Thread: pool.
 */
struct response *guest_check_inside(struct request *request, const struct ticket *ticket);

#endif

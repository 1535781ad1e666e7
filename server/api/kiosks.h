/** What else a kiosk may do with its token. */
#ifndef SERVER_API_KIOSKS_H
#define SERVER_API_KIOSKS_H

#include "server/http.h"
#include "server/kiosk.h"

/** Whose token the bearer is: NULL and `kiosk` filled, or the problem. */
struct response *kiosk_check(struct request *request, char kiosk[STORE_ID_SIZE]);
/** The ticket for its part in a consultation, and what it joins through; NULL when it cannot be signed. Caller owns it. */
json_t *kiosk_ticket_json(const struct request *request, const struct kiosk_part *part);

#endif

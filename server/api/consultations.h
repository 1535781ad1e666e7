/** What the handlers around a consultation share. */
#ifndef SERVER_API_CONSULTATIONS_H
#define SERVER_API_CONSULTATIONS_H

#include <stdbool.h>

#include "server/http.h"

/** Admins and software see every consultation, doctors those they take part in. One that may not be seen is not found.
 */
bool may_see(struct request *request, const char *consultation);

#endif

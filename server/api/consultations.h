/** What the handlers around a consultation share. */
#ifndef SERVER_API_CONSULTATIONS_H
#define SERVER_API_CONSULTATIONS_H

#include <stdbool.h>

#include "resource.h"
#include "server/http.h"

enum { CONSULTATION_PART_MAX = 2000 };

/** Admins and software see every consultation, doctors those they take part in. One that may not be seen is not
 *  found. */
bool may_see(struct request *request, const char *consultation);

/** All of one kind that belongs to the consultation `{id}`, for who may see it. `sql` takes its id and a limit. */
struct response *list_of_consultation(struct request *request, const char *sql, const struct row_view *view);

#endif

/** What the handlers around a consultation share. */
#ifndef SERVER_API_CONSULTATIONS_H
#define SERVER_API_CONSULTATIONS_H

#include <stdbool.h>

#include "resource.h"
#include "server/http.h"

enum { CONSULTATION_PART_MAX = 2000 };

/** What the caller is in a consultation. Admins and software stand as hosts in each, accounts as what they take part as. */
enum standing { STANDING_NONE, STANDING_GUEST, STANDING_DOCTOR, STANDING_HOST };
enum standing standing_in(struct request *request, const char *consultation);

/** One that may not be seen is not found. */
bool may_see(struct request *request, const char *consultation);

/** The answer to who is less than `least` in the consultation `{id}`; NULL: may go on. */
struct response *refuse_below(struct request *request, enum standing least);

/** All of one kind that belongs to the consultation `{id}`, for who may see it. `sql` takes its id and a limit. */
struct response *list_of_consultation(struct request *request, const char *sql, const struct row_view *view);

#endif

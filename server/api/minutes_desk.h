/**
 * Who comes to the minutes of a consultation, and what they are shown of them: the part that minutes and their addenda share.
 *
 * The consultation is the request's {id}. Each reading is audited. Thread: pool threads.
 */
#ifndef SERVER_API_MINUTES_DESK_H
#define SERVER_API_MINUTES_DESK_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "server/http.h"
#include "server/records/minutes.h"

/** NULL when they may read; whoever may write, too, is known as a participant. */
struct response *desk_reader(struct request *request, struct minutes_actor *actor);
/** NULL when they may write. */
struct response *desk_writer(struct request *request, struct minutes_actor *actor);

/** In the transaction of a deed: what cannot be audited must not be done, then false. `name` and `number`: which it is. */
bool desk_audit(const struct request *request, const struct minutes_actor *actor, const char *action, const char *name,
                int64_t number, GError **error);
/** Does `work`, which writes into `deed`, in a transaction. The answer is the minutes as they stand then, or why it was refused; with
 * minutes-changed comes what another has written meanwhile, so that nothing is lost. */
struct response *desk_carry_out(struct request *request, const struct minutes_deed *deed, store_work_fn work,
                                void *arg);

/** The minutes for who goes on looking and says what they have seen (If-None-Match): what is audited is that somebody began
 * to, each hour. */
struct response *desk_look(struct request *request, const struct minutes_actor *actor);

/** What was signed. NULL: there is none, or `error` says why (taken). */
struct response *desk_give_content(struct request *request, const struct minutes_actor *actor, const char *content,
                                   GError *error);
struct response *desk_give_pdf(struct request *request, const struct minutes_actor *actor, GBytes *pdf, GError *error);

#endif

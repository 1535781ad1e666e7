/**
 * The audit log: who did what, to what, when, from where. Each row carries the hash of the one before it, so a row that
 * was changed or taken out afterwards shows.
 *
 * Thread: pool threads. Errors: 0 or a negative errno; an action that cannot be audited must not be done, so write the
 * row in the same transaction as the action where the store allows.
 */
#ifndef SERVER_AUDIT_H
#define SERVER_AUDIT_H

#include <jansson.h>
#include <stdint.h>

struct request;
struct store;

struct audit_entry {
    int64_t at_us;
    const char *actor;   /* "user:<id>", "token:<id>", "participant:<id>", "kiosk:<id>", "system" */
    const char *action;  /* "consultation.book", "recording.play", ... */
    const char *object;  /* "consultation:<id>", ... */
    const char *address; /* "" when there is none */
    json_t *detail;      /* borrowed, may be NULL; never names, tokens or medical content */
};

int audit_append(struct store *store, const struct audit_entry *entry);
/** The same with actor, address and time from the request. */
int audit_request(const struct request *request, const char *action, const char *object, json_t *detail);

#endif

/**
 * The audit log: who did what, to what, when, from where. Each row carries a hash over itself and the hash of the one
 * before, so that a row which was changed or taken out afterwards shows.
 *
 * Thread: pool threads. Inside a transaction of the caller's it is part of it: write the row together with the deed.
 * Errors: false with `error` set; a deed that cannot be audited must not be done. Where `error` is NULL, it is logged.
 */
#ifndef SERVER_AUDIT_H
#define SERVER_AUDIT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct request;
struct store;

struct audit_entry {
    int64_t at_us;
    const char *actor;        /* "user:<id>", "token:<id>", "participant:<id>", "kiosk:<id>", "system" */
    const char *action;       /* "consultation.book", "recording.play", ... */
    const char *object;       /* "consultation:<id>", ...; may be NULL */
    const char *address;      /* may be NULL */
    json_t *detail;           /* borrowed, may be NULL; never names, tokens or medical content */
    const char *consultation; /* its id, when it concerns one; NULL: taken from an object "consultation:<id>" */
};

bool audit_append(struct store *store, const struct audit_entry *entry, GError **error);
/** `detail` as the log has it; NULL for NULL. Caller frees. */
char *audit_detail(const json_t *detail);
/** Who asks, as the log names them. Caller frees. */
char *audit_caller(const struct request *request);
/** The same with address and time from the request, and its caller where the entry names no actor. */
bool audit_request_entry(const struct request *request, struct audit_entry entry, GError **error);
bool audit_request(const struct request *request, const char *action, const char *object, GError **error);

/** Follows the chain from the beginning; `*broken_at` is the first row that does not fit, 0 when all do. */
bool audit_verify(struct store *store, int64_t *rows, int64_t *broken_at, GError **error);

#endif

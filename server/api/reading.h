/**
 * What is read of a patient's record: it is written down who reads, and sealed files are given out by ranges, opened while
 * they are sent.
 *
 * Thread: pool threads.
 */
#ifndef SERVER_API_READING_H
#define SERVER_API_READING_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "server/http.h"

struct vault;

struct reading {
    const char *action, *kind, *id; /* "file.read" of "file:<id>" */
    const char *consultation;       /* its id, when it concerns one */
    const char *participant;        /* NULL: whoever is signed in */
    json_t *detail;                 /* borrowed; may be NULL */
};
/** What cannot be audited must not be shown: then false, and `error` as audit_append() has it. */
bool reading_audit(const struct request *request, const struct reading *reading, GError **error);

/** The same of what is played: a player asks for many ranges, of which the beginning is audited, and one an hour of the others. */
bool reading_audit_range(const struct request *request, const struct reading *reading);

/** The file's bytes, kept by no cache. Owns: takes the vault. `etag` may be NULL. */
struct response *reading_answer(const struct request *request, struct vault *vault, const char *type, const char *etag);

#endif

/**
 * Who asks, and may they: sessions of people, tokens of software, passwords, throttling.
 *
 * Passwords are Argon2id (libsodium); sessions and tokens are random and stored as hashes only. A session ends 12 hours after
 * it began or 60 minutes after its last use.
 * Thread: every function may be called on pool threads; what they share inside is locked.
 */
#ifndef SERVER_IDENTITY_H
#define SERVER_IDENTITY_H

#include "router.h"

struct identity;

struct identity *identity_create(void);
void identity_destroy(struct identity *identity);

/**
 * Finds out who asks (the request's caller) and whether `access` lets them: NULL when it does, else the problem.
 * Writes with a cookie must carry the session's CSRF token. Thread: pool, with request_store().
 */
struct response *identity_check(struct identity *identity, struct request *request, enum access access);

#endif

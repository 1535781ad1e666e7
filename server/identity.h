/**
 * Who asks, and may they: sessions of people, tokens of software, passwords.
 *
 * Passwords are kept as Argon2id (libsodium); sessions and tokens are random and kept as hashes only. A session ends 12
 * hours after it began, or 60 minutes after its last use by a person; who is on call stays. Thread: every function may be called on pool threads.
 */
#ifndef SERVER_IDENTITY_H
#define SERVER_IDENTITY_H

#include <glib.h>

#include "server/router.h"

struct identity;
struct config;

enum {
    IDENTITY_PASSWORD_MIN = 12,
    IDENTITY_PASSWORD_MAX = 256, /* bytes: a bound for Argon2id's work */
    IDENTITY_HASH_SIZE = 128,
    IDENTITY_SECRET_SIZE = 44, /* 32 random bytes, base64url */
    IDENTITY_DIGEST_SIZE = 65, /* hex */
    IDENTITY_ONE_TIME_SIZE = 20,
    IDENTITY_SESSION_S = 12 * 3600,
    IDENTITY_IDLE_S = 3600,
};
#define IDENTITY_COOKIE "__Host-hoichan"

struct identity *identity_create(void);
void identity_destroy(struct identity *identity);

/**
 * Finds out who asks (the request's caller) and whether the route lets them: NULL when it does, else the problem.
 * Writes with a cookie must carry the session's CSRF token and come from our own pages. Needs request_store().
 */
struct response *identity_check(struct identity *identity, struct request *request, const struct route *route);

/** A token for hoichanctl on this machine: good as long as this process lives, kept in no database. */
void identity_set_local_token(struct identity *identity, const char *secret);

/** A write that a browser sends from somebody else's page says so in Origin. */
bool identity_same_origin(const struct request *request);

/* ---- passwords ---- */

/** False when too many are being worked on: the caller answers "busy". */
bool identity_hash_password(struct identity *identity, const char *password, char hash[IDENTITY_HASH_SIZE]);
enum password_verdict { PASSWORD_GOOD, PASSWORD_WRONG, PASSWORD_BUSY };
/** `hash` NULL is an unknown user: takes as long and is always wrong. */
enum password_verdict identity_verify_password(struct identity *identity, const char *hash, const char *password);
/** Why a new password is not good: a reason code of problem.h, NULL when it is. Pure. */
const char *identity_password_fault(const char *password, const char *username);
/** Easy to read aloud: "k7mp-x2qa-9hrt-e4wd". */
void identity_one_time_password(char password[IDENTITY_ONE_TIME_SIZE]);

/* ---- secrets ---- */

/** A random secret, to be handed out once. */
void identity_new_secret(char secret[IDENTITY_SECRET_SIZE]);
/** What is kept of it. Pure. */
void identity_digest(const char *secret, char digest[IDENTITY_DIGEST_SIZE]);

/**
 * Makes the first admin when there is no user at all: with the password in `[server] admin_password_file`, or with a
 * one-time password that is put into `one_time` (otherwise it is ""). Errors: false with `error` set.
 */
bool identity_found(struct identity *identity, struct store *store, const struct config *config,
                    char one_time[IDENTITY_ONE_TIME_SIZE], GError **error);

#endif

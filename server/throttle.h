/**
 * Slows down guessing: failures are counted per key ("account:…", "address:…", "pairing:…") in the store, so that a
 * restart forgives nothing. After some free tries each further failure doubles the wait.
 *
 * Thread: pool threads. A store that fails throttles nobody: the request itself will fail.
 */
#ifndef SERVER_THROTTLE_H
#define SERVER_THROTTLE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

struct throttle_rule {
    int free;    /* failures without a wait */
    int first_s; /* the first wait, doubled with each failure */
    int longest_s;
    int forget_s; /* without failures for so long, all is forgotten */
};

extern const struct throttle_rule throttle_account, throttle_address;

/** Seconds until `key` may try again, 0: now. */
int64_t throttle_wait_s(struct store *store, const char *key, int64_t now_us);
void throttle_failed(struct store *store, const char *key, const struct throttle_rule *rule, int64_t now_us);
void throttle_forgive(struct store *store, const char *key);
/** Forgets whoever has not failed for a day. */
bool throttle_sweep(struct store *store, int64_t now_us, GError **error);

/** The wait after `count` failures. Pure. */
int64_t throttle_pause_s(const struct throttle_rule *rule, int64_t count);
/** What an address is counted under: IPv6 by its /64, since a household has a whole one. Pure. */
void throttle_address_key(const char *address, char key[96]);

#endif

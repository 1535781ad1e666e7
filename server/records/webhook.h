/**
 * Standard Webhooks (standardwebhooks.com, specification 1.0): a message has an id that stays the same in every try, a
 * timestamp, and one signature for each secret in force: `v1,` and base64 of HMAC-SHA256 over "id.timestamp.body".
 * Pure. Thread: any.
 */
#ifndef SERVER_RECORDS_WEBHOOK_H
#define SERVER_RECORDS_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEBHOOK_KEY_SIZE = 32, WEBHOOK_SECRET_SIZE = 64, WEBHOOK_SIGNATURE_SIZE = 64 };

extern const char *const webhook_events[]; /* ended by NULL */

/** "whsec_…" as it is shown to the receiver, once. */
void webhook_secret(const unsigned char key[WEBHOOK_KEY_SIZE], char secret[WEBHOOK_SECRET_SIZE]);
/** "v1,…". `key_size` as the secret's: ours have WEBHOOK_KEY_SIZE. */
void webhook_sign(const unsigned char *key, size_t key_size, const char *id, int64_t timestamp_s, const char *body,
                  char signature[WEBHOOK_SIGNATURE_SIZE]);
/** An http or https address with a host, without credentials or fragment, of sensible length. Strangers do not send
 * this, but admins mistype. */
bool webhook_url_is_good(const char *url);

#endif

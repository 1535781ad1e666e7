/**
 * Kiosks: how a machine nobody has touched becomes a room's, and what it may see afterwards.
 *
 * The machine asks for a pairing and shows its code; an admin names the code and a room; the machine, which alone knows
 * the pairing's secret, then fetches its token. The store keeps hashes of secret and token, never themselves, so a
 * token whose answer got lost is simply made anew.
 *
 * Thread: pool threads. Errors: false with `error` set is the store's fault.
 */
#ifndef SERVER_KIOSK_H
#define SERVER_KIOSK_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum {
    KIOSK_CODE_SIZE = 7,    /* six letters and digits that are not taken for one another */
    KIOSK_SECRET_SIZE = 44, /* base64url of 32 bytes */
    KIOSK_PAIRING_S = 600,
    KIOSK_PAIRINGS_PER_ADDRESS = 30, /* within an hour */
    KIOSK_PAIRINGS_OPEN_MAX = 500,
    KIOSK_ONLINE_S = 90, /* since it last asked */
};

struct kiosk_pairing {
    char id[STORE_ID_SIZE], code[KIOSK_CODE_SIZE], secret[KIOSK_SECRET_SIZE];
    int64_t expires_at;
    bool throttled; /* nothing was made */
};
bool kiosk_begin_pairing(struct store *store, const char *address, int64_t now, struct kiosk_pairing *pairing,
                         GError **error);

enum kiosk_pairing_state { KIOSK_UNKNOWN, KIOSK_WAITING, KIOSK_PAIRED };
struct kiosk_paired {
    enum kiosk_pairing_state state;
    char kiosk[STORE_ID_SIZE], token[KIOSK_SECRET_SIZE]; /* once KIOSK_PAIRED; the token is made anew each time */
};
/** What the machine asks every few seconds. */
bool kiosk_ask_pairing(struct store *store, const char *id, const char *secret, int64_t now,
                       struct kiosk_paired *answer, GError **error);

struct kiosk_pair {
    const char *code, *room, *name, *by; /* `name` NULL: the room's. `by`: the admin's id */
    int64_t now;
    char kiosk[STORE_ID_SIZE]; /* the result, unless: */
    const char *problem;       /* "unknown-code", "unknown-room" */
};
bool kiosk_pair(struct store *store, struct kiosk_pair *pair, GError **error);
/** Whose token this is; "" for nobody's. Notes that it was seen. */
bool kiosk_of_token(struct store *store, const char *token, int64_t now, char kiosk[STORE_ID_SIZE], GError **error);

struct kiosk_part {
    const char *kiosk, *consultation;
    int64_t now;
    char participant[STORE_ID_SIZE]; /* the result; "" when its room has no such consultation open */
    int64_t ends_at;
};
/** Its participant in a consultation of its room, made when it is not there yet. */
bool kiosk_take_part(struct store *store, struct kiosk_part *part, GError **error);

/**
 * What its room is rung for: consultations in which a doctor waits and no machine of the room is yet, and emergencies that were
 * booked for now; emergencies first. NULL with `error` set. Caller owns it.
 */
json_t *kiosk_rings(struct store *store, const char *kiosk, int64_t now, GError **error);

#endif

/**
 * Addenda to minutes that all have signed (bổ sung biên bản). What was signed is never changed: who signed it corrects or
 * supplements it under the next number, says why, and signs that at once.
 *
 * Each names the hash of the minutes and of the addendum before it, so that none can be taken out or slipped in unseen. The
 * number is what one writes on: whoever was faster is not overwritten, and the same sent twice is written once.
 *
 * Thread: pool, inside the caller's transaction. Errors: as in minutes.h.
 */
#ifndef SERVER_RECORDS_ADDENDA_H
#define SERVER_RECORDS_ADDENDA_H

#include "minutes.h"

enum { ADDENDA_MAX = 20, ADDENDUM_REASON_MAX = 1000, ADDENDUM_TEXT_MAX = 8000 };

struct addendum {
    int64_t number;                   /* from 1 */
    const char *kind, *reason, *text; /* kind: correction, supplement */
    bool stood;                       /* it had been written already: by the same author, word for word */
};

/** All of them in order, as the API shows them; NULL with `error` set. Caller owns it. */
json_t *addenda_json(struct store *store, const char *consultation, GError **error);
/** The bytes that were signed, NULL when there is none. Caller frees. */
char *addendum_signed_content(struct store *store, const char *consultation, int64_t number, GError **error);

/** Problems: minutes-not-signed, not-allowed (has not signed the minutes), minutes-changed (another has that number),
 * minutes-addenda-full. */
bool addendum_sign(struct store *store, struct minutes_deed *deed, struct addendum *addendum,
                   const unsigned char seed[ATTEST_SEED_SIZE], GError **error);

#endif

/**
 * Join tickets and resume tokens: JWS compact serialisation (RFC 7515), HS256, made and checked with libcjose.
 *
 * A ticket lets one participant into one consultation until it expires; the name stays in the store, so nothing
 * personal travels in a link. A resume token is the same with use "resume", made by signaling for a stay.
 */
#ifndef SIGNALING_TICKET_H
#define SIGNALING_TICKET_H

#include <stdbool.h>
#include <stdint.h>

enum { TICKET_KEY_SIZE = 32, TICKET_MAX = 2048 };

enum ticket_verdict { TICKET_GOOD, TICKET_INVALID, TICKET_EXPIRED };

struct ticket {
    char use[8];           /* "join" or "resume" */
    char consultation[65]; /* claim "con" */
    char participant[65];  /* claim "sub" */
    char role[16];
    char session[65];  /* claim "sid", resume only */
    int64_t expires_s; /* claim "exp" */
};

/** Caller frees the result. NULL when out of memory. */
char *ticket_make(const struct ticket *ticket, const unsigned char key[TICKET_KEY_SIZE]);

/** Fills `ticket` only when the verdict is good (or expired: for a kinder message). */
enum ticket_verdict ticket_check(const char *text, const unsigned char key[TICKET_KEY_SIZE], int64_t now_s,
                                 struct ticket *ticket);

#endif

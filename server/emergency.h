/**
 * Emergency calls: a consult room calls for help, and doctors' pages ring until one of them answers.
 *
 * A press of the room's button makes a consultation that starts now, exactly once for each press. It rings in waves: with
 * those on call for the room; half a minute later with those on call for other rooms; half a minute later with everybody
 * who has an account. A wave that reaches nobody, because all have declined or have no page open, is not waited for.
 *
 *     ringing ──► answered ──► (its doctor has not come within 45 s: ringing again)
 *        └──────► unanswered, after five minutes; the room may call again, into the same consultation
 *
 * There is no timer: how a call stands follows from what is stored and from the time, so that nothing is lost with a restart.
 *
 * Thread: pool threads. Errors: false (or NULL) with `error` set is the store's fault; what a person cannot do is a problem
 * code in the result. Times are microseconds since the Unix epoch.
 */
#ifndef SERVER_EMERGENCY_H
#define SERVER_EMERGENCY_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum {
    EMERGENCY_WAVE_S = 30,
    EMERGENCY_RINGS_S = 300,
    EMERGENCY_ARRIVES_S = 45,
    EMERGENCY_REACH_S = 90, /* a page that has asked within this time will ring */
    EMERGENCY_HOURS = 2,    /* booked for */
    EMERGENCY_PER_HOUR = 12,
};

enum emergency_wave { EMERGENCY_ON_CALL, EMERGENCY_ON_CALL_ELSEWHERE, EMERGENCY_EVERYBODY };
enum emergency_state { EMERGENCY_RINGING, EMERGENCY_ANSWERED, EMERGENCY_UNANSWERED, EMERGENCY_OVER };

struct emergency_facts {
    int64_t called_at, answered_at; /* answered_at 0: by nobody yet */
    bool over;                      /* the consultation has ended */
    bool arrived;                   /* one of those called has come in */
    int64_t reached[2];             /* of the first two waves: who can hear it and has not declined */
};
/** How a call stands, and while it rings, up to which wave. Pure. */
enum emergency_state emergency_stands(const struct emergency_facts *facts, int64_t now, enum emergency_wave *wave);

struct emergency_press {
    const char *kiosk, *press; /* `press`: the machine's name for this one press of the button */
    int64_t now;
    /* the result */
    char call[STORE_ID_SIZE], consultation[STORE_ID_SIZE];
    bool made;      /* false: it was there already */
    bool throttled; /* too many within the hour: nothing was made */
};
/** At most one call of a room rings at a time: a press while it does leads to that one. */
bool emergency_press(struct store *store, struct emergency_press *press, GError **error);

struct emergency_hang_up {
    const char *kiosk, *call;
    int64_t now;
    /* the result */
    bool found; /* false: no call of this kiosk */
    bool ended;
    char consultation[STORE_ID_SIZE];
};
/** The room takes it back: a consultation that none of those called has come to is ended. */
bool emergency_hang_up(struct store *store, struct emergency_hang_up *hang_up, GError **error);

/** The kiosk's latest call, as long as its consultation is open; JSON null when there is none. Caller owns it. */
json_t *emergency_of_kiosk(struct store *store, const char *kiosk, int64_t now, GError **error);

/** {items: […]}: what rings for this user now. Caller owns it. */
json_t *emergency_ringing_for(struct store *store, const char *user, int64_t now, GError **error);

struct emergency_answer {
    const char *call, *user;
    int64_t now;
    const char *problem; /* NULL: done; not-found, emergency-over */
    char consultation[STORE_ID_SIZE], participant[STORE_ID_SIZE], role[16];
    int64_t ends_at;
};
/** The first who answers takes the chair; others may come too. */
bool emergency_answer(struct store *store, struct emergency_answer *answer, GError **error);
/** It rings for this user no more; fills `problem` and `consultation`. */
bool emergency_decline(struct store *store, struct emergency_answer *answer, GError **error);

#endif

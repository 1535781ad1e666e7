/**
 * Consent and the recording of one room.
 *
 *     OFF ⇄ ASKING → STARTING → ON → OFF, or FAILED when its journal cannot be written
 *
 * While it is ON the tap at the worker may come and go: each worker, and each journal that failed, is a new segment.
 *
 *     TAP_NONE → TAP_AWAITED (a segment is asked of the house) → TAP_OPEN → TAP_CLOSING → TAP_NONE
 *
 * Nothing is journaled before everybody in the room has agreed and the ledger holds it; who comes later is heard and
 * seen but not journaled until they agree; a withdrawal cuts that person's tracks first and is written down after.
 */
#ifndef SIGNALING_RECORDER_H
#define SIGNALING_RECORDER_H

#include "core.h"

struct participant;

enum recorder_state {
    RECORDER_OFF,
    RECORDER_ASKING,   /* not everybody has answered */
    RECORDER_STARTING, /* all agree; the house makes the recording and its first segment */
    RECORDER_ON,
    RECORDER_FAILED,
    RECORDER_STATES,
};

enum recorder_tap {
    TAP_NONE,
    TAP_AWAITED, /* the next segment is asked of the house; the first is what RECORDER_STARTING waits for */
    TAP_OPEN,
    TAP_CLOSING, /* the worker writes what it has; another recording cannot begin yet */
};

enum recorder_word { WORD_NONE, WORD_NO, WORD_YES, WORD_FOR_DEVICE };

struct recorder {
    enum recorder_state state;
    char id[ID_SIZE];
    char requested_by[ID_SIZE];
    const char *reason; /* why it is off again */
    int64_t since_us;
    int64_t asked_s;
    GHashTable *consents; /* participant id → GINT_TO_POINTER(enum recorder_word) */
    char *tapped;         /* the tracks last told to the worker, as text */
    enum recorder_tap tap;
    int64_t failed_s; /* uptime when its journal last failed; 0: never */
};

void recorder_init(struct recorder *recorder);
void recorder_finish(struct recorder *recorder);
/** Nothing is recorded, and nobody is being asked. */
bool recorder_is_off(const struct recorder *recorder);
/** Neither the house nor the worker owes an answer about a tap. */
bool recorder_is_idle(const struct recorder *recorder);
/** The table of moves. */
bool recorder_allows(enum recorder_state from, enum recorder_state to);

/** NULL or an error code. */
const char *recorder_start(struct call *call, struct participant *by);
const char *recorder_stop(struct call *call, const char *reason);
/** The word of a seat (consent.h), once it counts. */
void recorder_take_word(struct call *call, const char *participant, bool granted);
/**
 * A word for a device: a participant without a page, which nobody waits for and which is not journaled without this.
 * Problems, with `done` not called (see consent_say): not_found, own_word (it has a page to be asked on), not_asked.
 */
const char *recorder_consent_for(struct call *call, const struct house_consent *said, house_done_fn done, void *arg);
/** Somebody came or left, a track appeared or vanished. */
void recorder_refresh(struct call *call);
/** The room is on a worker again, after its former died: the next segment. */
void recorder_resume(struct call *call);
/** The worker is gone; what it journaled is safe. */
void recorder_lost(struct call *call);
/** The worker told tap.state. */
void recorder_tap_state(struct call *call, const char *state);
void recorder_tick(struct call *call, int64_t now_s);

/** A room event into the journal. Owns: takes `event`. */
void recorder_event(struct call *call, json_t *event);
/** Somebody is there: what the journal must know of them from then on. */
void recorder_joined(const struct participant *participant);

/** The wire's Recording; what a restarted hoichand must know, and back. Owns: the caller owns results. */
json_t *recorder_json(const struct call *call);
json_t *recorder_blob(const struct call *call);
void recorder_restore(struct call *call, const json_t *blob);
/** The worker's snapshot says that this recording's tap is open. */
void recorder_adopt(struct call *call, const char *id);

#endif

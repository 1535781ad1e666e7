/**
 * Consent and the recording of one room.
 *
 *     OFF ⇄ ASKING → STARTING → ON → OFF, or FAILED when its journal cannot be written
 *
 * Nothing is journaled before everybody in the room has agreed and the ledger holds it; who comes later is heard and
 * seen but not journaled until they agree; a withdrawal cuts that person's tracks first and is written down after.
 */
#ifndef SIGNALING_RECORDER_H
#define SIGNALING_RECORDER_H

#include "recorder_tap.h"

struct participant;

enum recorder_state {
    RECORDER_OFF,
    RECORDER_ASKING,   /* not everybody has answered */
    RECORDER_STARTING, /* all agree; the house makes the recording and its first segment */
    RECORDER_ON,
    RECORDER_FAILED,
    RECORDER_STATES,
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
    struct recorder_tap tap;
};

void recorder_init(struct recorder *recorder);
void recorder_finish(struct recorder *recorder);
/** Nothing is recorded, and nobody is being asked. */
bool recorder_is_off(const struct recorder *recorder);
/** The table of moves. */
bool recorder_allows(enum recorder_state from, enum recorder_state to);

/** NULL or an error code. */
const char *recorder_start(struct call *call, struct participant *by);
const char *recorder_stop(struct call *call, const char *reason);
/** What they have said; what was said for a device is nobody's word once its person has a page. */
enum recorder_word recorder_word_of(const struct call *call, const struct participant *participant);
bool recorder_agrees(const struct call *call, const struct participant *participant);
/** The word of a seat (consent.h), once it counts. */
void recorder_take_word(struct call *call, const char *participant, bool granted);
/**
 * A word for a device: a participant without a page, which nobody waits for and which is not journaled without this.
 * Problems, with `done` not called (see consent_say): not_found, own_word (it has a page to be asked on), not_asked.
 */
const char *recorder_consent_for(struct call *call, const struct house_consent *said, house_done_fn done, void *arg);
/** Somebody came or left, a track appeared or vanished. */
void recorder_refresh(struct call *call);
void recorder_tick(struct call *call, int64_t now_s);

/** The wire's Recording; what a restarted hoichand must know, and back. Owns: the caller owns results. */
json_t *recorder_json(const struct call *call);
json_t *recorder_blob(const struct call *call);
void recorder_restore(struct call *call, const json_t *blob);
#endif

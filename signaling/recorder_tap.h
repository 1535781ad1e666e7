/**
 * The tap of a recording: what the worker journals of a call that is recorded. Each worker, and each journal that failed, is
 * a new segment, so it comes and goes while the recording goes on.
 *
 *     NONE → AWAITED → OPEN → CLOSING → NONE
 *
 * In NONE while the recording is on, the next worker that takes the call, or recorder_tap_resume, has one made.
 */
#ifndef SIGNALING_RECORDER_TAP_H
#define SIGNALING_RECORDER_TAP_H

#include "core.h"

struct house_segment;
struct participant;

enum tap_state {
    TAP_NONE,
    TAP_AWAITED, /* the next segment is asked of the house; the first is what RECORDER_STARTING waits for */
    TAP_OPEN,
    TAP_CLOSING, /* the worker writes what it has; another recording cannot begin yet */
};

/** Embedded in the recording. */
struct recorder_tap {
    enum tap_state state;
    char *tracks;     /* those last told to the worker, as text */
    int64_t failed_s; /* uptime when its journal last failed; 0: never */
};

void recorder_tap_finish(struct recorder_tap *tap);
/** Neither the house nor the worker owes an answer about it. */
bool recorder_tap_is_idle(const struct recorder_tap *tap);

/** At the call's worker, which must be there. */
void recorder_tap_open(struct call *call, const struct house_segment *segment);
/** The recording ends, whatever its tap is at. */
void recorder_tap_close(struct call *call);
/** Closes the descriptor that came with a segment; takes NULL. */
void recorder_tap_drop(const struct house_segment *segment);
/** Tracks, or who agrees, may be others than before. */
void recorder_tap_update(struct call *call);

/** The room is on a worker again, after its former died: the next segment. */
void recorder_tap_resume(struct call *call);
/** The worker is gone; what it journaled is safe. */
void recorder_tap_lost(struct call *call);
/** The worker told tap.state. */
void recorder_tap_told(struct call *call, const char *state);
/** The worker's snapshot says that this recording's tap is open. */
void recorder_tap_adopt(struct call *call, const char *id);

/** A room event into the journal, if there is one. Owns: takes `event`. */
void recorder_tap_event(struct call *call, json_t *event);
/** Somebody is there: what the journal must know of them from then on. */
void recorder_tap_joined(const struct participant *participant);

#endif

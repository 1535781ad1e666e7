/**
 * What each has agreed to in this room, purpose by purpose: the room's side of the ledger, which the house keeps.
 *
 * A seat has two voices: its person's, and that of the patient who sits beside. A yes counts once it is in the ledger, a no
 * at once. What a no does: take-part, the person leaves, or the seat is held back from everybody while its patient is the
 * one who said it; record, the seat's tracks are not journaled; observers, none of them gets the seat's tracks;
 * photographs, no still is taken; captions, the captions service does not hear the seat, and without a yes neither. A patient in the room is shown to observers only after a yes, everybody else until a no.
 * Thread: the main loop's.
 */
#ifndef SIGNALING_CONSENT_H
#define SIGNALING_CONSENT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "house.h"

struct call;

#define CONSENT_TAKE_PART   "take-part"
#define CONSENT_RECORD      "record"
#define CONSENT_OBSERVERS   "observers"
#define CONSENT_PHOTOGRAPHS "photographs"
#define CONSENT_CAPTIONS    "captions"

struct consents {
    GHashTable *words; /* "participant purpose voice" → GINT: 0 no, 1 yes, 2 this voice is not here any more */
};

void consents_init(struct consents *consents);
void consents_finish(struct consents *consents);

/** 1 yes, 0 no, -1 not said. */
int consent_word(const struct call *call, const char *participant, const char *purpose, bool for_patient);
/** Of the seat: 0 when either voice says no, 1 when its person says yes, else -1. */
int consent_of_seat(const struct call *call, const char *participant, const char *purpose);

/**
 * A word, own or of the patient beside. `done` is called once, when the ledger has it; a no counts before.
 * `patient_left`: the patient is not beside any more, and holds the seat back no longer; what they said stays in the ledger.
 */
void consent_say(struct call *call, const struct house_consent *said, bool patient_left, house_done_fn done, void *arg);
/** A new question about recording: former yeses do not answer it, a patient's no stands. */
void consents_ask_again(struct call *call);

/** What the ledger knows of somebody who comes in ({"consents":[{purpose,granted,for_patient}]} of admit). */
void consents_learn(struct call *call, const char *participant, const json_t *found);
/** The wire's list; for a restarted hoichand, and back. Owns: the caller owns results. */
json_t *consents_json(const struct call *call);
json_t *consents_blob(const struct call *call);
void consents_restore(struct call *call, const json_t *blob);

#endif

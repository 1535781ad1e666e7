/**
 * What each role may do in a room: one table, read by everything that asks "may they?".
 *
 * A deputy's right holds only while no host is at the controls, so that a patient is not left waiting because the host's
 * line is down. Who waits outside may do nothing. The page is told its rights and shows nothing else.
 */
#ifndef SIGNALING_RIGHTS_H
#define SIGNALING_RIGHTS_H

#include <jansson.h>
#include <stdbool.h>

struct participant;

enum right {
    RIGHT_PUBLISH,   /* be seen and heard */
    RIGHT_CHAT,      /* write to all */
    RIGHT_RECORD,    /* ask to record, and stop it */
    RIGHT_CONSENT,   /* agree for a device that has no page */
    RIGHT_WAITING,   /* see who waits outside, and write to them */
    RIGHT_ADMIT,     /* let them in */
    RIGHT_INVITE,    /* ask somebody to speak */
    RIGHT_MUTE,      /* ask somebody to be silent */
    RIGHT_REMOVE,    /* send somebody out */
    RIGHT_LOCK,      /* let nobody else in */
    RIGHT_HAND_OVER, /* make another the host */
    RIGHT_END,       /* end it for all */
    RIGHT_SOURCES,   /* ask a seat for one of its sources */
    RIGHT_CAMERAS,   /* turn a camera of another seat */
    RIGHT_STILLS,    /* take a still of a source, and mark it */
    RIGHT_SIDE_TALK, /* talk apart, without the patient */
    RIGHT_INTERPRET, /* speak into the interpreter's channel */
    RIGHT_CAPTION,   /* write down what is said */
    RIGHT_COUNT,
};

/** The table alone. `deputy`: no host is at the controls. Thread: any. */
bool rights_of_role(const char *role, enum right right, bool deputy);
/** Whom a waiting room is for: those who are not of the staff. Thread: any. */
bool rights_waits_outside(const char *role);
/** What this participant may do now. */
bool rights_allow(const struct participant *participant, enum right right);
/** The name on the wire. */
const char *rights_name(enum right right);
/** A set of rights as bits, and the wire's array of it. Owns: the caller owns it. */
unsigned rights_mask(const struct participant *participant);
json_t *rights_json(unsigned mask);

#endif

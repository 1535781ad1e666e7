/**
 * What a seat's cameras and other sources are asked for from afar: to be sent, to get the bits, to turn.
 *
 * Everything is relayed to the seat's page, which alone touches the devices; whether a source starts by itself or its
 * person is asked is the seat's choice. A camera has one hand at a time: whoever moved it last, until nothing came for a
 * while. Thread: the main loop's.
 */
#ifndef SIGNALING_SEAT_H
#define SIGNALING_SEAT_H

#include <jansson.h>
#include <stdint.h>

enum {
    SEAT_HAND_S = 15,       /* then another may turn the camera */
    SEAT_MOVE_LEAST_MS = 40 /* between two moves of one camera */
};

struct call;
struct message;
struct participant;

/** source.ask and source.decline. NULL or an error code. */
const char *seat_ask(struct participant *by, const struct message *message);
const char *seat_decline(struct participant *by, const struct message *message);
/** camera.move, camera.preset, camera.release; time in microseconds that only move forward. */
const char *seat_turn(struct participant *by, const struct message *message, int64_t now_us);

/** What the seat could send and which of its cameras turn, as its state message has it. Owns: borrows. */
void seat_offers(struct participant *participant, const json_t *state);
/** Adds offers and cameras, with who has a hand on each, to the wire's Participant. */
void seat_show(const struct participant *participant, json_t *object);
/** Tells a seat with several pictures which of them a doctor examines. */
void seat_tell_focus(struct participant *participant);
/** It comes back on another socket, and what went over the last one may not have arrived. */
void seat_forget_focus(struct participant *participant);
/** Lets go of cameras that nobody has turned for a while. */
void seat_tick(struct call *call, int64_t now_us);

#endif

/** Offers and answers: from a client's SDP to transports, tracks and slots at the worker, and back to an answer. */
#ifndef SIGNALING_NEGOTIATE_H
#define SIGNALING_NEGOTIATE_H

#include "leg.h"
#include "sdp.h"

/** How it went: `problem` NULL and the answer, or an error code. Called exactly once; may be before the call
 *  returns. */
typedef void (*negotiate_fn)(void *arg, const char *problem, struct leg *leg, const char *sdp);

struct negotiate_request {
    struct participant *participant;
    enum leg_kind kind;
    unsigned generation;
    const char *sdp;
    const json_t *tracks; /* [{mid, source, label?}]; NULL: sources by kind (WHIP) */
    negotiate_fn done;
    void *arg;
};

void negotiate_offer(const struct negotiate_request *request);
/** The room got a worker: offers that waited for one go on. */
void negotiate_continue(struct leg *leg);
/** The leg is going: its offer in work fails. */
void negotiate_abort(struct leg *leg, const char *problem);

/** The offer's fingerprints as media/ipc.h takes them. Owns: the caller owns the result. */
json_t *negotiate_fingerprints(const struct sdp_offer *offer);

/** ICE restart without an offer (WHIP PATCH). The local credentials are in the leg when `done` is called. */
void negotiate_restart(struct leg *leg, const char *ufrag, const char *pwd, negotiate_fn done, void *arg);

#endif

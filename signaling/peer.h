/** One WebSocket: reads its messages, answers them, belongs to a participant once it has joined. */
#ifndef SIGNALING_PEER_H
#define SIGNALING_PEER_H

#include "core.h"
#include "protocol.h"

struct peer {
    struct signaling *signaling;
    uint64_t serial;
    struct peer_io io;
    char language[3];
    struct participant *participant; /* NULL before join */
    int64_t join_id;
    int64_t opened_s;
    int64_t resume_deadline_s; /* a resume that waits for a worker's snapshot */
    json_t *held;              /* that message */
    json_t *early;             /* an offer that came right behind the join or resume */
    bool entering;             /* the house has been asked */
    bool closing;
    double tokens; /* rate limit */
    int64_t refilled_us;
    unsigned refused;
};

struct peer *peer_find(struct signaling *signaling, uint64_t serial);
/** Owns: takes `message`. */
void peer_send(struct peer *peer, json_t *message);
void peer_error(struct peer *peer, int64_t id, const char *code);
/** Says why and closes; the participant, if any, is let go without being marked away. */
void peer_dismiss(struct peer *peer, json_t *last, int close_code);
void peer_dismiss_error(struct peer *peer, int64_t id, const char *code);
void peer_tick(struct peer *peer, int64_t now_s);
/** Tries a waiting resume again: a snapshot has been read. */
void peer_retry(struct peer *peer);
/** It is in: takes the offer that came before that, if one has. */
void peer_take_early(struct peer *peer);
void peer_destroy(void *data);

/** enter.c: join and resume. */
void enter_join(struct peer *peer, const struct message *message);
void enter_resume(struct peer *peer, const struct message *message);
/** In without a socket (WHIP, WHEP): finds or makes the participant. The result is NULL or an error code. */
const char *enter_quietly(struct signaling *signaling, const struct ask *ask, const json_t *found, bool publishes,
                          struct participant **participant);
/** Out of the waiting room. */
void enter_admit(struct participant *participant);

struct moderation {
    const char *action, *target, *text; /* the last two may be NULL */
};
/** moderate.c: NULL or an error code. */
const char *moderate(struct participant *by, const struct moderation *moderation);

#endif

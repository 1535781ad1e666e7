/** A person (or a room's machine) in a consultation, for as long as socket or media keep the stay alive. */
#ifndef SIGNALING_PARTICIPANT_H
#define SIGNALING_PARTICIPANT_H

#include "core.h"
#include "leg.h"
#include "quality.h"

struct participant {
    struct call *call;
    char id[ID_SIZE];
    char session[ID_SIZE]; /* of this stay */
    char role[16];         /* held here and now */
    char own_role[16];     /* of the ticket */
    char *name, *place;
    char language[3];
    bool waiting;
    bool connected_once; /* the house knows of this stay */
    int64_t joined_us;
    int64_t away_since_s; /* uptime; 0 while a socket is there or media flows */
    bool media_failed;    /* the last leg died of itself */
    struct peer *peer;
    GPtrArray *legs;        /* owned */
    int microphone, camera; /* 1, 0, -1: never said */
    bool hand;
    json_t *offers, *cameras;            /* what the seat could send, what turns (seat.h); or NULL */
    char focus[16];                      /* as last told … */
    bool focus_lost;                     /* … over a socket that is gone */
    bool speaks_apart, listens_apart;    /* into and to the interpreter's channel */
    unsigned rights;                     /* as last told */
    const char *connection;              /* "good" …; NULL: unknown */
    json_t *view;                        /* items, or NULL */
    int64_t max_bps;                     /* -1: none */
    unsigned wanted_audio, wanted_video; /* slots already asked for */
    int64_t spoke_at;                    /* counts up with each change of speaker; 0: never */
    struct quality quality;
};

struct participant *participant_create(struct call *call, const char *id, const char *role);
/** Closes its legs. Owns: called by the room alone. */
void participant_destroy(struct participant *participant);

/** Takes name, place, role and language from the house's answer. */
void participant_learn(struct participant *participant, const json_t *found);
/** A fresh stay: new session, nothing switched on. */
void participant_renew_stay(struct participant *participant);

/** There by WHIP or WHEP alone: without a page to be asked or told anything on. */
bool participant_is_device(const struct participant *participant);
struct leg *participant_leg(const struct participant *participant, enum leg_kind kind);
/** An offer of theirs is not answered yet. */
bool participant_negotiates(const struct participant *participant);
size_t participant_track_count(const struct participant *participant);

/** The wire's Participant. Owns: the caller owns it. */
json_t *participant_json(const struct participant *participant);
/** Sends to its socket, if there is one. Owns: takes `message`. */
void participant_send(struct participant *participant, json_t *message);
/** Tells the house whether a page is there for the stay, if it knows of it. */
void participant_report_away(const struct participant *participant);
/** Tells the house that the stay is over, if it knew of it. */
void participant_report_left(struct participant *participant, const char *reason);

void participant_set_state(struct participant *participant, int microphone, int camera, int hand);
/** Which channel it speaks into and listens to; -1: as before. */
void participant_set_channel(struct participant *participant, int speaks_apart, int listens_apart);
/** Marks when socket and media are both gone, and clears the mark when one is back. */
void participant_update_away(struct participant *participant);
/** A new offer without a socket: what was counted against it is forgotten. */
void participant_comes_again(struct participant *participant);

#endif

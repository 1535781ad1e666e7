/** A live consultation: who is in it, which worker carries it, who sees whom. */
#ifndef SIGNALING_CALL_H
#define SIGNALING_CALL_H

#include "consent.h"
#include "core.h"
#include "participant.h"
#include "recorder.h"
#include "sidetalk.h"
#include "stills.h"

struct call {
    struct signaling *signaling;
    char id[ID_SIZE];        /* of the consultation */
    struct worker *worker;   /* its own, NULL: none has room, or none is there */
    GPtrArray *satellites;   /* further workers that take in viewers; spread.c's */
    GPtrArray *participants; /* owned, in the order they came */
    json_t *consultation;    /* as the house gave it; NULL until then */
    json_t *chat;
    GHashTable *roles;   /* id → the role held here, where it is another than the ticket's */
    GHashTable *removed; /* ids of those who may not come back */
    char heir[ID_SIZE];  /* who holds the chair until a host comes back; "": nobody */
    bool vacant;         /* the host has left, and nobody could take over */
    bool locked, started;
    const char *ending; /* reason, once it is over */
    struct participant *speaker;
    int64_t speaker_count; /* how often the speaker has changed */
    struct recorder recorder;
    struct consents consents;
    struct sidetalk sidetalk;
    struct stills stills;
    guint refresh_source;
    int64_t empty_since_s;
    bool restored; /* from a snapshot; the house has not been asked yet */
};

struct call *call_find(struct signaling *signaling, const char *id);
struct call *call_take(struct signaling *signaling, const char *id);
/** Leaves its worker. Owns: the caller takes it out of signaling->rooms, which owns it. */
void call_destroy(void *data);
/** Puts it on a worker, if there is one; true when it has one. */
bool call_place(struct call *call);
/** Offers that waited for a worker go on. */
void call_continue(struct call *call);
/** The worker died and `worker` is NULL already: transports and slots are gone, recording waits for its next segment,
 * everybody is told to renew. */
void call_worker_lost(struct call *call);
/** The participant's legs at `worker` (NULL: all) are gone; whoever had a call is told to renew. */
void call_lose_legs(struct participant *participant, const struct worker *worker);
/** What a restarted hoichand needs, stored with the room at its worker. */
void call_save(struct call *call);
/** Sends a request to the room's worker; dropped when there is none. Owns: takes `fields`. */
void call_media(struct call *call, const char *op, json_t *fields);

struct participant *call_participant(const struct call *call, const char *id);
size_t call_count_in(const struct call *call);
bool call_has_host(const struct call *call);
/** Takes somebody out of the room. `reason`: "left", "lost", "removed", or NULL to tell nobody. */
void call_remove(struct participant *participant, const char *reason);

/** Sends to everybody with a socket who is in (not waiting). Owns: takes `message`. */
void call_tell(struct call *call, json_t *message);
/** Tells everybody entitled to know how somebody is now. */
void call_tell_participant(struct participant *participant);
/** Something that decides who sees whom has changed: works it out once the loop is idle. */
void call_refresh(struct call *call);
/** … at once, because somebody must not see or hear any more. */
void call_refresh_now(struct call *call);

void call_speaker(struct call *call, const char *track);
void call_chat(struct participant *participant, const char *text);
/** A file of the chat has come in whole: {id, participant, participant_name, name, content, size}. */
void call_chat_file(struct call *call, const json_t *file);
/** Ends it for all, taps closed first. */
void call_end(struct call *call, const char *reason);
/** Once a second; `now_s` is core_uptime_s. */
void call_tick(struct call *call, int64_t now_s);

/** How many pairs of slots a new peer connection begins with: a small room never renegotiates, and what a larger one needs besides is
 * asked for when it is connected, because each pair costs a browser some 10 ms before its first picture. */
enum { CALL_SLOTS_FIRST = 4 };
/** How many slots somebody should offer now. */
void call_slots_wanted(const struct call *call, const struct participant *viewer, unsigned *audio, unsigned *video);
json_t *call_consultation_json(const struct call *call);
/** For signaling_live. */
json_t *call_live_json(const struct call *call);

/** view.c: assigns the slots of one leg and tells the worker; the second tells the viewer what changed, too. */
void view_assign_leg(struct leg *leg);
void view_refresh_leg(struct leg *leg);
/** Sends the viewer its slots that changed; `all` for the whole state. */
void view_tell(struct leg *leg, bool all);

#endif

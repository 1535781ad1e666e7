/** The inside of house*.c: one call of signaling's, from its being made to its being answered. */
#ifndef SERVER_HOUSE_CALL_H
#define SERVER_HOUSE_CALL_H

#include "house.h"
#include "store/store.h"

struct house_call {
    struct house_store *house;
    /** What the pool does. false with `error` set: the store's fault, tried again. */
    bool (*run)(struct house_call *call, struct store *store, GError **error);
    const struct server *server; /* its constant parts */

    /* whom it is about, and when; NULL: nobody */
    char *consultation, *participant;
    int64_t at;

    /* what was asked or told, owned: one of these, the others are empty */
    struct {
        char *id, *reason;
        json_t *quality;
    } stay;
    struct {
        char *purpose, *language, *said_by;
        bool granted, for_patient;
    } consent;
    struct {
        char *id;
        struct house_segment segment; /* made by the pool */
    } recording;
    struct {
        char *id, *requested_by, *source;
        int width, height;
        GBytes *thumbnail;
        json_t *marks;
    } still;
    struct {
        char *action;
        json_t *detail;
    } audit;
    char *chat;

    /* what came of it */
    const char *problem;
    json_t *admitted;

    /* whom to answer; no function when nobody waits */
    struct {
        house_json_fn json_fn;
        house_done_fn done_fn;
        house_segment_fn segment_fn;
        void *arg;
    } answer;

    GError *error; /* of the last try */
    int tries;
};

/* house_stays.c */
bool house_admit(struct house_call *call, struct store *store, GError **error);
bool house_joined(struct house_call *call, struct store *store, GError **error);
bool house_away(struct house_call *call, struct store *store, GError **error);
bool house_quality(struct house_call *call, struct store *store, GError **error);
bool house_left(struct house_call *call, struct store *store, GError **error);
bool house_started(struct house_call *call, struct store *store, GError **error);
bool house_ended(struct house_call *call, struct store *store, GError **error);

/* house_words.c */
bool house_consent(struct house_call *call, struct store *store, GError **error);
bool house_chat(struct house_call *call, struct store *store, GError **error);
bool house_audit(struct house_call *call, struct store *store, GError **error);
/** What goes into the audit. */
struct house_deed {
    const char *action;
    const char *said_by; /* NULL: the participant did it, or the system */
    json_t *detail;      /* NULL: none */
};
/** Inside a transaction. */
bool house_append_audit(const struct house_call *call, struct store *store, const struct house_deed *deed,
                        GError **error);

/* house_recordings.c */
bool house_recording_begin(struct house_call *call, struct store *store, GError **error);
bool house_recording_continue(struct house_call *call, struct store *store, GError **error);
bool house_recording_end(struct house_call *call, struct store *store, GError **error);

/* house_stills.c */
bool house_still(struct house_call *call, struct store *store, GError **error);
bool house_still_marks(struct house_call *call, struct store *store, GError **error);
/** What admit tells of earlier stills. false with `error` set. */
bool house_add_stills(struct house_call *call, struct store *store, GError **error);

#endif

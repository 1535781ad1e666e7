/** The inside of house.c and house_work.c: one call of signaling's, from its being made to its being answered. */
#ifndef SERVER_HOUSE_CALL_H
#define SERVER_HOUSE_CALL_H

#include "house.h"
#include "store/store.h"

struct house_call {
    struct house_store *house;
    /** What the pool does. false with `error` set: the store's fault, tried again. */
    bool (*run)(struct house_call *call, struct store *store, GError **error);
    const struct server *server; /* its constant parts */

    /* what was asked; owned */
    char *consultation, *participant, *session, *recording, *text, *language, *said_by;
    json_t *detail;
    int64_t at;
    bool granted, for_patient;
    char *requested_by, *source; /* of a still */
    int width, height;
    GBytes *thumbnail;

    /* what came of it */
    const char *problem;
    json_t *result;
    struct house_segment segment;

    /* whom to answer; all NULL when nobody waits */
    house_json_fn json_fn;
    house_done_fn done_fn;
    house_segment_fn segment_fn;
    void *done_arg;

    GError *error; /* of the last try */
    int tries;
};

bool house_admit(struct house_call *call, struct store *store, GError **error);
bool house_joined(struct house_call *call, struct store *store, GError **error);
bool house_away(struct house_call *call, struct store *store, GError **error);
bool house_quality(struct house_call *call, struct store *store, GError **error);
bool house_left(struct house_call *call, struct store *store, GError **error);
bool house_started(struct house_call *call, struct store *store, GError **error);
bool house_ended(struct house_call *call, struct store *store, GError **error);
bool house_consent(struct house_call *call, struct store *store, GError **error);
bool house_recording_begin(struct house_call *call, struct store *store, GError **error);
bool house_recording_continue(struct house_call *call, struct store *store, GError **error);
bool house_recording_end(struct house_call *call, struct store *store, GError **error);
bool house_chat(struct house_call *call, struct store *store, GError **error);
bool house_still(struct house_call *call, struct store *store, GError **error);
bool house_still_marks(struct house_call *call, struct store *store, GError **error);
/** house_stills.c: what admit tells of earlier stills and of the consent to photographs. false with `error` set. */
bool house_add_stills(struct house_call *call, struct store *store, GError **error);
bool house_audit(struct house_call *call, struct store *store, GError **error);

#endif

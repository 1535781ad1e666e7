/**
 * What signaling asks of the house it lives in. The server implements it over its store; the tests over a table.
 *
 * Signaling knows no database and no HTTP: whatever must be looked up, remembered or opened goes through here.
 * Thread: all calls are made on, and all answers come back on, the main loop's thread; an implementation hands blocking
 * work to its pool. An answer may come before the call returns. Every `done` is called exactly once, with `problem`
 * NULL on success or one of protocol.schema.json's error codes. Owns: json_t arguments are borrowed for the call;
 * json_t results are borrowed by `done`.
 */
#ifndef SIGNALING_HOUSE_H
#define SIGNALING_HOUSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Times are microseconds since the Unix epoch. */
typedef int64_t house_time_us;

typedef void (*house_json_fn)(void *arg, const char *problem, json_t *result);
typedef void (*house_done_fn)(void *arg, const char *problem);

/** Where the next journal segment goes. The receiver of `done` owns `fd`. */
struct house_segment {
    int fd;
    int number;
    char chain[65];        /* hex SHA-256 that this segment continues from */
    unsigned char key[32]; /* wipe after use */
};
/** A word for one purpose, as it goes into the ledger. Owns: borrowed for the call. */
struct house_consent {
    const char *consultation, *participant, *purpose, *language;
    const char *said_by; /* who said it for a device, "participant:ID" or "user:ID"; NULL: their own word */
    bool granted, for_patient;
    house_time_us at;
};

typedef void (*house_segment_fn)(void *arg, const char *problem, const char *recording,
                                 const struct house_segment *segment);

/** A still that has been taken. `thumbnail` is a JPEG of at most 20 kB. */
struct house_still {
    const char *id, *consultation, *participant, *requested_by, *source;
    int width, height;
    const unsigned char *thumbnail;
    size_t thumbnail_size;
    house_time_us at;
};

struct house {
    void *arg;

    /**
     * Loads what a participant needs: {"consultation":{id,title,kind,starts_at,ends_at,room?,site?,state,locked?},
     * "participant":{id,name,role,place?,language}, "waiting_room":bool, "ice_servers":[...],
     * "stay":{id,quality}?, "consents":[{purpose,granted,for_patient}],
     * "stills":[...]}: the stay that has not ended, as it was last written; each voice's last word on each purpose in
     * the ledger; the wire's Still objects of before.
     * Problems: not_open, ended, not_found.
     */
    void (*admit)(void *arg, const char *consultation, const char *participant, house_json_fn done, void *done_arg);

    /** A participant's media is connected for the first time in this stay; `session` is the id of the stay. */
    void (*joined)(void *arg, const char *consultation, const char *participant, const char *session, house_time_us at);
    /** Its page has lost its socket at that time, and media may still flow; 0: it has one again. */
    void (*away)(void *arg, const char *session, house_time_us at);
    /** How the stay is so far, every quarter of a minute: what is left of it when this process dies. */
    void (*quality)(void *arg, const char *session, json_t *quality);
    void (*left)(void *arg, const char *session, house_time_us at, const char *reason, json_t *quality);

    /** The first came, or somebody ended it for all. */
    void (*started)(void *arg, const char *consultation, house_time_us at);
    void (*ended)(void *arg, const char *consultation, house_time_us at, const char *participant);

    /** Written to the ledger before `done`: nothing is journaled earlier. */
    void (*consent)(void *arg, const struct house_consent *said, house_done_fn done, void *done_arg);

    /** A new recording and its first segment; the segments that follow (after a worker died); its end. */
    void (*recording_begin)(void *arg, const char *consultation, const char *participant, house_segment_fn done,
                            void *done_arg);
    void (*recording_continue)(void *arg, const char *recording, house_segment_fn done, void *done_arg);
    void (*recording_end)(void *arg, const char *recording, house_time_us at);

    /** Kept with the consultation. */
    void (*chat)(void *arg, const char *consultation, const char *participant, const char *text, house_time_us at);

    /** Its row and its thumbnail are on disk before `done`: the full picture may come then. */
    void (*still)(void *arg, const struct house_still *still, house_done_fn done, void *done_arg);
    /** {"marks":[...], "calibration"?} of a still, as they are now. */
    void (*still_marks)(void *arg, const char *consultation, const char *still, json_t *marks);

    /** Something that belongs in the audit log: who did what. `detail` may be NULL. */
    void (*audit)(void *arg, const char *action, const char *consultation, const char *participant, json_t *detail);
};

#endif

/**
 * Stills: pictures taken at the far end at the camera's full size, and what is drawn on them.
 *
 *     asking (its person's consent to photographs) ─► asked ─► taken (a thumbnail is there) ─► ready (the full picture is)
 *            └──────────────┴───────────────────────────┴────► failed
 *
 * Whoever has the right asks for a source; the seat that owns the camera takes the picture, tells its thumbnail here and
 * sends the full picture over HTTP at its leisure. No picture is asked of a seat whose last word in the ledger is no, or
 * that has not been asked. Marks are vectors in the picture's pixels (marks.h). Thread: the main loop's.
 */
#ifndef SIGNALING_STILLS_H
#define SIGNALING_STILLS_H

#include "core.h"

enum {
    STILLS_MAX = 100,
    STILLS_ASKED_MAX_S = 30, /* a camera that does not answer */
    STILLS_THUMBNAIL_MAX = 20 * 1024,
};

struct call;
struct participant;
struct message;
struct peer;

struct stills {
    json_t *list;          /* the wire's Still objects with their marks, oldest first */
    GHashTable *deadlines; /* still → GINT uptime in seconds, while it is asked or asking */
    GHashTable *unsaved;   /* ids whose marks the house does not know yet */
    bool learned;          /* the house has told what was there before */
};

void stills_init(struct stills *stills);
void stills_finish(struct stills *stills);

/** What the house knows of earlier stills ({"stills"} of admit). */
void stills_learn(struct call *call, const json_t *found);
/** The whole state for one who has come in. */
void stills_tell_all(struct participant *participant);

/** Requests of a client. NULL or an error code. */
const char *stills_ask(struct participant *by, const struct message *message);
/** Answers when the house has written it down. */
const char *stills_taken(struct peer *peer, const struct message *message);
const char *stills_failed(struct participant *owner, const struct message *message);
const char *stills_calibrate(struct participant *by, const struct message *message);

/** A word on photographs, once it counts. */
void stills_consent(struct call *call, const char *participant, bool granted);
/** The server's news of a file: its progress, or that it is ready. */
void stills_file(struct call *call, const json_t *file);
/** Marks that the house does not know yet are told now: before the end, so that they are filed with it. */
void stills_save(struct call *call);
/** What waits too long or for somebody who has gone fails; marks are saved. */
void stills_tick(struct call *call, int64_t now_s);

/** For marks.c. Borrowed; NULL when there is none. */
json_t *stills_find(const struct call *call, const char *id);

#endif

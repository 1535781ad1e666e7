/**
 * The minutes of a consultation (biên bản hội chẩn): written by its doctors while it is held and afterwards, signed by chair and
 * secretary, final with the last signature.
 *
 *     draft ──first signature──► locked ──last signature──► signed (final; filed)
 *       ▲                          │
 *       └───── it is withdrawn ────┘
 *
 * Each change names the version it is based on and makes the next one. What was signed is kept byte for byte.
 *
 * Thread: pool, inside the caller's transaction. Errors: false with `error` set is the store's fault; what a person did
 * wrong is a problem code.
 */
#ifndef SERVER_RECORDS_MINUTES_H
#define SERVER_RECORDS_MINUTES_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "attest.h"
#include "server/store/store.h"

enum {
    MINUTES_FACT_MAX = 200,
    MINUTES_TEXT_MAX = 8000,
    MINUTES_QUESTION_MAX = 1000,
    MINUTES_ANSWER_MAX = 4000,
    MINUTES_QUESTIONS_MAX = 20
};

/** Who acts: one of the consultation's participants, and how they showed it ("account", "ticket"). */
struct minutes_actor {
    char participant[65], role[16];
    const char *method;
};

struct minutes_deed {
    const char *consultation;
    const struct minutes_actor *actor;
    int64_t version; /* that it is based on; 0: nothing is written yet */
    int64_t now;
    const char
        *problem; /* NULL: done. minutes-changed, minutes-locked, minutes-not-yet, minutes-incomplete, not-allowed */
    bool final;   /* with this signature they are */
};

bool minutes_is_doctor(const char *role);
bool minutes_may_chair(const char *role);

/** {version, text, state, content, …} as the API shows it; of what nobody has written yet, what the booking says. NULL
 * with `error` set, or when there is no such consultation. Caller owns it. */
json_t *minutes_json(struct store *store, const char *consultation, GError **error);
/** A word that changes whenever what minutes_json() shows of text, booking, doctors or filing does, and costs little: "7.…" is the
 * seventh version. NULL as there. Caller frees. */
char *minutes_mark(struct store *store, const char *consultation, GError **error);
/** The bytes that were signed, NULL when nobody has. Caller frees. */
char *minutes_signed_content(struct store *store, const char *consultation, GError **error);

/** `text`: {record_number, department, treated_since, diagnosis, summary, questions: [{id, question, conclusion}], discussion,
 * conclusion, treatment, chair, secretary}, all optional. */
bool minutes_save(struct store *store, struct minutes_deed *deed, const json_t *text, GError **error);
bool minutes_sign(struct store *store, struct minutes_deed *deed, const unsigned char seed[ATTEST_SEED_SIZE],
                  GError **error);
bool minutes_withdraw(struct store *store, struct minutes_deed *deed, GError **error);

#endif

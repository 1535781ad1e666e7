/**
 * Consultations: how one is booked, changed, held, ended or cancelled, and what forbids it.
 *
 *     booked ──► open ──► ended        booked ──► cancelled
 *        └─────────────────►┘          (ended without anybody having come: by hand only)
 *
 * Thread: pool threads. Every function that writes is one transaction, or part of the caller's.
 * Errors: false with `error` set is the store's fault; what a person did wrong is a problem code in the result.
 */
#ifndef SERVER_CONSULTATION_H
#define SERVER_CONSULTATION_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum {
    CONSULTATION_PEOPLE_MAX = 32,
    CONSULTATION_TITLE_MAX = 200, /* characters */
    CONSULTATION_REASON_MAX = 4000,
    CONSULTATION_NAME_MAX = 120,
    CONSULTATION_HOURS_MAX = 24,
    CONSULTATION_SKEW_S = 300, /* a booking that starts now may reach us a little late */
};

enum consultation_state {
    CONSULTATION_BOOKED,
    CONSULTATION_OPEN,
    CONSULTATION_ENDED,
    CONSULTATION_CANCELLED,
    CONSULTATION_STATES
};
/** CONSULTATION_STATES when it is none. */
enum consultation_state consultation_state_of(const char *name);
/** The table of allowed moves. Pure. */
bool consultation_may_move(enum consultation_state from, enum consultation_state to);

struct booking_person {
    const char *id; /* of one who takes part already, when a booking is changed */
    const char *name, *role, *user_id;
};

struct booking_patient {
    const char *system, *value, *name, *birth_date, *sex;
};

/** What a booking asks for; texts are borrowed. */
struct booking {
    const char *kind, *title, *language, *created_by;
    const char *reason; /* why, and what is known; NULL: not said */
    int64_t starts_at, ends_at;
    const char *room_id;
    const char *patient_id;          /* one who is known, */
    struct booking_patient *patient; /* or is found by the identifier, else made */
    struct booking_person people[CONSULTATION_PEOPLE_MAX];
    int people_count;
    bool waiting_room; /* patients, interpreters and observers are let in by the host */
    bool people_given; /* a change without people leaves them */
    bool urgent;       /* whatever else room and people are booked for */
};

struct booking_result {
    const char *problem; /* NULL: done. unknown-room, unknown-patient, unknown-user, conflict, not-found, wrong-state */
    char id[STORE_ID_SIZE];
    json_t *conflicts; /* [{kind:room|person, id, name, consultation_id, title, starts_at, ends_at}] */
    int64_t next_free; /* earliest start at which the same rooms and people are free that long; 0: not within a week */
};
void booking_result_clear(struct booking_result *result);

/** The rules of time: NULL, or the field and reason that are wrong. Pure. */
const char *booking_time_fault(int64_t starts_at, int64_t ends_at, int64_t now, const char **field);

bool consultation_book(struct store *store, const struct booking *booking, int64_t now, struct booking_result *result,
                       GError **error);
/** `booking` is the whole new state, with what stays as it was. */
bool consultation_change(struct store *store, const char *id, const struct booking *booking, int64_t now,
                         struct booking_result *result, GError **error);

struct patient_naming {
    const char *consultation, *patient_id; /* `patient_id`: one who is known, */
    struct booking_patient *patient;       /* or is found by the identifier, else made */
    int64_t now;
    const char
        *problem; /* NULL: done. not-found, wrong-state (called off, or has its patient already), unknown-patient */
};
/** Says whom it was about when nobody knew at the beginning; what waited for that is filed. */
bool consultation_name_patient(struct store *store, struct patient_naming *naming, GError **error);

/** Moves; `*moved` says whether it did (false: it was there already, or may not go there). */
bool consultation_start(struct store *store, const char *id, int64_t at, bool *moved, GError **error);
bool consultation_end(struct store *store, const char *id, int64_t at, bool *moved, GError **error);
bool consultation_cancel(struct store *store, const char *id, const char *reason, int64_t at, bool *moved,
                         GError **error);

/** A person who was not in the booking; `participant` is filled. kiosk_id and user_id may be NULL. */
struct new_participant {
    const char *consultation, *name, *role, *user_id, *kiosk_id, *place;
};
bool consultation_add_participant(struct store *store, const struct new_participant *person, int64_t now,
                                  char participant[STORE_ID_SIZE], GError **error);

/** As the API shows it: NULL when there is none, or with `error` set. Caller owns it. */
json_t *consultation_json(struct store *store, const char *id, GError **error);
/** One of a list, from a row of CONSULTATION_SELECT. */
json_t *consultation_row_json(struct store *store, const struct store_rows *rows, GError **error);
/** A patient, from a row with PATIENT_COLUMNS of the table `p`. Caller owns it. */
json_t *patient_row_json(const struct store_rows *rows);
#define PATIENT_COLUMNS                                                                                                \
    "p.id AS patient_id, p.identifier_system, p.identifier_value, p.name AS patient_name, p.birth_date, p.sex"
#define CONSULTATION_SELECT                                                                                            \
    "SELECT c.id, c.kind, c.title, c.language, c.state, c.starts_at, c.ends_at, c.started_at, c.ended_at, "            \
    "c.cancel_reason, c.room_id, r.name AS room_name, s.id AS site_id, s.name AS site_name, c.created_at, "            \
    "c.waiting_room, c.reason, " PATIENT_COLUMNS " "                                                                   \
    "FROM consultations c LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id "                \
    "LEFT JOIN patients p ON p.id = c.patient_id "

#endif

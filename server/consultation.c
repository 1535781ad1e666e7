#include "consultation.h"

#include <string.h>

#include "records/outbox.h"
#include "rfc3339.h"

static const int64_t MINUTE_US = (int64_t)60 * G_USEC_PER_SEC;

static const char *const state_names[CONSULTATION_STATES] = {"booked", "open", "ended", "cancelled"};

enum consultation_state consultation_state_of(const char *name)
{
    int i = 0;
    while (i < CONSULTATION_STATES && strcmp(name, state_names[i]) != 0)
        i++;
    return (enum consultation_state)i;
}

bool consultation_may_move(enum consultation_state from, enum consultation_state to)
{
    static const bool allowed[CONSULTATION_STATES][CONSULTATION_STATES] = {
        [CONSULTATION_BOOKED] =
            {[CONSULTATION_OPEN] = true, [CONSULTATION_ENDED] = true, [CONSULTATION_CANCELLED] = true},
        [CONSULTATION_OPEN] = {[CONSULTATION_ENDED] = true},
    };
    return allowed[from][to];
}

const char *booking_time_fault(int64_t starts_at, int64_t ends_at, int64_t now, const char **field)
{
    *field = "starts_at";
    if (starts_at < now - (int64_t)CONSULTATION_SKEW_S * G_USEC_PER_SEC)
        return "in-the-past";
    *field = "ends_at";
    if (ends_at <= starts_at)
        return "end-before-start";
    if (ends_at - starts_at > CONSULTATION_HOURS_MAX * 60 * MINUTE_US)
        return "too-far-apart";
    return NULL;
}

void booking_result_clear(struct booking_result *result)
{
    json_decref(result->conflicts);
    memset(result, 0, sizeof *result);
}

static bool refuse(struct booking_result *result, const char *problem)
{
    result->problem = problem;
    return true;
}

/** `*exists` tells; false only with `error`. */
static bool lookup(struct store *store, const char *sql, const char *id, bool *exists, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, sql, store_text(id));
    *exists = store_count(rows) > 0;
    return rows != NULL;
}

static bool check_references(struct store *store, const struct booking *b, struct booking_result *result,
                             GError **error)
{
    bool exists = true;
    if (b->room_id && !lookup(store, "SELECT 1 AS one FROM rooms WHERE id = ?", b->room_id, &exists, error))
        return false;
    if (!exists)
        return refuse(result, "unknown-room");
    if (b->patient_id && !lookup(store, "SELECT 1 AS one FROM patients WHERE id = ?", b->patient_id, &exists, error))
        return false;
    if (!exists)
        return refuse(result, "unknown-patient");
    for (int i = 0; i < b->people_count; i++) {
        const char *user = b->people[i].user_id;
        if (user && !lookup(store, "SELECT 1 AS one FROM users WHERE id = ? AND active = 1", user, &exists, error))
            return false;
        if (!exists)
            return refuse(result, "unknown-user");
    }
    return true;
}

static bool find_patient(struct store *store, const struct booking_patient *p, int64_t now, char id[STORE_ID_SIZE],
                         GError **error)
{
    store_new_id(id);
    g_autofree char *both = g_strjoin(" ", p->name, p->value, NULL);
    g_autofree char *search = store_fold(both);
    if (store_run(store, error,
                  "INSERT INTO patients (id, identifier_system, identifier_value, name, birth_date, sex, search, "
                  "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                  "ON CONFLICT (identifier_system, identifier_value) DO NOTHING",
                  store_text(id), store_text(p->system), store_text(p->value), store_text(p->name),
                  store_text(p->birth_date), store_text(p->sex), store_text(search), store_int(now)) < 0)
        return false;
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT id FROM patients WHERE identifier_system = ? AND identifier_value = ?",
                                       store_text(p->system), store_text(p->value));
    if (rows && !store_next(rows))
        g_set_error(error, STORE_ERROR, STORE_ERROR_BUSY, "somebody else is registering the same patient");
    else if (rows)
        g_strlcpy(id, rows_text(rows, "id"), STORE_ID_SIZE);
    return store_count(rows) > 0;
}

static bool save_person(struct store *store, const char *consultation, const struct booking_person *person, int64_t now,
                        GError **error)
{
    if (person->id)
        return store_run(store, error,
                         "UPDATE participants SET name = ?, role = ?, user_id = ?, removed_at = NULL "
                         "WHERE id = ? AND consultation_id = ?",
                         store_text(person->name), store_text(person->role), store_text(person->user_id),
                         store_text(person->id), store_text(consultation)) >= 0;
    char id[STORE_ID_SIZE];
    return consultation_add_participant(
        store,
        &(struct new_participant){
            .consultation = consultation, .name = person->name, .role = person->role, .user_id = person->user_id},
        now, id, error);
}

static bool save_people(struct store *store, const char *id, const struct booking *b, int64_t now, GError **error)
{
    if (store_run(store, error,
                  "UPDATE participants SET removed_at = ? WHERE consultation_id = ? AND removed_at IS NULL "
                  "AND kiosk_id IS NULL",
                  store_int(now), store_text(id)) < 0)
        return false;
    for (int i = 0; i < b->people_count; i++)
        if (!save_person(store, id, &b->people[i], now, error))
            return false;
    return true;
}

bool consultation_add_participant(struct store *store, const struct new_participant *person, int64_t now,
                                  char participant[STORE_ID_SIZE], GError **error)
{
    store_new_id(participant);
    return store_run(
               store, error,
               "INSERT INTO participants (id, consultation_id, name, role, user_id, kiosk_id, place, created_at) "
               "VALUES (?, ?, ?, ?, ?, ?, COALESCE(?, (SELECT s.name FROM users u JOIN sites s ON s.id = u.site_id "
               "WHERE u.id = ?)), ?)",
               store_text(participant), store_text(person->consultation), store_text(person->name),
               store_text(person->role), store_text(person->user_id), store_text(person->kiosk_id),
               store_text(person->place), store_text(person->user_id), store_int(now)) == 1;
}

/* ---- conflicts ---- */

static void add_conflict(json_t *conflicts, struct store_rows *rows, const char *kind)
{
    char starts[RFC3339_SIZE], ends[RFC3339_SIZE];
    rfc3339_format(rows_int(rows, "starts_at"), starts);
    rfc3339_format(rows_int(rows, "ends_at"), ends);
    json_array_append_new(conflicts,
                          json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind, "id", rows_text(rows, "thing"),
                                    "name", rows_text(rows, "name"), "consultation_id", rows_text(rows, "id"), "title",
                                    rows_text(rows, "title"), "starts_at", starts, "ends_at", ends));
}

#define OVERLAP                                                                                                        \
    "c.state IN ('booked', 'open') AND c.starts_at < ? AND c.ends_at > ? AND c.id <> ? ORDER BY c.starts_at LIMIT 20"

struct span {
    int64_t from, to;
    int64_t free_after; /* the latest end of what stands in the way */
};

static bool collect(json_t *conflicts, struct span *span, const char *kind, struct store_rows *rows)
{
    while (store_next(rows)) {
        span->free_after = MAX(span->free_after, rows_int(rows, "ends_at"));
        if (conflicts)
            add_conflict(conflicts, rows, kind);
    }
    return rows != NULL;
}

/** What the booking's room and people are in between `span`'s ends; `conflicts` may be NULL. */
static bool find_conflicts(struct store *store, const struct booking *b, const char *self, struct span *span,
                           json_t *conflicts, GError **error)
{
    span->free_after = 0;
    if (b->room_id) {
        STORE_AUTO_ROWS rows = store_query(store, error,
                                           "SELECT c.id, c.title, c.starts_at, c.ends_at, r.id AS thing, r.name "
                                           "FROM consultations c JOIN rooms r ON r.id = c.room_id "
                                           "WHERE c.room_id = ? AND " OVERLAP,
                                           store_text(b->room_id), store_int(span->to), store_int(span->from),
                                           store_text(self));
        if (!collect(conflicts, span, "room", rows))
            return false;
    }
    for (int i = 0; i < b->people_count; i++) {
        if (!b->people[i].user_id)
            continue;
        STORE_AUTO_ROWS rows = store_query(store, error,
                                           "SELECT c.id, c.title, c.starts_at, c.ends_at, u.id AS thing, u.name "
                                           "FROM consultations c JOIN participants p ON p.consultation_id = c.id "
                                           "JOIN users u ON u.id = p.user_id "
                                           "WHERE p.user_id = ? AND p.removed_at IS NULL AND " OVERLAP,
                                           store_text(b->people[i].user_id), store_int(span->to), store_int(span->from),
                                           store_text(self));
        if (!collect(conflicts, span, "person", rows))
            return false;
    }
    return true;
}

/** Walks from what stands in the way to the first time that nothing does, a week at most. */
static bool find_next_free(struct store *store, const struct booking *b, const char *self, int64_t from,
                           int64_t *next_free, GError **error)
{
    enum { STEPS_MAX = 200 };
    int64_t length = b->ends_at - b->starts_at, limit = b->starts_at + 7 * 24 * 60 * MINUTE_US;
    *next_free = 0;
    for (int i = 0; i < STEPS_MAX && from <= limit; i++) {
        struct span span = {.from = from, .to = from + length};
        if (!find_conflicts(store, b, self, &span, NULL, error))
            return false;
        if (!span.free_after) {
            *next_free = from;
            return true;
        }
        from = span.free_after;
    }
    return true;
}

static bool check_conflicts(struct store *store, const struct booking *b, const char *self,
                            struct booking_result *result, GError **error)
{
    struct span span = {.from = b->starts_at, .to = b->ends_at};
    json_t *conflicts = json_array();
    bool good = find_conflicts(store, b, self, &span, conflicts, error);
    if (!good || json_array_size(conflicts) == 0) {
        json_decref(conflicts);
        return good;
    }
    result->conflicts = conflicts;
    return refuse(result, "conflict") && find_next_free(store, b, self, span.free_after, &result->next_free, error);
}

/* ---- booking and changing ---- */

struct booking_work {
    const char *id; /* NULL: a new one */
    const struct booking *booking;
    int64_t now;
    struct booking_result *result;
};

static bool insert(struct store *store, const struct booking_work *work, const char *patient, const char *search,
                   GError **error)
{
    const struct booking *b = work->booking;
    return store_run(store, error,
                     "INSERT INTO consultations (id, kind, title, language, state, starts_at, ends_at, room_id, "
                     "patient_id, waiting_room, reason, search, created_by, created_at, updated_at) "
                     "VALUES (?, ?, ?, ?, 'booked', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     store_text(work->result->id), store_text(b->kind), store_text(b->title), store_text(b->language),
                     store_int(b->starts_at), store_int(b->ends_at), store_text(b->room_id), store_text(patient),
                     store_int(b->waiting_room), store_text(b->reason), store_text(search), store_text(b->created_by),
                     store_int(work->now), store_int(work->now)) == 1;
}

static bool update(struct store *store, const struct booking_work *work, const char *patient, const char *search,
                   GError **error)
{
    const struct booking *b = work->booking;
    return store_run(
               store, error,
               "UPDATE consultations SET kind = ?, title = ?, language = ?, starts_at = ?, ends_at = ?, "
               "room_id = ?, patient_id = ?, waiting_room = ?, reason = ?, search = ?, updated_at = ? WHERE id = ?",
               store_text(b->kind), store_text(b->title), store_text(b->language), store_int(b->starts_at),
               store_int(b->ends_at), store_text(b->room_id), store_text(patient), store_int(b->waiting_room),
               store_text(b->reason), store_text(search), store_int(work->now), store_text(work->id)) == 1;
}

static bool save(struct store *store, const struct booking_work *work, GError **error)
{
    const struct booking *b = work->booking;
    struct booking_result *result = work->result;
    char found[STORE_ID_SIZE] = "";
    if (b->patient && !find_patient(store, b->patient, work->now, found, error))
        return false;
    const char *patient = b->patient ? found : b->patient_id;
    g_autofree char *search = store_fold(b->title);
    if (work->id) {
        g_strlcpy(result->id, work->id, STORE_ID_SIZE);
        return update(store, work, patient, search, error) &&
               (!b->people_given || save_people(store, work->id, b, work->now, error));
    }
    store_new_id(result->id);
    return insert(store, work, patient, search, error) && save_people(store, result->id, b, work->now, error) &&
           outbox_event(store, "consultation.booked", result->id, NULL, work->now, error);
}

static bool check_open_to_change(struct store *store, const char *id, struct booking_result *result, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT state FROM consultations WHERE id = ?", store_text(id));
    if (!rows)
        return false;
    if (!store_next(rows))
        return refuse(result, "not-found");
    enum consultation_state state = consultation_state_of(rows_text(rows, "state"));
    if (state == CONSULTATION_ENDED || state == CONSULTATION_CANCELLED)
        return refuse(result, "wrong-state");
    return true;
}

static bool book_work(struct store *store, void *arg, GError **error)
{
    struct booking_work *work = arg;
    booking_result_clear(work->result);
    if (work->id && !check_open_to_change(store, work->id, work->result, error))
        return false;
    if (!work->result->problem && !check_references(store, work->booking, work->result, error))
        return false;
    const char *self = work->id ? work->id : "";
    if (!work->result->problem && !work->booking->urgent &&
        !check_conflicts(store, work->booking, self, work->result, error))
        return false;
    return work->result->problem || save(store, work, error);
}

bool consultation_book(struct store *store, const struct booking *booking, int64_t now, struct booking_result *result,
                       GError **error)
{
    struct booking_work work = {NULL, booking, now, result};
    return store_transaction(store, book_work, &work, error);
}

bool consultation_change(struct store *store, const char *id, const struct booking *booking, int64_t now,
                         struct booking_result *result, GError **error)
{
    struct booking_work work = {id, booking, now, result};
    return store_transaction(store, book_work, &work, error);
}

/* ---- the patient of an emergency ---- */

static bool check_nameless(struct store *store, struct patient_naming *n, GError **error)
{
    bool known = true;
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT state, patient_id FROM consultations WHERE id = ?",
                                       store_text(n->consultation));
    if (!rows ||
        (n->patient_id && !lookup(store, "SELECT 1 AS one FROM patients WHERE id = ?", n->patient_id, &known, error)))
        return false;
    n->problem = NULL;
    if (!store_next(rows))
        n->problem = "not-found";
    else if (!rows_null(rows, "patient_id") ||
             consultation_state_of(rows_text(rows, "state")) == CONSULTATION_CANCELLED)
        n->problem = "wrong-state";
    else if (!known)
        n->problem = "unknown-patient";
    return true;
}

static bool name_work(struct store *store, void *arg, GError **error)
{
    struct patient_naming *n = arg;
    char found[STORE_ID_SIZE] = "";
    if (!check_nameless(store, n, error))
        return false;
    if (n->problem)
        return true;
    return (!n->patient || find_patient(store, n->patient, n->now, found, error)) &&
           store_run(store, error, "UPDATE consultations SET patient_id = ?, updated_at = ? WHERE id = ?",
                     store_text(n->patient ? found : n->patient_id), store_int(n->now),
                     store_text(n->consultation)) == 1 &&
           outbox_file(store, n->consultation, n->now, error);
}

bool consultation_name_patient(struct store *store, struct patient_naming *naming, GError **error)
{
    return store_transaction(store, name_work, naming, error);
}

/* ---- the life cycle ---- */

struct move {
    const char *id;
    enum consultation_state to;
    int64_t at;
    const char *reason;
    bool moved;
};

static bool write_move(struct store *store, const struct move *move, GError **error)
{
    static const char *const statements[CONSULTATION_STATES] = {
        [CONSULTATION_OPEN] = "UPDATE consultations SET state = 'open', started_at = ?, updated_at = ? WHERE id = ?",
        [CONSULTATION_ENDED] = "UPDATE consultations SET state = 'ended', ended_at = ?, updated_at = ? WHERE id = ?",
        [CONSULTATION_CANCELLED] =
            "UPDATE consultations SET state = 'cancelled', cancelled_at = ?, updated_at = ? WHERE id = ?",
    };
    return store_run(store, error, statements[move->to], store_int(move->at), store_int(move->at),
                     store_text(move->id)) == 1;
}

/** What an end brings with it: nobody is there any more, and the record is due. */
static bool after_end(struct store *store, const struct move *move, GError **error)
{
    return store_run(store, error,
                     "UPDATE stays SET left_at = ?, reason = 'ended' WHERE consultation_id = ? AND left_at IS NULL",
                     store_int(move->at), store_text(move->id)) >= 0 &&
           outbox_event(store, "consultation.ended", move->id, NULL, move->at, error) &&
           outbox_file(store, move->id, move->at, error);
}

static bool after_cancel(struct store *store, const struct move *move, GError **error)
{
    return store_run(store, error, "UPDATE consultations SET cancel_reason = ? WHERE id = ?", store_text(move->reason),
                     store_text(move->id)) == 1 &&
           outbox_event(store, "consultation.cancelled", move->id, NULL, move->at, error);
}

static bool move_work(struct store *store, void *arg, GError **error)
{
    struct move *move = arg;
    move->moved = false;
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT state FROM consultations WHERE id = ?",
                                       store_text(move->id));
    if (!rows)
        return false;
    if (!store_next(rows) || !consultation_may_move(consultation_state_of(rows_text(rows, "state")), move->to))
        return true;
    move->moved = true;
    if (!write_move(store, move, error))
        return false;
    switch (move->to) {
    case CONSULTATION_OPEN:
        return outbox_event(store, "consultation.started", move->id, NULL, move->at, error);
    case CONSULTATION_ENDED:
        return after_end(store, move, error);
    default:
        return after_cancel(store, move, error);
    }
}

static bool go(struct store *store, struct move move, bool *moved, GError **error)
{
    bool good = store_transaction(store, move_work, &move, error);
    *moved = good && move.moved;
    return good;
}

bool consultation_start(struct store *store, const char *id, int64_t at, bool *moved, GError **error)
{
    return go(store, (struct move){.id = id, .to = CONSULTATION_OPEN, .at = at}, moved, error);
}

bool consultation_end(struct store *store, const char *id, int64_t at, bool *moved, GError **error)
{
    return go(store, (struct move){.id = id, .to = CONSULTATION_ENDED, .at = at}, moved, error);
}

bool consultation_cancel(struct store *store, const char *id, const char *reason, int64_t at, bool *moved,
                         GError **error)
{
    return go(store, (struct move){.id = id, .to = CONSULTATION_CANCELLED, .at = at, .reason = reason}, moved, error);
}

#include "emergency.h"

#include <string.h>

#include "consultation.h"
#include "json_row.h"
#include "json_set.h"
#include "kiosk.h"
#include "records/outbox.h"
#include "roster.h"

static const int64_t SECOND_US = G_USEC_PER_SEC;
static const int64_t HOUR_US = (int64_t)3600 * G_USEC_PER_SEC;

/* ---- how a call stands ---- */

static enum emergency_wave wave_of(const struct emergency_facts *f, int64_t now)
{
    int64_t wave = (now - f->called_at) / (EMERGENCY_WAVE_S * SECOND_US), reached = 0;
    for (int64_t i = 0; i < EMERGENCY_EVERYBODY; i++) {
        reached += f->reached[i];
        if (i >= wave && reached > 0)
            return (enum emergency_wave)i;
    }
    return EMERGENCY_EVERYBODY;
}

enum emergency_state emergency_stands(const struct emergency_facts *f, int64_t now, enum emergency_wave *wave)
{
    *wave = wave_of(f, now);
    if (f->over)
        return EMERGENCY_OVER;
    if (f->arrived || (f->answered_at && now < f->answered_at + EMERGENCY_ARRIVES_S * SECOND_US))
        return EMERGENCY_ANSWERED;
    return now < f->called_at + EMERGENCY_RINGS_S * SECOND_US ? EMERGENCY_RINGING : EMERGENCY_UNANSWERED;
}

#define REACHABLE "EXISTS (SELECT 1 FROM sessions z WHERE z.user_id = r.user_id AND z.listened_at > ?)"
#define LEFT(wave)                                                                                                     \
    "(SELECT COUNT(*) FROM emergency_rings r WHERE r.call_id = e.id AND r.wave = " wave " AND r.declined_at IS NULL "  \
    "AND " REACHABLE ")"
/** A page that went is given a minute to come back; who calls for help meanwhile is not to wait for it. */
#define GONE_AT "COALESCE(t.away_at, t.left_at)"
#define CAME(when)                                                                                                     \
    "(SELECT COUNT(*) FROM stays t JOIN participants p ON p.id = t.participant_id JOIN emergency_rings r ON "          \
    "r.user_id = p.user_id AND r.call_id = e.id WHERE t.consultation_id = e.consultation_id AND (" when "))"
#define ARRIVED CAME(GONE_AT " IS NULL OR " GONE_AT " > e.called_at") " AS arrived, "
#define THERE   CAME(GONE_AT " IS NULL") " AS there, "
#define HEARD   LEFT("0") " AS here, " LEFT("1") " AS elsewhere "
/** With two values, both since_reachable(now). */
#define SELECT_CALLS                                                                                                   \
    "SELECT e.id, e.consultation_id, e.called_at, e.answered_at, c.state AS held, c.ends_at, o.name AS room_name, "    \
    "s.name AS site_name, " ARRIVED THERE HEARD "FROM emergency_calls e JOIN consultations c ON c.id = "               \
    "e.consultation_id JOIN rooms o ON o.id = c.room_id JOIN sites s ON s.id = o.site_id "

static struct store_value since_reachable(int64_t now)
{
    return store_int(now - EMERGENCY_REACH_S * SECOND_US);
}

static enum emergency_state state_of(const struct store_rows *rows, int64_t now, enum emergency_wave *wave)
{
    enum consultation_state held = consultation_state_of(rows_text(rows, "held"));
    const struct emergency_facts facts = {
        .called_at = rows_int(rows, "called_at"),
        .answered_at = rows_int(rows, "answered_at"),
        .over = held == CONSULTATION_ENDED || held == CONSULTATION_CANCELLED,
        .arrived = rows_int(rows, "arrived") > 0,
        .reached = {rows_int(rows, "here"), rows_int(rows, "elsewhere")},
    };
    return emergency_stands(&facts, now, wave);
}

/* ---- the room calls ---- */

static bool find_press(struct store *store, struct emergency_press *p, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error, "SELECT id, consultation_id FROM emergency_calls WHERE kiosk_id = ? AND press = ?",
        store_text(p->kiosk), store_text(p->press));
    if (store_next(rows)) {
        g_strlcpy(p->call, rows_text(rows, "id"), STORE_ID_SIZE);
        g_strlcpy(p->consultation, rows_text(rows, "consultation_id"), STORE_ID_SIZE);
    }
    return rows != NULL;
}

/** The room's last call, when its consultation is still open: it, while it rings or its doctor is there or on the way. */
static bool find_running(struct store *store, struct emergency_press *p, GError **error)
{
    enum emergency_wave wave;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        SELECT_CALLS "WHERE c.room_id = (SELECT room_id FROM kiosks WHERE id = ?) AND c.state IN ('booked', 'open') "
                     "AND c.ends_at > ? ORDER BY e.called_at DESC, e.id LIMIT 1",
        since_reachable(p->now), since_reachable(p->now), store_text(p->kiosk), store_int(p->now));
    if (!store_next(rows))
        return rows != NULL;
    g_strlcpy(p->consultation, rows_text(rows, "consultation_id"), STORE_ID_SIZE);
    enum emergency_state state = state_of(rows, p->now, &wave);
    if (state == EMERGENCY_RINGING ||
        (state == EMERGENCY_ANSWERED && (rows_int(rows, "there") || !rows_int(rows, "arrived"))))
        g_strlcpy(p->call, rows_text(rows, "id"), STORE_ID_SIZE);
    return true;
}

static bool check_throttle(struct store *store, struct emergency_press *p, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT COUNT(*) AS n FROM emergency_calls WHERE kiosk_id = ? AND called_at > ?",
                                       store_text(p->kiosk), store_int(p->now - HOUR_US));
    if (!store_next(rows))
        return false;
    p->throttled = rows_int(rows, "n") >= EMERGENCY_PER_HOUR;
    return true;
}

/** A consultation of the room that starts now, whatever else is booked; those on call for it are invited. */
static bool book_now(struct store *store, struct emergency_press *p, const struct store_rows *room, GError **error)
{
    STORE_AUTO_ROWS on_call = roster_on_call(store, rows_text(room, "site_id"), p->now, error);
    g_autofree char *title = g_strdup_printf("Hội chẩn cấp cứu – %s", rows_text(room, "name"));
    struct booking booking = {.kind = "emergency",
                              .title = title,
                              .language = "vi",
                              .created_by = p->kiosk,
                              .starts_at = p->now,
                              .ends_at = p->now + EMERGENCY_HOURS * HOUR_US,
                              .room_id = rows_text(room, "id"),
                              .urgent = true};
    while (store_next(on_call))
        if (!rows_int(on_call, "elsewhere"))
            booking.people[booking.people_count++] = (struct booking_person){
                .name = rows_text(on_call, "name"), .role = "specialist", .user_id = rows_text(on_call, "user_id")};
    struct booking_result result = {0};
    bool good = on_call && consultation_book(store, &booking, p->now, &result, error);
    g_strlcpy(p->consultation, result.id, STORE_ID_SIZE);
    booking_result_clear(&result);
    return good;
}

static bool ring_on_call(struct store *store, const struct emergency_press *p, const char *site, GError **error)
{
    STORE_AUTO_ROWS on_call = roster_on_call(store, site, p->now, error);
    bool good = on_call != NULL;
    while (good && store_next(on_call))
        good = store_run(store, error,
                         "INSERT INTO emergency_rings (call_id, user_id, wave, specialty) VALUES (?, ?, ?, ?)",
                         store_text(p->call), store_text(rows_text(on_call, "user_id")),
                         store_int(rows_int(on_call, "elsewhere")), store_text(rows_text(on_call, "specialty"))) == 1;
    return good;
}

static bool make_call(struct store *store, struct emergency_press *p, GError **error)
{
    STORE_AUTO_ROWS room = store_query(
        store, error, "SELECT r.id, r.name, r.site_id FROM kiosks k JOIN rooms r ON r.id = k.room_id WHERE k.id = ?",
        store_text(p->kiosk));
    if (!store_next(room) || (!*p->consultation && !book_now(store, p, room, error)))
        return false;
    p->made = true;
    store_new_id(p->call);
    return store_run(store, error,
                     "INSERT INTO emergency_calls (id, consultation_id, kiosk_id, press, called_at) "
                     "VALUES (?, ?, ?, ?, ?)",
                     store_text(p->call), store_text(p->consultation), store_text(p->kiosk), store_text(p->press),
                     store_int(p->now)) == 1 &&
           ring_on_call(store, p, rows_text(room, "site_id"), error) &&
           outbox_emergency(store, p->consultation, p->call, p->now, error);
}

static bool press_work(struct store *store, void *arg, GError **error)
{
    struct emergency_press *p = arg;
    p->made = p->throttled = false;
    *p->call = *p->consultation = '\0';
    if (!find_press(store, p, error) || (!*p->call && !find_running(store, p, error)))
        return false;
    if (*p->call)
        return true;
    return check_throttle(store, p, error) && (p->throttled || make_call(store, p, error));
}

bool emergency_press(struct store *store, struct emergency_press *press, GError **error)
{
    return store_transaction(store, press_work, press, error);
}

static bool hang_up_work(struct store *store, void *arg, GError **error)
{
    struct emergency_hang_up *h = arg;
    STORE_AUTO_ROWS rows = store_query(store, error, SELECT_CALLS "WHERE e.id = ? AND e.kiosk_id = ?",
                                       since_reachable(h->now), since_reachable(h->now), store_text(h->call),
                                       store_text(h->kiosk));
    h->ended = false;
    h->found = store_next(rows);
    if (!h->found || rows_int(rows, "arrived"))
        return rows != NULL;
    g_strlcpy(h->consultation, rows_text(rows, "consultation_id"), STORE_ID_SIZE);
    return consultation_end(store, h->consultation, h->now, &h->ended, error);
}

bool emergency_hang_up(struct store *store, struct emergency_hang_up *hang_up, GError **error)
{
    return store_transaction(store, hang_up_work, hang_up, error);
}

/* ---- what the room sees ---- */

static void add_person(const struct store_rows *rows, json_t *people, enum emergency_wave wave)
{
    static const struct json_columns PERSON = {.text = {"name", "specialty", "place"}, .boolean = {"reachable"}};
    if (rows_int(rows, "wave") > (int64_t)wave)
        return;
    const char *state = rows_bool(rows, "answered")      ? "answered"
                        : rows_null(rows, "declined_at") ? "ringing"
                                                         : "declined";
    json_t *person = json_row(rows, &PERSON);
    json_object_set_new(person, "state", json_string(state));
    json_array_append_new(people, person);
}

/** Those who are called, as far as it has come. */
static json_t *people_json(struct store *store, const char *call, enum emergency_wave wave, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT COALESCE(u.title || ' ', '') || u.name AS name, r.specialty, s.name AS place, r.wave, r.declined_at, "
        "CASE WHEN e.answered_by = r.user_id THEN 1 ELSE 0 END AS answered, CASE WHEN " REACHABLE
        " THEN 1 ELSE 0 END AS reachable FROM emergency_rings r JOIN emergency_calls e ON e.id = r.call_id "
        "JOIN users u ON u.id = r.user_id LEFT JOIN sites s ON s.id = u.site_id "
        "WHERE r.call_id = ? ORDER BY r.wave, u.search, u.id",
        since_reachable(now), store_text(call));
    json_t *people = rows ? json_array() : NULL;
    while (store_next(rows))
        add_person(rows, people, wave);
    return people;
}

/** How many can hear it ring at this moment: who has a page open, and has not declined. NULL on a fault. */
static json_t *heard_json(struct store *store, const char *call, enum emergency_wave wave, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT COUNT(DISTINCT z.user_id) AS n FROM sessions z LEFT JOIN emergency_rings r ON r.user_id = z.user_id "
        "AND r.call_id = ? WHERE z.listened_at > ? AND r.declined_at IS NULL AND COALESCE(r.wave, ?) <= ?",
        store_text(call), since_reachable(now), store_int(EMERGENCY_EVERYBODY), store_int(wave));
    return store_next(rows) ? json_integer(rows_int(rows, "n")) : NULL;
}

json_t *emergency_of_kiosk(struct store *store, const char *kiosk, int64_t now, GError **error)
{
    static const char *const names[] = {"ringing", "answered", "unanswered", "over"};
    static const struct json_columns CALL = {.text = {"id", "consultation_id"}, .time = {"called_at"}};
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        SELECT_CALLS "WHERE e.kiosk_id = ? AND c.state IN ('booked', 'open') ORDER BY e.called_at DESC, e.id LIMIT 1",
        since_reachable(now), since_reachable(now), store_text(kiosk));
    if (!store_next(rows))
        return rows ? json_null() : NULL;
    enum emergency_wave wave;
    enum emergency_state state = state_of(rows, now, &wave);
    json_t *heard = heard_json(store, rows_text(rows, "id"), wave, now, error);
    json_t *people = heard ? people_json(store, rows_text(rows, "id"), wave, now, error) : NULL;
    if (!people) {
        json_decref(heard);
        return NULL;
    }
    json_t *call = json_row(rows, &CALL);
    json_object_set_new(call, "heard", heard);
    json_object_set_new(call, "state", json_string(names[state]));
    json_object_set_new(call, "wave", json_integer(wave));
    json_object_set_new(call, "arrived", json_boolean(rows_int(rows, "arrived") > 0));
    json_object_set_new(call, "people", people);
    return call;
}

/* ---- those who are called ---- */

/** A call with this user's place in it: `wave` and `declined_at`, NULL for who was not on call. The user's id comes last. */
#define SELECT_MINE(where)                                                                                             \
    "SELECT m.*, i.wave, i.declined_at FROM (" SELECT_CALLS where ") m LEFT JOIN emergency_rings i ON "                \
    "i.call_id = m.id AND i.user_id = ? "

static bool is_called(const struct store_rows *rows, enum emergency_wave wave)
{
    return wave == EMERGENCY_EVERYBODY || (!rows_null(rows, "wave") && rows_int(rows, "wave") <= (int64_t)wave);
}

json_t *emergency_ringing_for(struct store *store, const char *user, int64_t now, GError **error)
{
    static const struct json_columns RING = {.text = {"id", "consultation_id", "room_name", "site_name"},
                                             .time = {"called_at"}};
    STORE_AUTO_ROWS rows = store_query(store, error, SELECT_MINE("WHERE e.called_at > ?") "ORDER BY m.called_at, m.id",
                                       since_reachable(now), since_reachable(now),
                                       store_int(now - EMERGENCY_RINGS_S * SECOND_US), store_text(user));
    if (!rows)
        return NULL;
    json_t *items = json_array();
    enum emergency_wave wave;
    while (store_next(rows))
        if (state_of(rows, now, &wave) == EMERGENCY_RINGING && is_called(rows, wave) && rows_null(rows, "declined_at"))
            json_array_append_new(items, json_row(rows, &RING));
    return json_pack("{s:o}", "items", items);
}

/** Who answers is among the called from now on, whether or not on call. */
static bool join_rings(struct store *store, const char *call, const char *user, GError **error)
{
    return store_run(store, error,
                     "INSERT INTO emergency_rings (call_id, user_id, wave) VALUES (?, ?, ?) "
                     "ON CONFLICT (call_id, user_id) DO NOTHING",
                     store_text(call), store_text(user), store_int(EMERGENCY_EVERYBODY)) >= 0;
}

/** The chair when nobody has it, else what they were invited as. */
static bool take_seat(struct store *store, struct emergency_answer *a, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT COALESCE(u.title || ' ', '') || u.name AS name, (SELECT COUNT(*) FROM participants WHERE "
        "consultation_id = ? AND role = 'host' AND removed_at IS NULL) AS hosts, p.id, p.role FROM users u "
        "LEFT JOIN participants p ON p.user_id = u.id AND p.consultation_id = ? AND p.removed_at IS NULL "
        "WHERE u.id = ? ORDER BY p.created_at LIMIT 1",
        store_text(a->consultation), store_text(a->consultation), store_text(a->user));
    if (!store_next(rows))
        return false;
    const char *role = !rows_int(rows, "hosts")  ? "host"
                       : rows_null(rows, "role") ? "specialist"
                                                 : rows_text(rows, "role");
    g_strlcpy(a->role, role, sizeof a->role);
    if (rows_null(rows, "id"))
        return consultation_add_participant(
            store,
            &(struct new_participant){
                .consultation = a->consultation, .name = rows_text(rows, "name"), .role = role, .user_id = a->user},
            a->now, a->participant, error);
    g_strlcpy(a->participant, rows_text(rows, "id"), STORE_ID_SIZE);
    return store_run(store, error, "UPDATE participants SET role = ? WHERE id = ?", store_text(role),
                     store_text(a->participant)) == 1;
}

/** The call, when this user is among the called and it is not over. */
static bool find_mine(struct store *store, struct emergency_answer *a, enum emergency_state *state, GError **error)
{
    enum emergency_wave wave;
    STORE_AUTO_ROWS rows = store_query(store, error, SELECT_MINE("WHERE e.id = ?"), since_reachable(a->now),
                                       since_reachable(a->now), store_text(a->call), store_text(a->user));
    a->problem = "not-found";
    if (!store_next(rows))
        return rows != NULL;
    *state = state_of(rows, a->now, &wave);
    if (is_called(rows, wave))
        a->problem = *state == EMERGENCY_OVER ? "emergency-over" : NULL;
    g_strlcpy(a->consultation, rows_text(rows, "consultation_id"), STORE_ID_SIZE);
    a->ends_at = rows_int(rows, "ends_at");
    return true;
}

static bool note_answer(struct store *store, const struct emergency_answer *a, GError **error)
{
    return store_run(store, error, "UPDATE emergency_calls SET answered_at = ?, answered_by = ? WHERE id = ?",
                     store_int(a->now), store_text(a->user), store_text(a->call)) == 1;
}

static bool answer_work(struct store *store, void *arg, GError **error)
{
    struct emergency_answer *a = arg;
    enum emergency_state state;
    if (!find_mine(store, a, &state, error))
        return false;
    return a->problem || (join_rings(store, a->call, a->user, error) && take_seat(store, a, error) &&
                          (state == EMERGENCY_ANSWERED || note_answer(store, a, error)));
}

bool emergency_answer(struct store *store, struct emergency_answer *answer, GError **error)
{
    return store_transaction(store, answer_work, answer, error);
}

static bool decline_work(struct store *store, void *arg, GError **error)
{
    struct emergency_answer *a = arg;
    enum emergency_state state;
    return find_mine(store, a, &state, error) &&
           (a->problem ||
            (join_rings(store, a->call, a->user, error) &&
             store_run(store, error,
                       "UPDATE emergency_rings SET declined_at = COALESCE(declined_at, ?) WHERE call_id = ? AND "
                       "user_id = ?",
                       store_int(a->now), store_text(a->call), store_text(a->user)) == 1));
}

bool emergency_decline(struct store *store, struct emergency_answer *answer, GError **error)
{
    return store_transaction(store, decline_work, answer, error);
}

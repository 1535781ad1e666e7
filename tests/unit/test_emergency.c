#include "store_fixture.h"

#include "server/consultation.h"
#include "server/emergency.h"

static const int64_t NOW = INT64_C(1795356000000000);
static const int64_t SECOND = INT64_C(1000000);
static const int64_t HOUR = INT64_C(3600000000);

/* ---- how a call stands ---- */

static enum emergency_wave wave_at(int64_t seconds, int64_t here, int64_t elsewhere)
{
    const struct emergency_facts facts = {.called_at = NOW, .reached = {here, elsewhere}};
    enum emergency_wave wave;
    assert_int_equal(emergency_stands(&facts, NOW + seconds * SECOND, &wave), EMERGENCY_RINGING);
    return wave;
}

static void test_emergency_goes_to_more_people_every_half_minute(void **state)
{
    (void)state;
    assert_int_equal(wave_at(0, 1, 1), EMERGENCY_ON_CALL);
    assert_int_equal(wave_at(29, 1, 1), EMERGENCY_ON_CALL);
    assert_int_equal(wave_at(30, 1, 1), EMERGENCY_ON_CALL_ELSEWHERE);
    assert_int_equal(wave_at(60, 1, 1), EMERGENCY_EVERYBODY);
    assert_int_equal(wave_at(299, 1, 1), EMERGENCY_EVERYBODY);
}

static void test_emergency_does_not_wait_for_who_cannot_hear(void **state)
{
    (void)state;
    assert_int_equal(wave_at(0, 0, 1), EMERGENCY_ON_CALL_ELSEWHERE);
    assert_int_equal(wave_at(0, 0, 0), EMERGENCY_EVERYBODY);
    assert_int_equal(wave_at(30, 1, 0), EMERGENCY_ON_CALL_ELSEWHERE); /* nobody is taken out again */
}

static void test_emergency_stands_answered_until_who_answered_fails_to_come(void **state)
{
    (void)state;
    enum emergency_wave wave;
    struct emergency_facts facts = {.called_at = NOW, .answered_at = NOW + 10 * SECOND};
    assert_int_equal(emergency_stands(&facts, NOW + 54 * SECOND, &wave), EMERGENCY_ANSWERED);
    assert_int_equal(emergency_stands(&facts, NOW + 55 * SECOND, &wave), EMERGENCY_RINGING);
    assert_int_equal(emergency_stands(&facts, NOW + 300 * SECOND, &wave), EMERGENCY_UNANSWERED);
    facts.arrived = true;
    assert_int_equal(emergency_stands(&facts, NOW + 300 * SECOND, &wave), EMERGENCY_ANSWERED);
    facts.over = true;
    assert_int_equal(emergency_stands(&facts, NOW + 1, &wave), EMERGENCY_OVER);
}

/* ---- in the store ---- */

static void add(struct fixture *f, const char *sql)
{
    GOOD(store_run(f->store, fault, sql) == 1);
}

/** Everybody has a page open: their session listened just now, and will have an hour from now. */
static void add_user(struct fixture *f, const char *id, const char *title)
{
    GOOD(store_run(f->store, fault,
                   "INSERT INTO users (id, username, name, title, role, password_hash, search, created_at) "
                   "VALUES (?, ?, ?, ?, 'doctor', '', ?, 1)",
                   store_text(id), store_text(id), store_text(id), store_text(title), store_text(id)) == 1);
    GOOD(store_run(f->store, fault,
                   "INSERT INTO sessions (id, user_id, csrf, created_at, last_seen_at, listened_at, expires_at) "
                   "VALUES (?, ?, '', 1, 1, ?, ?)",
                   store_text(id), store_text(id), store_int(NOW + HOUR), store_int(NOW + 2 * HOUR)) == 1);
}

static void on_call(struct fixture *f, const char *user, const char *site, int64_t from, int64_t to)
{
    char id[STORE_ID_SIZE];
    store_new_id(id);
    GOOD(store_run(f->store, fault,
                   "INSERT INTO shifts (id, user_id, site_id, specialty, starts_at, ends_at, created_at) "
                   "VALUES (?, ?, ?, 'Tim mạch', ?, ?, 1)",
                   store_text(id), store_text(user), store_text(site), store_int(from), store_int(to)) == 1);
}

/** A province with a clinic and its room, another clinic; lan is on call for the province, mai for the other clinic. */
static int with_house(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    add(f, "INSERT INTO sites (id, kind, name, search, created_at) VALUES ('p', 'province', 'Yên Bái', '', 1)");
    add(f, "INSERT INTO sites (id, parent_id, kind, name, search, created_at) "
           "VALUES ('s', 'p', 'clinic', 'TTYT', '', 1)");
    add(f, "INSERT INTO sites (id, parent_id, kind, name, search, created_at) "
           "VALUES ('o', 'p', 'clinic', 'TTYT khác', '', 1)");
    add(f, "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES ('r', 's', 'Phòng 1', '', 1)");
    add(f, "INSERT INTO kiosks (id, room_id, name, paired_at) VALUES ('k', 'r', 'Máy 1', 1)");
    add(f, "INSERT INTO kiosks (id, room_id, name, paired_at) VALUES ('k2', 'r', 'Máy 2', 1)");
    add_user(f, "lan", "BSCKI");
    add_user(f, "mai", NULL);
    add_user(f, "tam", NULL);
    on_call(f, "lan", "p", NOW - HOUR, NOW + HOUR);
    on_call(f, "mai", "o", NOW - HOUR, NOW + HOUR);
    on_call(f, "tam", NULL, NOW - 3 * HOUR, NOW - HOUR); /* was */
    return 0;
}

#define ON_BOTH_HOUSES(test)                                                                                           \
    {#test " on sqlite", test, with_house, fixture_tear_down, (void *)"sqlite"},                                       \
    {                                                                                                                  \
#test " on postgresql", test, with_house, fixture_tear_down, (void *)"postgresql"                              \
    }

static struct emergency_press press(struct fixture *f, const char *kiosk, const char *key, int64_t seconds)
{
    struct emergency_press p = {.kiosk = kiosk, .press = key, .now = NOW + seconds * SECOND};
    GOOD(emergency_press(f->store, &p, fault));
    return p;
}

static bool rings(struct fixture *f, const char *user, int64_t seconds)
{
    json_t *body = emergency_ringing_for(f->store, user, NOW + seconds * SECOND, NULL);
    assert_non_null(body);
    bool any = json_array_size(json_object_get(body, "items")) > 0;
    json_decref(body);
    return any;
}

static struct emergency_answer answer(struct fixture *f, const struct emergency_press *p, const char *user,
                                      int64_t seconds)
{
    struct emergency_answer a = {.call = p->call, .user = user, .now = NOW + seconds * SECOND};
    GOOD(emergency_answer(f->store, &a, fault));
    return a;
}

static void decline(struct fixture *f, const struct emergency_press *p, const char *user, int64_t seconds)
{
    struct emergency_answer a = {.call = p->call, .user = user, .now = NOW + seconds * SECOND};
    GOOD(emergency_decline(f->store, &a, fault));
    assert_null(a.problem);
}

/** The state and the people as "BSCKI lan:ringing mai:declined". */
static char *room_sees(struct fixture *f, const char *kiosk, int64_t seconds)
{
    json_t *call = emergency_of_kiosk(f->store, kiosk, NOW + seconds * SECOND, NULL), *person;
    assert_non_null(call);
    const char *state = json_string_value(json_object_get(call, "state"));
    GString *text = g_string_new(state ? state : "nothing");
    size_t i;
    json_array_foreach(json_object_get(call, "people"), i, person)
        g_string_append_printf(text, " %s:%s", json_string_value(json_object_get(person, "name")),
                               json_string_value(json_object_get(person, "state")));
    json_decref(call);
    return g_string_free(text, FALSE);
}

static void assert_room_sees(struct fixture *f, int64_t seconds, const char *expected)
{
    g_autofree char *seen = room_sees(f, "k", seconds);
    assert_string_equal(seen, expected);
}

static void arrive(struct fixture *f, const struct emergency_answer *a)
{
    GOOD(store_run(f->store, fault,
                   "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES (?, ?, ?, ?)",
                   store_text(a->participant), store_text(a->consultation), store_text(a->participant),
                   store_int(a->now)) == 1);
}

static void test_emergency_is_made_once_for_each_press(void **state)
{
    struct fixture *f = *state;
    struct emergency_press one = press(f, "k", "a", 0), again = press(f, "k", "a", 1), other = press(f, "k", "b", 2),
                           machine = press(f, "k2", "c", 3);
    assert_true(one.made);
    assert_false(again.made || other.made || machine.made);
    assert_string_equal(again.call, one.call);
    assert_string_equal(other.call, one.call); /* pressed once more while it rings: there is one call */
    assert_string_equal(machine.call, one.call);
    json_t *c = consultation_json(f->store, one.consultation, NULL);
    assert_string_equal(json_string_value(json_object_get(c, "kind")), "emergency");
    assert_null(json_object_get(c, "patient"));
    json_t *people = json_object_get(c, "participants");
    assert_int_equal(json_array_size(people), 1); /* who is on call for the room is invited */
    assert_string_equal(json_string_value(json_object_get(json_array_get(people, 0), "name")), "BSCKI lan");
    json_decref(c);
}

static void test_emergency_is_made_whatever_the_room_is_booked_for(void **state)
{
    struct fixture *f = *state;
    struct booking b = {.kind = "scheduled",
                        .title = "x",
                        .language = "vi",
                        .created_by = "a",
                        .starts_at = NOW,
                        .ends_at = NOW + HOUR,
                        .room_id = "r"};
    struct booking_result result = {0};
    GOOD(consultation_book(f->store, &b, NOW, &result, fault));
    assert_null(result.problem);
    booking_result_clear(&result);
    assert_true(press(f, "k", "a", 0).made);
}

static void test_emergency_rings_on_call_first_then_elsewhere_then_everybody(void **state)
{
    struct fixture *f = *state;
    press(f, "k", "a", 0);
    assert_true(rings(f, "lan", 0) && !rings(f, "mai", 0) && !rings(f, "tam", 0));
    assert_room_sees(f, 0, "ringing BSCKI lan:ringing");
    assert_true(rings(f, "lan", 30) && rings(f, "mai", 30) && !rings(f, "tam", 30));
    assert_room_sees(f, 30, "ringing BSCKI lan:ringing mai:ringing");
    assert_true(rings(f, "lan", 60) && rings(f, "mai", 60) && rings(f, "tam", 60));
    assert_false(rings(f, "lan", 300) || rings(f, "tam", 300));
    assert_room_sees(f, 300, "unanswered BSCKI lan:ringing mai:ringing");
}

static void test_emergency_with_nobody_on_call_rings_everybody_at_once(void **state)
{
    struct fixture *f = *state;
    GOOD(store_run(f->store, fault, "DELETE FROM shifts") == 3);
    press(f, "k", "a", 0);
    assert_true(rings(f, "lan", 0) && rings(f, "mai", 0) && rings(f, "tam", 0));
    assert_room_sees(f, 0, "ringing");
}

static void test_emergency_does_not_wait_for_a_page_that_is_closed(void **state)
{
    struct fixture *f = *state;
    GOOD(store_run(f->store, fault, "UPDATE sessions SET listened_at = ? WHERE user_id = 'lan'",
                   store_int(NOW - 91 * SECOND)) == 1);
    press(f, "k", "a", 0);
    assert_true(rings(f, "lan", 0) && rings(f, "mai", 0) && !rings(f, "tam", 0));
}

static void test_emergency_declined_goes_to_the_next_at_once(void **state)
{
    struct fixture *f = *state;
    struct emergency_press p = press(f, "k", "a", 0);
    decline(f, &p, "lan", 5);
    assert_true(!rings(f, "lan", 5) && rings(f, "mai", 5) && !rings(f, "tam", 5));
    assert_room_sees(f, 5, "ringing BSCKI lan:declined mai:ringing");
    decline(f, &p, "mai", 6);
    assert_true(!rings(f, "mai", 6) && rings(f, "tam", 6));
    assert_null(answer(f, &p, "lan", 7).problem); /* one may think better of it */
}

static void test_emergency_first_to_answer_takes_the_chair_and_it_stops_ringing(void **state)
{
    struct fixture *f = *state;
    struct emergency_press p = press(f, "k", "a", 0);
    assert_string_equal(answer(f, &p, "tam", 10).problem, "not-found"); /* not called yet, knows of nothing */
    struct emergency_answer first = answer(f, &p, "mai", 31), second = answer(f, &p, "lan", 32);
    assert_null(first.problem);
    assert_string_equal(first.role, "host");
    assert_string_equal(second.role, "specialist");
    assert_string_equal(second.consultation, p.consultation);
    assert_false(rings(f, "lan", 33) || rings(f, "mai", 33) || rings(f, "tam", 70));
    assert_room_sees(f, 33, "answered BSCKI lan:ringing mai:answered");
    assert_string_equal(answer(f, &p, "mai", 34).participant, first.participant); /* answered twice, there once */
}

static void test_emergency_rings_again_when_who_answered_does_not_come(void **state)
{
    struct fixture *f = *state;
    struct emergency_press p = press(f, "k", "a", 0);
    struct emergency_answer lan = answer(f, &p, "lan", 10);
    assert_false(rings(f, "mai", 54));
    assert_true(rings(f, "mai", 55) && rings(f, "lan", 55));
    arrive(f, &lan);
    assert_false(rings(f, "mai", 56) || rings(f, "lan", 56));
    assert_false(press(f, "k", "b", 57).made);
}

static void test_emergency_called_again_is_the_same_consultation(void **state)
{
    struct fixture *f = *state;
    struct emergency_press first = press(f, "k", "a", 0), second = press(f, "k", "b", 301);
    assert_true(second.made);
    assert_string_not_equal(second.call, first.call);
    assert_string_equal(second.consultation, first.consultation);
    assert_true(rings(f, "lan", 301));
    assert_false(press(f, "k", "a", 302).made); /* late news of the first press */
}

static void lose_page(struct fixture *f, const struct emergency_answer *a, int64_t seconds)
{
    GOOD(store_run(f->store, fault, "UPDATE stays SET away_at = ? WHERE id = ?",
                   store_time(seconds ? NOW + seconds * SECOND : 0), store_text(a->participant)) == 1);
}

/* Their stay goes on for a minute, in case the page comes back, and the room's next call rang at nobody. */
static void test_emergency_called_again_when_the_doctors_page_has_gone_rings(void **state)
{
    struct fixture *f = *state;
    struct emergency_press first = press(f, "k", "a", 0);
    struct emergency_answer lan = answer(f, &first, "lan", 1);
    arrive(f, &lan);
    assert_false(press(f, "k", "b", 5).made);
    lose_page(f, &lan, 10);
    assert_false(rings(f, "lan", 11) || rings(f, "mai", 11)); /* a line that broke off for a moment calls nobody */
    assert_true(press(f, "k", "c", 12).made);
    assert_true(rings(f, "lan", 12));
    lose_page(f, &lan, 0); /* and it is back */
    assert_false(rings(f, "lan", 13) || rings(f, "mai", 50));
    assert_room_sees(f, 13, "answered BSCKI lan:ringing");
}

static void test_emergency_hung_up_is_over(void **state)
{
    struct fixture *f = *state;
    struct emergency_press p = press(f, "k", "a", 0);
    struct emergency_hang_up stranger = {.kiosk = "k2", .call = p.call, .now = NOW + SECOND},
                             own = {.kiosk = "k", .call = p.call, .now = NOW + SECOND};
    GOOD(emergency_hang_up(f->store, &stranger, fault));
    assert_false(stranger.found);
    GOOD(emergency_hang_up(f->store, &own, fault));
    assert_true(own.found && own.ended);
    assert_false(rings(f, "lan", 2));
    assert_string_equal(answer(f, &p, "lan", 2).problem, "emergency-over");
    assert_room_sees(f, 2, "nothing");
    assert_true(press(f, "k", "b", 3).made);
}

static void test_emergency_hung_up_by_the_room_goes_on_for_the_doctor(void **state)
{
    struct fixture *f = *state;
    struct emergency_press p = press(f, "k", "a", 0);
    struct emergency_answer lan = answer(f, &p, "lan", 1);
    arrive(f, &lan);
    struct emergency_hang_up own = {.kiosk = "k", .call = p.call, .now = NOW + 2 * SECOND};
    GOOD(emergency_hang_up(f->store, &own, fault));
    assert_true(own.found && !own.ended);
}

static void test_emergency_calls_of_a_room_are_bounded(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < EMERGENCY_PER_HOUR; i++) {
        g_autofree char *key = g_strdup_printf("press%d", i);
        struct emergency_press p = press(f, "k", key, i);
        struct emergency_hang_up h = {.kiosk = "k", .call = p.call, .now = p.now};
        assert_true(p.made && !p.throttled);
        GOOD(emergency_hang_up(f->store, &h, fault));
    }
    assert_true(press(f, "k", "more", 100).throttled);
    assert_false(press(f, "k", "later", 3700).throttled);
}

static void test_emergency_tells_webhooks_of_each_call(void **state)
{
    struct fixture *f = *state;
    add(f, "INSERT INTO webhooks (id, url, events, secret, created_at) VALUES ('w', 'https://his.example', "
           "'[\"emergency.called\"]', '', 1)");
    struct emergency_press p = press(f, "k", "a", 0);
    press(f, "k", "a", 1);
    press(f, "k", "b", 301);
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT payload FROM outbox WHERE event = 'emergency.called'");
    assert_int_equal(store_count(rows), 2);
    assert_true(store_next(rows));
    assert_non_null(strstr(rows_text(rows, "payload"), p.consultation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emergency_goes_to_more_people_every_half_minute),
        cmocka_unit_test(test_emergency_does_not_wait_for_who_cannot_hear),
        cmocka_unit_test(test_emergency_stands_answered_until_who_answered_fails_to_come),
        ON_BOTH_HOUSES(test_emergency_is_made_once_for_each_press),
        ON_BOTH_HOUSES(test_emergency_is_made_whatever_the_room_is_booked_for),
        ON_BOTH_HOUSES(test_emergency_rings_on_call_first_then_elsewhere_then_everybody),
        ON_BOTH_HOUSES(test_emergency_with_nobody_on_call_rings_everybody_at_once),
        ON_BOTH_HOUSES(test_emergency_does_not_wait_for_a_page_that_is_closed),
        ON_BOTH_HOUSES(test_emergency_declined_goes_to_the_next_at_once),
        ON_BOTH_HOUSES(test_emergency_first_to_answer_takes_the_chair_and_it_stops_ringing),
        ON_BOTH_HOUSES(test_emergency_rings_again_when_who_answered_does_not_come),
        ON_BOTH_HOUSES(test_emergency_called_again_is_the_same_consultation),
        ON_BOTH_HOUSES(test_emergency_called_again_when_the_doctors_page_has_gone_rings),
        ON_BOTH_HOUSES(test_emergency_hung_up_is_over),
        ON_BOTH_HOUSES(test_emergency_hung_up_by_the_room_goes_on_for_the_doctor),
        ON_BOTH_HOUSES(test_emergency_calls_of_a_room_are_bounded),
        ON_BOTH_HOUSES(test_emergency_tells_webhooks_of_each_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

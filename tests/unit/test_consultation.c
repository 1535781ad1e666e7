#include "store_fixture.h"

#include "server/consultation.h"
#include "server/records/outbox.h"

static const int64_t NOW = INT64_C(1795356000000000); /* 2026-11-22T14:00:00Z */
static const int64_t MINUTE = INT64_C(60000000);

static void add(struct fixture *f, const char *sql)
{
    GOOD(store_run(f->store, fault, sql) == 1);
}

static int with_house(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    add(f, "INSERT INTO sites (id, kind, name, search, created_at) VALUES ('s', 'clinic', 'TTYT', '', 1)");
    add(f, "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES ('r', 's', 'Phòng 1', '', 1)");
    add(f, "INSERT INTO users (id, username, name, role, password_hash, search, site_id, created_at) "
           "VALUES ('u', 'lan', 'BS. Lan', 'doctor', '', '', 's', 1)");
    return 0;
}

#define ON_BOTH_HOUSES(test)                                                                                           \
    {#test " on sqlite", test, with_house, fixture_tear_down, (void *)"sqlite"},                                       \
    {                                                                                                                  \
#test " on postgresql", test, with_house, fixture_tear_down, (void *)"postgresql"                              \
    }

static struct booking booking(int from_minutes, int to_minutes)
{
    return (struct booking){.kind = "scheduled",
                            .title = "Hội chẩn",
                            .language = "vi",
                            .created_by = "admin",
                            .starts_at = NOW + from_minutes * MINUTE,
                            .ends_at = NOW + to_minutes * MINUTE,
                            .people_given = true};
}

static struct booking_result book(struct fixture *f, const struct booking *b)
{
    struct booking_result result = {0};
    GOOD(consultation_book(f->store, b, NOW, &result, fault));
    return result;
}

static int64_t count(struct fixture *f, const char *sql)
{
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, sql);
    assert_true(store_next(rows));
    return rows_int(rows, "n");
}

static char *state_of(struct fixture *f, const char *id)
{
    json_t *c = consultation_json(f->store, id, NULL);
    char *state = g_strdup(json_string_value(json_object_get(c, "state")));
    json_decref(c);
    return state;
}

static void test_consultation_time_rules(void **state)
{
    (void)state;
    const char *field;
    assert_null(booking_time_fault(NOW, NOW + MINUTE, NOW, &field));
    assert_null(booking_time_fault(NOW - 5 * MINUTE, NOW + MINUTE, NOW, &field)); /* a slow clock, a slow form */
    assert_string_equal(booking_time_fault(NOW - 6 * MINUTE, NOW + MINUTE, NOW, &field), "in-the-past");
    assert_string_equal(field, "starts_at");
    assert_string_equal(booking_time_fault(NOW, NOW, NOW, &field), "end-before-start");
    assert_string_equal(field, "ends_at");
    assert_null(booking_time_fault(NOW, NOW + 24 * 60 * MINUTE, NOW, &field));
    assert_string_equal(booking_time_fault(NOW, NOW + 24 * 60 * MINUTE + 1, NOW, &field), "too-far-apart");
}

static void test_consultation_moves_only_forward(void **state)
{
    (void)state;
    for (int from = 0; from < CONSULTATION_STATES; from++)
        for (int to = 0; to < CONSULTATION_STATES; to++) {
            bool forward = (from == CONSULTATION_BOOKED && to != CONSULTATION_BOOKED) ||
                           (from == CONSULTATION_OPEN && to == CONSULTATION_ENDED);
            assert_int_equal(consultation_may_move(from, to), forward);
        }
}

static void test_consultation_is_booked_with_patient_and_people(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    struct booking_patient patient = {"urn:x", "1", "Giàng A Pao", "1961-03-02", "male"};
    b.room_id = "r";
    b.patient = &patient;
    b.people[b.people_count++] = (struct booking_person){.name = "BS. Lan", .role = "specialist", .user_id = "u"};
    struct booking_result result = book(f, &b);
    assert_null(result.problem);
    json_t *c = consultation_json(f->store, result.id, NULL);
    assert_string_equal(json_string_value(json_object_get(json_object_get(c, "room"), "name")), "Phòng 1");
    assert_string_equal(json_string_value(json_object_get(json_object_get(c, "patient"), "name")), "Giàng A Pao");
    json_t *person = json_array_get(json_object_get(c, "participants"), 0);
    assert_string_equal(json_string_value(json_object_get(person, "place")), "TTYT"); /* where the user works */
    assert_string_equal(json_string_value(json_object_get(c, "state")), "booked");
    json_decref(c);
    booking_result_clear(&result);
}

static void test_consultation_same_identifier_is_the_same_patient(void **state)
{
    struct fixture *f = *state;
    struct booking_patient patient = {"urn:x", "1", "Giàng A Pao", NULL, "unknown"};
    for (int i = 0; i < 2; i++) {
        struct booking b = booking(60 * i, 60 * i + 30);
        b.patient = &patient;
        struct booking_result result = book(f, &b);
        assert_null(result.problem);
        booking_result_clear(&result);
    }
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM patients"), 1);
}

static void test_consultation_unknown_things_are_named(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    b.room_id = "nowhere";
    struct booking_result result = book(f, &b);
    assert_string_equal(result.problem, "unknown-room");
    b.room_id = NULL;
    b.patient_id = "nobody";
    result = book(f, &b);
    assert_string_equal(result.problem, "unknown-patient");
    b.patient_id = NULL;
    b.people[b.people_count++] = (struct booking_person){.name = "X", .role = "doctor", .user_id = "nobody"};
    result = book(f, &b);
    assert_string_equal(result.problem, "unknown-user");
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consultations"), 0);
}

static void test_consultation_conflict_offers_the_next_free_time(void **state)
{
    struct fixture *f = *state;
    struct booking first = booking(0, 30), second = booking(30, 60), third = booking(15, 45);
    first.room_id = second.room_id = third.room_id = "r";
    struct booking_result result = book(f, &first);
    assert_null(result.problem);
    result = book(f, &second); /* one right after the other is no conflict */
    assert_null(result.problem);
    result = book(f, &third);
    assert_string_equal(result.problem, "conflict");
    assert_int_equal(json_array_size(result.conflicts), 2);
    assert_true(result.next_free == NOW + 60 * MINUTE);
    booking_result_clear(&result);
    third.starts_at = NOW + 60 * MINUTE;
    third.ends_at = NOW + 90 * MINUTE;
    result = book(f, &third);
    assert_null(result.problem);
}

static void test_consultation_nobody_is_in_two_at_once(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    b.people[b.people_count++] = (struct booking_person){.name = "BS. Lan", .role = "doctor", .user_id = "u"};
    struct booking_result result = book(f, &b);
    assert_null(result.problem);
    char first[STORE_ID_SIZE];
    g_strlcpy(first, result.id, sizeof first);
    result = book(f, &b);
    assert_string_equal(result.problem, "conflict");
    json_t *conflict = json_array_get(result.conflicts, 0);
    assert_string_equal(json_string_value(json_object_get(conflict, "kind")), "person");
    assert_string_equal(json_string_value(json_object_get(conflict, "consultation_id")), first);
    booking_result_clear(&result);
    bool moved;
    GOOD(consultation_cancel(f->store, first, "", NOW, &moved, fault));
    result = book(f, &b); /* a cancelled one stands in nobody's way */
    assert_null(result.problem);
}

struct racer {
    const char *url;
    const char *problem;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    struct store *store = store_open(racer->url, NULL);
    struct booking b = booking(0, 30);
    struct booking_result result = {0};
    b.room_id = "r";
    if (!consultation_book(store, &b, NOW, &result, NULL))
        result.problem = "store";
    racer->problem = result.problem;
    booking_result_clear(&result);
    store_close(store);
    return NULL;
}

static void test_consultation_two_admins_do_not_get_one_room(void **state)
{
    struct fixture *f = *state;
    struct racer racers[4];
    GThread *threads[4];
    int booked = 0;
    for (int i = 0; i < 4; i++) {
        racers[i].url = f->url;
        threads[i] = g_thread_new("racer", race, &racers[i]);
    }
    for (int i = 0; i < 4; i++) {
        g_thread_join(threads[i]);
        if (!racers[i].problem)
            booked++;
        else
            assert_string_equal(racers[i].problem, "conflict");
    }
    assert_int_equal(booked, 1);
}

static void test_consultation_change_keeps_its_own_time(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    b.room_id = "r";
    struct booking_result result = book(f, &b), changed = {0};
    b.ends_at += 15 * MINUTE;
    b.title = "Dài hơn";
    GOOD(consultation_change(f->store, result.id, &b, NOW, &changed, fault));
    assert_null(changed.problem); /* no conflict with itself */
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consultations WHERE title = 'Dài hơn'"), 1);
    bool moved;
    GOOD(consultation_end(f->store, result.id, NOW, &moved, fault));
    GOOD(consultation_change(f->store, result.id, &b, NOW, &changed, fault));
    assert_string_equal(changed.problem, "wrong-state");
    GOOD(consultation_change(f->store, "none", &b, NOW, &changed, fault));
    assert_string_equal(changed.problem, "not-found");
}

static void test_consultation_life(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    struct booking_result result = book(f, &b);
    bool moved;
    GOOD(consultation_start(f->store, result.id, NOW, &moved, fault));
    assert_true(moved);
    GOOD(consultation_start(f->store, result.id, NOW + 1, &moved, fault));
    assert_false(moved); /* the second to come does not begin it again */
    GOOD(consultation_cancel(f->store, result.id, "x", NOW, &moved, fault));
    assert_false(moved);
    GOOD(store_run(
             f->store, fault,
             "INSERT INTO participants (id, consultation_id, name, role, created_at) VALUES ('p', ?, 'X', 'host', 1)",
             store_text(result.id)) == 1);
    GOOD(store_run(f->store, fault,
                   "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES ('t', ?, 'p', 1)",
                   store_text(result.id)) == 1);
    GOOD(consultation_end(f->store, result.id, NOW + MINUTE, &moved, fault));
    assert_true(moved);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM stays WHERE left_at IS NULL"), 0);
    g_autofree char *end = state_of(f, result.id);
    assert_string_equal(end, "ended");
}

static void test_consultation_end_is_filed_once_when_there_is_an_emr(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    bool moved;
    struct booking_result result = book(f, &b);
    GOOD(consultation_end(f->store, result.id, NOW, &moved, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 0); /* nowhere to file it */
    GOOD(outbox_configure(f->store, "http://127.0.0.1:1/fhir", NULL, fault));
    result = book(f, &b);
    for (int i = 0; i < 2; i++)
        GOOD(consultation_end(f->store, result.id, NOW, &moved, fault));
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'fhir' AND state = 'waiting'"), 1);
}

static void test_consultation_filing_waits_for_its_recordings(void **state)
{
    struct fixture *f = *state;
    struct booking b = booking(0, 30);
    bool moved;
    GOOD(outbox_configure(f->store, "http://127.0.0.1:1/fhir", NULL, fault));
    struct booking_result result = book(f, &b);
    GOOD(store_run(
             f->store, fault,
             "INSERT INTO recordings (id, consultation_id, state, started_at, key) VALUES ('x', ?, 'rendering', 1, '')",
             store_text(result.id)) == 1);
    GOOD(consultation_end(f->store, result.id, NOW, &moved, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 0);
    GOOD(store_run(f->store, fault, "UPDATE recordings SET state = 'ready'") == 1);
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 1);
}

static void add_still(struct fixture *f, const char *id, const char *consultation)
{
    GOOD(store_run(f->store, fault,
                   "INSERT INTO files (id, consultation_id, participant_id, kind, state, key, created_at) "
                   "SELECT ?, ?, MIN(id), 'still', 'ready', '', 1 FROM participants WHERE consultation_id = ?",
                   store_text(id), store_text(consultation), store_text(consultation)) == 1);
}

static void test_consultation_stills_go_to_the_pacs_each_once_and_again_when_drawn_on(void **state)
{
    struct fixture *f = *state;
    struct booking_patient patient = {"urn:x", "1", "Giàng A Pao", NULL, "unknown"};
    struct booking b = booking(0, 30);
    bool moved;
    b.patient = &patient;
    b.people[b.people_count++] = (struct booking_person){.name = "BS. Lan", .role = "specialist"};
    GOOD(outbox_configure(f->store, NULL, "http://127.0.0.1:1/dicom-web", fault));
    struct booking_result result = book(f, &b);
    add_still(f, "s1", result.id);
    add_still(f, "s2", result.id);
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 0); /* it goes on: more may be drawn */
    GOOD(consultation_end(f->store, result.id, NOW, &moved, fault));
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'dicom' AND file_id IN ('s1', 's2')"), 2);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 2);
    add(f, "UPDATE files SET marks = '{}', marked_at = 5 WHERE id = 's2'"); /* the last stroke, before it is sent */
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 2);
    GOOD(store_run(f->store, fault, "UPDATE outbox SET state = 'delivered'") == 2);
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 2); /* with that stroke it was */
    add(f, "UPDATE files SET marked_at = 6 WHERE id = 's2'");
    GOOD(outbox_file(f->store, result.id, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE file_id = 's1'"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE file_id = 's2'"), 2);
}

static void test_consultation_events_go_to_who_wants_them(void **state)
{
    struct fixture *f = *state;
    add(f, "INSERT INTO webhooks (id, url, events, secret, created_at) VALUES ('all', 'http://a', "
           "'[\"consultation.booked\",\"consultation.cancelled\"]', '', 1)");
    add(f, "INSERT INTO webhooks (id, url, events, secret, created_at) VALUES ('none', 'http://b', "
           "'[\"record.filed\"]', '', 1)");
    add(f, "INSERT INTO webhooks (id, url, events, secret, active, created_at) VALUES ('off', 'http://c', "
           "'[\"consultation.booked\"]', '', 0, 1)");
    struct booking b = booking(0, 30);
    struct booking_result result = book(f, &b);
    bool moved;
    GOOD(consultation_cancel(f->store, result.id, "x", NOW, &moved, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE webhook_id = 'all'"), 2);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 2);
}

static void test_outbox_backs_off_for_days_and_then_gives_up(void **state)
{
    (void)state;
    int64_t total = 0, failures = 1;
    assert_true(outbox_backoff_s(1, 0.5) == 5);
    assert_true(outbox_backoff_s(2, 0.5) == 10);
    assert_true(outbox_backoff_s(1, 0) < outbox_backoff_s(1, 1));
    for (; outbox_backoff_s(failures, 0.5) > 0; failures++) {
        total += outbox_backoff_s(failures, 0.5);
        assert_true(outbox_backoff_s(failures, 1) <= 5 * 3600);
        assert_true(failures < 1000);
    }
    assert_in_range(total, 2 * 24 * 3600, 7 * 24 * 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consultation_time_rules),
        cmocka_unit_test(test_consultation_moves_only_forward),
        ON_BOTH_HOUSES(test_consultation_is_booked_with_patient_and_people),
        ON_BOTH_HOUSES(test_consultation_same_identifier_is_the_same_patient),
        ON_BOTH_HOUSES(test_consultation_unknown_things_are_named),
        ON_BOTH_HOUSES(test_consultation_conflict_offers_the_next_free_time),
        ON_BOTH_HOUSES(test_consultation_nobody_is_in_two_at_once),
        ON_BOTH_HOUSES(test_consultation_two_admins_do_not_get_one_room),
        ON_BOTH_HOUSES(test_consultation_change_keeps_its_own_time),
        ON_BOTH_HOUSES(test_consultation_life),
        ON_BOTH_HOUSES(test_consultation_end_is_filed_once_when_there_is_an_emr),
        ON_BOTH_HOUSES(test_consultation_filing_waits_for_its_recordings),
        ON_BOTH_HOUSES(test_consultation_stills_go_to_the_pacs_each_once_and_again_when_drawn_on),
        ON_BOTH_HOUSES(test_consultation_events_go_to_who_wants_them),
        cmocka_unit_test(test_outbox_backs_off_for_days_and_then_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The life of minutes in the store, on both backends: nobody is overwritten, what was signed stays, the last signature files them. */
#include "store_fixture.h"

#include "server/records/addenda.h"
#include "server/records/outbox.h"

static const int64_t NOW = INT64_C(1795356000000000); /* 2026-11-22T14:00:00Z */
static const unsigned char SEED[ATTEST_SEED_SIZE] = {1};
static const struct minutes_actor CHAIR = {"p1", "specialist", "ticket"}, SECRETARY = {"p2", "doctor", "account"};

static void add(struct fixture *f, const char *sql)
{
    GOOD(store_run(f->store, fault, sql) == 1);
}

static int with_consultation(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    add(f,
        "INSERT INTO consultations (id, kind, title, state, starts_at, ends_at, started_at, ended_at, reason, search, "
        "created_by, created_at, updated_at) VALUES ('c', 'scheduled', 'Hội chẩn', 'ended', 1, 3, 1, 2, "
        "'Đau ngực.\nChuyển viện?', '', 'u', 1, 1)");
    add(f, "INSERT INTO participants (id, consultation_id, name, role, created_at) VALUES ('p1', 'c', 'BS. Lan', "
           "'specialist', 1)");
    add(f, "INSERT INTO participants (id, consultation_id, name, role, created_at) VALUES ('p2', 'c', 'BS. Mai', "
           "'doctor', 1)");
    add(f, "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES ('s', 'c', 'p1', 1000000)");
    GOOD(outbox_configure(f->store, "http://emr", NULL, fault));
    return 0;
}

#define ON_BOTH_HELD(test)                                                                                             \
    {#test " on sqlite", test, with_consultation, fixture_tear_down, (void *)"sqlite"},                                \
    {                                                                                                                  \
#test " on postgresql", test, with_consultation, fixture_tear_down, (void *)"postgresql"                       \
    }

static const char *save(struct fixture *f, int64_t version, const char *conclusion)
{
    struct minutes_deed deed = {.consultation = "c", .actor = &SECRETARY, .version = version, .now = NOW};
    json_t *text = json_pack("{s:s, s:s, s:s, s:[]}", "conclusion", conclusion, "chair", "p1", "secretary", "p2",
                             "questions");
    GOOD(minutes_save(f->store, &deed, text, fault));
    json_decref(text);
    return deed.problem ? deed.problem : "";
}

static const char *sign(struct fixture *f, const struct minutes_actor *actor, int64_t version)
{
    struct minutes_deed deed = {.consultation = "c", .actor = actor, .version = version, .now = NOW};
    GOOD(minutes_sign(f->store, &deed, SEED, fault));
    return deed.problem ? deed.problem : deed.final ? "final" : "";
}

static const char *withdraw(struct fixture *f, const struct minutes_actor *actor, int64_t version)
{
    struct minutes_deed deed = {.consultation = "c", .actor = actor, .version = version, .now = NOW};
    GOOD(minutes_withdraw(f->store, &deed, fault));
    return deed.problem ? deed.problem : "";
}

static json_t *shown(struct fixture *f)
{
    GError *fault = NULL;
    json_t *minutes = minutes_json(f->store, "c", &fault);
    if (fault)
        fail_msg("%s", fault->message);
    assert_non_null(minutes);
    return minutes;
}

static void expect(struct fixture *f, const char *state, int version)
{
    json_t *minutes = shown(f);
    assert_string_equal(json_string_value(json_object_get(minutes, "state")), state);
    assert_int_equal(json_integer_value(json_object_get(minutes, "version")), version);
    json_decref(minutes);
}

static int64_t filings(struct fixture *f)
{
    STORE_AUTO_ROWS rows = store_query(f->store, NULL,
                                       "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'fhir' AND once LIKE "
                                       "'%" OUTBOX_WITH_MINUTES ":%'");
    assert_true(store_next(rows));
    return rows_int(rows, "n");
}

static void test_minutes_begin_with_the_booking(void **state)
{
    struct fixture *f = *state;
    json_t *minutes = shown(f), *text = json_object_get(minutes, "text");
    json_t *question = json_array_get(json_object_get(text, "questions"), 0);
    assert_string_equal(json_string_value(json_object_get(text, "summary")), "Đau ngực.");
    assert_string_equal(json_string_value(json_object_get(question, "question")), "Chuyển viện?");
    assert_string_equal(json_string_value(json_object_get(text, "chair")), "p1");
    assert_string_equal(json_string_value(json_object_get(text, "secretary")), "p2");
    json_decref(minutes);
    expect(f, "empty", 0);
}

static void test_minutes_are_not_overwritten(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(save(f, 0, "Một."), "");
    assert_string_equal(save(f, 0, "Hai."), "minutes-changed");
    assert_string_equal(save(f, 1, "Hai."), "");
    expect(f, "draft", 2);
}

static void test_minutes_lock_open_and_become_final(void **state)
{
    struct fixture *f = *state;
    save(f, 0, "Chuyển viện.");
    assert_string_equal(sign(f, &CHAIR, 1), "");
    assert_string_equal(save(f, 2, "Khác."), "minutes-locked");
    assert_string_equal(withdraw(f, &SECRETARY, 2), "not-allowed");
    assert_string_equal(withdraw(f, &CHAIR, 2), "");
    expect(f, "draft", 3);
    assert_string_equal(sign(f, &SECRETARY, 3), "");
    assert_int_equal(filings(f), 0);
    assert_string_equal(sign(f, &CHAIR, 4), "final");
    assert_string_equal(sign(f, &CHAIR, 5), "minutes-locked");
    assert_string_equal(withdraw(f, &CHAIR, 5), "minutes-locked");
    assert_int_equal(filings(f), 1);
    expect(f, "signed", 5);
}

static void test_minutes_what_was_signed_stays_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    char hash[ATTEST_HASH_SIZE];
    save(f, 0, "Chuyển viện.");
    sign(f, &CHAIR, 1);
    g_autofree char *first = minutes_signed_content(f->store, "c", NULL);
    add(f, "UPDATE participants SET name = 'Ai đó' WHERE id = 'p1'");
    sign(f, &SECRETARY, 2);
    g_autofree char *second = minutes_signed_content(f->store, "c", NULL);
    assert_string_equal(first, second);
    json_t *minutes = shown(f);
    attest_hash(second, hash);
    assert_string_equal(json_string_value(json_object_get(minutes, "sha256")), hash);
    json_decref(minutes);
}

static void test_minutes_wait_for_the_recording_and_name_its_hash(void **state)
{
    struct fixture *f = *state;
    save(f, 0, "Chuyển viện.");
    add(f,
        "INSERT INTO recordings (id, consultation_id, state, started_at, key) VALUES ('r', 'c', 'rendering', 1, '')");
    assert_string_equal(sign(f, &CHAIR, 1), "minutes-not-yet");
    add(f, "UPDATE recordings SET state = 'ready' WHERE id = 'r'");
    add(f, "INSERT INTO recording_files (recording_id, name, kind, type, path, size, sha1, sha256, created_at) VALUES "
           "('r', 'composed.webm', 'composed', 'video/webm', 'x', 3, 'a', 'hash of the film', 1)");
    assert_string_equal(sign(f, &CHAIR, 1), "");
    g_autofree char *content = minutes_signed_content(f->store, "c", NULL);
    assert_non_null(strstr(content, "\"sha256\":\"hash of the film\""));
    assert_non_null(strstr(content, "\"state\":\"made\""));
}

static const char *addend(struct fixture *f, const struct minutes_actor *actor, int64_t number, const char *text)
{
    struct minutes_deed deed = {.consultation = "c", .actor = actor, .now = NOW + number};
    struct addendum addendum = {.number = number, .kind = "correction", .reason = "Sót.", .text = text};
    GOOD(addendum_sign(f->store, &deed, &addendum, SEED, fault));
    return deed.problem ? deed.problem : addendum.stood ? "stood" : "";
}

static int64_t waiting(struct fixture *f, const char *of)
{
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT COUNT(*) AS n FROM outbox WHERE once LIKE ?",
                                       store_text(of));
    assert_true(store_next(rows));
    return rows_int(rows, "n");
}

static void test_minutes_addenda_are_chained_and_filed_and_told_one_by_one(void **state)
{
    struct fixture *f = *state;
    add(f, "INSERT INTO webhooks (id, url, events, secret, created_at) VALUES ('w', 'http://x', "
           "'[\"minutes.addendum\"]', '', 1)");
    save(f, 0, "Chuyển viện.");
    assert_string_equal(addend(f, &CHAIR, 1, "Không chuyển."), "minutes-not-signed");
    sign(f, &CHAIR, 1);
    sign(f, &SECRETARY, 2);
    assert_string_equal(addend(f, &CHAIR, 1, "Không chuyển."), "");
    assert_string_equal(addend(f, &CHAIR, 1, "Không chuyển."), "stood");
    assert_string_equal(addend(f, &SECRETARY, 1, "Không chuyển."), "minutes-changed");
    assert_string_equal(addend(f, &SECRETARY, 2, "Hẹn lại."), "");
    expect(f, "signed", 5);
    assert_int_equal(waiting(f, "w:minutes.addendum:c:%"), 2);
    assert_int_equal(waiting(f, "%" OUTBOX_WITH_MINUTES ":2"), 1); /* what waited took in both */
    assert_int_equal(filings(f), 1);
    assert_int_equal(store_run(f->store, NULL, "UPDATE minutes_addenda SET content = '{}'"), -1);
    assert_int_equal(store_run(f->store, NULL, "DELETE FROM minutes_addenda"), -1);
}

static void test_minutes_take_no_more_addenda_than_can_be_read(void **state)
{
    struct fixture *f = *state;
    save(f, 0, "Chuyển viện.");
    sign(f, &CHAIR, 1);
    sign(f, &SECRETARY, 2);
    for (int64_t number = 1; number <= ADDENDA_MAX; number++)
        assert_string_equal(addend(f, &CHAIR, number, "Thêm."), "");
    assert_string_equal(addend(f, &CHAIR, ADDENDA_MAX + 1, "Thêm."), "minutes-addenda-full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_HELD(test_minutes_begin_with_the_booking),
        ON_BOTH_HELD(test_minutes_are_not_overwritten),
        ON_BOTH_HELD(test_minutes_lock_open_and_become_final),
        ON_BOTH_HELD(test_minutes_what_was_signed_stays_byte_for_byte),
        ON_BOTH_HELD(test_minutes_wait_for_the_recording_and_name_its_hash),
        ON_BOTH_HELD(test_minutes_addenda_are_chained_and_filed_and_told_one_by_one),
        ON_BOTH_HELD(test_minutes_take_no_more_addenda_than_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

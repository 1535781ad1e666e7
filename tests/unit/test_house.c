/* The house as signaling calls it: over a real pool and store, with real journal segments. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include "media/journal.h"
#include "server/config.h"
#include "server/house.h"
#include "server/pool.h"
#include "server/records/keywrap.h"
#include "server/server.h"

static const int64_t NOW = INT64_C(1795356000000000);

struct house_fixture {
    struct fixture *base;
    struct config config;
    struct server server;
    char *directory;
    const struct house *house;
    /* the last answer */
    bool answered;
    char *problem;
    json_t *result;
    char *recording;
    struct house_segment segment;
};

static int open_store(void *arg, void **context)
{
    *context = store_open(arg, NULL);
    return *context ? 0 : -1;
}

static void close_store(void *context)
{
    store_close(context);
}

static const char *const seed[] = {
    "INSERT INTO sites (id, kind, name, search, created_at) VALUES ('s', 'clinic', 'TTYT', '', 1)",
    "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES ('r', 's', 'Phòng 1', '', 1)",
    "INSERT INTO consultations (id, kind, title, state, starts_at, ends_at, room_id, search, created_by, created_at, "
    "updated_at) VALUES ('c', 'scheduled', 'Hội chẩn', 'booked', 1, 2, 'r', '', 'x', 1, 1)",
    "INSERT INTO participants (id, consultation_id, name, role, place, created_at) "
    "VALUES ('p', 'c', 'BS. Lan', 'host', 'BV tỉnh', 1)",
};

static int set_up(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    struct house_fixture *f = g_new0(struct house_fixture, 1);
    f->base = *state;
    f->directory = g_dir_make_tmp("hoichan-house.XXXXXX", NULL);
    f->config.recording.dir = f->directory;
    f->config.files.dir = f->directory;
    f->config.files.scan_command = (char *)"";
    f->config.turn.urls = (char *)"turn:10.1.2.3:3478, turns:turn.example:443";
    f->config.turn.secret_file = g_build_filename(f->directory, "turn", NULL);
    g_file_set_contents(f->config.turn.secret_file, "north wind\n", -1, NULL);
    f->server.config = &f->config;
    randombytes_buf(f->server.master_key, sizeof f->server.master_key);
    for (size_t i = 0; i < G_N_ELEMENTS(seed); i++)
        GOOD(store_run(f->base->store, fault, seed[i]) == 1);
    assert_int_equal(pool_create(&(struct pool_config){.threads = 2,
                                                       .queue_max = 100,
                                                       .context_create = open_store,
                                                       .context_destroy = close_store,
                                                       .arg = f->base->url},
                                 &f->server.pool),
                     0);
    assert_int_equal(house_store_create(&f->server, &f->server.house), 0);
    f->house = house_store_calls(f->server.house);
    f->segment.fd = -1;
    *state = f;
    return 0;
}

static void forget(struct house_fixture *f)
{
    f->answered = false;
    g_clear_pointer(&f->problem, g_free);
    g_clear_pointer(&f->recording, g_free);
    json_decref(f->result);
    f->result = NULL;
    if (f->segment.fd >= 0)
        close(f->segment.fd);
    f->segment.fd = -1;
}

static int tear_down(void **state)
{
    struct house_fixture *f = *state;
    house_store_destroy(f->server.house);
    pool_destroy(f->server.pool);
    forget(f);
    g_free(f->config.turn.secret_file);
    fixture_remove(f->directory);
    g_free(f->directory);
    *state = f->base;
    g_free(f);
    return fixture_tear_down(state);
}

/* ---- answers ---- */

static void on_json(void *arg, const char *problem, json_t *result)
{
    struct house_fixture *f = arg;
    assert_false(f->answered);
    f->answered = true;
    f->problem = g_strdup(problem);
    f->result = json_incref(result);
}

static void on_done(void *arg, const char *problem)
{
    on_json(arg, problem, NULL);
}

static void on_segment(void *arg, const char *problem, const char *recording, const struct house_segment *segment)
{
    struct house_fixture *f = arg;
    on_json(arg, problem, NULL);
    f->recording = g_strdup(recording);
    if (segment)
        f->segment = *segment;
}

static void wait_for_answer(struct house_fixture *f)
{
    while (!f->answered)
        g_main_context_iteration(NULL, TRUE);
}

static void consent(struct house_fixture *f, const struct house_consent *said)
{
    struct house_consent whole = *said;
    whole.consultation = "c";
    whole.language = "vi";
    whole.at = NOW;
    forget(f);
    f->house->consent(f->house->arg, &whole, on_done, f);
    wait_for_answer(f);
}

/** What nobody is told of is done when a later call in the same queue is answered. */
static void settle(struct house_fixture *f)
{
    forget(f);
    consent(f, &(struct house_consent){.participant = "p", .purpose = "take-part", .granted = true});
    assert_null(f->problem);
    forget(f);
}

static void admit(struct house_fixture *f, const char *consultation, const char *participant)
{
    forget(f);
    f->house->admit(f->house->arg, consultation, participant, on_json, f);
    wait_for_answer(f);
}

static int64_t count(struct house_fixture *f, const char *sql)
{
    STORE_AUTO_ROWS rows = store_query(f->base->store, NULL, sql);
    assert_true(store_next(rows));
    return rows_int(rows, "n");
}

static void begin_recording(struct house_fixture *f)
{
    forget(f);
    f->house->recording_begin(f->house->arg, "c", "p", on_segment, f);
    wait_for_answer(f);
    assert_null(f->problem);
}

/* ---- coming in ---- */

static const char *text_at(json_t *object, const char *one, const char *two)
{
    return json_string_value(json_object_get(json_object_get(object, one), two));
}

static void test_house_admits_who_was_invited(void **state)
{
    struct house_fixture *f = *state;
    admit(f, "c", "p");
    assert_null(f->problem);
    assert_string_equal(text_at(f->result, "consultation", "room"), "Phòng 1");
    assert_string_equal(text_at(f->result, "participant", "name"), "BS. Lan");
    assert_string_equal(text_at(f->result, "participant", "place"), "BV tỉnh");
    json_t *ice = json_array_get(json_object_get(f->result, "ice_servers"), 0);
    assert_int_equal(json_array_size(json_object_get(ice, "urls")), 2);
    assert_true(g_str_has_suffix(json_string_value(json_object_get(ice, "username")), ":p"));
}

static void test_house_refuses_strangers_and_what_is_over(void **state)
{
    struct house_fixture *f = *state;
    admit(f, "c", "nobody");
    assert_string_equal(f->problem, "not_found");
    GOOD(store_run(f->base->store, fault, "UPDATE consultations SET state = 'cancelled'") == 1);
    admit(f, "c", "p");
    assert_string_equal(f->problem, "not_open");
    GOOD(store_run(f->base->store, fault, "UPDATE consultations SET state = 'ended'") == 1);
    admit(f, "c", "p");
    assert_string_equal(f->problem, "ended");
    GOOD(store_run(f->base->store, fault, "UPDATE consultations SET state = 'open'") == 1);
    GOOD(store_run(f->base->store, fault, "UPDATE participants SET removed_at = 1") == 1);
    admit(f, "c", "p");
    assert_string_equal(f->problem, "not_found");
}

/* A fault was told as "busy": whoever came in waited for what does not pass. */
static void test_house_tells_a_fault_from_what_passes_at_the_door(void **state)
{
    struct house_fixture *f = *state;
    GOOD(store_run(f->base->store, fault, "ALTER TABLE participants RENAME TO lost") >= 0);
    admit(f, "c", "p");
    assert_string_equal(f->problem, "internal");
    GOOD(store_run(f->base->store, fault, "ALTER TABLE lost RENAME TO participants") >= 0);
    admit(f, "c", "p");
    assert_null(f->problem);
}

/** Its connections end, and it takes no new ones. */
static void close_database(struct house_fixture *f)
{
    STORE_AUTO_ROWS rows = store_query(f->base->store, NULL, "SELECT current_database() AS name");
    assert_true(store_next(rows));
    g_autofree char *closed = g_strdup_printf("ALTER DATABASE %s ALLOW_CONNECTIONS false", rows_text(rows, "name"));
    struct store *outside = store_open(fixture_cluster(), NULL);
    assert_non_null(outside);
    GOOD(store_run(outside, fault, closed) >= 0);
    GOOD(store_run(outside, fault, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = ?",
                   store_text(rows_text(rows, "name"))) >= 0);
    store_close(outside);
}

static void test_house_is_busy_while_the_database_is_away(void **state)
{
    struct house_fixture *f = *state;
    close_database(f);
    admit(f, "c", "p");
    assert_string_equal(f->problem, "busy");
    consent(f, &(struct house_consent){.participant = "p", .purpose = "record", .granted = true});
    assert_string_equal(f->problem, "busy");
}

/* What the try before had found of whoever comes in was left lying about: the sanitizer tells at the end. */
static void test_house_admission_is_made_again_without_a_leak(void **state)
{
    struct house_fixture *f = *state;
    static const char *const busy[] = {
        "ALTER TABLE stays RENAME TO real_stays",
        "CREATE FUNCTION busy() RETURNS BIGINT LANGUAGE plpgsql AS 'BEGIN RAISE SQLSTATE ''40001''; END'",
        "CREATE VIEW stays AS SELECT 's' AS id, 'c' AS consultation_id, 'p' AS participant_id, '{}' AS quality, "
        "1 AS joined_at, busy() AS left_at",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(busy); i++)
        GOOD(store_run(f->base->store, fault, busy[i]) >= 0);
    admit(f, "c", "p");
    assert_string_equal(f->problem, "busy");
    GOOD(store_run(f->base->store, fault, "DROP VIEW stays") >= 0);
    GOOD(store_run(f->base->store, fault, "ALTER TABLE real_stays RENAME TO stays") >= 0);
    admit(f, "c", "p");
    assert_null(f->problem);
}

/** coturn's REST scheme, with a value computed by openssl: printf '1795442400:p' | openssl dgst -sha1 -hmac 'north
 * wind'. */
static void test_house_turn_credentials_are_coturns(void **state)
{
    struct house_fixture *f = *state;
    json_t *servers = house_ice_servers(&f->config, "p", NOW);
    json_t *server = json_array_get(servers, 0);
    assert_string_equal(json_string_value(json_object_get(server, "username")), "1795442400:p");
    assert_string_equal(json_string_value(json_object_get(server, "credential")), "kk771TmWOkJVr+mIZDzOhbb4Twk=");
    json_decref(servers);
}

static void test_house_remembers_real_stays(void **state)
{
    struct house_fixture *f = *state;
    json_t *quality = json_pack("{s:i}", "reports", 3);
    f->house->started(f->house->arg, "c", NOW);
    f->house->joined(f->house->arg, "c", "p", "stay1", NOW);
    f->house->joined(f->house->arg, "c", "p", "stay1", NOW + 5); /* told again after a restart */
    f->house->away(f->house->arg, "stay1", NOW + 500);
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM stays WHERE away_at = 1795356000000500"), 1);
    f->house->away(f->house->arg, "stay1", 0);
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM stays WHERE away_at IS NULL"), 1);
    f->house->left(f->house->arg, "stay1", NOW + 1000, "left", quality);
    json_decref(quality);
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM stays WHERE joined_at = 1795356000000000 AND "
                              "left_at = 1795356000001000 AND reason = 'left' AND quality LIKE '%3%'"),
                     1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consultations WHERE state = 'open'"), 1);
    f->house->ended(f->house->arg, "c", NOW + 2000, "p");
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consultations WHERE state = 'ended'"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM audit WHERE action = 'consultation.end' AND "
                              "actor = 'participant:p'"),
                     1);
}

/* kill -9 leaves what was written last, and the next server is given it when it asks for the name. */
static void test_house_keeps_how_a_stay_goes(void **state)
{
    struct house_fixture *f = *state;
    json_t *quality = json_pack("{s:i}", "reports", 7);
    f->house->joined(f->house->arg, "c", "p", "stay7", NOW + 10);
    f->house->quality(f->house->arg, "stay7", quality);
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM stays WHERE id = 'stay7' AND quality LIKE '%7%' AND "
                              "left_at IS NULL"),
                     1);
    admit(f, "c", "p");
    const json_t *stay = json_object_get(f->result, "stay");
    assert_string_equal(json_string_value(json_object_get(stay, "id")), "stay7");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(stay, "quality"), "reports")), 7);
    f->house->left(f->house->arg, "stay7", NOW + 20, "left", NULL);
    json_decref(quality);
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM stays WHERE id = 'stay7' AND quality LIKE '%7%'"), 1);
}

static void test_house_writes_consent_before_it_answers(void **state)
{
    struct house_fixture *f = *state;
    consent(f, &(struct house_consent){.participant = "p", .purpose = "record", .granted = true, .for_patient = true});
    assert_null(f->problem);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consents WHERE purpose = 'record' AND granted = 1 AND "
                              "for_patient = 1"),
                     1);
    consent(f, &(struct house_consent){.participant = "nobody", .purpose = "record", .granted = true});
    assert_string_equal(f->problem, "internal"); /* no ledger entry, no recording */
}

static void test_house_writes_who_agreed_for_a_device(void **state)
{
    struct house_fixture *f = *state;
    consent(f, &(struct house_consent){
                   .participant = "p", .purpose = "record", .granted = true, .said_by = "participant:chair"});
    assert_null(f->problem);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consents WHERE said_by = 'participant:chair'"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM audit WHERE actor = 'participant:chair' AND "
                              "action = 'consent.give' AND detail LIKE '%\"p\"%'"),
                     1);
}

static void test_house_keeps_what_was_written_in_order(void **state)
{
    struct house_fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        char text[8];
        g_snprintf(text, sizeof text, "%d", i);
        f->house->chat(f->house->arg, "c", "p", text, NOW + i);
    }
    settle(f);
    STORE_AUTO_ROWS rows = store_query(f->base->store, NULL, "SELECT text FROM chat ORDER BY seq");
    for (int i = 0; store_next(rows); i++)
        assert_int_equal(atoi(rows_text(rows, "text")), i);
    assert_int_equal(store_count(rows), 20);
}

/* ---- stills ---- */

/* A restarted signaling knows again who said what. */
static void test_house_admits_with_each_voices_last_word(void **state)
{
    struct house_fixture *f = *state;
    const struct {
        const char *purpose;
        bool granted, for_patient;
    } said[] = {{"observers", true, false}, {"observers", false, true}, {"observers", false, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
        consent(f, &(struct house_consent){.participant = "p",
                                           .purpose = said[i].purpose,
                                           .granted = said[i].granted,
                                           .for_patient = said[i].for_patient});
    }
    admit(f, "c", "p");
    const json_t *words = json_object_get(f->result, "consents");
    assert_int_equal(json_array_size(words), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *word = json_array_get(words, i);
        assert_string_equal(json_string_value(json_object_get(word, "purpose")), "observers");
        assert_true(json_is_false(json_object_get(word, "granted")));
        assert_int_equal(json_is_true(json_object_get(word, "for_patient")), i == 0);
    }
}

static void test_house_still_and_its_marks_come_back_with_who_comes_in(void **state)
{
    struct house_fixture *f = *state;
    const struct house_still still = {.id = "s1",
                                      .consultation = "c",
                                      .participant = "p",
                                      .requested_by = "p",
                                      .source = "camera",
                                      .width = 1920,
                                      .height = 1080,
                                      .thumbnail = (const unsigned char *)"thumb",
                                      .thumbnail_size = 5,
                                      .at = NOW};
    json_t *drawn = json_pack("{s:[{s:s}], s:{s:i}}", "marks", "id", "m1", "calibration", "length_um", 10000);
    forget(f);
    f->house->still(f->house->arg, &still, on_done, f);
    wait_for_answer(f);
    assert_null(f->problem);
    f->house->still_marks(f->house->arg, "c", "s1", drawn);
    json_decref(drawn);
    settle(f);
    admit(f, "c", "p");
    json_t *found = json_array_get(json_object_get(f->result, "stills"), 0);
    assert_string_equal(json_string_value(json_object_get(found, "id")), "s1");
    assert_string_equal(json_string_value(json_object_get(found, "state")), "taken");
    assert_int_equal(json_array_size(json_object_get(found, "marks")), 1);
    assert_non_null(json_object_get(found, "calibration"));
}

/* ---- recordings ---- */

static void test_house_recording_file_is_private_and_its_key_is_wrapped(void **state)
{
    struct house_fixture *f = *state;
    begin_recording(f);
    struct stat info;
    assert_int_equal(fstat(f->segment.fd, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(f->segment.number, 0);
    assert_int_equal(strspn(f->segment.chain, "0"), 64);
    STORE_AUTO_ROWS rows = store_query(f->base->store, NULL, "SELECT key FROM recordings WHERE id = ?",
                                       store_text(f->recording));
    unsigned char key[KEYWRAP_KEY_SIZE], other[KEYWRAP_KEY_SIZE] = {1};
    assert_true(store_next(rows));
    assert_true(keywrap_open(f->server.master_key, rows_text(rows, "key"), key));
    assert_memory_equal(key, f->segment.key, sizeof key);
    assert_false(keywrap_open(other, rows_text(rows, "key"), key));
    assert_false(keywrap_open(f->server.master_key, "AAAA", key));
}

/** A worker writes a while and dies: the next segment continues the chain of what lies on the disk. */
static void test_house_recording_continues_the_chain_after_a_crash(void **state)
{
    struct house_fixture *f = *state;
    begin_recording(f);
    g_autofree char *recording = g_strdup(f->recording);
    unsigned char chain[JOURNAL_HASH_SIZE] = {0}, end[JOURNAL_HASH_SIZE];
    struct journal *journal;
    assert_int_equal(journal_open(&(struct journal_config){.fd = dup(f->segment.fd),
                                                           .recording = recording,
                                                           .key = f->segment.key,
                                                           .chain = chain,
                                                           .now_us = 1,
                                                           .epoch_us = (uint64_t)NOW},
                                  &journal),
                     0);
    assert_int_equal(journal_event(journal, "{\"event\":\"joined\",\"participant\":\"p\"}", 2), 0);
    uint64_t bytes;
    assert_int_equal(journal_close(journal, 3, end, &bytes), 0);
    assert_int_equal(write(f->segment.fd, "HCJC torn", 9), 9); /* what the crash left of the next chunk */
    char expected[65];
    sodium_bin2hex(expected, sizeof expected, end, sizeof end);
    unsigned char key[32];
    memcpy(key, f->segment.key, sizeof key);
    forget(f);
    f->house->recording_continue(f->house->arg, recording, on_segment, f);
    wait_for_answer(f);
    assert_null(f->problem);
    assert_int_equal(f->segment.number, 1);
    assert_string_equal(f->segment.chain, expected);
    assert_memory_equal(f->segment.key, key, sizeof key);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recording_segments"), 2);
}

static void test_house_ended_recording_is_due_for_rendering(void **state)
{
    struct house_fixture *f = *state;
    begin_recording(f);
    g_autofree char *recording = g_strdup(f->recording);
    f->house->recording_end(f->house->arg, recording, NOW + 5);
    f->house->recording_end(f->house->arg, recording, NOW + 9);
    settle(f);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'rendering' AND "
                              "ended_at = 1795356000000005 AND next_attempt_at IS NOT NULL"),
                     1);
    f->house->recording_continue(f->house->arg, recording, on_segment, f);
    wait_for_answer(f);
    assert_string_equal(f->problem, "not_found"); /* what has ended is not written any more */
}

#define ON_BOTH_HOUSES(test)                                                                                           \
    {#test " on sqlite", test, set_up, tear_down, (void *)"sqlite"},                                                   \
    {                                                                                                                  \
#test " on postgresql", test, set_up, tear_down, (void *)"postgresql"                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_HOUSES(test_house_admits_who_was_invited),
        ON_BOTH_HOUSES(test_house_refuses_strangers_and_what_is_over),
        ON_BOTH_HOUSES(test_house_tells_a_fault_from_what_passes_at_the_door),
        {"test_house_is_busy_while_the_database_is_away on postgresql", test_house_is_busy_while_the_database_is_away,
         set_up, tear_down, (void *)"postgresql"},
        {"test_house_admission_is_made_again_without_a_leak on postgresql",
         test_house_admission_is_made_again_without_a_leak, set_up, tear_down, (void *)"postgresql"},
        ON_BOTH_HOUSES(test_house_turn_credentials_are_coturns),
        ON_BOTH_HOUSES(test_house_remembers_real_stays),
        ON_BOTH_HOUSES(test_house_keeps_how_a_stay_goes),
        ON_BOTH_HOUSES(test_house_writes_consent_before_it_answers),
        ON_BOTH_HOUSES(test_house_writes_who_agreed_for_a_device),
        ON_BOTH_HOUSES(test_house_admits_with_each_voices_last_word),
        ON_BOTH_HOUSES(test_house_keeps_what_was_written_in_order),
        ON_BOTH_HOUSES(test_house_still_and_its_marks_come_back_with_who_comes_in),
        ON_BOTH_HOUSES(test_house_recording_file_is_private_and_its_key_is_wrapped),
        ON_BOTH_HOUSES(test_house_recording_continues_the_chain_after_a_crash),
        ON_BOTH_HOUSES(test_house_ended_recording_is_due_for_rendering),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

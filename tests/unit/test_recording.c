/* What happens to a recording after its end, step by step and with a crash between any two. */
#include "store_fixture.h"

#include <jansson.h>
#include <sodium.h>

#include "media/vault.h"
#include "server/records/keywrap.h"
#include "server/records/outbox.h"
#include "server/records/recording.h"
#include "server/records/recording_files.h"

static const int64_t NOW = INT64_C(1795356000000000);
static const int64_t SECOND = INT64_C(1000000);
static const unsigned char master[KEYWRAP_KEY_SIZE] = "a master key of thirty-two bytes";
static const unsigned char key[KEYWRAP_KEY_SIZE] = "the key of one recording, thirty";

struct recording_fixture {
    struct fixture *base;
    struct store *store;
    char *directory;
};

static int set_up(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    struct recording_fixture *f = g_new0(struct recording_fixture, 1);
    f->base = *state;
    f->store = f->base->store;
    f->directory = g_dir_make_tmp("hoichan-recording.XXXXXX", NULL);
    g_autofree char *wrapped = keywrap_seal(master, key);
    GOOD(outbox_configure(f->store, "http://127.0.0.1:1/fhir", NULL, fault));
    GOOD(store_run(
             f->store, fault,
             "INSERT INTO consultations (id, kind, title, state, starts_at, ends_at, started_at, ended_at, search, "
             "created_by, created_at, updated_at) VALUES ('c', 'scheduled', 'x', 'ended', 1, 2, 1, ?, '', 'x', 1, 1)",
             store_int(NOW)) == 1);
    GOOD(store_run(f->store, fault,
                   "INSERT INTO recordings (id, consultation_id, state, started_at, ended_at, key, next_attempt_at) "
                   "VALUES ('r', 'c', 'rendering', 1, 2, ?, ?)",
                   store_text(wrapped), store_int(NOW)) == 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct recording_fixture *f = *state;
    fixture_remove(f->directory);
    g_free(f->directory);
    *state = f->base;
    g_free(f);
    return fixture_tear_down(state);
}

static int64_t count(struct recording_fixture *f, const char *sql)
{
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, sql);
    assert_true(store_next(rows));
    return rows_int(rows, "n");
}

static void seal(struct recording_fixture *f, const char *name, const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/%s.sealed", f->directory, name);
    struct vault_draft *draft;
    assert_int_equal(vault_draft_create(path, key, &draft), 0);
    assert_int_equal(vault_draft_write(draft, 0, text, strlen(text)), 0);
    assert_int_equal(vault_draft_finish(draft, NULL, NULL), 0);
}

static void render(struct recording_fixture *f)
{
    seal(f, "composed.webm", "abc");
    seal(f, "manifest.json",
         "{\"files\":[{\"name\":\"composed.webm\",\"kind\":\"composed\",\"type\":\"video/webm\",\"duration_ms\":1500}],"
         "\"tracks\":[{\"track\":\"t\",\"participant\":\"p\",\"kind\":\"video\",\"source\":\"camera\",\"file\":null}],"
         "\"gaps\":[{\"track\":\"t\",\"from_ms\":10,\"to_ms\":20,\"cause\":\"worker-death\"}]}");
}

static struct recording_job lease(struct recording_fixture *f, const char *node, int64_t now)
{
    struct recording_job job;
    GOOD(recording_lease(f->store, master, node, now, &job, fault));
    return job;
}

static void test_recording_is_ready_and_filed_in_one_step(void **state)
{
    struct recording_fixture *f = *state;
    struct recording_job job = lease(f, "one", NOW);
    assert_string_equal(job.id, "r");
    assert_memory_equal(job.key, key, sizeof key);
    render(f);
    for (int i = 0; i < 2; i++) /* the second finds that all is done */
        GOOD(recording_finish(f->store, &job, f->directory, NOW + SECOND, fault));
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT * FROM recording_files WHERE kind = 'composed'");
    assert_true(store_next(rows));
    assert_int_equal(rows_int(rows, "size"), 3);
    assert_int_equal(rows_int(rows, "duration_ms"), 1500);
    assert_string_equal(rows_text(rows, "sha1"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(rows_text(rows, "sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(rows_text(rows, "path"), "r/composed.webm.sealed");
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recording_files"), 2);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recording_gaps WHERE cause = 'worker-death'"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recording_tracks WHERE participant_id = 'p' AND file IS NULL"),
                     1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'ready' AND progress = 100"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'fhir'"), 1);
}

static void test_recording_is_rendered_by_one_node_until_that_dies(void **state)
{
    struct recording_fixture *f = *state;
    assert_string_equal(lease(f, "one", NOW).id, "r");
    assert_string_equal(lease(f, "two", NOW + 59 * SECOND).id, "");
    GOOD(recording_progress(f->store, "r", "one", 40, NOW + 50 * SECOND, fault));
    assert_string_equal(lease(f, "two", NOW + 100 * SECOND).id, ""); /* still at it */
    assert_string_equal(lease(f, "two", NOW + 111 * SECOND).id, "r");
    GOOD(recording_progress(f->store, "r", "one", 90, NOW + 112 * SECOND, fault)); /* back from the dead: has no say */
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE lease_owner = 'two' AND progress = 0"), 1);
}

static void test_recording_failure_is_tried_again_and_then_shown(void **state)
{
    struct recording_fixture *f = *state;
    int64_t now = NOW;
    for (int tries = 1; tries <= 5; tries++) {
        assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox"), 0);
        assert_string_equal(lease(f, "one", now).id, "r");
        GOOD(recording_fail(f->store, "r", "no disk", false, now, fault));
        assert_string_equal(lease(f, "one", now).id, "");
        now += 24 * 3600 * SECOND;
    }
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'failed' AND last_error = 'no disk'"),
                     1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'fhir'"), 1); /* without it */
    GOOD(store_run(f->store, fault, "UPDATE outbox SET state = 'delivered'") == 1);
    bool found;
    GOOD(recording_retry(f->store, "r", now, &found, fault));
    assert_true(found);
    struct recording_job job = lease(f, "one", now);
    render(f);
    GOOD(recording_finish(f->store, &job, f->directory, now, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'fhir'"), 2); /* and with it */
}

static void test_recording_hopeless_failure_holds_up_nothing(void **state)
{
    struct recording_fixture *f = *state;
    lease(f, "one", NOW);
    GOOD(recording_fail(f->store, "r", "empty", true, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'failed'"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'fhir'"), 1);
}

static void test_recording_damaged_result_is_not_registered(void **state)
{
    struct recording_fixture *f = *state;
    struct recording_job job = lease(f, "one", NOW);
    GError *error = NULL;
    assert_false(recording_finish(f->store, &job, f->directory, NOW, &error)); /* nothing there */
    g_clear_error(&error);
    render(f);
    g_autofree char *path = g_build_filename(f->directory, "composed.webm.sealed", NULL);
    FILE *file = fopen(path, "r+b");
    assert_int_equal(fseek(file, 128 + 30, SEEK_SET), 0);
    assert_int_equal(fputc('x', file), 'x');
    fclose(file);
    assert_false(recording_finish(f->store, &job, f->directory, NOW, &error));
    assert_non_null(strstr(error->message, "composed.webm"));
    g_clear_error(&error);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recording_files"), 0);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'rendering'"), 1);
}

static void test_recording_manifest_cannot_lead_elsewhere(void **state)
{
    struct recording_fixture *f = *state;
    struct recording_job job = lease(f, "one", NOW);
    static const char *const wrong[] = {
        "{\"files\":[{\"name\":\"../../etc/passwd\",\"kind\":\"track\",\"type\":\"x\"}]}",
        "{\"files\":[{\"name\":\"a\",\"kind\":\"rumour\",\"type\":\"x\"}]}",
        "{\"files\":{}}",
        "[",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        seal(f, "manifest.json", wrong[i]);
        GError *error = NULL;
        assert_false(recording_finish(f->store, &job, f->directory, NOW, &error));
        g_clear_error(&error);
    }
    assert_false(recording_file_name_is_good(".hidden"));
    assert_false(recording_file_name_is_good(""));
    assert_true(recording_file_name_is_good("track-1_camera.webm"));
}

static void test_recording_sweep_closes_what_a_crash_left_open(void **state)
{
    struct recording_fixture *f = *state;
    GOOD(store_run(f->store, fault,
                   "UPDATE recordings SET state = 'recording', ended_at = NULL, next_attempt_at = NULL") == 1);
    GOOD(recording_sweep(f->store, NOW + 30 * SECOND, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'recording'"), 1);
    GOOD(recording_sweep(f->store, NOW + 61 * SECOND, fault));
    assert_int_equal(
        count(f, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'rendering' AND ended_at IS NOT NULL"), 1);
    assert_string_equal(lease(f, "one", NOW + 62 * SECOND).id, "r");
}

static void test_recording_sweep_ends_what_nobody_ended(void **state)
{
    struct recording_fixture *f = *state;
    static const char open[] =
        "INSERT INTO consultations (id, kind, title, state, starts_at, ends_at, started_at, search, "
        "created_by, created_at, updated_at) "
        "VALUES (?, 'scheduled', 'x', 'open', 1, ?, 1, '', 'x', 1, 1)";
    GOOD(store_run(f->store, fault, open, store_text("forgotten"), store_int(NOW - SECOND)) == 1);
    GOOD(store_run(f->store, fault, open, store_text("held"), store_int(NOW - SECOND)) == 1);
    GOOD(store_run(f->store, fault, open, store_text("later"), store_int(NOW + SECOND)) == 1);
    GOOD(store_run(f->store, fault,
                   "INSERT INTO participants (id, consultation_id, name, role, created_at) VALUES ('p', 'held', 'X', "
                   "'host', 1)") == 1);
    GOOD(store_run(f->store, fault,
                   "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES ('t', 'held', 'p', 1)") ==
         1);
    GOOD(recording_sweep(f->store, NOW, fault));
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consultations WHERE id = 'forgotten' AND state = 'ended'"), 1);
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM consultations WHERE state = 'open'"), 2);
}

static void test_recording_another_master_key_is_said(void **state)
{
    struct recording_fixture *f = *state;
    static const unsigned char other[KEYWRAP_KEY_SIZE] = "somebody else's";
    struct recording_job job;
    GOOD(recording_lease(f->store, other, "one", NOW, &job, fault));
    assert_string_equal(job.id, "");
    assert_int_equal(count(f, "SELECT COUNT(*) AS n FROM recordings WHERE last_error LIKE '%master key%'"), 1);
}

#define ON_BOTH_DISKS(test)                                                                                            \
    {#test " on sqlite", test, set_up, tear_down, (void *)"sqlite"},                                                   \
    {                                                                                                                  \
#test " on postgresql", test, set_up, tear_down, (void *)"postgresql"                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_DISKS(test_recording_is_ready_and_filed_in_one_step),
        ON_BOTH_DISKS(test_recording_is_rendered_by_one_node_until_that_dies),
        ON_BOTH_DISKS(test_recording_failure_is_tried_again_and_then_shown),
        ON_BOTH_DISKS(test_recording_hopeless_failure_holds_up_nothing),
        ON_BOTH_DISKS(test_recording_damaged_result_is_not_registered),
        ON_BOTH_DISKS(test_recording_manifest_cannot_lead_elsewhere),
        ON_BOTH_DISKS(test_recording_sweep_closes_what_a_crash_left_open),
        ON_BOTH_DISKS(test_recording_sweep_ends_what_nobody_ended),
        ON_BOTH_DISKS(test_recording_another_master_key_is_said),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/recorder.h"

struct scene {
    struct bench *bench;
    struct client *lan, *minh;
};

/* Two people in a call, with two tracks each. */
static struct scene scene_create(void)
{
    struct scene scene = {.bench = bench_create(1)};
    scene.lan = client_come(scene.bench, "lan");
    scene.minh = client_come(scene.bench, "minh");
    return scene;
}

static void record(struct client *client, const char *action)
{
    client_say(client, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 30, "action", action));
}

static void consent(struct client *client, int granted)
{
    client_say(client,
               json_pack("{s:s, s:i, s:s, s:b}", "type", "consent", "id", 31, "purpose", "record", "granted", granted));
}

static const char *recording_state(const struct client *client)
{
    return text_in(json_object_get(client_heard(client, "recording"), "recording"), "state");
}

static const char *recording_reason(const struct client *client)
{
    return text_in(json_object_get(client_heard(client, "recording"), "recording"), "reason");
}

static size_t tapped(struct bench *bench, int worker)
{
    return json_array_size(json_object_get(bench_asked(bench, worker, "tap.tracks", 0), "tracks"));
}

static void start(struct scene *scene)
{
    record(scene->lan, "start");
    consent(scene->lan, 1);
    consent(scene->minh, 1);
}

static void test_recorder_starts_when_all_have_agreed(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    record(scene.lan, "start");
    assert_string_equal(recording_state(scene.minh), "asking");
    const json_t *asked = json_object_get(json_object_get(client_heard(scene.minh, "recording"), "recording"),
                                          "consents");
    assert_int_equal(json_array_size(asked), 2);
    assert_true(json_is_null(json_object_get(json_array_get(asked, 0), "granted")));
    consent(scene.lan, 1);
    assert_int_equal(bench_said_count(scene.bench, "recording_begin"), 0); /* not before the last word */
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.open"), 0);
    consent(scene.minh, 1);
    assert_int_equal(bench_said_count(scene.bench, "consent"), 2);
    assert_string_equal(text_in(bench_said(scene.bench, "recording_begin"), "participant"), "lan");
    assert_string_equal(recording_state(scene.lan), "on");
    assert_int_equal(scene.bench->workers[0].taps, 1);
    assert_int_equal(tapped(scene.bench, 0), 4);
    record(scene.lan, "stop");
    assert_string_equal(recording_state(scene.minh), "off");
    assert_string_equal(recording_reason(scene.minh), "stopped");
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.close"), 1);
    assert_string_equal(text_in(bench_said(scene.bench, "recording_end"), "recording"), "rec1");
    bench_destroy(scene.bench);
}

static void test_recorder_one_no_ends_the_question(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    record(scene.lan, "start");
    consent(scene.minh, 0);
    assert_string_equal(recording_state(scene.lan), "off");
    assert_string_equal(recording_reason(scene.lan), "declined");
    assert_int_equal(bench_said_count(scene.bench, "recording_begin"), 0);
    assert_true(json_is_false(json_object_get(bench_said(scene.bench, "consent"), "granted"))); /* a no is kept, too */
    start(&scene);
    assert_string_equal(recording_state(scene.lan), "on");
    bench_destroy(scene.bench);
}

static void test_recorder_who_comes_later_is_asked_and_not_journaled(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    struct client *hoa = client_come(scene.bench, "hoa");
    assert_int_equal(tapped(scene.bench, 0), 4);
    const json_t *recording = json_object_get(client_heard(hoa, "recording"), "recording");
    assert_string_equal(text_in(recording, "state"), "on");
    const json_t *own = json_array_get(json_object_get(recording, "consents"), 2);
    assert_string_equal(text_in(own, "participant"), "hoa");
    assert_true(json_is_null(json_object_get(own, "granted")));
    consent(hoa, 1);
    assert_int_equal(tapped(scene.bench, 0), 6);
    bench_destroy(scene.bench);
}

static void test_recorder_withdrawal_cuts_at_once_and_is_told(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    consent(scene.minh, 0);
    assert_int_equal(tapped(scene.bench, 0), 2);
    assert_string_equal(recording_state(scene.lan), "on");
    const json_t *consents = json_object_get(json_object_get(client_heard(scene.lan, "recording"), "recording"),
                                             "consents");
    assert_true(json_is_false(json_object_get(json_array_get(consents, 1), "granted")));
    consent(scene.lan, 0); /* the last one who agreed */
    assert_string_equal(recording_state(scene.lan), "off");
    assert_string_equal(recording_reason(scene.lan), "withdrawn");
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.close"), 1);
    bench_destroy(scene.bench);
}

static void test_recorder_goes_on_with_the_next_segment_on_another_worker(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    bench_worker_start(scene.bench, 1);
    bench_worker_kill(scene.bench, 0);
    assert_string_equal(text_in(bench_said(scene.bench, "recording_continue"), "recording"), "rec1");
    assert_int_equal(scene.bench->workers[1].taps, 1);
    assert_int_equal(json_integer_value(json_object_get(bench_asked(scene.bench, 1, "tap.open", 0), "segment")), 1);
    client_offer(scene.lan, "chromium-join", 2);
    client_offer(scene.minh, "chromium-join", 2);
    assert_int_equal(tapped(scene.bench, 1), 4); /* consent outlives the worker */
    assert_int_equal(bench_said_count(scene.bench, "recording_end"), 0);
    bench_destroy(scene.bench);
}

static void test_recorder_survives_a_restarted_server(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    char *token = g_strdup(text_in(client_heard(scene.minh, "joined"), "token"));
    scene.lan->peer = scene.minh->peer = NULL;
    bench_restart(scene.bench);
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.close"), 0);
    assert_int_equal(bench_said_count(scene.bench, "recording_continue"), 0);
    struct client *minh = client_open(scene.bench);
    client_say(minh, json_pack("{s:s, s:i, s:s}", "type", "resume", "id", 1, "token", token));
    g_free(token);
    const json_t *recording = json_object_get(client_heard(minh, "joined"), "recording");
    assert_string_equal(text_in(recording, "state"), "on");
    assert_true(json_is_true(json_object_get(json_array_get(json_object_get(recording, "consents"), 0), "granted")));
    consent(minh, 0);
    assert_int_equal(tapped(scene.bench, 0), 2);
    record(minh, "stop");
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.close"), 1);
    bench_destroy(scene.bench);
}

static void test_recorder_reload_keeps_consent(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    struct client *again = client_join(scene.bench, "minh");
    assert_int_equal(tapped(scene.bench, 0), 2);
    client_offer(again, "chromium-join", 1);
    assert_int_equal(tapped(scene.bench, 0), 4);
    bench_destroy(scene.bench);
}

static void test_recorder_patient_may_not_start(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    bench_person(scene.bench, "patient", "patient");
    struct client *patient = client_join(scene.bench, "patient");
    record(patient, "start");
    assert_string_equal(text_in(client_heard(patient, "error"), "code"), "not_allowed");
    assert_null(client_heard(scene.lan, "recording"));
    bench_destroy(scene.bench);
}

static void test_recorder_patients_word_is_kept_beside_ones_own(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    record(scene.lan, "start");
    consent(scene.lan, 1);
    client_say(scene.minh, json_pack("{s:s, s:i, s:s, s:b, s:b}", "type", "consent", "id", 31, "purpose", "record",
                                     "granted", 1, "for_patient", 1));
    assert_true(json_is_true(json_object_get(bench_said(scene.bench, "consent"), "for_patient")));
    assert_string_equal(recording_state(scene.lan), "asking"); /* one's own is still to come */
    consent(scene.minh, 1);
    assert_string_equal(recording_state(scene.lan), "on");
    client_say(scene.minh, json_pack("{s:s, s:i, s:s, s:b, s:b}", "type", "consent", "id", 32, "purpose", "record",
                                     "granted", 0, "for_patient", 1));
    assert_int_equal(tapped(scene.bench, 0), 2); /* the patient's no cuts the place where the patient sits */
    bench_destroy(scene.bench);
}

static void test_recorder_failed_journal_gets_a_new_segment(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    bench_event(scene.bench, 0,
                json_pack("{s:s, s:s, s:s}", "event", "tap.state", "recording", "rec1", "state", "failed"));
    assert_int_equal(bench_said_count(scene.bench, "recording_continue"), 1);
    assert_int_equal(scene.bench->workers[0].taps, 2);
    assert_int_equal(tapped(scene.bench, 0), 4);
    bench_event(scene.bench, 0,
                json_pack("{s:s, s:s, s:s}", "event", "tap.state", "recording", "rec1", "state", "failed"));
    assert_string_equal(recording_state(scene.lan), "failed"); /* at once again: no segment will help */
    assert_string_equal(recording_reason(scene.lan), "fault");
    assert_int_equal(bench_said_count(scene.bench, "recording_end"), 1);
    bench_destroy(scene.bench);
}

static void test_recorder_end_of_consultation_ends_it(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    signaling_end(scene.bench->signaling, "consult1", "ended");
    bench_settle(scene.bench);
    assert_int_equal(bench_said_count(scene.bench, "recording_end"), 1);
    assert_string_equal(text_in(client_heard(scene.lan, "ended"), "reason"), "ended");
    bench_destroy(scene.bench);
}

static void test_recorder_events_are_journaled(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    size_t before = bench_asked_count(scene.bench, 0, "tap.event");
    assert_int_equal(before, 4); /* two there, two consents */
    client_say(scene.lan, json_pack("{s:s}", "type", "leave"));
    const json_t *event = json_object_get(bench_asked(scene.bench, 0, "tap.event", 0), "event");
    assert_string_equal(text_in(event, "event"), "left");
    assert_string_equal(text_in(event, "participant"), "lan");
    bench_destroy(scene.bench);
}

static void test_recorder_moves_only_as_allowed(void **state)
{
    (void)state;
    assert_true(recorder_allows(RECORDER_OFF, RECORDER_ASKING));
    assert_true(recorder_allows(RECORDER_ASKING, RECORDER_STARTING));
    assert_true(recorder_allows(RECORDER_STARTING, RECORDER_ON));
    assert_true(recorder_allows(RECORDER_FAILED, RECORDER_ASKING));
    for (int from = 0; from < RECORDER_STATES; from++) {
        assert_false(recorder_allows((enum recorder_state)from, (enum recorder_state)from));
        assert_int_equal(recorder_allows((enum recorder_state)from, RECORDER_ON), from == RECORDER_STARTING);
        assert_int_equal(recorder_allows((enum recorder_state)from, RECORDER_FAILED), from == RECORDER_ON);
        assert_int_equal(recorder_allows((enum recorder_state)from, RECORDER_OFF), from != RECORDER_OFF);
    }
}

/* Who left while the last of it was written was told to the worker for a recording without a name. */
static void test_recorder_tells_nothing_to_a_tap_that_is_closing(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    start(&scene);
    size_t before = bench_asked_count(scene.bench, 0, "tap.event");
    bench_worker_stop(scene.bench, 0);
    record(scene.lan, "stop");
    client_say(scene.lan, json_pack("{s:s}", "type", "leave"));
    bench_worker_continue(scene.bench, 0);
    bench_settle(scene.bench);
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.close"), 1);
    assert_int_equal(bench_asked_count(scene.bench, 0, "tap.event"), before + 1); /* that it was stopped */
    bench_destroy(scene.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorder_moves_only_as_allowed),
        cmocka_unit_test(test_recorder_starts_when_all_have_agreed),
        cmocka_unit_test(test_recorder_one_no_ends_the_question),
        cmocka_unit_test(test_recorder_who_comes_later_is_asked_and_not_journaled),
        cmocka_unit_test(test_recorder_withdrawal_cuts_at_once_and_is_told),
        cmocka_unit_test(test_recorder_goes_on_with_the_next_segment_on_another_worker),
        cmocka_unit_test(test_recorder_survives_a_restarted_server),
        cmocka_unit_test(test_recorder_reload_keeps_consent),
        cmocka_unit_test(test_recorder_patient_may_not_start),
        cmocka_unit_test(test_recorder_patients_word_is_kept_beside_ones_own),
        cmocka_unit_test(test_recorder_failed_journal_gets_a_new_segment),
        cmocka_unit_test(test_recorder_tells_nothing_to_a_tap_that_is_closing),
        cmocka_unit_test(test_recorder_end_of_consultation_ends_it),
        cmocka_unit_test(test_recorder_events_are_journaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

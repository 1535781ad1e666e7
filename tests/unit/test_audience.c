/* Who gets whose picture and voice: consents, side talk, the interpreter's channel. Looked at from each one's slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"

struct scene {
    struct bench *bench;
    struct client *lan, *minh, *hoa; /* doctor, host, specialist */
};

static struct scene scene_create(void)
{
    struct scene scene = {.bench = bench_create(1)};
    scene.lan = client_come(scene.bench, "lan");
    scene.minh = client_come(scene.bench, "minh");
    scene.hoa = client_come(scene.bench, "hoa");
    return scene;
}

static bool sees(const struct client *client, const char *id)
{
    return client_slot_of(client, id, "video") != NULL;
}

static bool hears(const struct client *client, const char *id)
{
    return client_slot_of(client, id, "audio") != NULL;
}

static void say(struct client *client, const char *purpose, int granted, int for_patient)
{
    client_say(client, json_pack("{s:s, s:i, s:s, s:b, s:b}", "type", "consent", "id", 31, "purpose", purpose,
                                 "granted", granted, "for_patient", for_patient));
}

static size_t tapped(struct bench *bench)
{
    return json_array_size(json_object_get(bench_asked(bench, 0, "tap.tracks", 0), "tracks"));
}

static void record(struct scene *scene)
{
    client_say(scene->minh, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 30, "action", "start"));
    say(scene->lan, "record", 1, 0);
    say(scene->minh, "record", 1, 0);
    say(scene->hoa, "record", 1, 0);
}

static const char *recording_state(const struct client *client)
{
    return text_in(json_object_get(client_heard(client, "recording"), "recording"), "state");
}

/* What `client` was last told that somebody said; -1: nothing. */
static int told_word(const struct client *client, const char *who, const char *purpose, int for_patient)
{
    const json_t *message = client_heard(client, "consents");
    size_t i;
    json_t *word;
    json_array_foreach(json_object_get(message, "consents"), i,
                       word) if (strcmp(text_in(word, "participant"), who) == 0 &&
                                 strcmp(text_in(word, "purpose"), purpose) == 0 &&
                                 json_is_true(json_object_get(word, "for_patient")) ==
                                     for_patient) return json_is_true(json_object_get(word, "granted"));
    return -1;
}

/* ---- observers ---- */

static void test_audience_observers_lose_who_withdraws_and_nobody_else(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *watcher = client_come_as(scene.bench, "watcher", "observer");
    assert_true(sees(watcher, "lan") && hears(watcher, "lan"));
    say(scene.lan, "observers", 0, 0);
    assert_false(sees(watcher, "lan") || hears(watcher, "lan"));
    assert_true(sees(watcher, "minh"));
    assert_true(sees(scene.minh, "lan"));
    assert_string_equal(text_in(bench_said(scene.bench, "consent"), "purpose"), "observers");
    assert_int_equal(told_word(scene.hoa, "lan", "observers", 0), 0);
    say(scene.lan, "observers", 1, 0);
    assert_true(sees(watcher, "lan") && hears(watcher, "lan"));
    say(scene.lan, "observers", 0, 1); /* the patient beside says no */
    assert_false(sees(watcher, "lan"));
    say(scene.lan, "observers", 1, 0); /* the doctor's yes does not outweigh it */
    assert_false(sees(watcher, "lan"));
    bench_destroy(scene.bench);
}

static void test_audience_a_patient_is_observed_only_after_a_yes(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *patient = client_come_as(scene.bench, "patient", "patient"),
                  *watcher = client_come_as(scene.bench, "watcher", "observer");
    assert_true(sees(scene.hoa, "patient"));
    assert_false(sees(watcher, "patient") || hears(watcher, "patient"));
    say(patient, "observers", 1, 0);
    assert_true(sees(watcher, "patient") && hears(watcher, "patient"));
    bench_destroy(scene.bench);
}

/* ---- taking part ---- */

static void test_audience_who_no_longer_takes_part_leaves(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *patient = client_come_as(scene.bench, "patient", "patient");
    say(patient, "take-part", 0, 0);
    assert_string_equal(text_in(client_heard(patient, "ended"), "reason"), "withdrawn");
    assert_true(patient->closed);
    assert_string_equal(text_in(client_heard(scene.lan, "gone"), "participant"), "patient");
    assert_false(sees(scene.lan, "patient"));
    const json_t *said = bench_said(scene.bench, "consent");
    assert_string_equal(text_in(said, "purpose"), "take-part");
    assert_true(json_is_false(json_object_get(said, "granted")));
    bench_destroy(scene.bench);
}

static bool held(const struct client *client, const char *id)
{
    const json_t *person = json_object_get(client_heard(client, "participant"), "participant");
    assert_string_equal(text_in(person, "id"), id);
    return json_is_true(json_object_get(person, "held"));
}

static void test_audience_a_patient_beside_holds_the_whole_seat_back(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    record(&scene);
    assert_int_equal(tapped(scene.bench), 6);
    say(scene.lan, "take-part", 0, 1);
    assert_false(sees(scene.hoa, "lan") || hears(scene.hoa, "lan"));
    assert_true(held(scene.hoa, "lan"));
    assert_true(sees(scene.lan, "hoa")); /* the doctor is still in */
    assert_int_equal(tapped(scene.bench), 4);
    client_say(scene.lan, json_pack("{s:s, s:i, s:s, s:b, s:b, s:b}", "type", "consent", "id", 32, "purpose",
                                    "take-part", "granted", 0, "for_patient", 1, "patient_left", 1));
    assert_true(sees(scene.hoa, "lan") && hears(scene.hoa, "lan"));
    assert_false(held(scene.hoa, "lan"));
    assert_int_equal(tapped(scene.bench), 6);
    bench_destroy(scene.bench);
}

/* ---- recording ---- */

static void test_audience_a_patients_no_to_recording_stands_against_the_doctors_yes(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    record(&scene);
    say(scene.lan, "record", 0, 1);
    assert_int_equal(tapped(scene.bench), 4);
    say(scene.lan, "record", 1, 0);
    assert_int_equal(tapped(scene.bench), 4);
    say(scene.lan, "record", 1, 1);
    assert_int_equal(tapped(scene.bench), 6);
    bench_destroy(scene.bench);
}

static void test_audience_a_patients_no_is_not_forgotten_by_the_next_question(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    client_say(scene.minh, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 30, "action", "start"));
    say(scene.lan, "record", 0, 1);
    assert_string_equal(recording_state(scene.minh), "off");
    record(&scene);
    assert_string_equal(recording_state(scene.minh), "off");
    client_say(scene.minh, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 30, "action", "start"));
    say(scene.minh, "record", 1, 0);
    say(scene.hoa, "record", 1, 0);
    say(scene.lan, "record", 1, 1);
    assert_string_equal(recording_state(scene.minh), "asking");
    say(scene.lan, "record", 1, 0);
    assert_string_equal(recording_state(scene.minh), "on");
    bench_destroy(scene.bench);
}

/* ---- side talk ---- */

static void side(struct client *client, const char *action, const char *with)
{
    json_t *message = json_pack("{s:s, s:i, s:s}", "type", "side", "id", 40, "action", action);
    if (with)
        json_object_set_new(message, "participants", json_pack("[s]", with));
    client_forget(client);
    client_say(client, message);
}

static size_t apart(const struct client *client)
{
    return json_array_size(json_object_get(client_heard(client, "side"), "participants"));
}

/** The journal's last event. */
static const json_t *journaled(const struct scene *scene, const char *event, const char *participant)
{
    const json_t *last = json_object_get(bench_asked(scene->bench, 0, "tap.event", 0), "event");
    assert_string_equal(text_in(last, "event"), event);
    assert_string_equal(text_in(last, "participant"), participant);
    return last;
}

static void test_side_talk_reaches_no_one_else_and_all_are_told(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *patient = client_come_as(scene.bench, "patient", "patient");
    record(&scene);
    say(patient, "record", 1, 0);
    assert_int_equal(tapped(scene.bench), 8);
    side(scene.hoa, "start", "minh");
    assert_int_equal(apart(patient), 2);
    assert_int_equal(apart(scene.minh), 2);
    assert_false(sees(patient, "hoa") || hears(patient, "hoa") || sees(patient, "minh") || hears(patient, "minh"));
    assert_false(hears(scene.lan, "hoa")); /* the clinic's doctor sits beside the patient */
    assert_true(hears(scene.minh, "hoa"));
    assert_true(sees(scene.minh, "patient")); /* they still watch over the patient */
    assert_int_equal(tapped(scene.bench), 4);
    journaled(&scene, "side-talk", "minh");
    side(scene.minh, "stop", NULL);
    journaled(&scene, "side-talk-end", "minh");
    assert_int_equal(apart(patient), 0);
    assert_true(sees(patient, "hoa") && hears(patient, "minh"));
    assert_int_equal(tapped(scene.bench), 8);
    bench_destroy(scene.bench);
}

static void test_side_talk_is_for_doctors_who_are_in(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *patient = client_come_as(scene.bench, "patient", "patient");
    side(scene.hoa, "start", "patient");
    assert_string_equal(text_in(client_heard(scene.hoa, "error"), "code"), "not_allowed");
    side(patient, "start", "hoa");
    assert_string_equal(text_in(client_heard(patient, "error"), "code"), "not_allowed");
    side(scene.hoa, "start", "nobody");
    assert_string_equal(text_in(client_heard(scene.hoa, "error"), "code"), "not_found");
    side(scene.hoa, "start", "hoa");
    assert_string_equal(text_in(client_heard(scene.hoa, "error"), "code"), "bad_message");
    assert_null(client_heard(patient, "side"));
    side(scene.hoa, "start", "minh");
    side(scene.lan, "stop", NULL); /* neither apart nor host */
    assert_string_equal(text_in(client_heard(scene.lan, "error"), "code"), "not_allowed");
    client_say(scene.minh, json_pack("{s:s}", "type", "leave"));
    assert_int_equal(apart(patient), 0); /* one alone does not talk */
    assert_true(hears(patient, "hoa"));
    bench_destroy(scene.bench);
}

static void test_side_talk_and_refusals_outlive_this_process(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    say(scene.lan, "take-part", 0, 1);
    side(scene.hoa, "start", "minh");
    scene.lan->peer = scene.minh->peer = scene.hoa->peer = NULL;
    bench_restart(scene.bench);
    struct client *patient = client_come_as(scene.bench, "patient", "patient");
    assert_false(sees(patient, "lan") || hears(patient, "hoa") || hears(patient, "minh"));
    const json_t *side_state = json_object_get(client_heard(patient, "joined"), "side");
    assert_int_equal(json_array_size(json_object_get(side_state, "participants")), 2);
    bench_destroy(scene.bench);
}

/* ---- the interpreter's channel ---- */

static void channel(struct client *client, const char *speaks, const char *listens)
{
    json_t *message = json_pack("{s:s}", "type", "state");
    if (speaks)
        json_object_set_new(message, "speaks", json_string(speaks));
    if (listens)
        json_object_set_new(message, "listens", json_string(listens));
    client_say(client, message);
}

static void test_interpreter_is_heard_by_those_who_chose_it(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *interpreter = client_come_as(scene.bench, "mai", "interpreter"),
                  *patient = client_come_as(scene.bench, "patient", "patient");
    assert_true(hears(scene.lan, "mai")); /* until the channel is opened they are one of all */
    channel(interpreter, "interpreter", NULL);
    assert_false(hears(scene.lan, "mai") || hears(patient, "mai"));
    assert_true(sees(scene.lan, "mai"));
    channel(patient, NULL, "interpreter");
    assert_true(hears(patient, "mai"));
    assert_true(hears(patient, "lan")); /* the original goes on, ducked by the page */
    assert_false(hears(scene.lan, "mai"));
    assert_true(hears(interpreter, "lan") && hears(interpreter, "patient"));
    channel(scene.lan, "interpreter", NULL); /* no interpreter: it stays on the floor */
    assert_true(hears(scene.hoa, "lan"));
    channel(patient, NULL, "floor");
    assert_false(hears(patient, "mai"));
    bench_destroy(scene.bench);
}

/** The film leaves out what was not said to all, so the journal must know it, also from its beginning. */
static void test_interpreter_channel_is_journaled(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *interpreter = client_come_as(scene.bench, "mai", "interpreter");
    channel(interpreter, "interpreter", NULL);
    record(&scene);
    say(interpreter, "record", 1, 0);
    bool told = false;
    for (int i = 0; bench_asked(scene.bench, 0, "tap.event", i); i++) {
        const json_t *event = json_object_get(bench_asked(scene.bench, 0, "tap.event", i), "event");
        told |= strcmp(text_in(event, "event"), "channel") == 0 && strcmp(text_in(event, "participant"), "mai") == 0;
    }
    assert_true(told);
    channel(interpreter, "floor", NULL);
    assert_string_equal(text_in(journaled(&scene, "channel", "mai"), "channel"), "floor");
    bench_destroy(scene.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audience_observers_lose_who_withdraws_and_nobody_else),
        cmocka_unit_test(test_audience_a_patient_is_observed_only_after_a_yes),
        cmocka_unit_test(test_audience_who_no_longer_takes_part_leaves),
        cmocka_unit_test(test_audience_a_patient_beside_holds_the_whole_seat_back),
        cmocka_unit_test(test_audience_a_patients_no_to_recording_stands_against_the_doctors_yes),
        cmocka_unit_test(test_audience_a_patients_no_is_not_forgotten_by_the_next_question),
        cmocka_unit_test(test_side_talk_reaches_no_one_else_and_all_are_told),
        cmocka_unit_test(test_side_talk_is_for_doctors_who_are_in),
        cmocka_unit_test(test_side_talk_and_refusals_outlive_this_process),
        cmocka_unit_test(test_interpreter_is_heard_by_those_who_chose_it),
        cmocka_unit_test(test_interpreter_channel_is_journaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

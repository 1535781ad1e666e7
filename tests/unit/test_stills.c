/* Stills and marks in a room: who may, when, what is asked of whom, and what everybody sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/core.h"
#include "signaling/marks.h"
#include "signaling/stills.h"

struct scene {
    struct bench *bench;
    struct client *lan, *minh; /* a doctor with a camera, and the host */
    char still[ID_SIZE];
};

static struct scene scene_create(void)
{
    struct scene scene = {.bench = bench_create(1)};
    scene.lan = client_come(scene.bench, "lan");
    scene.minh = client_join(scene.bench, "minh");
    return scene;
}

static void ask(struct client *client, const char *participant, const char *source)
{
    client_say(client, json_pack("{s:s, s:i, s:s, s:s}", "type", "still", "id", 40, "participant", participant,
                                 "source", source));
}

static void consent(struct client *client, int granted, int for_patient)
{
    client_say(client, json_pack("{s:s, s:i, s:s, s:b, s:b}", "type", "consent", "id", 41, "purpose", "photographs",
                                 "granted", granted, "for_patient", for_patient));
}

static const char *of_still(const struct client *client, const char *field)
{
    return text_in(json_object_get(client_heard(client, "still"), "still"), field);
}

/* "/9j/" is how every JPEG begins in base64. */
static void taken(struct client *client, const char *thumbnail)
{
    client_say(client, json_pack("{s:s, s:i, s:s, s:i, s:i, s:s}", "type", "still.taken", "id", 42, "still",
                                 of_still(client, "id"), "width", 1920, "height", 1080, "thumbnail", thumbnail));
}

/* A still of lan's camera that was taken; its id. */
static const char *take(struct scene *scene)
{
    consent(scene->lan, 1, 0);
    ask(scene->minh, "lan", "camera");
    taken(scene->lan, "/9j/4AAQSkZJRg==");
    g_strlcpy(scene->still, of_still(scene->minh, "id"), sizeof scene->still);
    return scene->still;
}

static const char *error_code(const struct client *client)
{
    return text_in(client_heard(client, "error"), "code");
}

static void test_stills_no_picture_before_consent(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    ask(scene.minh, "lan", "camera");
    assert_string_equal(of_still(scene.lan, "state"), "asking");
    taken(scene.lan, "/9j/4AAQSkZJRg==");
    assert_int_equal(bench_said_count(scene.bench, "still"), 0);
    consent(scene.lan, 1, 1); /* the patient's yes alone does not do */
    assert_string_equal(of_still(scene.lan, "state"), "asking");
    consent(scene.lan, 1, 0);
    assert_string_equal(of_still(scene.lan, "state"), "asked");
    client_forget(scene.lan);
    ask(scene.minh, "lan", "camera"); /* asked once a person */
    assert_string_equal(of_still(scene.lan, "state"), "asked");
    bench_destroy(scene.bench);
}

static void test_stills_thumbnail_reaches_all_once_it_is_kept(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    const char *id = take(&scene);
    assert_string_equal(of_still(scene.minh, "state"), "taken");
    assert_string_equal(text_in(client_heard(scene.minh, "still"), "thumbnail"), "/9j/4AAQSkZJRg==");
    assert_string_equal(text_in(bench_said(scene.bench, "still"), "requested_by"), "minh");
    assert_int_equal(json_integer_value(json_object_get(bench_said(scene.bench, "still"), "size")), 10);
    json_t *news = json_pack("{s:s, s:s, s:s, s:i}", "id", id, "kind", "still", "state", "ready", "size", 5000);
    signaling_file(scene.bench->signaling,
                   text_in(json_object_get(client_heard(scene.lan, "joined"), "consultation"), "id"), news);
    json_decref(news);
    assert_string_equal(of_still(scene.minh, "state"), "ready");
    bench_destroy(scene.bench);
}

static void test_stills_that_cannot_be_kept_fail(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    scene.bench->still_problem = "internal";
    take(&scene);
    assert_string_equal(of_still(scene.minh, "state"), "failed");
    assert_string_equal(error_code(scene.lan), "internal");
    bench_destroy(scene.bench);
}

static void test_stills_a_no_ends_what_is_asked_and_is_remembered(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    ask(scene.minh, "lan", "camera");
    consent(scene.lan, 0, 0);
    assert_string_equal(of_still(scene.minh, "reason"), "declined");
    ask(scene.minh, "lan", "camera");
    assert_string_equal(error_code(scene.minh), "no_consent");
    consent(scene.lan, 1, 0);
    ask(scene.minh, "lan", "camera");
    assert_string_equal(of_still(scene.lan, "state"), "asked");
    consent(scene.lan, 0, 1); /* the patient's no, while the camera works */
    assert_string_equal(of_still(scene.lan, "state"), "failed");
    taken(scene.lan, "/9j/4AAQSkZJRg==");
    assert_int_equal(bench_said_count(scene.bench, "still"), 0);
    bench_destroy(scene.bench);
}

static void test_stills_only_who_may_asks_and_only_the_owner_answers(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    bench_person(scene.bench, "hoa", "patient");
    struct client *hoa = client_join(scene.bench, "hoa");
    ask(hoa, "lan", "camera");
    assert_string_equal(error_code(hoa), "not_allowed");
    ask(scene.minh, "lan", "ultrasound"); /* sends no such thing */
    assert_string_equal(error_code(scene.minh), "not_found");
    consent(scene.lan, 1, 0);
    ask(scene.minh, "lan", "camera");
    taken(scene.minh, "/9j/4AAQSkZJRg==");
    assert_string_equal(error_code(scene.minh), "not_found");
    taken(scene.lan, "iVBORw0KGgo="); /* no JPEG */
    assert_string_equal(error_code(scene.lan), "bad_message");
    bench_destroy(scene.bench);
}

static void test_stills_wait_for_nobody_who_has_gone(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    consent(scene.lan, 1, 0);
    ask(scene.minh, "lan", "camera");
    signaling_tick(scene.bench->signaling, core_uptime_s() + STILLS_ASKED_MAX_S + 1);
    assert_string_equal(of_still(scene.minh, "reason"), "timeout");
    ask(scene.minh, "lan", "camera");
    client_say(scene.lan, json_pack("{s:s}", "type", "leave"));
    signaling_tick(scene.bench->signaling, core_uptime_s());
    assert_string_equal(of_still(scene.minh, "reason"), "left");
    bench_destroy(scene.bench);
}

/* ---- marks ---- */

static void draw(struct client *client, const char *still, const char *mark, const char *kind, json_t *points)
{
    client_say(client, json_pack("{s:s, s:s, s:s, s:s, s:o}", "type", "mark", "still", still, "mark", mark, "kind",
                                 kind, "points", points));
}

static json_t *stills_of_newcomer(struct scene *scene, struct client **newcomer)
{
    bench_person(scene->bench, "son", "specialist");
    *newcomer = client_join(scene->bench, "son");
    return json_array_get(json_object_get(client_heard(*newcomer, "stills"), "stills"), 0);
}

static void test_marks_are_seen_redrawn_and_kept(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    const char *id = take(&scene);
    draw(scene.minh, id, "m1", "pen", json_pack("[i,i]", 1, 2));
    draw(scene.minh, id, "m1", "pen", json_pack("[i,i,i,i]", 1, 2, 3, 4)); /* the same line, longer */
    json_t *mark = json_object_get(client_heard(scene.lan, "mark"), "mark");
    assert_string_equal(text_in(mark, "participant"), "minh");
    assert_int_equal(json_array_size(json_object_get(mark, "points")), 4);
    signaling_tick(scene.bench->signaling, core_uptime_s());
    json_t *drawn = json_object_get(bench_said(scene.bench, "still_marks"), "drawn");
    assert_int_equal(json_array_size(json_object_get(drawn, "marks")), 1);
    struct client *son;
    json_t *still = stills_of_newcomer(&scene, &son);
    assert_int_equal(json_array_size(json_object_get(still, "marks")), 1);
    bench_destroy(scene.bench);
}

static void test_marks_of_others_stay(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    const char *id = take(&scene);
    draw(scene.minh, id, "m1", "arrow", json_pack("[i,i,i,i]", 1, 2, 3, 4));
    draw(scene.lan, id, "m1", "arrow", json_pack("[i,i,i,i]", 9, 9, 9, 9));
    assert_string_equal(error_code(scene.lan), "not_allowed");
    client_forget(scene.lan);
    client_say(scene.lan, json_pack("{s:s, s:s, s:s}", "type", "mark.remove", "still", id, "mark", "m1"));
    assert_string_equal(error_code(scene.lan), "not_allowed");
    client_say(scene.minh, json_pack("{s:s, s:s, s:s}", "type", "mark.remove", "still", id, "mark", "m1"));
    assert_string_equal(text_in(client_heard(scene.lan, "mark.gone"), "mark"), "m1");
    draw(scene.lan, id, "m2", "ellipse", json_pack("[i,i,i,i]", 1, 1, 2, 2));
    client_say(scene.minh, json_pack("{s:s, s:s}", "type", "mark.remove", "still", id)); /* all of them */
    struct client *son;
    json_t *still = stills_of_newcomer(&scene, &son);
    assert_int_equal(json_array_size(json_object_get(still, "marks")), 0);
    bench_destroy(scene.bench);
}

static void test_marks_are_bounded(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    const char *id = take(&scene);
    draw(scene.minh, id, "m1", "arrow", json_pack("[i,i]", 1, 2)); /* half an arrow */
    assert_string_equal(error_code(scene.minh), "bad_message");
    client_forget(scene.minh);
    draw(scene.minh, id, "m1", "text", json_pack("[i,i]", 1, 2)); /* no words */
    assert_string_equal(error_code(scene.minh), "bad_message");
    client_forget(scene.minh);
    draw(scene.minh, "no-such-still", "m1", "pen", json_pack("[i,i]", 1, 2));
    assert_string_equal(error_code(scene.minh), "not_found");
    bench_destroy(scene.bench);
}

static void test_marks_pointers_are_shown_and_not_kept(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    bench_person(scene.bench, "hoa", "patient");
    bench_person(scene.bench, "tra", "observer");
    struct client *hoa = client_join(scene.bench, "hoa"), *tra = client_join(scene.bench, "tra");
    const char *id = take(&scene);
    client_say(hoa,
               json_pack("{s:s, s:s, s:i, s:i}", "type", "pointer", "still", id, "x", 7, "y", 8)); /* here it hurts */
    json_t *pointer = client_heard(scene.minh, "pointer");
    assert_string_equal(text_in(pointer, "participant"), "hoa");
    assert_int_equal(json_integer_value(json_object_get(pointer, "x")), 7);
    client_say(hoa, json_pack("{s:s, s:s}", "type", "pointer", "still", id));
    assert_null(json_object_get(client_heard(scene.minh, "pointer"), "x"));
    client_say(tra, json_pack("{s:s, s:s, s:i, s:i}", "type", "pointer", "still", id, "x", 7, "y", 8));
    assert_string_equal(error_code(tra), "not_allowed");
    signaling_tick(scene.bench->signaling, core_uptime_s());
    assert_int_equal(bench_said_count(scene.bench, "still_marks"), 0);
    bench_destroy(scene.bench);
}

static void test_stills_scale_is_told_with_its_source_and_kept(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    const char *id = take(&scene);
    client_say(scene.minh, json_pack("{s:s, s:i, s:s, s:[i,i,i,i], s:i, s:s}", "type", "still.scale", "id", 43, "still",
                                     id, "points", 0, 0, 100, 0, "length_um", 10000, "against", "ruler"));
    json_t *scale = json_object_get(json_object_get(client_heard(scene.lan, "still"), "still"), "calibration");
    assert_string_equal(text_in(scale, "against"), "ruler");
    signaling_tick(scene.bench->signaling, core_uptime_s());
    json_t *drawn = json_object_get(bench_said(scene.bench, "still_marks"), "drawn");
    assert_non_null(json_object_get(drawn, "calibration"));
    bench_destroy(scene.bench);
}

/* ---- after a restart, and the chat ---- */

static void test_stills_of_before_and_the_consent_are_known_again(void **state)
{
    struct bench *bench = *state;
    bench->known = json_pack("{s:[{s:s, s:b, s:b}], s:[{s:s, s:s, s:s, s:s, s:s, s:[]}]}", "consents", "purpose",
                             "photographs", "granted", 1, "for_patient", 0, "stills", "id", "old", "state", "ready",
                             "participant", "lan", "source", "camera", "at", "2026-11-22T14:02:00Z", "marks");
    struct client *lan = client_join(bench, "lan");
    json_t *told = client_heard(lan, "stills");
    assert_true(json_is_true(json_object_get(told, "consent")));
    assert_string_equal(text_in(json_array_get(json_object_get(told, "stills"), 0), "id"), "old");
    draw(lan, "old", "m1", "pen", json_pack("[i,i]", 1, 2));
    assert_non_null(client_heard(lan, "mark"));
    client_close(lan);
    json_decref(bench->known);
    bench->known = NULL;
}

/** Whose patient said no is not photographed after a reload either, though the doctor said yes later. */
static void test_stills_a_patients_no_stands_after_a_reload(void **state)
{
    struct bench *bench = *state;
    bench->known = json_pack("{s:[{s:s, s:b, s:b}, {s:s, s:b, s:b}]}", "consents", "purpose", "photographs", "granted",
                             0, "for_patient", 1, "purpose", "photographs", "granted", 1, "for_patient", 0);
    struct client *lan = client_join(bench, "lan");
    assert_true(json_is_false(json_object_get(client_heard(lan, "stills"), "consent")));
    client_close(lan);
    json_decref(bench->known);
    bench->known = NULL;
}

static void test_chat_shows_a_file_that_has_come(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    json_t *news = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "id", "f1", "kind", "chat", "state", "ready",
                             "participant", "lan", "participant_name", "BS. Lan", "name", "phim.pdf", "content",
                             "application/pdf", "size", 5000);
    signaling_file(scene.bench->signaling,
                   text_in(json_object_get(client_heard(scene.lan, "joined"), "consultation"), "id"), news);
    json_decref(news);
    json_t *line = client_heard(scene.minh, "chat");
    assert_string_equal(text_in(line, "name"), "BS. Lan");
    assert_string_equal(text_in(json_object_get(line, "file"), "name"), "phim.pdf");
    bench_destroy(scene.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stills_no_picture_before_consent),
        cmocka_unit_test(test_stills_thumbnail_reaches_all_once_it_is_kept),
        cmocka_unit_test(test_stills_that_cannot_be_kept_fail),
        cmocka_unit_test(test_stills_a_no_ends_what_is_asked_and_is_remembered),
        cmocka_unit_test(test_stills_only_who_may_asks_and_only_the_owner_answers),
        cmocka_unit_test(test_stills_wait_for_nobody_who_has_gone),
        cmocka_unit_test(test_marks_are_seen_redrawn_and_kept),
        cmocka_unit_test(test_marks_of_others_stay),
        cmocka_unit_test(test_marks_are_bounded),
        cmocka_unit_test(test_marks_pointers_are_shown_and_not_kept),
        cmocka_unit_test(test_stills_scale_is_told_with_its_source_and_kept),
        BENCH_OF_ONE(test_stills_of_before_and_the_consent_are_known_again),
        BENCH_OF_ONE(test_stills_a_patients_no_stands_after_a_reload),
        cmocka_unit_test(test_chat_shows_a_file_that_has_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

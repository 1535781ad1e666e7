/* What a seat's sources and cameras are asked for from afar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/core.h"
#include "signaling/seat.h"

struct scene {
    struct bench *bench;
    struct client *lan, *hoa; /* the clinic's doctor with the cameras, the specialist */
};

static struct scene scene_create(void)
{
    struct scene scene = {.bench = bench_create(1)};
    scene.lan = client_come(scene.bench, "lan");
    scene.hoa = client_come(scene.bench, "hoa");
    client_say(scene.lan,
               json_pack("{s:s, s:[{s:s, s:s}], s:[{s:s, s:b, s:b}]}", "type", "state", "offers", "source",
                         "dermatoscope", "label", "Máy soi da", "cameras", "source", "camera", "pan", 1, "zoom", 1));
    return scene;
}

static const json_t *lan_as_seen_by(const struct client *client)
{
    const json_t *found = NULL, *message;
    size_t i;
    json_array_foreach(client->heard, i, message)
    {
        const json_t *person = json_object_get(message, "participant");
        if (strcmp(text_in(message, "type"), "participant") == 0 && strcmp(text_in(person, "id"), "lan") == 0)
            found = person;
    }
    return found;
}

static const char *error_of(const struct client *client)
{
    return text_in(client_heard(client, "error"), "code");
}

static void ask(struct client *by, const char *type, const char *of, const char *source, json_t *more)
{
    json_t *message = json_pack("{s:s, s:i, s:s, s:s}", "type", type, "id", 9, "participant", of, "source", source);
    if (more)
        json_object_update_new(message, more);
    client_forget(by);
    client_say(by, message);
}

static void test_seat_offers_are_shown_and_asked_for(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    const json_t *offer = json_array_get(json_object_get(lan_as_seen_by(scene.hoa), "offers"), 0);
    assert_string_equal(text_in(offer, "label"), "Máy soi da");
    ask(scene.hoa, "source.ask", "lan", "dermatoscope", json_pack("{s:s}", "action", "start"));
    assert_non_null(client_heard(scene.hoa, "ok"));
    const json_t *asked = client_heard(scene.lan, "source.asked");
    assert_string_equal(text_in(asked, "by"), "hoa");
    assert_string_equal(text_in(asked, "source"), "dermatoscope");
    assert_string_equal(text_in(asked, "action"), "start");
    assert_string_equal(text_in(bench_said(scene.bench, "audit"), "action"), "room.source");
    ask(scene.lan, "source.decline", "hoa", "dermatoscope", NULL);
    assert_string_equal(text_in(client_heard(scene.hoa, "source.declined"), "by"), "lan");
    ask(scene.hoa, "source.ask", "nobody", "dermatoscope", json_pack("{s:s}", "action", "start"));
    assert_string_equal(error_of(scene.hoa), "not_found");
    bench_person(scene.bench, "patient", "patient");
    struct client *patient = client_join(scene.bench, "patient");
    ask(patient, "source.ask", "lan", "dermatoscope", json_pack("{s:s}", "action", "start"));
    assert_string_equal(error_of(patient), "not_allowed");
    bench_destroy(scene.bench);
}

static void move(struct client *by, int pan)
{
    ask(by, "camera.move", "lan", "camera", json_pack("{s:i, s:b}", "pan", pan, "relative", 1));
}

static const char *hand(const struct client *seen_by)
{
    const json_t *cameras = json_object_get(lan_as_seen_by(seen_by), "cameras");
    return text_in(json_array_get(cameras, 0), "hand");
}

static void test_seat_camera_has_one_hand_at_a_time(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    struct client *minh = client_come(scene.bench, "minh");
    move(scene.hoa, 50);
    assert_int_equal(json_integer_value(json_object_get(client_heard(scene.lan, "camera.moved"), "pan")), 50);
    assert_true(json_is_true(json_object_get(client_heard(scene.lan, "camera.moved"), "relative")));
    assert_string_equal(hand(minh), "hoa");
    client_forget(scene.lan);
    move(minh, 50);
    assert_string_equal(error_of(minh), "busy");
    assert_null(client_heard(scene.lan, "camera.moved"));
    ask(scene.hoa, "camera.release", "lan", "camera", NULL);
    move(minh, -50);
    assert_string_equal(hand(minh), "minh");
    signaling_tick(scene.bench->signaling, core_uptime_s() + SEAT_HAND_S + 2); /* nobody has turned it for long */
    assert_string_equal(hand(minh), "");
    ask(scene.hoa, "camera.move", "lan", "room", json_pack("{s:i}", "pan", 0));
    assert_string_equal(error_of(scene.hoa), "not_found");
    bench_destroy(scene.bench);
}

static void test_seat_camera_is_turned_by_doctors_and_not_in_a_flood(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    bench_person(scene.bench, "patient", "patient");
    struct client *patient = client_join(scene.bench, "patient");
    move(patient, 50);
    assert_string_equal(error_of(patient), "not_allowed");
    static const char STEP[] =
        "{\"type\":\"camera.move\",\"id\":9,\"participant\":\"lan\",\"source\":\"camera\",\"pan\":1}";
    for (int i = 0; i < 20; i++)
        signaling_peer_message(scene.hoa->peer, STEP, strlen(STEP));
    bench_settle(scene.bench);
    assert_string_equal(error_of(scene.hoa), "too_many");
    assert_true(client_heard_count(scene.lan, "camera.moved") < 10);
    bench_destroy(scene.bench);
}

static void test_seat_presets_are_the_seats(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    ask(scene.hoa, "camera.preset", "lan", "camera", json_pack("{s:s, s:s}", "action", "save", "name", "Giường"));
    const json_t *asked = client_heard(scene.lan, "camera.preset.asked");
    assert_string_equal(text_in(asked, "name"), "Giường");
    assert_string_equal(text_in(asked, "action"), "save");
    client_say(scene.lan, json_pack("{s:s, s:[{s:s, s:b, s:[{s:s}]}]}", "type", "state", "cameras", "source", "camera",
                                    "pan", 1, "presets", "name", "Giường"));
    const json_t *camera = json_array_get(json_object_get(lan_as_seen_by(scene.hoa), "cameras"), 0);
    assert_int_equal(json_array_size(json_object_get(camera, "presets")), 1);
    assert_string_equal(text_in(camera, "hand"), "hoa"); /* as before the cameras were told anew */
    bench_destroy(scene.bench);
}

static void view(struct client *viewer, const char *source, int pinned)
{
    client_say(viewer, json_pack("{s:s, s:[{s:s, s:s, s:i, s:i, s:b}]}", "type", "view", "items", "participant", "lan",
                                 "source", source, "width", 1280, "height", 720, "pinned", pinned));
}

static void on_encoder(void *arg, const struct http_answer *answer)
{
    assert_int_equal(answer->status, 201);
    *(bool *)arg = true;
}

/* An encoder beside the page: the same seat's second picture. */
static void add_encoder(struct bench *bench)
{
    char *sdp = NULL, *ticket = bench_ticket("join", "lan", NULL, 60);
    bool answered = false;
    assert_true(g_file_get_contents("tests/vectors/sdp/chromium-whip.sdp", &sdp, NULL, NULL));
    const struct http_offer offer = {.consultation = "consult1", .ticket = ticket, .sdp = sdp};
    signaling_http_offer(bench->signaling, &offer, on_encoder, &answered);
    bench_settle(bench);
    assert_true(answered);
    free(ticket);
    g_free(sdp);
}

/* Only a seat that sends several pictures has something to choose. */
static void test_seat_is_told_which_picture_is_examined(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    view(scene.hoa, "camera", 1);
    assert_null(client_heard(scene.lan, "focus"));
    add_encoder(scene.bench);
    assert_string_equal(text_in(client_heard(scene.lan, "focus"), "source"), "camera");
    view(scene.hoa, "camera", 0);
    assert_true(json_is_null(json_object_get(client_heard(scene.lan, "focus"), "source")));
    assert_int_equal(client_heard_count(scene.lan, "focus"), 2);
    bench_destroy(scene.bench);
}

/* The word may have been lost with the socket: the picture that is examined went on small. */
static void test_seat_focus_is_told_anew_on_a_new_socket(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    add_encoder(scene.bench);
    view(scene.hoa, "camera", 1);
    char *token = g_strdup(text_in(client_heard(scene.lan, "joined"), "token"));
    client_close(scene.lan);
    struct client *again = client_open(scene.bench);
    client_say(again, json_pack("{s:s, s:i, s:s}", "type", "resume", "id", 1, "token", token));
    bench_settle(scene.bench);
    assert_string_equal(text_in(client_heard(again, "focus"), "source"), "camera");
    assert_int_equal(client_heard_count(again, "focus"), 1);
    g_free(token);
    bench_destroy(scene.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seat_offers_are_shown_and_asked_for),
        cmocka_unit_test(test_seat_camera_has_one_hand_at_a_time),
        cmocka_unit_test(test_seat_camera_is_turned_by_doctors_and_not_in_a_flood),
        cmocka_unit_test(test_seat_presets_are_the_seats),
        cmocka_unit_test(test_seat_is_told_which_picture_is_examined),
        cmocka_unit_test(test_seat_focus_is_told_anew_on_a_new_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

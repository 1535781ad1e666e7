/* What a page is told of how large its pictures are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/core.h"
#include "signaling/wanted.h"

struct scene {
    struct bench *bench;
    struct client *lan, *hoa, *minh; /* who is shown, and two who look */
};

static void show(struct scene *scene, struct client *viewer, int width, int height)
{
    client_say(viewer, json_pack("{s:s, s:[{s:s, s:s, s:i, s:i}]}", "type", "view", "items", "participant", "lan",
                                 "source", "camera", "width", width, "height", height));
    bench_settle(scene->bench);
}

/* Hoa shows Lan so wide, Minh as a stamp. */
static struct scene scene_create(int width, int height)
{
    struct scene scene = {.bench = bench_create(1)};
    scene.lan = client_come(scene.bench, "lan");
    scene.hoa = client_come(scene.bench, "hoa");
    scene.minh = client_come(scene.bench, "minh");
    show(&scene, scene.minh, 160, 90);
    show(&scene, scene.hoa, width, height);
    return scene;
}

static void later(struct scene *scene, int64_t seconds)
{
    signaling_tick(scene->bench->signaling, core_uptime_s() + seconds);
    bench_settle(scene->bench);
}

/* The width told last; 0: all is wanted; −1: nothing was told since `client_forget`. */
static int told(const struct client *client)
{
    const json_t *message = client_heard(client, "wanted");
    return message ? (int)json_integer_value(json_object_get(json_object_get(message, "size"), "width")) : -1;
}

static void test_wanted_is_what_the_largest_shows(void **state)
{
    (void)state;
    struct scene scene = scene_create(320, 180);
    show(&scene, scene.minh, 640, 360);
    later(&scene, WANTED_LESS_S + 1);
    assert_int_equal(told(scene.lan), 640);
    client_forget(scene.lan);
    show(&scene, scene.hoa, 1280, 720);
    assert_int_equal(told(scene.lan), 1280); /* at once */
    bench_destroy(scene.bench);
}

static void test_wanted_is_less_only_after_a_while(void **state)
{
    (void)state;
    struct scene scene = scene_create(1280, 720);
    client_forget(scene.lan);
    show(&scene, scene.hoa, 320, 180);
    later(&scene, 1);
    assert_int_equal(told(scene.lan), -1);
    show(&scene, scene.hoa, 1280, 720); /* only looked elsewhere */
    show(&scene, scene.hoa, 320, 180);
    later(&scene, 1);
    assert_int_equal(told(scene.lan), -1);
    later(&scene, WANTED_LESS_S + 1);
    assert_int_equal(told(scene.lan), 320);
    bench_destroy(scene.bench);
}

static void test_wanted_stays_when_nobody_looks(void **state)
{
    (void)state;
    struct scene scene = scene_create(640, 360);
    client_forget(scene.lan);
    show(&scene, scene.minh, 0, 0);
    show(&scene, scene.hoa, 0, 0);
    later(&scene, WANTED_LESS_S + 1);
    assert_int_equal(told(scene.lan), -1);
    bench_destroy(scene.bench);
}

static void test_wanted_is_all_while_recorded(void **state)
{
    (void)state;
    struct scene scene = scene_create(320, 180);
    later(&scene, WANTED_LESS_S + 1);
    client_forget(scene.lan);
    client_say(scene.hoa, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 9, "action", "start"));
    later(&scene, 0);
    assert_int_equal(told(scene.lan), 0);
    bench_destroy(scene.bench);
}

/* The word may have been lost with the socket: a camera that was to send more went on with less. */
static void test_wanted_is_told_anew_on_a_new_socket(void **state)
{
    (void)state;
    struct scene scene = scene_create(1280, 720);
    char *token = g_strdup(text_in(client_heard(scene.lan, "joined"), "token"));
    client_close(scene.lan);
    struct client *again = client_open(scene.bench);
    client_say(again, json_pack("{s:s, s:i, s:s}", "type", "resume", "id", 1, "token", token));
    bench_settle(scene.bench);
    assert_int_equal(told(again), 1280);
    g_free(token);
    bench_destroy(scene.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted_is_what_the_largest_shows),
        cmocka_unit_test(test_wanted_is_less_only_after_a_while),
        cmocka_unit_test(test_wanted_stays_when_nobody_looks),
        cmocka_unit_test(test_wanted_is_all_while_recorded),
        cmocka_unit_test(test_wanted_is_told_anew_on_a_new_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

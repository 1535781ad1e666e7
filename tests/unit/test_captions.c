/* Captions: whom the service hears, who reads its lines, and what of the room is none of its business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"

struct scene {
    struct bench *bench;
    struct client *lan, *hoa, *service; /* doctor, specialist */
};

static struct scene scene_create(void)
{
    struct scene scene = {.bench = bench_create(1)};
    scene.lan = client_come(scene.bench, "lan");
    scene.hoa = client_come(scene.bench, "hoa");
    scene.service = client_come_as(scene.bench, "words", "captions");
    return scene;
}

static void agree(struct client *client, int granted)
{
    client_say(client, json_pack("{s:s, s:i, s:s, s:b}", "type", "consent", "id", 5, "purpose", "captions", "granted",
                                 granted));
}

static void write_line(struct client *by, const char *speaker, const char *text)
{
    client_say(by, json_pack("{s:s, s:s, s:i, s:s}", "type", "captions.line", "participant", speaker, "line", 1, "text",
                             text));
}

static const char *read_by(const struct client *client)
{
    const json_t *line = client_heard(client, "captions.line");
    return line ? text_in(line, "text") : NULL;
}

static void test_captions_hear_nobody_without_a_yes_and_see_nobody_ever(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    assert_null(client_slot_of(scene.service, "lan", "audio"));
    agree(scene.lan, 1);
    assert_non_null(client_slot_of(scene.service, "lan", "audio"));
    assert_null(client_slot_of(scene.service, "lan", "video"));
    assert_null(client_slot_of(scene.service, "hoa", "audio"));
    agree(scene.lan, 0);
    assert_null(client_slot_of(scene.service, "lan", "audio"));
    bench_destroy(scene.bench);
}

static void test_captions_lines_reach_who_hears_the_speaker(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    write_line(scene.service, "lan", "before a yes");
    assert_null(read_by(scene.hoa));
    assert_string_equal(text_in(client_heard(scene.service, "error"), "code"), "not_found");
    agree(scene.lan, 1);
    write_line(scene.service, "lan", "đau ngực");
    assert_string_equal(read_by(scene.hoa), "đau ngực");
    assert_string_equal(read_by(scene.lan), "đau ngực");
    assert_false(json_is_true(json_object_get(client_heard(scene.hoa, "captions.line"), "final")));
    assert_null(read_by(scene.service));
    bench_destroy(scene.bench);
}

static void test_captions_nobody_else_writes_them(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    agree(scene.lan, 1);
    write_line(scene.hoa, "lan", "words in her mouth");
    assert_string_equal(text_in(client_heard(scene.hoa, "error"), "code"), "not_allowed");
    assert_null(read_by(scene.lan));
    bench_destroy(scene.bench);
}

static void test_captions_service_reads_no_chat_and_holds_no_recording_up(void **state)
{
    (void)state;
    struct scene scene = scene_create();
    client_say(scene.lan, json_pack("{s:s, s:i, s:s}", "type", "chat", "id", 6, "text", "between us"));
    assert_non_null(client_heard(scene.hoa, "chat"));
    assert_null(client_heard(scene.service, "chat"));
    client_say(scene.lan, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 7, "action", "start"));
    const json_t *asked = json_object_get(json_object_get(client_heard(scene.hoa, "recording"), "recording"),
                                          "consents");
    assert_int_equal(json_array_size(asked), 2);
    bench_destroy(scene.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captions_hear_nobody_without_a_yes_and_see_nobody_ever),
        cmocka_unit_test(test_captions_lines_reach_who_hears_the_speaker),
        cmocka_unit_test(test_captions_nobody_else_writes_them),
        cmocka_unit_test(test_captions_service_reads_no_chat_and_holds_no_recording_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which codec a picture is published in: the publisher's own choice, as long as everybody in the room can show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"

/* What the worker was told of the picture that was published last. */
static json_t *published(struct bench *bench)
{
    for (size_t back = 0; back < bench_asked_count(bench, 0, "track.open"); back++) {
        json_t *asked = bench_asked(bench, 0, "track.open", back);
        if (strcmp(text_in(asked, "kind"), "video") == 0)
            return asked;
    }
    return NULL;
}

static void assert_published(struct bench *bench, const char *codec)
{
    const json_t *codecs = json_object_get(published(bench), "codecs");
    assert_int_equal(json_array_size(codecs), 1);
    assert_string_equal(text_in(json_array_get(codecs, 0), "name"), codec);
}

static void test_codecs_are_the_publishers_choice(void **state)
{
    static const char *const CHOICES[][3] = {{"chromium-join", "VP8", "firefox-join"},
                                             {"chromium-h264-first", "H264", "chromium-join"},
                                             {"chromium-h264-first", "VP8", "firefox-join"}, /* this one has no H.264 */
                                             {"chromium-vp9-first", "VP9", "firefox-join"},
                                             {"chromium-av1-first", "AV1", "firefox-join"}};
    (void)state;
    for (size_t i = 0; i < sizeof CHOICES / sizeof CHOICES[0]; i++) {
        struct bench *bench = bench_create(1);
        struct client *viewer = client_come_with(bench, "minh", CHOICES[i][2]),
                      *lan = client_come_with(bench, "lan", CHOICES[i][0]);
        assert_published(bench, CHOICES[i][1]);
        /* only AV1 says nothing of its layers itself */
        const json_t *ext = json_object_get(published(bench), "ext");
        assert_int_equal(json_object_get(ext, "dependency_descriptor") != NULL, strcmp(CHOICES[i][1], "AV1") == 0);
        assert_non_null(client_slot_of(viewer, "lan", "video"));
        client_close(lan);
        client_close(viewer);
        bench_destroy(bench);
    }
}

static void test_codecs_fall_back_to_what_everybody_shows(void **state)
{
    struct bench *bench = *state;
    struct client *old = client_come_with(bench, "minh", "chromium-vp8-alone");
    client_come_with(bench, "lan", "chromium-vp9-first");
    assert_published(bench, "VP8");
    assert_non_null(client_slot_of(old, "lan", "video"));
}

/* Who comes later and cannot show it has the publisher negotiate anew, once; then it is VP8. */
static void test_codecs_are_negotiated_anew_for_who_comes_later(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_come_with(bench, "lan", "chromium-vp9-first");
    assert_published(bench, "VP9");
    struct client *old = client_come_with(bench, "minh", "chromium-vp8-alone");
    assert_null(client_slot_of(old, "lan", "video")); /* never what it cannot decode */
    assert_int_equal(client_heard_count(lan, "renew"), 1);
    assert_string_equal(text_in(client_heard(lan, "renew"), "reason"), "codec");
    assert_null(client_heard(old, "error")); /* it comes right by itself */
    client_come_with(bench, "hoa", "chromium-join");
    assert_int_equal(client_heard_count(lan, "renew"), 1);
    client_offer(lan, "chromium-vp9-first", 2);
    client_connect(lan, 0);
    assert_published(bench, "VP8");
    assert_non_null(client_slot_of(old, "lan", "video"));
}

/* Where nothing suits everybody, nobody is asked over and over. */
static void test_codecs_that_cannot_suit_everybody_are_let_be(void **state)
{
    struct bench *bench = *state;
    client_come_with(bench, "minh", "chromium-vp8-alone");
    struct client *lan = client_come_with(bench, "lan", "chromium-vp9-first");
    struct client *other = client_come_with(bench, "hoa", "chromium-h264-alone");
    assert_int_equal(client_heard_count(lan, "renew"), 1);
    client_offer(lan, "chromium-vp9-first", 2);
    client_connect(lan, 0);
    assert_published(bench, "VP8");
    assert_null(client_slot_of(other, "lan", "video"));
    client_offer(other, "chromium-h264-alone", 2);
    assert_int_equal(client_heard_count(lan, "renew"), 1);
    assert_string_equal(text_in(client_heard(other, "error"), "code"), "cannot_show"); /* they are told */
}

/* Of layers in one stream no file can be made that any player shows: as soon as a recording is asked for, it is VP8. */
static void test_codecs_are_those_that_can_be_recorded(void **state)
{
    struct bench *bench = *state;
    struct client *minh = client_come_with(bench, "minh", "chromium-join"),
                  *lan = client_come_with(bench, "lan", "chromium-av1-first");
    assert_published(bench, "AV1");
    client_say(minh, json_pack("{s:s, s:i, s:s}", "type", "record", "id", 30, "action", "start"));
    assert_int_equal(client_heard_count(lan, "renew"), 1);
    client_offer(lan, "chromium-av1-first", 2);
    assert_published(bench, "VP8");
}

/* An offer for more slots leaves what flows as it is, whoever has come meanwhile. */
static void test_codecs_stay_while_a_track_flows(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_come_with(bench, "lan", "chromium-vp9-first");
    client_come_with(bench, "minh", "chromium-vp8-alone");
    size_t opened = bench_asked_count(bench, 0, "track.open");
    const char *sdp = text_in(client_offer(lan, "chromium-vp9-first", 1), "sdp");
    assert_non_null(strstr(sdp, " VP9/90000"));
    assert_int_equal(bench_asked_count(bench, 0, "track.open"), opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codecs_are_the_publishers_choice),
        BENCH_OF_ONE(test_codecs_fall_back_to_what_everybody_shows),
        BENCH_OF_ONE(test_codecs_are_negotiated_anew_for_who_comes_later),
        BENCH_OF_ONE(test_codecs_that_cannot_suit_everybody_are_let_be),
        BENCH_OF_ONE(test_codecs_are_those_that_can_be_recorded),
        BENCH_OF_ONE(test_codecs_stay_while_a_track_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

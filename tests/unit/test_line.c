/* What becomes of a participant's line: reports summed up, held pictures counted, all of it written with the stay. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/core.h"
#include "signaling/quality.h"

static void assert_near(double value, double expected, double within)
{
    if (fabs(value - expected) > within)
        fail_msg("%f is not %f", value, expected);
}

static json_int_t number_in(const json_t *object, const char *field)
{
    return json_integer_value(json_object_get(object, field));
}

static void report(struct client *client, int concealed_permille, int rtt_ms)
{
    client_say(client, json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s}", "type", "quality", "concealed_permille",
                                 concealed_permille, "rtt_ms", rtt_ms, "buffer_ms", 60, "freezes", 1, "frozen_ms", 700,
                                 "frames_decoded", 100, "protocol", "turn-tls"));
}

/* ---- pure ---- */

static void test_quality_is_summed_up(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct quality_report good = {.concealed_permille = 0, .rtt_ms = 40, .buffer_ms = 40, .frozen_ms = -1};
    struct quality_report bad = {.concealed_permille = 200, .rtt_ms = 400, .buffer_ms = 200, .freezes = 3};
    struct quality_report deaf = {.concealed_permille = -1, .rtt_ms = 400};
    for (int i = 0; i < 3; i++)
        quality_note(&quality, &good, 40);
    quality_note(&quality, &bad, 40);
    quality_note(&quality, &deaf, 40);
    json_t *kept = quality_json(&quality);
    const json_t *mos = json_object_get(kept, "mos");
    assert_int_equal(number_in(kept, "reports"), 5);
    assert_int_equal(number_in(mos, "reports"), 4); /* nothing was heard in the last one */
    assert_int_equal(number_in(mos, "low_permille"), 250);
    assert_near(json_number_value(json_object_get(mos, "min")), 1, 0.5);
    assert_near(json_number_value(json_object_get(mos, "mean")), 3.6, 0.15);
    assert_int_equal(number_in(kept, "worst_concealed_permille"), 200);
    assert_int_equal(number_in(kept, "freezes"), 3);
    json_decref(kept);
}

static void test_quality_goes_on_where_it_was_written(void **state)
{
    (void)state;
    struct quality before = {0}, after = {0};
    struct quality_report report = {.concealed_permille = 40, .rtt_ms = 120, .buffer_ms = 60, .freezes = 1};
    for (int i = 0; i < 10; i++)
        quality_note(&before, &report, 100);
    quality_note_held(&before, QUALITY_BANDWIDTH);
    json_t *written = quality_json(&before);
    quality_note(&after, &report, 100);
    quality_note_held(&after, QUALITY_BANDWIDTH);
    quality_continue(&after, written);
    json_t *whole = quality_json(&after);
    assert_int_equal(number_in(whole, "reports"), 11);
    assert_int_equal(number_in(whole, "concealed_permille"), 40);
    assert_int_equal(number_in(whole, "freezes"), 11);
    assert_int_equal(number_in(json_object_get(whole, "held_s"), "bandwidth"), 2);
    assert_int_equal(number_in(json_object_get(whole, "mos"), "reports"), 11);
    assert_near(json_number_value(json_object_get(json_object_get(whole, "mos"), "mean")),
                json_number_value(json_object_get(json_object_get(written, "mos"), "mean")), 0.01);
    json_decref(written);
    json_decref(whole);
}

static void test_quality_nonsense_counts_as_none(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct quality_report report;
    json_t *message = json_pack("{s:I, s:s, s:I, s:i}", "concealed_permille", (json_int_t)INT64_MAX, "rtt_ms", "soon",
                                "frozen_ms", (json_int_t)INT64_MAX, "freezes", 2);
    quality_report_read(message, &report);
    assert_int_equal(report.concealed_permille, 1000);
    assert_int_equal(report.rtt_ms, -1);
    for (int i = 0; i < 20000; i++)
        quality_note(&quality, &report, 0);
    assert_true(quality.frozen_ms > 0 && quality.mos >= 1);
    quality_continue(&quality, NULL);
    json_decref(message);
}

/* ---- in a room ---- */

static struct client *connected(struct bench *bench, const char *participant)
{
    struct client *client = client_come(bench, participant);
    return client;
}

static void test_line_is_written_now_and_then_and_at_the_end(void **state)
{
    struct bench *bench = *state;
    struct client *lan = connected(bench, "lan");
    connected(bench, "minh");
    report(lan, 30, 200);
    signaling_tick(bench->signaling, 1001);
    assert_int_equal(bench_said_count(bench, "quality"), 0);
    signaling_tick(bench->signaling, 1005);
    assert_int_equal(bench_said_count(bench, "quality"), 1); /* of her alone: he has reported nothing */
    const json_t *kept = json_object_get(bench_said(bench, "quality"), "quality");
    assert_string_equal(text_in(kept, "protocol"), "turn-tls");
    assert_int_equal(number_in(kept, "frozen_ms"), 700);
    signaling_tick(bench->signaling, 1020);
    assert_int_equal(bench_said_count(bench, "quality"), 1); /* nothing new */
    report(lan, 30, 200);
    client_say(lan, json_pack("{s:s}", "type", "leave"));
    assert_int_equal(number_in(json_object_get(bench_said(bench, "left"), "quality"), "reports"), 2);
}

static void test_line_counts_the_seconds_a_picture_was_held(void **state)
{
    struct bench *bench = *state;
    connected(bench, "lan");
    connected(bench, "minh");
    const json_t *assigned = NULL;
    for (size_t back = 0; (assigned = bench_asked(bench, 0, "slot.assign", back)); back++)
        if (number_in(assigned, "max_width") > 0) /* a picture */
            break;
    assert_non_null(assigned);
    bench_event(bench, 0,
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "slot.state", "slot", text_in(assigned, "slot"),
                          "track", text_in(assigned, "track"), "state", "paused", "reason", "bandwidth"));
    for (int second = 1001; second <= 1005; second++)
        signaling_tick(bench->signaling, second);
    const json_t *kept = json_object_get(bench_said(bench, "quality"), "quality");
    assert_int_equal(number_in(json_object_get(kept, "held_s"), "bandwidth"), 5);
}

static void test_line_survives_a_killed_server(void **state)
{
    struct bench *bench = *state;
    struct client *lan = connected(bench, "lan");
    for (int i = 0; i < 4; i++)
        report(lan, 30, 200);
    signaling_tick(bench->signaling, 1005);
    bench_settle(bench);
    json_t *said = json_incref(bench_said(bench, "quality"));
    json_object_set_new(
        json_object_get(bench->people, "lan"), "stay",
        json_pack("{s:O, s:O}", "id", json_object_get(said, "session"), "quality", json_object_get(said, "quality")));
    json_decref(said);
    lan->peer = NULL;
    bench_restart(bench);
    signaling_end(bench->signaling, NULL, "ended");
    bench_settle(bench);
    const json_t *kept = json_object_get(bench_said(bench, "left"), "quality");
    assert_int_equal(number_in(kept, "reports"), 4);
    assert_int_equal(number_in(json_object_get(kept, "mos"), "reports"), 4);
}

/* What the worker tells of one transport: as stats.part, which the next answer closes. */
static void tell_stats(struct bench *bench, int second, const char *transport, int packets, int lost, int repaired)
{
    json_t *link = json_pack("{s:s, s:i, s:i, s:i, s:i, s:[{s:s, s:s, s:[{s:s, s:i, s:i, s:i}]}], s:[]}", "transport",
                             transport, "rtt_ms", 90, "estimate_bps", 700000, "loss_permille", 7, "nacks_sent", 33,
                             "tracks", "track", "t", "kind", "video", "layers", "rid", "h", "packets", packets, "lost",
                             lost, "repaired", repaired, "slots");
    bench_event(bench, 0, json_pack("{s:s, s:[o]}", "event", "stats.part", "transports", link));
    signaling_tick(bench->signaling, second);
    bench_settle(bench);
    signaling_tick(bench->signaling, second + 1);
    bench_settle(bench);
}

static const json_t *why_of_slot(const struct client *client, const char *mid)
{
    size_t i;
    json_t *slot, *found = NULL;
    json_array_foreach(json_object_get(client_heard(client, "slots"), "slots"), i, slot)
    {
        if (strcmp(text_in(slot, "mid"), mid) == 0)
            found = json_object_get(slot, "why");
    }
    return found;
}

static void make_live(struct bench *bench, const char *reason)
{
    for (size_t back = 0; back < bench_asked_count(bench, 0, "slot.assign"); back++) {
        const json_t *assigned = bench_asked(bench, 0, "slot.assign", back);
        if (json_is_string(json_object_get(assigned, "track")))
            bench_event(bench, 0,
                        json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s*}", "event", "slot.state", "slot",
                                  text_in(assigned, "slot"), "track", text_in(assigned, "track"), "state", "live",
                                  "width", 640, "height", 360, "reason", reason));
    }
}

static void test_line_tells_both_sides_why_a_picture_stands(void **state)
{
    struct bench *bench = *state;
    struct client *lan = connected(bench, "lan");
    char *transport = g_strdup(text_in(bench_asked(bench, 0, "transport.open", 0), "transport"));
    struct client *minh = connected(bench, "minh");
    make_live(bench, NULL);
    tell_stats(bench, 1000, transport, 1000, 0, 0);
    client_forget(minh);
    client_forget(lan);
    tell_stats(bench, 1005, transport, 1900, 120, 20);
    const json_t *seen = why_of_slot(minh, client_slot_of(minh, "lan", "video"));
    assert_string_equal(text_in(seen, "cause"), "source-loss");
    assert_non_null(strstr(text_in(seen, "text"), "The picture of lan stands still"));
    assert_non_null(strstr(text_in(seen, "text"), "12 %"));
    const json_t *own = json_object_get(client_heard(lan, "link"), "why");
    assert_string_equal(text_in(own, "cause"), "line-up-loss");
    assert_string_equal(text_in(json_object_get(client_heard(minh, "participant"), "participant"), "connection"),
                        "poor");
    client_forget(minh);
    tell_stats(bench, 1010, transport, 2900, 120, 20); /* the line is good again */
    assert_non_null(client_heard(minh, "slots"));
    assert_null(why_of_slot(minh, client_slot_of(minh, "lan", "video")));
    assert_null(json_object_get(client_heard(lan, "link"), "why"));
    g_free(transport);
}

static void tell_load(struct bench *bench, int waiting_permille)
{
    for (int s = 0; s < 20; s++)
        bench_event(
            bench, 0,
            json_pack("{s:s, s:i, s:i}", "event", "load", "cpu_permille", 400, "waiting_permille", waiting_permille));
}

/* Neither end has lost anything, and the worker uses less than half a core: it does not get more. */
static void test_line_says_that_the_server_waits_for_a_core(void **state)
{
    struct bench *bench = *state;
    connected(bench, "lan");
    struct client *minh = connected(bench, "minh");
    make_live(bench, NULL);
    report(minh, 0, 60); /* with a freeze */
    tell_load(bench, 590);
    signaling_tick(bench->signaling, 1001);
    bench_settle(bench);
    const json_t *seen = why_of_slot(minh, client_slot_of(minh, "lan", "video"));
    assert_string_equal(text_in(seen, "cause"), "server-starved");
    assert_non_null(strstr(text_in(seen, "text"), "busy with other work"));
    assert_string_equal(text_in(json_object_get(client_heard(minh, "link"), "why"), "cause"), "server-starved");
    tell_load(bench, 20);
    signaling_tick(bench->signaling, 1002);
    bench_settle(bench);
    assert_null(why_of_slot(minh, client_slot_of(minh, "lan", "video")));
}

static void test_line_shows_the_operator_who_suffers_from_what(void **state)
{
    struct bench *bench = *state;
    connected(bench, "lan");
    struct client *minh = connected(bench, "minh");
    make_live(bench, "bandwidth");
    report(minh, 30, 120);
    json_t *stats = signaling_call_stats(bench->signaling, "consult1", "vi"), *person, *slot;
    const json_t *found = NULL, *line;
    size_t i;
    json_array_foreach(json_object_get(stats, "participants"), i,
                       person) if (strcmp(text_in(person, "id"), "minh") == 0) found = person;
    assert_non_null(found);
    line = json_array_get(json_object_get(found, "lines"), 0);
    assert_string_equal(text_in(json_object_get(line, "why"), "cause"), "line-narrow");
    assert_true(json_number_value(json_object_get(json_object_get(found, "report"), "mos")) > 3);
    bool seen = false;
    json_array_foreach(json_object_get(line, "slots"), i, slot)
    {
        if (strcmp(text_in(slot, "kind"), "video") != 0)
            continue;
        seen = true;
        assert_string_equal(text_in(json_object_get(slot, "why"), "cause"), "smaller");
        assert_non_null(strstr(text_in(json_object_get(slot, "why"), "text"), "đường xuống của minh")); /* by name */
    }
    assert_true(seen);
    json_decref(stats);
    stats = signaling_call_stats(bench->signaling, "elsewhere", "vi");
    assert_int_equal(json_array_size(json_object_get(stats, "participants")), 0);
    json_decref(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quality_is_summed_up),
        cmocka_unit_test(test_quality_goes_on_where_it_was_written),
        cmocka_unit_test(test_quality_nonsense_counts_as_none),
        BENCH_OF_ONE(test_line_is_written_now_and_then_and_at_the_end),
        BENCH_OF_ONE(test_line_counts_the_seconds_a_picture_was_held),
        BENCH_OF_ONE(test_line_survives_a_killed_server),
        BENCH_OF_ONE(test_line_tells_both_sides_why_a_picture_stands),
        BENCH_OF_ONE(test_line_says_that_the_server_waits_for_a_core),
        BENCH_OF_ONE(test_line_shows_the_operator_who_suffers_from_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/core.h"
#include "signaling/line_test.h"

struct answer {
    int times, status, retry_after_s;
    char *body, *problem;
};

static void on_answer(void *arg, const struct http_answer *answer)
{
    struct answer *kept = arg;
    kept->times++;
    kept->status = answer->status;
    kept->retry_after_s = answer->retry_after_s;
    kept->body = g_strdup(answer->body);
    kept->problem = g_strdup(answer->problem);
}

static void answer_clear(struct answer *answer)
{
    g_free(answer->body);
    g_free(answer->problem);
    memset(answer, 0, sizeof *answer);
}

static void try_line(struct bench *bench, const char *use, const char *sdp_text, struct answer *answer)
{
    char *sdp = NULL;
    char *ticket = bench_ticket(use, "lan", strcmp(use, "resume") == 0 ? "s1" : NULL, 60);
    if (!sdp_text)
        assert_true(g_file_get_contents("tests/vectors/sdp/chromium-whep.sdp", &sdp, NULL, NULL));
    answer_clear(answer);
    signaling_line_test(bench->signaling, ticket, sdp_text ? sdp_text : sdp, on_answer, answer);
    bench_settle(bench);
    assert_int_equal(answer->times, 1);
    free(ticket);
    g_free(sdp);
}

static void test_line_test_answers_with_a_transport_of_no_consultation(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    try_line(bench, "join", NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "a=candidate:"));
    assert_non_null(strstr(answer.body, "a=inactive"));
    assert_null(strstr(answer.body, "a=sendonly"));
    const char *room = json_string_value(json_object_get(bench_asked(bench, 0, "room.open", 0), "room"));
    const json_t *remote = bench_asked(bench, 0, "transport.remote", 0);
    assert_true(line_test_is_room(room));
    assert_true(json_array_size(json_object_get(remote, "fingerprints")) > 0);
    assert_int_equal(bench_asked_count(bench, 0, "slot.open"), 0);
    json_t *live = signaling_live(bench->signaling);
    assert_int_equal(json_array_size(live), 0);
    json_decref(live);
    assert_int_equal(json_array_size(bench->said), 0);
    answer_clear(&answer);
}

static void test_line_test_goes_by_itself(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    try_line(bench, "join", NULL, &answer);
    signaling_tick(bench->signaling, core_uptime_s() + LINE_TEST_S - 2);
    bench_settle(bench);
    assert_int_equal(bench_asked_count(bench, 0, "room.close"), 0);
    signaling_tick(bench->signaling, core_uptime_s() + LINE_TEST_S + 1);
    bench_settle(bench);
    assert_string_equal(json_string_value(json_object_get(bench_asked(bench, 0, "room.close", 0), "room")),
                        json_string_value(json_object_get(bench_asked(bench, 0, "room.open", 0), "room")));
    answer_clear(&answer);
}

static void test_line_test_is_bounded_for_each_ticket(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    for (int i = 0; i < LINE_TESTS_EACH; i++) {
        try_line(bench, "join", NULL, &answer);
        assert_int_equal(answer.status, 200);
    }
    try_line(bench, "join", NULL, &answer);
    assert_string_equal(answer.problem, "busy");
    signaling_tick(bench->signaling, core_uptime_s() + LINE_TEST_S + 1);
    try_line(bench, "join", NULL, &answer);
    assert_int_equal(answer.status, 200);
    answer_clear(&answer);
}

static void test_line_test_refuses_what_is_no_ticket_and_no_offer(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    try_line(bench, "resume", NULL, &answer);
    assert_string_equal(answer.problem, "ticket_invalid");
    try_line(bench, "join", "v=0", &answer);
    assert_string_equal(answer.problem, "bad_sdp");
    assert_int_equal(bench_asked_count(bench, 0, "room.open"), 0);
    answer_clear(&answer);
}

static void test_line_test_of_a_former_process_is_closed_not_taken_for_a_consultation(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    try_line(bench, "join", NULL, &answer);
    char *room = g_strdup(json_string_value(json_object_get(bench_asked(bench, 0, "room.open", 0), "room")));
    bench_restart(bench);
    assert_string_equal(json_string_value(json_object_get(bench_asked(bench, 0, "room.close", 0), "room")), room);
    g_free(room);
    answer_clear(&answer);
    json_t *live = signaling_live(bench->signaling);
    assert_int_equal(json_array_size(live), 0);
    json_decref(live);
}

static void test_line_test_says_busy_when_its_worker_dies(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    bench_worker_kill(bench, 0);
    bench_settle(bench);
    try_line(bench, "join", NULL, &answer);
    assert_string_equal(answer.problem, "busy");
    assert_true(answer.retry_after_s > 0);
    answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_OF_ONE(test_line_test_answers_with_a_transport_of_no_consultation),
        BENCH_OF_ONE(test_line_test_goes_by_itself),
        BENCH_OF_ONE(test_line_test_is_bounded_for_each_ticket),
        BENCH_OF_ONE(test_line_test_refuses_what_is_no_ticket_and_no_offer),
        BENCH_OF_ONE(test_line_test_of_a_former_process_is_closed_not_taken_for_a_consultation),
        BENCH_OF_ONE(test_line_test_says_busy_when_its_worker_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

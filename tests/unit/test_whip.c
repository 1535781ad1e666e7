#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/core.h"

struct answer {
    int times, status;
    int64_t retry_after_s;
    char *body, *location, *etag, *problem;
};

static void on_answer(void *arg, const struct http_answer *answer)
{
    struct answer *kept = arg;
    kept->times++;
    kept->status = answer->status;
    kept->retry_after_s = answer->retry_after_s;
    kept->body = g_strdup(answer->body);
    kept->location = g_strdup(answer->location);
    kept->etag = g_strdup(answer->etag);
    kept->problem = g_strdup(answer->problem);
}

static void answer_clear(struct answer *answer)
{
    g_free(answer->body);
    g_free(answer->location);
    g_free(answer->etag);
    g_free(answer->problem);
    memset(answer, 0, sizeof *answer);
}

static void begin_post(struct bench *bench, const char *participant, const char *vector, bool egress,
                       struct answer *answer)
{
    char *path = g_strdup_printf("tests/vectors/sdp/%s.sdp", vector), *sdp = NULL;
    assert_true(g_file_get_contents(path, &sdp, NULL, NULL));
    char *ticket = bench_ticket("join", participant, NULL, 60);
    const struct http_offer offer = {.consultation = "consult1", .ticket = ticket, .sdp = sdp, .egress = egress};
    signaling_http_offer(bench->signaling, &offer, on_answer, answer);
    free(ticket);
    g_free(sdp);
    g_free(path);
}

static void post(struct bench *bench, const char *participant, const char *vector, bool egress, struct answer *answer)
{
    begin_post(bench, participant, vector, egress, answer);
    bench_settle(bench);
    assert_int_equal(answer->times, 1);
}

static void delete (struct bench *bench, const char *participant, const char *resource, struct answer *answer)
{
    char *ticket = bench_ticket("join", participant, NULL, 60);
    signaling_http_delete(bench->signaling, resource, ticket, on_answer, answer);
    bench_settle(bench);
    assert_int_equal(answer->times, 1);
    free(ticket);
}

static void patch(struct bench *bench, const char *resource, const char *match, const char *frag, struct answer *answer)
{
    char *ticket = bench_ticket("join", "lan", NULL, 60);
    struct http_patch patched = {.resource = resource, .ticket = ticket, .if_match = match, .sdpfrag = frag};
    signaling_http_patch(bench->signaling, &patched, on_answer, answer);
    bench_settle(bench);
    assert_int_equal(answer->times, 1);
    free(ticket);
}

static void test_whip_publishes_and_whep_receives(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0}, whep = {0};
    post(bench, "lan", "chromium-whip", false, &whip);
    assert_int_equal(whip.status, 201);
    assert_non_null(whip.location);
    assert_true(whip.etag[0] == '"');
    assert_non_null(strstr(whip.body, "a=recvonly"));
    assert_null(strstr(whip.body, "a=sendonly"));
    assert_int_equal(bench_asked_count(bench, 0, "track.open"), 2);
    post(bench, "minh", "chromium-whep", true, &whep);
    assert_int_equal(whep.status, 201);
    assert_int_equal(bench_asked_count(bench, 0, "slot.open"), 2);
    /* both slots are fed what the publisher sends */
    assert_int_equal(bench_asked_count(bench, 0, "slot.assign"), 2);
    assert_true(json_is_string(json_object_get(bench_asked(bench, 0, "slot.assign", 0), "track")));
    answer_clear(&whip);
    answer_clear(&whep);
}

static void test_whip_and_whep_with_one_ticket_are_one_participant(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0}, whep = {0}, gone = {0};
    post(bench, "lan", "chromium-whip", false, &whip);
    client_connect(&(struct client){.bench = bench}, 0);
    post(bench, "lan", "chromium-whep", true, &whep);
    assert_int_equal(bench_asked_count(bench, 0, "slot.assign"), 0); /* not sent its own tracks */
    assert_int_equal(bench_said_count(bench, "joined"), 1);
    struct client *minh = client_join(bench, "minh");
    assert_int_equal(json_array_size(json_object_get(client_heard(minh, "joined"), "participants")), 2);
    client_offer(minh, "chromium-join", 1);
    assert_non_null(client_slot_of(minh, "lan", "video"));
    assert_int_equal(bench_asked_count(bench, 0, "slot.assign"), 4); /* two each way */
    delete (bench, "lan", whip.location, &gone);
    assert_int_equal(gone.status, 200);
    assert_null(client_slot_of(minh, "lan", "video"));
    assert_null(client_heard(minh, "gone")); /* still watching */
    answer_clear(&gone);
    delete (bench, "lan", whep.location, &gone);
    assert_string_equal(text_in(client_heard(minh, "gone"), "participant"), "lan");
    answer_clear(&gone);
    answer_clear(&whip);
    answer_clear(&whep);
}

static void test_whip_refusals_have_their_status(void **state)
{
    struct bench *bench = *state;
    struct answer answer = {0};
    const struct http_offer bad_ticket = {.consultation = "consult1", .ticket = "nonsense", .sdp = "v=0"};
    signaling_http_offer(bench->signaling, &bad_ticket, on_answer, &answer);
    assert_int_equal(answer.status, 401);
    answer_clear(&answer);
    char *ticket = bench_ticket("join", "lan", NULL, 60);
    const struct http_offer elsewhere = {.consultation = "another", .ticket = ticket, .sdp = "v=0"};
    signaling_http_offer(bench->signaling, &elsewhere, on_answer, &answer);
    assert_int_equal(answer.status, 403);
    answer_clear(&answer);
    const struct http_offer broken = {.consultation = "consult1", .ticket = ticket, .sdp = "v=0\r\n"};
    signaling_http_offer(bench->signaling, &broken, on_answer, &answer);
    bench_settle(bench);
    assert_int_equal(answer.status, 400);
    assert_string_equal(answer.problem, "bad_sdp");
    answer_clear(&answer);
    free(ticket);
    bench_person(bench, "guest", "observer");
    post(bench, "guest", "chromium-whip", false, &answer);
    assert_int_equal(answer.status, 403);
    answer_clear(&answer);
    delete (bench, "lan", "nothing", &answer);
    assert_int_equal(answer.status, 404);
    answer_clear(&answer);
}

static void test_whip_patch_tells_trickle_from_restart(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0}, answer = {0};
    post(bench, "lan", "chromium-whip", false, &whip);
    static const char TRICKLE[] =
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";
    static const char RESTART[] =
        "a=ice-ufrag:newu\r\na=ice-pwd:newpasswordnewpassword1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
    patch(bench, whip.location, whip.etag, TRICKLE, &answer);
    assert_int_equal(answer.status, 204);
    answer_clear(&answer);
    patch(bench, whip.location, NULL, TRICKLE, &answer);
    assert_int_equal(answer.status, 428);
    answer_clear(&answer);
    patch(bench, whip.location, "\"stale\"", TRICKLE, &answer);
    assert_int_equal(answer.status, 412);
    answer_clear(&answer);
    patch(bench, whip.location, "*", RESTART, &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "a=ice-ufrag:"));
    assert_non_null(strstr(answer.body, "a=candidate:"));
    assert_string_not_equal(answer.etag, whip.etag);
    assert_int_equal(bench_asked_count(bench, 0, "transport.restart"), 1);
    const json_t *remote = bench_asked(bench, 0, "transport.remote", 0);
    assert_string_equal(text_in(remote, "ufrag"), "newu");
    assert_int_equal(json_array_size(json_object_get(remote, "fingerprints")), 1);
    answer_clear(&answer);
    patch(bench, whip.location, "*", "<html>", &answer);
    assert_int_equal(answer.status, 400);
    answer_clear(&answer);
    answer_clear(&whip);
}

static void test_whip_hangup_takes_the_encoder_out(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0};
    struct client *minh = client_join(bench, "minh");
    post(bench, "lan", "chromium-whip", false, &whip);
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "failed", NULL);
    assert_string_equal(text_in(client_heard(minh, "gone"), "reason"), "lost");
    answer_clear(&whip);
}

static void test_whip_encoder_that_falls_silent_is_away_and_soon_gone(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0};
    struct client *minh = client_join(bench, "minh");
    post(bench, "lan", "chromium-whip", false, &whip);
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "connected", NULL);
    bench_transport_state(bench, 0, transport, "disconnected", NULL);
    const json_t *told = json_object_get(client_heard(minh, "participant"), "participant");
    assert_string_equal(text_in(told, "id"), "lan");
    assert_true(json_is_true(json_object_get(told, "away")));
    signaling_tick(bench->signaling, core_uptime_s() + AWAY_DEVICE_S - 2);
    bench_settle(bench);
    assert_null(client_heard(minh, "gone"));
    signaling_tick(bench->signaling, core_uptime_s() + AWAY_DEVICE_S + 1);
    bench_settle(bench);
    assert_string_equal(text_in(client_heard(minh, "gone"), "reason"), "lost");
    answer_clear(&whip);
}

/* ---- a worker that is slow, or gone ---- */

/* A machine so busy that the worker answers after longer than a silent device is waited for. */
static void test_whep_of_one_who_was_away_is_answered_however_long_the_worker_takes(void **state)
{
    struct bench *bench = *state;
    struct answer first = {0}, again = {0};
    post(bench, "lan", "chromium-whep", true, &first);
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "connected", NULL);
    bench_transport_state(bench, 0, transport, "disconnected", NULL);
    bench_worker_stop(bench, 0);
    begin_post(bench, "lan", "chromium-whep", true, &again);
    bench_settle(bench);
    signaling_tick(bench->signaling, core_uptime_s() + AWAY_DEVICE_S + 1);
    bench_settle(bench);
    assert_int_equal(again.times, 0);
    bench_worker_continue(bench, 0);
    assert_int_equal(again.status, 201);
    answer_clear(&first);
    answer_clear(&again);
}

static void expect_busy(const struct answer *answer)
{
    assert_int_equal(answer->times, 1);
    assert_int_equal(answer->status, 503);
    assert_string_equal(answer->problem, "busy");
    assert_true(answer->retry_after_s > 0);
}

static void test_whep_that_is_given_up_or_replaced_is_told_to_come_again(void **state)
{
    struct bench *bench = *state;
    struct answer replaced = {0}, given_up = {0};
    bench_worker_stop(bench, 0);
    begin_post(bench, "lan", "chromium-whep", true, &replaced);
    begin_post(bench, "lan", "chromium-whep", true, &given_up);
    bench_settle(bench);
    expect_busy(&replaced);
    assert_int_equal(given_up.times, 0);
    signaling_tick(bench->signaling, core_uptime_s() + AWAY_MAX_S + 1);
    bench_settle(bench);
    expect_busy(&given_up);
    bench_worker_continue(bench, 0);
    answer_clear(&replaced);
    answer_clear(&given_up);
}

/* Found when it is written to, before its end has been heard of; two offers come in the same turn. */
static void test_whep_to_a_worker_that_has_just_died_is_told_to_come_again(void **state)
{
    struct bench *bench = *state;
    struct answer lan = {0}, minh = {0};
    bench_worker_die(bench, 0);
    begin_post(bench, "lan", "chromium-whep", true, &lan);
    begin_post(bench, "minh", "chromium-whep", true, &minh);
    assert_int_equal(lan.times + minh.times, 0);
    bench_settle(bench);
    expect_busy(&lan);
    expect_busy(&minh);
    answer_clear(&lan);
    answer_clear(&minh);
}

static void test_whep_when_the_consultation_ends_meanwhile_says_so(void **state)
{
    struct bench *bench = *state;
    struct answer whep = {0};
    bench_worker_stop(bench, 0);
    begin_post(bench, "lan", "chromium-whep", true, &whep);
    bench_settle(bench);
    signaling_end(bench->signaling, "consult1", "ended");
    signaling_tick(bench->signaling, core_uptime_s());
    bench_settle(bench);
    assert_int_equal(whep.status, 410);
    assert_string_equal(whep.problem, "ended");
    bench_worker_continue(bench, 0);
    answer_clear(&whep);
}

/* ---- the consent of who has no page ---- */

static void say(struct client *client, const char *type, const char *participant, int granted)
{
    json_t *message = json_pack("{s:s, s:i}", "type", type, "id", 40);
    if (strcmp(type, "record") == 0)
        json_object_set_new(message, "action", json_string("start"));
    else
        json_object_update_new(message, json_pack("{s:s, s:b}", "purpose", "record", "granted", granted));
    if (participant)
        json_object_set_new(message, "participant", json_string(participant));
    client_forget(client);
    client_say(client, message);
}

static size_t tapped(struct bench *bench)
{
    return json_array_size(json_object_get(bench_asked(bench, 0, "tap.tracks", 0), "tracks"));
}

/* A host in the call, an exam camera beside, and the host has agreed for themselves. */
static struct client *record_beside_a_device(struct bench *bench, struct answer *whip)
{
    struct client *minh = client_come(bench, "minh");
    post(bench, "lan", "chromium-whip", false, whip);
    say(minh, "record", NULL, 0);
    say(minh, "consent", NULL, 1);
    return minh;
}

static void test_whip_device_holds_nobody_up_and_is_recorded_when_its_host_agrees(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0};
    struct client *minh = record_beside_a_device(bench, &whip);
    assert_string_equal(text_in(json_object_get(client_heard(minh, "recording"), "recording"), "state"), "on");
    assert_int_equal(tapped(bench), 2);
    say(minh, "consent", "lan", 1);
    assert_non_null(client_heard(minh, "ok"));
    assert_int_equal(tapped(bench), 4);
    assert_string_equal(text_in(bench_said(bench, "consent"), "participant"), "lan");
    assert_string_equal(text_in(bench_said(bench, "consent"), "said_by"), "participant:minh");
    say(minh, "consent", "lan", 0);
    assert_int_equal(tapped(bench), 2);
    assert_string_equal(text_in(json_object_get(client_heard(minh, "recording"), "recording"), "state"), "on");
    answer_clear(&whip);
}

static void test_whip_consent_for_a_device_is_not_its_persons(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0};
    struct client *minh = record_beside_a_device(bench, &whip);
    say(minh, "consent", "lan", 1);
    struct client *lan = client_join(bench, "lan"); /* the same ticket opened on a page */
    assert_int_equal(tapped(bench), 2);
    say(minh, "consent", "lan", 1);
    assert_string_equal(text_in(client_heard(minh, "error"), "code"), "own_word");
    say(lan, "consent", NULL, 1);
    assert_int_equal(tapped(bench), 4);
    answer_clear(&whip);
}

static void on_said(void *arg, const char *problem)
{
    *(const char **)arg = problem ? problem : "ledger";
}

static void test_whip_consent_for_a_device_by_an_admin(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0};
    const char *told = NULL;
    struct house_consent said = {.consultation = "consult1",
                                 .participant = "lan",
                                 .purpose = "record",
                                 .language = "vi",
                                 .said_by = "user:u1",
                                 .granted = true};
    assert_string_equal(signaling_consent_for(bench->signaling, &said, on_said, &told), "not_found");
    post(bench, "lan", "chromium-whip", false, &whip);
    assert_string_equal(signaling_consent_for(bench->signaling, &said, on_said, &told), "not_asked");
    assert_null(told);
    answer_clear(&whip);
    record_beside_a_device(bench, &whip);
    assert_null(signaling_consent_for(bench->signaling, &said, on_said, &told));
    assert_string_equal(told, "ledger");
    assert_string_equal(text_in(bench_said(bench, "consent"), "said_by"), "user:u1");
    said.participant = "minh";
    assert_string_equal(signaling_consent_for(bench->signaling, &said, on_said, &told), "own_word");
    answer_clear(&whip);
}

static void test_whip_no_for_a_device_does_not_end_the_question(void **state)
{
    struct bench *bench = *state;
    struct answer whip = {0};
    struct client *minh = client_join(bench, "minh");
    post(bench, "lan", "chromium-whip", false, &whip);
    say(minh, "record", NULL, 0);
    say(minh, "consent", "lan", 0);
    assert_string_equal(text_in(json_object_get(client_heard(minh, "recording"), "recording"), "state"), "asking");
    answer_clear(&whip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_OF_ONE(test_whip_publishes_and_whep_receives),
        BENCH_OF_ONE(test_whip_and_whep_with_one_ticket_are_one_participant),
        BENCH_OF_ONE(test_whip_refusals_have_their_status),
        BENCH_OF_ONE(test_whip_patch_tells_trickle_from_restart),
        BENCH_OF_ONE(test_whip_hangup_takes_the_encoder_out),
        BENCH_OF_ONE(test_whip_encoder_that_falls_silent_is_away_and_soon_gone),
        BENCH_OF_ONE(test_whep_of_one_who_was_away_is_answered_however_long_the_worker_takes),
        BENCH_OF_ONE(test_whep_that_is_given_up_or_replaced_is_told_to_come_again),
        BENCH_OF_ONE(test_whep_to_a_worker_that_has_just_died_is_told_to_come_again),
        BENCH_OF_ONE(test_whep_when_the_consultation_ends_meanwhile_says_so),
        BENCH_OF_ONE(test_whip_device_holds_nobody_up_and_is_recorded_when_its_host_agrees),
        BENCH_OF_ONE(test_whip_consent_for_a_device_is_not_its_persons),
        BENCH_OF_ONE(test_whip_consent_for_a_device_by_an_admin),
        BENCH_OF_ONE(test_whip_no_for_a_device_does_not_end_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

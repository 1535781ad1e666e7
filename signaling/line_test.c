#include "line_test.h"

#include "negotiate.h"
#include "refusal.h"
#include "sdp.h"
#include "ticket.h"
#include "worker.h"

#include <string.h>

/* A consultation's id has no such prefix: those are made by core_new_id and the store. */
static const char PREFIX[] = "line-test.";

struct line_test {
    char room[ID_SIZE]; /* and the transport's name */
    char participant[ID_SIZE];
    int worker;
    int64_t ends_s;
};

struct request {
    struct sdp_offer *offer;
    http_answer_fn done;
    void *arg;
};

GPtrArray *line_tests_new(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

void line_tests_free(GPtrArray *tests)
{
    g_ptr_array_free(tests, TRUE);
}

bool line_test_is_room(const char *room)
{
    return g_str_has_prefix(room, PREFIX);
}

/* ---- life ---- */

static void close_room(const struct signaling *signaling, const struct line_test *test)
{
    const struct worker *worker = worker_find(signaling, test->worker);
    if (worker && media_link_is_ready(worker->link))
        media_link_tell(worker->link, "room.close", json_pack("{s:s, s:s}", "room", test->room, "reason", "tested"));
}

void line_test_tick(struct signaling *signaling, int64_t now_s)
{
    for (guint i = signaling->line_tests->len; i > 0; i--) {
        const struct line_test *test = g_ptr_array_index(signaling->line_tests, i - 1);
        if (now_s < test->ends_s)
            continue;
        close_room(signaling, test);
        g_ptr_array_remove_index_fast(signaling->line_tests, i - 1);
    }
}

static bool is_room_for(const struct signaling *signaling, const char *participant)
{
    unsigned own = 0;
    for (guint i = 0; i < signaling->line_tests->len; i++) {
        const struct line_test *test = g_ptr_array_index(signaling->line_tests, i);
        own += strcmp(test->participant, participant) == 0;
    }
    return own < LINE_TESTS_EACH && signaling->line_tests->len < LINE_TESTS_MAX;
}

static struct line_test *begin(struct signaling *signaling, const struct worker *worker, const char *participant)
{
    char id[ID_SIZE];
    struct line_test *test = g_new0(struct line_test, 1);
    core_new_id(id);
    g_snprintf(test->room, sizeof test->room, "%s%.32s", PREFIX, id);
    g_strlcpy(test->participant, participant, sizeof test->participant);
    test->worker = worker->number;
    test->ends_s = core_uptime_s() + LINE_TEST_S;
    g_ptr_array_add(signaling->line_tests, test);
    return test;
}

/* ---- answering ---- */

static void request_free(void *arg)
{
    struct request *request = arg;
    sdp_offer_destroy(request->offer);
    g_free(request);
}

static void dropped(void *arg)
{
    struct request *request = arg;
    if (request->done)
        refusal_answer(request->done, request->arg, "busy");
    request_free(request);
}

static char *make_answer(const struct sdp_offer *offer, const json_t *found)
{
    struct sdp_answer_line lines[SDP_MAX_LINES] = {0};
    const json_t *fingerprint = json_object_get(found, "fingerprint");
    const struct sdp_local local = {
        .ufrag = json_string_value(json_object_get(found, "ufrag")),
        .pwd = json_string_value(json_object_get(found, "pwd")),
        .fingerprint_algorithm = json_string_value(json_object_get(fingerprint, "alg")),
        .fingerprint = json_string_value(json_object_get(fingerprint, "value")),
        .candidates = json_object_get(found, "candidates"),
        .session = (uint64_t)core_now_us(),
        .version = 1,
    };
    if (!local.ufrag || !local.pwd || !local.fingerprint_algorithm || !local.fingerprint)
        return NULL;
    for (size_t i = 0; i < offer->n_lines; i++)
        lines[i].use = offer->lines[i].rejected ? SDP_USE_REJECT : SDP_USE_IDLE;
    return sdp_answer_make(offer, lines, &local);
}

static void on_opened(void *arg, const char *problem, json_t *found)
{
    struct request *request = arg;
    http_answer_fn done = request->done;
    char *sdp = problem ? NULL : make_answer(request->offer, found);
    request->done = NULL;
    if (sdp) {
        const struct http_answer answer = {.status = 200, .content_type = "application/sdp", .body = sdp};
        done(request->arg, &answer);
    } else {
        refusal_answer(done, request->arg, "busy");
    }
    g_free(sdp);
}

/* ---- asking ---- */

/* The worker takes requests in order, so all go out in one run and only the credentials are waited for. */
static void open_at(const struct worker *worker, const char *room, struct request *request)
{
    const struct sdp_offer *offer = request->offer;
    media_link_tell(worker->link, "room.open", json_pack("{s:s}", "room", room));
    media_link_request(worker->link, "transport.open", json_pack("{s:s, s:s}", "room", room, "transport", room), -1,
                       (struct media_answer){on_opened, request, dropped});
    media_link_tell(worker->link, "transport.remote",
                    json_pack("{s:s, s:s, s:s, s:s, s:o}", "transport", room, "ufrag", offer->ufrag, "pwd", offer->pwd,
                              "setup", strcmp(offer->setup, "active") == 0 ? "active" : "actpass", "fingerprints",
                              negotiate_fingerprints(offer)));
}

static const char *check_ticket(const struct signaling *signaling, const char *text, struct ticket *ticket)
{
    enum ticket_verdict verdict = ticket_check(text, signaling->ticket_key, core_now_us() / G_USEC_PER_SEC, ticket);
    if (verdict == TICKET_EXPIRED)
        return "ticket_expired";
    return verdict == TICKET_GOOD && strcmp(ticket->use, "join") == 0 ? NULL : "ticket_invalid";
}

void signaling_line_test(struct signaling *signaling, const char *ticket_text, const char *sdp, http_answer_fn done,
                         void *arg)
{
    struct ticket ticket;
    struct sdp_offer *offer = NULL;
    const char *why;
    const char *problem = check_ticket(signaling, ticket_text, &ticket);
    const struct worker *worker = worker_choose(signaling);
    if (!problem && sdp_offer_parse(sdp, strlen(sdp), &offer, &why) != SDP_GOOD)
        problem = "bad_sdp";
    if (!problem && (!worker || !is_room_for(signaling, ticket.participant)))
        problem = "busy";
    if (problem) {
        sdp_offer_destroy(offer);
        refusal_answer(done, arg, problem);
        return;
    }
    struct request *request = g_new0(struct request, 1);
    request->offer = offer;
    request->done = done;
    request->arg = arg;
    open_at(worker, begin(signaling, worker, ticket.participant)->room, request);
}

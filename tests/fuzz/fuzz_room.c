/*
 * A consultation as a stranger may drive it: four WebSockets say valid messages in any order, with any names in them, encoders
 * and screens without a page offer beside them, while the house answers late, the worker dies, also unnoticed until it is
 * written to, and sockets close in the middle of it all.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/room_bench.h"

enum { STEP = 4, STEPS_MAX = 64, CLIENTS = 4, PEOPLE = 5, OFFERS = 8, LATE_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const people[PEOPLE][2] = {
    {"minh", "host"}, {"lan", "doctor"}, {"hoa", "specialist"}, {"tam", "patient"}, {"an", "interpreter"}};
static const char *const offers[OFFERS] = {"chromium-join",       "firefox-join",        "chromium-join-audio-only",
                                           "chromium-nine-slots", "chromium-h264-first", "firefox-join-no-devices",
                                           "chromium-whip",       "chromium-whep"};

/* ---- a house that takes its time ---- */

struct late {
    house_done_fn done;
    house_json_fn done_json;
    void *arg;
    char *problem;
    json_t *result;
};

static struct {
    struct house prompt; /* the bench's own, which answers at once */
    struct late late[LATE_MAX];
    size_t count;
} house;

static void answer_oldest(void)
{
    if (house.count == 0)
        return;
    struct late late = house.late[0];
    memmove(house.late, house.late + 1, --house.count * sizeof *house.late);
    if (late.done_json)
        late.done_json(late.arg, late.problem, late.result);
    else
        late.done(late.arg, late.problem);
    g_free(late.problem);
    json_decref(late.result);
}

static struct late *keep(const char *problem)
{
    if (house.count == LATE_MAX)
        answer_oldest();
    struct late *late = &house.late[house.count++];
    *late = (struct late){.problem = g_strdup(problem)};
    return late;
}

struct asked {
    house_json_fn done_json;
    house_done_fn done;
    void *arg;
};

static void keep_json(void *arg, const char *problem, json_t *result)
{
    const struct asked *asked = arg;
    struct late *late = keep(problem);
    late->done_json = asked->done_json;
    late->arg = asked->arg;
    late->result = json_deep_copy(result);
}

static void keep_done(void *arg, const char *problem)
{
    const struct asked *asked = arg;
    struct late *late = keep(problem);
    late->done = asked->done;
    late->arg = asked->arg;
}

static void admit(void *arg, const char *consultation, const char *participant, house_json_fn done, void *done_arg)
{
    struct asked asked = {.done_json = done, .arg = done_arg};
    house.prompt.admit(arg, consultation, participant, keep_json, &asked);
}

static void consent(void *arg, const struct house_consent *said, house_done_fn done, void *done_arg)
{
    struct asked asked = {.done = done, .arg = done_arg};
    house.prompt.consent(arg, said, keep_done, &asked);
}

static void still(void *arg, const struct house_still *taken, house_done_fn done, void *done_arg)
{
    struct asked asked = {.done = done, .arg = done_arg};
    house.prompt.still(arg, taken, keep_done, &asked);
}

/* ---- what is said ---- */

/* The messages that the schema calls valid: once read, kept for good. */
static json_t *said_by_clients(void)
{
    static json_t *valid;
    size_t i;
    json_t *item;
    if (valid)
        return valid;
    json_t *all = json_load_file("tests/vectors/messages/client.json", 0, NULL);
    valid = json_array();
    json_array_foreach(all, i, item) if (json_is_true(json_object_get(item, "valid")))
        json_array_append(valid, json_object_get(item, "message"));
    json_decref(all);
    if (json_array_size(valid) == 0)
        abort();
    return valid;
}

static const char *sdp_of(size_t number)
{
    static char *texts[OFFERS];
    char *path = g_strdup_printf("tests/vectors/sdp/%s.sdp", offers[number]);
    if (!texts[number] && !g_file_get_contents(path, &texts[number], NULL, NULL))
        abort();
    g_free(path);
    return texts[number];
}

static void settle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void say(struct client *client, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    signaling_peer_message(client->peer, text, strlen(text));
    free(text);
    json_decref(message);
}

static void say_join(struct client *client, const uint8_t *at)
{
    char *ticket = bench_ticket("join", people[at[2] % PEOPLE][0], NULL, at[3] % 8 ? 60 : -60);
    say(client, json_pack("{s:s, s:i, s:s}", "type", "join", "id", 1, "ticket", ticket));
    free(ticket);
}

static void say_offer(struct client *client, const uint8_t *at)
{
    const char *exam = at[3] & 16 ? "dermatoscope" : "camera";
    say(client, json_pack("{s:s, s:i, s:i, s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "type", "offer", "id", 2, "generation",
                          1 + at[3] % 16, "sdp", sdp_of(at[2] % OFFERS), "tracks", "mid", "0", "source", "microphone",
                          "mid", "1", "source", exam));
}

static void ignore_answer(void *arg, const struct http_answer *answer)
{
    (void)arg, (void)answer;
}

static void offer_by_http(struct bench *bench, const uint8_t *at)
{
    char *ticket = bench_ticket("join", people[at[2] % PEOPLE][0], NULL, 60);
    const struct http_offer offer = {
        .consultation = "consult1", .ticket = ticket, .sdp = sdp_of(OFFERS - 1 - at[3] % 2), .egress = at[3] % 2 == 0};
    signaling_http_offer(bench->signaling, &offer, ignore_answer, NULL);
    free(ticket);
}

/* The person, the still and the token that were really heard of take the place of those in the vector. */
static void say_vector(struct client *client, const uint8_t *at)
{
    json_t *valid = said_by_clients();
    json_t *message = json_deep_copy(json_array_get(valid, at[2] % json_array_size(valid)));
    const char *fields[] = {"participant", "still", "token"};
    const char *values[] = {people[at[3] % PEOPLE][0], text_in(client_heard(client, "still.request"), "still"),
                            text_in(client_heard(client, "joined"), "resume")};
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (json_object_get(message, fields[i]) && values[i][0])
            json_object_set_new(message, fields[i], json_string(values[i]));
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(message, "items"), i, item)
        json_object_set_new(item, "participant", json_string(people[(at[3] + i) % PEOPLE][0]));
    if (json_object_get(message, "participants"))
        json_object_set_new(message, "participants", json_pack("[s]", people[at[3] % PEOPLE][0]));
    say(client, message);
}

static void worker_says(struct bench *bench, const uint8_t *at)
{
    static const char *const states[] = {"connected", "disconnected", "failed", "closed"};
    json_t *opened = bench_asked(bench, 0, "transport.open", at[2] % 4);
    if (at[3] % 16 == 0 || bench->workers[0].fd < 0) {
        bench_worker_kill(bench, 0);
        bench_worker_start(bench, 0);
    } else if (at[3] % 16 == 1) {
        bench_worker_die(bench, 0);
    } else if (opened) {
        bench_event(bench, 0,
                    json_pack("{s:s, s:s, s:s, s:{s:s}}", "event", "transport.state", "transport",
                              text_in(opened, "transport"), "state", states[at[3] % 4], "path", "protocol", "udp"));
    }
}

static void act(struct bench *bench, struct client **clients, const uint8_t *at)
{
    struct client **client = &clients[at[1] % CLIENTS];
    if (*client && ((*client)->closed || at[0] % 16 == 15)) {
        client_close(*client);
        *client = NULL;
    }
    if (!*client)
        *client = client_open(bench);
    switch (at[0] % 8) {
    case 0:
        say_join(*client, at);
        break;
    case 1:
        if (at[0] & 64)
            offer_by_http(bench, at);
        else
            say_offer(*client, at);
        break;
    case 2:
        worker_says(bench, at);
        break;
    case 3:
        answer_oldest();
        break;
    default:
        say_vector(*client, at);
    }
    if (at[1] & 128)
        settle();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct client *clients[CLIENTS] = {0};
    struct bench *bench = bench_create(1);
    house.prompt = bench->house;
    bench->house.admit = admit;
    bench->house.consent = consent;
    bench->house.still = still;
    for (int i = 0; i < PEOPLE; i++)
        bench_person(bench, people[i][0], people[i][1]);
    for (size_t at = 0; at + STEP <= size && at < (size_t)STEPS_MAX * STEP; at += STEP)
        act(bench, clients, data + at);
    while (house.count)
        answer_oldest();
    bench_destroy(bench);
    return 0;
}

#include "house.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "house_call.h"
#include "pool.h"
#include "records/records.h"
#include "server.h"
#include "signaling/signaling.h"

enum {
    ANSWERED_TRIES_MAX = 3, /* somebody waits: better a clear no than a long silence */
    LONGEST_PAUSE_MS = 5000,
    WAITING_MAX = 10000,
    LAST_WORDS_US = 10 * 1000 * 1000, /* what may still be written at the end */
};

struct house_store {
    struct server *server;
    struct house calls;
    GQueue waiting; /* of struct house_call; the head is under way when `busy` */
    bool busy;
    guint retry_source;
    unsigned apart; /* calls under way beside the queue */
    bool closing;
};

static void free_asked(struct house_call *call)
{
    g_free(call->stay.id);
    g_free(call->stay.reason);
    json_decref(call->stay.quality);
    g_free(call->consent.purpose);
    g_free(call->consent.language);
    g_free(call->consent.said_by);
    g_free(call->recording.id);
    g_free(call->still.id);
    g_free(call->still.requested_by);
    g_free(call->still.source);
    g_clear_pointer(&call->still.thumbnail, g_bytes_unref);
    json_decref(call->still.marks);
    g_free(call->audit.action);
    json_decref(call->audit.detail);
    g_free(call->chat);
}

static void call_free(struct house_call *call)
{
    struct house_segment *segment = &call->recording.segment;
    if (segment->fd >= 0)
        close(segment->fd);
    sodium_memzero(segment->key, sizeof segment->key);
    free_asked(call);
    g_free(call->consultation);
    g_free(call->participant);
    json_decref(call->admitted);
    g_clear_error(&call->error);
    g_free(call);
}

/** `consultation` and `participant`: NULL when it is about none. */
static struct house_call *call_new(struct house_store *house,
                                   bool (*run)(struct house_call *, struct store *, GError **),
                                   const char *consultation, const char *participant, house_time_us at)
{
    struct house_call *call = g_new0(struct house_call, 1);
    call->house = house;
    call->server = house->server;
    call->run = run;
    call->consultation = g_strdup(consultation);
    call->participant = g_strdup(participant);
    call->at = at;
    call->recording.segment.fd = -1;
    return call;
}

static bool is_awaited(const struct house_call *call)
{
    return call->answer.json_fn || call->answer.done_fn || call->answer.segment_fn;
}

static void answer(struct house_call *call)
{
    void *arg = call->answer.arg;
    if (call->answer.json_fn)
        call->answer.json_fn(arg, call->problem, call->problem ? NULL : call->admitted);
    if (call->answer.done_fn)
        call->answer.done_fn(arg, call->problem);
    if (call->answer.segment_fn) {
        struct house_segment *segment = &call->recording.segment;
        call->answer.segment_fn(arg, call->problem, call->recording.id, call->problem ? NULL : segment);
        if (!call->problem)
            segment->fd = -1; /* theirs now */
    }
    call_free(call);
}

/* Nobody has carried it out. */
static void refuse(struct house_call *call)
{
    call->problem = "busy";
    answer(call);
}

static void work(void *arg, void *context)
{
    struct house_call *call = arg;
    g_clear_error(&call->error);
    g_clear_pointer(&call->admitted, json_decref); /* a try before may have found it, and failed after that */
    call->tries++;
    call->run(call, context, &call->error);
}

/** A failed call is made again; one that somebody waits for is given up soon, one the record needs is not. */
static bool give_up(struct house_call *call)
{
    if (!call->error)
        return true;
    g_warning("house: consultation=%s try=%d %s", call->consultation ? call->consultation : "-", call->tries,
              call->error->message);
    bool passes = store_passes(call->error), hopeless = call->error->domain == STORE_ERROR && !passes;
    if (!hopeless && (!is_awaited(call) || call->tries < ANSWERED_TRIES_MAX))
        return false;
    call->problem = passes ? "busy" : "internal";
    return true;
}

/* ---- the queue ---- */

static void next_call(struct house_store *house);

static gboolean retry(void *arg)
{
    struct house_store *house = arg;
    house->retry_source = 0;
    next_call(house);
    return G_SOURCE_REMOVE;
}

static void retry_later(struct house_store *house, int tries)
{
    guint pause_ms = MIN(50u << MIN(tries, 7), (guint)LONGEST_PAUSE_MS);
    house->retry_source = g_timeout_add(pause_ms, retry, house);
}

static void queue_done(void *arg)
{
    struct house_call *call = arg;
    struct house_store *house = call->house;
    house->busy = false;
    if (!give_up(call)) {
        retry_later(house, call->tries);
        return;
    }
    g_queue_pop_head(&house->waiting);
    answer(call);
    if (house->server->records && !house->closing)
        records_kick(house->server->records);
    next_call(house);
}

static void next_call(struct house_store *house)
{
    struct house_call *call = g_queue_peek_head(&house->waiting);
    if (!call || house->busy || house->retry_source)
        return;
    house->busy = true;
    if (pool_submit(house->server->pool, work, queue_done, call) == 0)
        return;
    house->busy = false;
    retry_later(house, 1);
}

static void enqueue(struct house_call *call)
{
    struct house_store *house = call->house;
    if (g_queue_get_length(&house->waiting) >= WAITING_MAX) {
        g_warning("house: consultation=%s too much waits, dropped", call->consultation ? call->consultation : "-");
        refuse(call);
        return;
    }
    g_queue_push_tail(&house->waiting, call);
    next_call(house);
}

/* ---- beside the queue: who only asks need not wait for who writes ---- */

static void apart_done(void *arg)
{
    struct house_call *call = arg;
    struct house_store *house = call->house;
    if (!give_up(call)) {
        if (pool_submit(house->server->pool, work, apart_done, call) == 0)
            return;
        call->problem = "busy";
    }
    house->apart--;
    answer(call);
}

static void ask(struct house_call *call)
{
    struct house_store *house = call->house;
    house->apart++;
    if (pool_submit(house->server->pool, work, apart_done, call) == 0)
        return;
    house->apart--;
    refuse(call);
}

/* ---- what signaling calls ---- */

static void admit(void *arg, const char *consultation, const char *participant, house_json_fn done, void *done_arg)
{
    struct house_call *call = call_new(arg, house_admit, consultation, participant, g_get_real_time());
    call->answer.json_fn = done;
    call->answer.arg = done_arg;
    ask(call);
}

static void joined(void *arg, const char *consultation, const char *participant, const char *session, house_time_us at)
{
    struct house_call *call = call_new(arg, house_joined, consultation, participant, at);
    call->stay.id = g_strdup(session);
    enqueue(call);
}

static void away(void *arg, const char *session, house_time_us at)
{
    struct house_call *call = call_new(arg, house_away, NULL, NULL, at);
    call->stay.id = g_strdup(session);
    enqueue(call);
}

static void quality(void *arg, const char *session, json_t *summed)
{
    struct house_call *call = call_new(arg, house_quality, NULL, NULL, g_get_real_time());
    call->stay.id = g_strdup(session);
    call->stay.quality = json_deep_copy(summed);
    enqueue(call);
}

static void left(void *arg, const char *session, house_time_us at, const char *reason, json_t *summed)
{
    struct house_call *call = call_new(arg, house_left, NULL, NULL, at);
    call->stay.id = g_strdup(session);
    call->stay.reason = g_strdup(reason);
    call->stay.quality = json_deep_copy(summed);
    enqueue(call);
}

static void started(void *arg, const char *consultation, house_time_us at)
{
    struct house_call *call = call_new(arg, house_started, consultation, NULL, at);
    enqueue(call);
}

static void ended(void *arg, const char *consultation, house_time_us at, const char *participant)
{
    struct house_call *call = call_new(arg, house_ended, consultation, participant, at);
    enqueue(call);
}

static void consent(void *arg, const struct house_consent *said, house_done_fn done, void *done_arg)
{
    struct house_call *call = call_new(arg, house_consent, said->consultation, said->participant, said->at);
    call->consent.purpose = g_strdup(said->purpose);
    call->consent.granted = said->granted;
    call->consent.for_patient = said->for_patient;
    call->consent.language = g_strdup(said->language);
    call->consent.said_by = g_strdup(said->said_by);
    call->answer.done_fn = done;
    call->answer.arg = done_arg;
    enqueue(call);
}

static void recording_begin(void *arg, const char *consultation, const char *participant, house_segment_fn done,
                            void *done_arg)
{
    struct house_call *call = call_new(arg, house_recording_begin, consultation, participant, g_get_real_time());
    call->answer.segment_fn = done;
    call->answer.arg = done_arg;
    enqueue(call);
}

static void recording_continue(void *arg, const char *recording, house_segment_fn done, void *done_arg)
{
    struct house_call *call = call_new(arg, house_recording_continue, NULL, NULL, g_get_real_time());
    call->recording.id = g_strdup(recording);
    call->answer.segment_fn = done;
    call->answer.arg = done_arg;
    enqueue(call);
}

static void recording_end(void *arg, const char *recording, house_time_us at)
{
    struct house_call *call = call_new(arg, house_recording_end, NULL, NULL, at);
    call->recording.id = g_strdup(recording);
    enqueue(call);
}

static void chat(void *arg, const char *consultation, const char *participant, const char *text, house_time_us at)
{
    struct house_call *call = call_new(arg, house_chat, consultation, participant, at);
    call->chat = g_strdup(text);
    enqueue(call);
}

static void still(void *arg, const struct house_still *told, house_done_fn done, void *done_arg)
{
    struct house_call *call = call_new(arg, house_still, told->consultation, told->participant, told->at);
    call->still.id = g_strdup(told->id);
    call->still.requested_by = g_strdup(told->requested_by);
    call->still.source = g_strdup(told->source);
    call->still.width = told->width;
    call->still.height = told->height;
    call->still.thumbnail = g_bytes_new(told->thumbnail, told->thumbnail_size);
    call->answer.done_fn = done;
    call->answer.arg = done_arg;
    enqueue(call);
}

static void still_marks(void *arg, const char *consultation, const char *still, json_t *marks)
{
    struct house_call *call = call_new(arg, house_still_marks, consultation, NULL, g_get_real_time());
    call->still.id = g_strdup(still);
    call->still.marks = json_deep_copy(marks);
    enqueue(call);
}

static void audit(void *arg, const char *action, const char *consultation, const char *participant, json_t *detail)
{
    struct house_call *call = call_new(arg, house_audit, consultation, participant, g_get_real_time());
    call->audit.action = g_strdup(action);
    call->audit.detail = json_deep_copy(detail);
    enqueue(call);
}

/* ---- the house itself ---- */

int house_store_create(struct server *server, struct house_store **result)
{
    struct house_store *house = g_new0(struct house_store, 1);
    house->server = server;
    g_queue_init(&house->waiting);
    house->calls = (struct house){
        .arg = house,
        .admit = admit,
        .joined = joined,
        .away = away,
        .quality = quality,
        .left = left,
        .started = started,
        .ended = ended,
        .consent = consent,
        .recording_begin = recording_begin,
        .recording_continue = recording_continue,
        .recording_end = recording_end,
        .chat = chat,
        .still = still,
        .still_marks = still_marks,
        .audit = audit,
    };
    *result = house;
    return 0;
}

/** Signaling's last calls (who left, what ended) came a moment ago: they are written before the pool goes. */
static void write_last_words(struct house_store *house)
{
    int64_t until = g_get_monotonic_time() + LAST_WORDS_US;
    while ((!g_queue_is_empty(&house->waiting) || house->apart) &&
           (house->busy || house->apart || g_get_monotonic_time() < until))
        g_main_context_iteration(NULL, TRUE);
}

void house_store_destroy(struct house_store *house)
{
    if (!house)
        return;
    house->closing = true;
    write_last_words(house);
    if (house->retry_source)
        g_source_remove(house->retry_source);
    for (struct house_call *call; (call = g_queue_pop_head(&house->waiting));)
        call_free(call);
    g_free(house);
}

const struct house *house_store_calls(struct house_store *house)
{
    return &house->calls;
}

struct end {
    struct server *server;
    char *consultation, *reason;
};

static gboolean end_on_loop(void *arg)
{
    struct end *end = arg;
    if (end->server->signaling)
        signaling_end(end->server->signaling, end->consultation, end->reason);
    return G_SOURCE_REMOVE;
}

static void end_free(void *arg)
{
    struct end *end = arg;
    g_free(end->consultation);
    g_free(end->reason);
    g_free(end);
}

void house_end_live(struct server *server, const char *consultation, const char *reason)
{
    struct end *end = g_new0(struct end, 1);
    end->server = server;
    end->consultation = g_strdup(consultation);
    end->reason = g_strdup(reason);
    g_idle_add_full(G_PRIORITY_DEFAULT, end_on_loop, end, end_free);
    // cppcheck-suppress memleak ; end_free takes it
}

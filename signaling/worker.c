#include "worker.h"

#include "call.h"
#include "gate.h"
#include "line.h"
#include "negotiate.h"
#include "peer.h"
#include "spread.h"
#include "stats.h"

#include <errno.h>
#include <string.h>

enum {
    ROOM_COST = 30, /* permille of a core that a room just placed may come to need; load is told each second only */
    NO_CHOICE = 1000 * 1000,
};

/* ---- choosing ---- */

static int cost_of(const struct worker *worker)
{
    int cost = worker->cpu_permille + ROOM_COST * (int)worker->rooms;
    return gate_takes_rooms(worker) ? cost : cost + NO_CHOICE * (1 + worker->draining);
}

static struct worker *choose(const struct signaling *signaling, const struct call *beside)
{
    struct worker *best = NULL;
    for (guint i = 0; i < signaling->workers->len; i++) {
        struct worker *worker = g_ptr_array_index(signaling->workers, i);
        bool there = beside && (beside->worker == worker || spread_has(beside, worker));
        if (media_link_is_ready(worker->link) && !there && (!best || cost_of(worker) < cost_of(best)))
            best = worker;
    }
    return best;
}

struct worker *worker_choose(const struct signaling *signaling)
{
    return choose(signaling, NULL);
}

struct worker *worker_choose_beside(const struct call *call)
{
    struct worker *worker = choose(call->signaling, call);
    return worker && gate_takes_rooms(worker) ? worker : NULL;
}

struct worker *worker_find(const struct signaling *signaling, int number)
{
    for (guint i = 0; i < signaling->workers->len; i++) {
        struct worker *worker = g_ptr_array_index(signaling->workers, i);
        if (worker->number == number)
            return worker;
    }
    return NULL;
}

bool worker_any_syncing(const struct signaling *signaling)
{
    for (guint i = 0; i < signaling->workers->len; i++) {
        const struct worker *worker = g_ptr_array_index(signaling->workers, i);
        if (!media_link_is_ready(worker->link) && !media_link_is_lost(worker->link))
            return true;
    }
    return false;
}

static bool worker_is_up(const struct worker *worker)
{
    return media_link_is_ready(worker->link) && !worker->draining;
}

bool signaling_ready(const struct signaling *signaling)
{
    for (guint i = 0; i < signaling->workers->len; i++)
        if (worker_is_up(g_ptr_array_index(signaling->workers, i)))
            return true;
    return false;
}

/* ---- what a worker tells ---- */

static const char *text_of(const json_t *message, const char *field)
{
    const char *text = json_string_value(json_object_get(message, field));
    return text ? text : "";
}

static void leg_connected(struct leg *leg, const json_t *message)
{
    struct participant *participant = leg->participant;
    struct call *call = participant->call;
    const char *protocol = json_string_value(json_object_get(json_object_get(message, "path"), "protocol"));
    if (protocol)
        g_strlcpy(leg->protocol, protocol, sizeof leg->protocol);
    leg->state = LEG_CONNECTED;
    participant->media_failed = false;
    participant_update_away(participant);
    if (!participant->connected_once) {
        participant->connected_once = true;
        const struct house *house = call->signaling->house;
        house->joined(house->arg, call->id, participant->id, participant->session, core_now_us());
        recorder_tap_joined(participant);
    }
    line_connection(participant, "good");
    if (leg->kind == LEG_CALL)
        line_tell(leg);
    call_refresh(call);
}

static void leg_disconnected(struct leg *leg)
{
    leg->state = LEG_DISCONNECTED;
    participant_update_away(leg->participant);
    line_connection(leg->participant, "lost");
    if (leg->kind == LEG_CALL)
        participant_send(leg->participant, json_pack("{s:s}", "type", "restart"));
}

static void journal_gaps(const struct leg *leg, const char *cause)
{
    for (guint i = 0; i < leg->tracks->len; i++) {
        const struct track *track = g_ptr_array_index(leg->tracks, i);
        recorder_tap_event(leg->participant->call, json_pack("{s:s, s:s, s:s, s:s}", "event", "gap", "participant",
                                                             leg->participant->id, "track", track->id, "cause", cause));
    }
}

/*
 * Nothing was heard for so long that we may not send any more (RFC 7675), but keys and routing are there: the first check
 * that comes revives it, which after an outage is sooner than anything new. Who can hear us is told to make a new one.
 */
static void leg_lapsed(struct leg *leg)
{
    struct participant *participant = leg->participant;
    leg->state = LEG_DISCONNECTED;
    journal_gaps(leg, "connection");
    participant_update_away(participant);
    if (leg->kind == LEG_CALL)
        participant_send(participant, json_pack("{s:s, s:s}", "type", "renew", "reason", "transport"));
    line_connection(participant, "lost");
    recorder_refresh(participant->call);
}

/* Failed: make a new one. Closed, also by the client's farewell: it has hung up by itself and knows. */
static void leg_died(struct leg *leg, bool failed)
{
    struct participant *participant = leg->participant;
    struct call *call = participant->call;
    bool was_call = leg->kind == LEG_CALL;
    journal_gaps(leg, failed ? "connection" : "hangup");
    leg_close(leg, failed ? "failed" : "closed");
    participant->media_failed = true;
    if (!was_call && participant->legs->len == 0 && !participant->peer) {
        call_remove(participant, failed ? "lost" : "left");
        return;
    }
    if (was_call && failed)
        participant_send(participant, json_pack("{s:s, s:s}", "type", "renew", "reason", "transport"));
    line_connection(participant, "lost");
    call_tell_participant(participant);
    recorder_refresh(call);
}

static void on_transport(struct worker *worker, const json_t *message)
{
    struct leg *leg = g_hash_table_lookup(worker->signaling->legs, text_of(message, "transport"));
    const char *state = text_of(message, "state");
    if (!leg)
        return;
    g_message("worker=%d room=%s transport=%s state=%s reason=%s", worker->number, leg->participant->call->id, leg->id,
              state, text_of(message, "reason"));
    if (strcmp(state, "connected") == 0)
        leg_connected(leg, message);
    else if (strcmp(state, "disconnected") == 0)
        leg_disconnected(leg);
    else if (leg->kind == LEG_CALL && strcmp(state, "failed") == 0 &&
             strcmp(text_of(message, "reason"), "consent") == 0)
        leg_lapsed(leg);
    else if (strcmp(state, "failed") == 0 || strcmp(state, "closed") == 0)
        leg_died(leg, strcmp(state, "failed") == 0 && strcmp(text_of(message, "reason"), "closed_by_peer") != 0);
}

/* Only a line of one's own makes pictures thin. */
static bool has_thin_line(const struct leg *leg)
{
    bool thin = false;
    for (guint i = 0; i < leg->tracks->len; i++) {
        const struct track *track = g_ptr_array_index(leg->tracks, i);
        thin |= track->video && track->thin;
    }
    return thin;
}

static void tell_thin(const struct leg *leg, const char *type, bool thin)
{
    participant_send(leg->participant, json_pack("{s:s, s:b}", "type", type, "thin", thin));
}

/* A microphone that is heard over a thin path is to send longer packets, until the path is wide. The next answer would say
 * so, too: an offer and its answer take a thin line half a minute. Pictures are to give way where the line is their own. */
static void note_thin(struct worker *worker, struct track *track, bool thin)
{
    struct leg *leg = track->leg;
    bool speech = strcmp(track->source, "microphone") == 0, had = has_thin_line(leg);
    if (track->thin == thin || (!speech && !track->video) || leg->kind != LEG_CALL)
        return;
    if (!thin && track->thin_worker != worker->number)
        return; /* another worker, where the track is relayed to or from, has a viewer on a thin path */
    track->thin = thin;
    track->thin_worker = worker->number;
    g_message("worker=%d room=%s track=%s thin=%d", worker->number, leg->participant->call->id, track->id, thin);
    if (speech)
        tell_thin(leg, "speech", thin);
    else if (has_thin_line(leg) != had)
        tell_thin(leg, "uplink", !had);
}

static void on_track(struct worker *worker, const json_t *message)
{
    struct track *track = g_hash_table_lookup(worker->signaling->tracks, text_of(message, "track"));
    if (!track)
        return;
    note_thin(worker, track, json_is_true(json_object_get(message, "thin")));
    if (track->leg->worker != worker) /* a copy that another worker carries */
        return;
    track->stalled = strcmp(text_of(message, "state"), "stalled") == 0;
    track->quiet = json_is_true(json_object_get(message, "quiet"));
}

static void on_slot(struct worker *worker, const json_t *message)
{
    static const char *const STATES[] = {"empty", "waiting", "live", "paused", "stills", "stopped"};
    struct slot *slot = g_hash_table_lookup(worker->signaling->slots, text_of(message, "slot"));
    if (!slot || strcmp(text_of(message, "track"), slot->track ? slot->track->id : "") != 0)
        return; /* it speaks of what was assigned before */
    struct slot before = *slot;
    for (size_t i = 0; i < G_N_ELEMENTS(STATES); i++)
        if (strcmp(STATES[i], text_of(message, "state")) == 0)
            strcpy(slot->state, STATES[i]);
    g_strlcpy(slot->reason, text_of(message, "reason"), sizeof slot->reason);
    slot->width = (int)json_integer_value(json_object_get(message, "width"));
    slot->height = (int)json_integer_value(json_object_get(message, "height"));
    slot->changed = true;
    line_note_slot(slot, before.state, before.height);
    if (slot->leg->opened && !slot->leg->busy)
        view_tell(slot->leg, false);
}

static void on_estimate(struct worker *worker, const json_t *message)
{
    struct leg *leg = g_hash_table_lookup(worker->signaling->legs, text_of(message, "transport"));
    if (leg)
        line_estimate(leg, message);
}

static void on_speaker(struct worker *worker, const json_t *message)
{
    struct call *call = call_find(worker->signaling, text_of(message, "room"));
    if (call && call->worker == worker)
        call_speaker(call, json_string_value(json_object_get(message, "track")));
}

static void on_tap(struct worker *worker, const json_t *message)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, worker->signaling->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct call *call = value;
        if (call->worker == worker && strcmp(call->recorder.id, text_of(message, "recording")) == 0) {
            recorder_tap_told(call, text_of(message, "state"));
            return;
        }
    }
}

static void on_relay_closed(struct worker *worker, const json_t *message)
{
    spread_relay_closed(worker->signaling, text_of(message, "relay"));
}

static void on_load(struct worker *worker, const json_t *message)
{
    worker->cpu_permille = (int)json_integer_value(json_object_get(message, "cpu_permille"));
    int waiting = (int)json_integer_value(json_object_get(message, "waiting_permille"));
    gate_note_load(worker, (unsigned)CLAMP(worker->cpu_permille + waiting, 0, 1000));
}

static void on_stats_part(struct worker *worker, const json_t *message)
{
    if (!worker->stats_parts)
        worker->stats_parts = json_array();
    if (json_array_size(worker->stats_parts) < 4096)
        json_array_extend(worker->stats_parts, json_object_get(message, "transports"));
}

static const struct {
    const char *event;
    void (*fn)(struct worker *worker, const json_t *message);
} EVENTS[] = {
    {"transport.state", on_transport},
    {"slot.state", on_slot},
    {"track.state", on_track},
    {"estimate", on_estimate},
    {"speaker", on_speaker},
    {"tap.state", on_tap},
    {"load", on_load},
    {"stats.part", on_stats_part},
    {"relay.closed", on_relay_closed},
};

static void on_event(void *arg, struct media_link *link, const char *event, json_t *message)
{
    (void)link;
    struct worker *worker = arg;
    if (g_str_has_prefix(event, "snapshot.")) {
        restore_item(worker, event, message);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(EVENTS); i++) {
        if (strcmp(EVENTS[i].event, event) == 0) {
            EVENTS[i].fn(worker, message);
            return;
        }
    }
}

/* ---- coming and going ---- */

static void retry_peers(struct signaling *signaling)
{
    GArray *serials = core_peer_serials(signaling);
    for (guint i = 0; i < serials->len; i++) {
        struct peer *peer = peer_find(signaling, g_array_index(serials, uint64_t, i));
        if (peer)
            peer_retry(peer);
    }
    g_array_free(serials, TRUE);
}

static void place_all(struct signaling *signaling)
{
    GPtrArray *calls = core_calls(signaling);
    for (guint i = 0; i < calls->len; i++) {
        struct call *call = g_ptr_array_index(calls, i);
        if (call->participants->len && !call->ending)
            call_place(call);
    }
    g_ptr_array_free(calls, TRUE);
}

static void on_ready(void *arg, struct media_link *link)
{
    struct worker *worker = arg;
    gate_worker_ready(worker, media_link_was_draining(link));
    g_message("worker=%d attached rooms=%u", worker->number, worker->rooms);
    restore_done(worker);
    place_all(worker->signaling);
    retry_peers(worker->signaling);
}

static void forget_worker(struct signaling *signaling, const struct worker *worker)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, signaling->legs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((struct leg *)value)->worker == worker)
            ((struct leg *)value)->worker = NULL;
}

static void on_lost(void *arg, struct media_link *link)
{
    (void)link;
    struct worker *worker = arg;
    struct signaling *signaling = worker->signaling;
    GPtrArray *calls = core_calls(signaling);
    for (guint i = 0; i < calls->len; i++) {
        struct call *call = g_ptr_array_index(calls, i);
        if (call->worker == worker) {
            call->worker = NULL;
        } else {
            spread_worker_lost(call, worker);
            calls->pdata[i] = NULL;
        }
    }
    forget_worker(signaling, worker);
    g_ptr_array_remove(signaling->workers, worker); /* frees it */
    for (guint i = 0; i < calls->len; i++)
        if (g_ptr_array_index(calls, i))
            call_worker_lost(g_ptr_array_index(calls, i));
    g_ptr_array_free(calls, TRUE);
}

void worker_destroy(void *data)
{
    struct worker *worker = data;
    media_link_close(worker->link);
    json_decref(worker->stats);
    json_decref(worker->stats_parts);
    g_free(worker);
}

int signaling_worker_added(struct signaling *signaling, int number, const char *path)
{
    struct worker *old = worker_find(signaling, number);
    if (old)
        on_lost(old, old->link); /* a new process under the same number: the old one is dead */
    struct worker *worker = g_new0(struct worker, 1);
    worker->signaling = signaling;
    worker->number = number;
    const struct media_link_handler handler = {
        .ready_fn = on_ready, .event_fn = on_event, .lost_fn = on_lost, .arg = worker};
    int result = media_link_open(number, path, &handler, &worker->link);
    if (result < 0) {
        g_free(worker);
        return result;
    }
    g_ptr_array_add(signaling->workers, worker);
    return 0;
}

void signaling_worker_lost(struct signaling *signaling, int number)
{
    struct worker *worker = worker_find(signaling, number);
    if (worker)
        on_lost(worker, worker->link);
}

/* ---- statistics ---- */

static void on_stats(void *arg, const char *problem, json_t *answer)
{
    struct ask *ask = arg;
    struct worker *worker = ask->signaling ? worker_find(ask->signaling, (int)ask->id) : NULL;
    if (!worker || problem)
        return;
    json_t *links = worker->stats_parts ? worker->stats_parts : json_array();
    worker->stats_parts = NULL;
    if (json_is_array(json_object_get(answer, "transports")))
        json_array_extend(links, json_object_get(answer, "transports"));
    stats_take(worker, links);
    json_t *own = json_object_get(answer, "worker");
    json_decref(worker->stats);
    worker->stats = json_is_object(own) ? json_deep_copy(own) : json_object();
    json_object_set_new(worker->stats, "transports", json_integer((json_int_t)json_array_size(links)));
    json_decref(links);
}

void worker_ask_stats(struct signaling *signaling)
{
    for (guint i = 0; i < signaling->workers->len; i++) {
        struct worker *worker = g_ptr_array_index(signaling->workers, i);
        if (!media_link_is_ready(worker->link))
            continue;
        struct ask *ask = ask_begin(signaling);
        ask->id = worker->number;
        media_link_request(worker->link, "stats", NULL, -1, (struct media_answer){on_stats, ask, ask_end});
    }
}

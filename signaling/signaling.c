#include "signaling.h"

#include "call.h"
#include "core.h"
#include "gate.h"
#include "line_test.h"
#include "peer.h"
#include "spread.h"
#include "stats.h"
#include "worker.h"

#include <string.h>

enum { STATS_EVERY_S = 5, ROOM_SHARE = 250 };

/* ---- the second hand ---- */

static void tick_calls(struct signaling *signaling, int64_t now_s)
{
    GPtrArray *calls = core_calls(signaling);
    for (guint i = 0; i < calls->len; i++)
        call_tick(g_ptr_array_index(calls, i), now_s);
    g_ptr_array_free(calls, TRUE);
}

static void tick_peers(struct signaling *signaling, int64_t now_s)
{
    GArray *serials = core_peer_serials(signaling);
    for (guint i = 0; i < serials->len; i++) {
        struct peer *peer = peer_find(signaling, g_array_index(serials, uint64_t, i));
        if (peer)
            peer_tick(peer, now_s);
    }
    g_array_free(serials, TRUE);
}

void signaling_tick(struct signaling *signaling, int64_t now_s)
{
    tick_peers(signaling, now_s);
    tick_calls(signaling, now_s);
    line_test_tick(signaling, now_s);
    if (now_s % STATS_EVERY_S == 0)
        worker_ask_stats(signaling);
}

static gboolean on_tick(gpointer data)
{
    signaling_tick(data, core_uptime_s());
    return G_SOURCE_CONTINUE;
}

/* ---- life ---- */

struct signaling *signaling_create(const struct signaling_config *config)
{
    struct signaling *signaling = g_new0(struct signaling, 1);
    signaling->house = config->house;
    signaling->ticket_key = config->ticket_key;
    bool given = config->max_participants > 0 && config->max_participants <= CALL_PARTICIPANTS_MAX;
    signaling->max_participants = given ? (unsigned)config->max_participants : CALL_PARTICIPANTS_MAX;
    signaling->room_share = config->room_share > 0 ? (unsigned)config->room_share : ROOM_SHARE;
    signaling->dtx = config->dtx;
    signaling->worker_limits = config->worker_limits;
    signaling->node_limits = config->node_limits;
    signaling->drained = g_hash_table_new(NULL, NULL);
    signaling->workers = g_ptr_array_new_with_free_func(worker_destroy);
    signaling->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, call_destroy);
    signaling->legs = g_hash_table_new(g_str_hash, g_str_equal);
    signaling->tracks = g_hash_table_new(g_str_hash, g_str_equal);
    signaling->slots = g_hash_table_new(g_str_hash, g_str_equal);
    signaling->relays = g_hash_table_new(g_str_hash, g_str_equal);
    signaling->peers = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, peer_destroy);
    signaling->asks = g_hash_table_new(NULL, NULL);
    signaling->line_tests = line_tests_new();
    signaling->started_us = core_now_us();
    signaling->tick_source = g_timeout_add_seconds(1, on_tick, signaling);
    return signaling;
}

/*
 * The workers keep their rooms: this may be an upgrade in mid-call. Whoever wants the calls to end calls signaling_end
 * first and lets the loop run.
 */
static void forget_rooms(struct signaling *signaling)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, signaling->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct call *call = value;
        call->worker = NULL;
        g_ptr_array_set_size(call->satellites, 0);
        for (guint i = 0; i < call->participants->len; i++)
            ((struct participant *)g_ptr_array_index(call->participants, i))->connected_once = false;
    }
    g_hash_table_iter_init(&iter, signaling->legs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ((struct leg *)value)->worker = NULL;
        g_clear_pointer(&((struct leg *)value)->relays, g_ptr_array_unref);
    }
}

void signaling_destroy(struct signaling *signaling)
{
    if (!signaling)
        return;
    g_source_remove(signaling->tick_source);
    forget_rooms(signaling);
    g_ptr_array_free(signaling->workers, TRUE);
    g_hash_table_destroy(signaling->rooms);
    g_hash_table_destroy(signaling->peers);
    g_hash_table_destroy(signaling->legs);
    g_hash_table_destroy(signaling->tracks);
    g_hash_table_destroy(signaling->slots);
    g_hash_table_destroy(signaling->relays);
    g_hash_table_destroy(signaling->drained);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, signaling->asks);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        ((struct ask *)key)->signaling = NULL;
    g_hash_table_destroy(signaling->asks);
    line_tests_free(signaling->line_tests);
    g_free(signaling);
}

void signaling_save(struct signaling *signaling, const char *consultation)
{
    struct call *call = call_find(signaling, consultation);
    if (call)
        stills_save(call);
}

void signaling_end(struct signaling *signaling, const char *consultation, const char *reason)
{
    GPtrArray *calls = core_calls(signaling);
    for (guint i = 0; i < calls->len; i++) {
        struct call *call = g_ptr_array_index(calls, i);
        if (!consultation || strcmp(call->id, consultation) == 0)
            call_end(call, reason);
    }
    g_ptr_array_free(calls, TRUE);
}

/* ---- what the panel and the metrics see ---- */

enum signaling_place signaling_place_of(struct signaling *signaling, const char *consultation, const char *participant)
{
    const struct call *call = call_find(signaling, consultation);
    if (call && g_hash_table_contains(call->removed, participant))
        return SIGNALING_REMOVED;
    const struct participant *known = call ? call_participant(call, participant) : NULL;
    return !known ? SIGNALING_ABSENT : known->waiting ? SIGNALING_WAITING : SIGNALING_INSIDE;
}

void signaling_file(struct signaling *signaling, const char *consultation, const json_t *file)
{
    struct call *call = call_find(signaling, consultation);
    bool chat = g_strcmp0(json_string_value(json_object_get(file, "kind")), "chat") == 0;
    if (call && !chat)
        stills_file(call, file);
    else if (call && g_strcmp0(json_string_value(json_object_get(file, "state")), "ready") == 0)
        call_chat_file(call, file);
}

json_t *signaling_live(struct signaling *signaling)
{
    json_t *array = json_array();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, signaling->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct call *call = value;
        if (call->participants->len && !call->ending)
            json_array_append_new(array, call_live_json(call));
    }
    return array;
}

const char *signaling_consent_for(struct signaling *signaling, const struct house_consent *said, house_done_fn done,
                                  void *arg)
{
    struct call *call = call_find(signaling, said->consultation);
    return call ? recorder_consent_for(call, said, done, arg) : "not_found";
}

json_t *signaling_objects(const struct signaling *signaling)
{
    const struct {
        const char *kind;
        guint count;
    } OBJECTS[] = {
        {"rooms", g_hash_table_size(signaling->rooms)},
        {"people", gate_people(signaling, NULL)},
        {"legs", g_hash_table_size(signaling->legs)},
        {"tracks", g_hash_table_size(signaling->tracks)},
        {"slots", g_hash_table_size(signaling->slots)},
        {"relays", g_hash_table_size(signaling->relays)},
        {"carried", spread_carried(signaling)},
        {"sockets", g_hash_table_size(signaling->peers)},
        {"questions", g_hash_table_size(signaling->asks)},
        {"line_tests", signaling->line_tests->len},
    };
    json_t *objects = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(OBJECTS); i++)
        json_object_set_new(objects, OBJECTS[i].kind, json_integer(OBJECTS[i].count));
    return objects;
}

json_t *signaling_stats(struct signaling *signaling)
{
    json_t *array = json_array();
    for (guint i = 0; i < signaling->workers->len; i++) {
        const struct worker *worker = g_ptr_array_index(signaling->workers, i);
        json_t *stats = worker->stats ? json_deep_copy(worker->stats) : json_object();
        json_object_update_new(stats, stats_wire_json(worker));
        json_object_set_new(stats, "worker", json_integer(worker->number));
        json_object_set_new(stats, "ready", json_boolean(media_link_is_ready(worker->link)));
        json_object_set_new(stats, "draining", json_boolean(worker->draining));
        json_object_set_new(stats, "rooms", json_integer(worker->rooms));
        json_object_set_new(stats, "people", json_integer(gate_people(signaling, worker)));
        json_object_set_new(stats, "load_permille", json_integer(worker->admission.load_permille));
        json_object_set_new(stats, "cpu_permille", json_integer(worker->cpu_permille)); /* newer: told each second */
        json_array_append_new(array, stats);
    }
    return array;
}

#include "stats.h"

#include "call.h"
#include "line.h"
#include "protocol.h"
#include "worker.h"

#include <string.h>

/* ---- taking ---- */

static int64_t number(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static uint64_t counted(const json_t *object, const char *field)
{
    return (uint64_t)MAX(number(object, field), 0);
}

/* Thousandths of what was sent since `before`; −1: nothing was, or a track that is gone took its counts with it. */
static int64_t share_lost(const struct leg_count *before, const struct leg_count *now, bool after_repair)
{
    if (before->packets == 0 || now->packets < before->packets || now->lost < before->lost ||
        now->repaired < before->repaired)
        return -1;
    uint64_t mended = now->repaired - before->repaired, gone = now->lost - before->lost;
    uint64_t came = now->packets - before->packets - MIN(mended, now->packets - before->packets);
    uint64_t missing = after_repair ? gone - MIN(mended, gone) : gone;
    return came + gone ? (int64_t)(missing * 1000 / (came + gone)) : -1;
}

static void add_layer(struct leg_count *count, const json_t *layer)
{
    count->packets += counted(layer, "packets");
    count->lost += counted(layer, "lost");
    count->repaired += counted(layer, "repaired");
}

static void take_uplink(struct leg *leg, const json_t *link)
{
    struct leg_count all = {0}, video = {0};
    size_t i, j;
    json_t *track, *layer;
    json_array_foreach(json_object_get(link, "tracks"), i, track)
    {
        bool is_video = g_strcmp0(json_string_value(json_object_get(track, "kind")), "video") == 0;
        json_array_foreach(json_object_get(track, "layers"), j, layer)
        {
            add_layer(&all, layer);
            if (is_video)
                add_layer(&video, layer);
        }
    }
    leg->figures.up_loss_permille = share_lost(&leg->figures.up, &all, false);
    leg->figures.up_missing_permille = share_lost(&leg->figures.up_video, &video, true);
    leg->figures.up = all;
    leg->figures.up_video = video;
}

static uint64_t sum_of_slots(const json_t *link, const char *field)
{
    uint64_t sum = 0;
    size_t i;
    json_t *slot;
    json_array_foreach(json_object_get(link, "slots"), i, slot) sum += counted(slot, field);
    return sum;
}

/* What closed meanwhile took its counts with it: then the sum is smaller, and nothing is added. */
static void take_wire(struct worker *worker, struct leg *leg, const json_t *link)
{
    const uint64_t now[WIRE_COUNT] = {[WIRE_UP_PACKETS] = leg->figures.up.packets,
                                      [WIRE_UP_LOST] = leg->figures.up.lost,
                                      [WIRE_NACKS_SENT] = counted(link, "nacks_sent"),
                                      [WIRE_KEY_REQUESTS_SENT] = counted(link, "key_requests_sent"),
                                      [WIRE_NACKS] = sum_of_slots(link, "nacks"),
                                      [WIRE_KEY_REQUESTS] = sum_of_slots(link, "key_requests"),
                                      [WIRE_RETRANSMITTED] = sum_of_slots(link, "retransmitted")};
    for (int i = 0; i < WIRE_COUNT; i++) {
        worker->wire[i] += now[i] > leg->wire[i] ? now[i] - leg->wire[i] : 0;
        leg->wire[i] = now[i];
    }
}

void stats_take(struct worker *worker, const json_t *links)
{
    size_t i;
    json_t *link;
    json_array_foreach(links, i, link)
    {
        const char *name = json_string_value(json_object_get(link, "transport"));
        struct leg *leg = name ? g_hash_table_lookup(worker->signaling->legs, name) : NULL;
        if (!leg || leg->worker != worker)
            continue;
        json_decref(leg->stats);
        leg->stats = json_incref(link);
        leg->figures.estimate_bps = number(link, "estimate_bps");
        leg->figures.rtt_ms = number(link, "rtt_ms");
        leg->figures.down_loss_permille = number(link, "loss_permille");
        take_uplink(leg, link);
        take_wire(worker, leg, link);
        if (leg->slots->len && leg->figures.estimate_bps >= 0)
            totals_observe(&worker->signaling->totals, TOTALS_ESTIMATE, (double)leg->figures.estimate_bps);
    }
}

/* ---- showing ---- */

static const json_t *stats_of(const struct leg *leg, const char *list, const char *key, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(leg->stats, list), i, item)
    {
        const char *own = json_string_value(json_object_get(item, key));
        if (own && strcmp(own, name) == 0)
            return item;
    }
    return NULL;
}

static void copy(json_t *into, const json_t *from, const char *const *fields)
{
    for (; *fields; fields++)
        if (json_object_get(from, *fields))
            json_object_set(into, *fields, json_object_get(from, *fields));
}

static void put_known(json_t *object, const char *field, int64_t value)
{
    if (value >= 0)
        json_object_set_new(object, field, json_integer(value));
}

static void put_why(json_t *object, enum why why, const char *language, const struct why_words *words)
{
    g_autofree char *text = why_text(why, language, words);
    if (text)
        json_object_set_new(object, "why", json_pack("{s:s, s:s}", "cause", why_code(why), "text", text));
}

static json_t *track_json(const struct track *track)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:b, s:b}", "track", track->id, "kind",
                               track->video ? "video" : "audio", "source", track->source, "muted", (int)track->paused,
                               "stalled", (int)track->stalled);
    const json_t *layers = json_object_get(stats_of(track->leg, "tracks", "track", track->id), "layers");
    json_object_set_new(object, "layers", layers ? json_incref((json_t *)layers) : json_array());
    return object;
}

static json_t *slot_json(const struct slot *slot, const char *language)
{
    static const char *const FIELDS[] = {"layer", "target",       "packets",  "bytes",         "retransmitted",
                                         "nacks", "key_requests", "switches", "loss_permille", "jitter_ms",
                                         NULL};
    json_t *object = leg_slot_json(slot);
    copy(object, stats_of(slot->leg, "slots", "slot", slot->id), FIELDS);
    put_known(object, "wanted_width", slot->max_width ? slot->max_width : -1);
    put_known(object, "wanted_height", slot->max_height ? slot->max_height : -1);
    if (slot->lowered_us)
        json_object_set_new(
            object, "lowered",
            json_pack("{s:o, s:s}", "at", protocol_time(slot->lowered_us), "reason", slot->lowered_reason));
    struct why_words words = {.viewer = slot->leg->participant->name};
    line_slot_words(slot, &words);
    put_why(object, slot->why, language, &words);
    return object;
}

static json_t *slots_json(const struct leg *leg, const char *language)
{
    json_t *array = json_array();
    for (guint i = 0; i < leg->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (slot->track)
            json_array_append_new(array, slot_json(slot, language));
    }
    return array;
}

static json_t *line_json(const struct leg *leg, const char *language)
{
    static const char *const STATES[] = {
        [LEG_NEW] = "connecting", [LEG_CONNECTED] = "connected", [LEG_DISCONNECTED] = "disconnected"};
    static const char *const FIELDS[] = {"path",       "rx_packets", "tx_packets", "rx_bytes",          "tx_bytes",
                                         "rx_dropped", "tx_dropped", "nacks_sent", "key_requests_sent", NULL};
    const struct leg_figures *figures = &leg->figures;
    json_t *tracks = json_array();
    for (guint i = 0; i < leg->tracks->len; i++)
        json_array_append_new(tracks, track_json(g_ptr_array_index(leg->tracks, i)));
    json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "kind", leg_kind_name(leg->kind), "state", STATES[leg->state],
                               "tracks", tracks, "slots", slots_json(leg, language));
    put_known(object, "estimate_bps", figures->estimate_bps);
    put_known(object, "rtt_ms", figures->rtt_ms);
    put_known(object, "down_loss_permille", figures->down_loss_permille);
    put_known(object, "up_loss_permille", figures->up_loss_permille);
    put_known(object, "up_missing_permille", figures->up_missing_permille);
    copy(object, leg->stats, FIELDS);
    struct why_words words = {.viewer = leg->participant->name};
    enum why why = line_why(leg, &words);
    put_why(object, why, language, &words);
    return object;
}

static json_t *report_json(const struct quality *quality)
{
    const struct quality_report *last = &quality->last;
    json_t *object = json_object();
    put_known(object, "concealed_permille", last->concealed_permille);
    put_known(object, "loss_permille", last->loss_permille);
    put_known(object, "rtt_ms", last->rtt_ms);
    put_known(object, "jitter_ms", last->jitter_ms);
    put_known(object, "buffer_ms", last->buffer_ms);
    put_known(object, "freezes", last->freezes);
    put_known(object, "frozen_ms", last->frozen_ms);
    put_known(object, "frames_decoded", last->frames_decoded);
    put_known(object, "frames_dropped", last->frames_dropped);
    put_known(object, "estimate_bps", last->estimate_bps);
    if (last->protocol[0])
        json_object_set_new(object, "protocol", json_string(last->protocol));
    if (last->limited[0])
        json_object_set_new(object, "limited", json_string(last->limited));
    if (quality->mos > 0)
        json_object_set_new(object, "mos", json_real((double)(int)(quality->mos * 100 + 0.5) / 100));
    return object;
}

static json_t *person_json(const struct participant *participant, const char *language)
{
    json_t *lines = json_array();
    for (guint i = 0; i < participant->legs->len; i++)
        json_array_append_new(lines, line_json(g_ptr_array_index(participant->legs, i), language));
    json_t *object = json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "id", participant->id, "name", participant->name,
                               "role", participant->role, "waiting", (int)participant->waiting, "away",
                               (int)!participant->peer, "lines", lines);
    if (participant->place)
        json_object_set_new(object, "place", json_string(participant->place));
    if (participant->connection)
        json_object_set_new(object, "connection", json_string(participant->connection));
    if (participant->quality.reports) {
        json_object_set_new(object, "report", report_json(&participant->quality));
        json_object_set_new(object, "quality", quality_json(&participant->quality));
    }
    return object;
}

json_t *signaling_call_stats(struct signaling *signaling, const char *consultation, const char *language)
{
    const struct call *call = call_find(signaling, consultation);
    json_t *people = json_array();
    for (guint i = 0; call && !call->ending && i < call->participants->len; i++)
        json_array_append_new(people, person_json(g_ptr_array_index(call->participants, i), language));
    json_t *object = json_pack("{s:s, s:o}", "consultation", consultation, "participants", people);
    if (call && call->worker)
        json_object_set_new(object, "worker", json_integer(call->worker->number));
    return object;
}

/* ---- all together, without names ---- */

json_t *stats_wire_json(const struct worker *worker)
{
    static const char *const NAMES[WIRE_COUNT] = {"up_packets", "up_lost",      "nacks_sent",   "key_requests_sent",
                                                  "nacks",      "key_requests", "retransmitted"};
    json_t *object = json_object();
    for (int i = 0; i < WIRE_COUNT; i++)
        json_object_set_new(object, NAMES[i], json_integer((json_int_t)worker->wire[i]));
    return object;
}

static void count_one(json_t *object, const char *name)
{
    json_object_set_new(object, name, json_integer(json_integer_value(json_object_get(object, name)) + 1));
}

static void count_leg(const struct leg *leg, json_t *rungs, json_t *causes)
{
    const char *reported = leg->kind == LEG_CALL ? leg->participant->quality.last.protocol : "";
    if (leg->state == LEG_CONNECTED)
        count_one(rungs, reported[0] ? reported : leg->protocol[0] ? leg->protocol : "udp");
    for (guint i = 0; i < leg->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (slot->why_text)
            count_one(causes, why_code(slot->why));
    }
}

static void count_call(const struct call *call, json_t *words, json_t *rungs, json_t *causes)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (participant->connection)
            count_one(words, participant->connection);
        for (guint j = 0; j < participant->legs->len; j++)
            count_leg(g_ptr_array_index(participant->legs, j), rungs, causes);
    }
}

json_t *signaling_totals(struct signaling *signaling)
{
    json_t *object = totals_json(&signaling->totals), *words = json_object(), *rungs = json_object();
    json_t *causes = json_object();
    GPtrArray *calls = core_calls(signaling);
    for (guint i = 0; i < calls->len; i++)
        count_call(g_ptr_array_index(calls, i), words, rungs, causes);
    g_ptr_array_free(calls, TRUE);
    json_object_set_new(object, "people", words);
    json_object_set_new(object, "rungs", rungs);
    json_object_set_new(object, "causes", causes);
    return object;
}

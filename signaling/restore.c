/*
 * What a restarted hoichand reads from a worker that went on without it: rooms, participants with their legs, tracks,
 * slots and open taps, from the fields of the requests that once made them and the `app` blobs beside. Names are not in
 * there; the house is asked for them again.
 */
#include "worker.h"

#include "call.h"
#include "line.h"
#include "line_test.h"
#include "protocol.h"
#include "spread.h"

#include <string.h>

static const char *text_of(const json_t *item, const char *field)
{
    const char *text = json_string_value(json_object_get(item, field));
    return text ? text : "";
}

static void fill_set(GHashTable *set, const json_t *names)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name) if (protocol_is_name(json_string_value(name)))
        g_hash_table_add(set, g_strdup(json_string_value(name)));
}

static void restore_roles(struct call *call, const json_t *app)
{
    const char *id;
    json_t *role;
    json_object_foreach(json_object_get(app, "roles"), id, role)
    {
        const char *name = strcmp(json_string_value(role) ? json_string_value(role) : "", "host") == 0 ? "host"
                                                                                                       : "doctor";
        if (protocol_is_name(id))
            g_hash_table_replace(call->roles, g_strdup(id), g_strdup(name));
    }
    g_strlcpy(call->heir, text_of(app, "heir"), sizeof call->heir);
    call->vacant = json_is_true(json_object_get(app, "vacant"));
}

/* The call an item belongs to, if this worker is the one that carries it. */
static struct call *call_of(const struct worker *worker, const json_t *item)
{
    struct call *call = call_find(worker->signaling, text_of(item, "room"));
    return call && (call->worker == worker || spread_has(call, worker)) ? call : NULL;
}

static void restore_room(struct worker *worker, const json_t *item)
{
    const char *id = text_of(item, "room");
    const json_t *app = json_object_get(item, "app");
    if (!protocol_is_name(id))
        return;
    struct call *known = call_find(worker->signaling, id);
    if (line_test_is_room(id)) { /* nobody waits for it any more */
        media_link_tell(worker->link, "room.close", json_pack("{s:s, s:s}", "room", id, "reason", "tested"));
        return;
    }
    if (json_is_true(json_object_get(app, "satellite"))) {
        spread_restore_room(call_take(worker->signaling, id), worker);
        return;
    }
    if (known && known->worker) { /* it lives elsewhere by now */
        media_link_tell(worker->link, "room.close", json_pack("{s:s, s:s}", "room", id, "reason", "moved"));
        return;
    }
    struct call *call = call_take(worker->signaling, id);
    call->worker = worker;
    worker->rooms++;
    call->restored = true;
    call->locked = json_is_true(json_object_get(app, "locked"));
    call->started = json_is_true(json_object_get(app, "started"));
    restore_roles(call, app);
    fill_set(call->removed, json_object_get(app, "removed"));
    consents_restore(call, json_object_get(app, "consents"));
    sidetalk_restore(call, json_object_get(app, "side"));
    recorder_restore(call, json_object_get(app, "recording"));
}

static struct participant *participant_of(struct call *call, const json_t *app)
{
    const char *id = text_of(app, "participant");
    struct participant *participant = call_participant(call, id);
    if (participant || !protocol_is_name(id))
        return participant;
    participant = participant_create(call, id, text_of(app, "role"));
    g_ptr_array_add(call->participants, participant);
    if (protocol_is_name(text_of(app, "session")))
        g_strlcpy(participant->session, text_of(app, "session"), sizeof participant->session);
    json_int_t joined_us = json_integer_value(json_object_get(app, "joined_us"));
    if (joined_us > 0)
        participant->joined_us = joined_us;
    return participant;
}

static void restore_credentials(struct leg *leg, const json_t *item)
{
    const json_t *fingerprint = json_object_get(item, "fingerprint");
    const char *value = json_string_value(json_object_get(fingerprint, "value"));
    leg->ufrag = g_strdup(text_of(item, "ufrag"));
    leg->pwd = g_strdup(text_of(item, "pwd"));
    leg->remote_ufrag = g_strdup(text_of(item, "remote_ufrag"));
    leg->candidates = json_incref(json_object_get(item, "candidates"));
    leg->fingerprint_algorithm = g_strdup(value ? text_of(fingerprint, "alg") : "sha-256");
    leg->fingerprint = g_strdup(value);
}

static void restore_transport(struct worker *worker, const json_t *item)
{
    struct call *call = call_of(worker, item);
    const json_t *app = json_object_get(item, "app");
    enum leg_kind kind;
    struct participant *participant = call && leg_kind_named(text_of(app, "kind"), &kind) ? participant_of(call, app)
                                                                                          : NULL;
    if (!participant || !protocol_is_name(text_of(item, "transport")) ||
        g_hash_table_contains(worker->signaling->legs, text_of(item, "transport")))
        return;
    if (participant_leg(participant, kind)) { /* it came back with a new one while we were still reading */
        media_link_tell(worker->link, "transport.close",
                        json_pack("{s:s, s:s}", "transport", text_of(item, "transport"), "reason", "replaced"));
        return;
    }
    const char *state = text_of(item, "state");
    struct leg *leg = leg_create(participant, kind, text_of(item, "transport"));
    leg->worker = worker;
    leg->generation = (unsigned)json_integer_value(json_object_get(app, "generation"));
    leg->opened = true;
    restore_credentials(leg, item);
    if (!leg->fingerprint) /* the worker has one certificate for all */
        leg->fingerprint = g_strdup(media_link_fingerprint(worker->link));
    if (strcmp(state, "connected") == 0) {
        leg->state = LEG_CONNECTED;
        participant->connected_once = true;
        participant->connection = "good";
    }
    participant_update_away(participant);
}

static void restore_codecs(struct slot *slot, const json_t *codecs)
{
    size_t i;
    json_t *codec;
    g_strlcpy(slot->codecs, " ", sizeof slot->codecs);
    json_array_foreach(codecs, i, codec)
    {
        g_strlcat(slot->codecs, text_of(codec, "name"), sizeof slot->codecs);
        g_strlcat(slot->codecs, " ", sizeof slot->codecs);
    }
}

static void restore_track(struct worker *worker, const json_t *item)
{
    struct leg *leg = g_hash_table_lookup(worker->signaling->legs, text_of(item, "transport"));
    if (!leg || !protocol_is_name(text_of(item, "track")) || strlen(text_of(item, "mid")) > SDP_MID_MAX)
        return;
    struct track *track = leg_track_create(leg, text_of(item, "track"), text_of(item, "mid"),
                                           strcmp(text_of(item, "kind"), "video") == 0, text_of(item, "source"));
    const json_t *codec = json_array_get(json_object_get(item, "codecs"), 0);
    const char *label = json_string_value(json_object_get(json_object_get(item, "app"), "label"));
    g_strlcpy(track->codec, text_of(codec, "name"), sizeof track->codec);
    track->codecs = json_incref(json_object_get(item, "codecs"));
    track->layers = (unsigned)MAX(json_array_size(json_object_get(item, "rids")), 1);
    track->label = g_strdup(label);
    track->paused = json_is_true(json_object_get(item, "paused"));
    track->stalled = strcmp(text_of(item, "state"), "stalled") == 0;
    track->quiet = json_is_true(json_object_get(item, "quiet"));
    track->thin = json_is_true(json_object_get(item, "thin"));
    track->thin_worker = worker->number;
    if (!track->paused)
        return;
    if (strcmp(track->source, "microphone") == 0)
        leg->participant->microphone = 0;
    if (strcmp(track->source, "camera") == 0)
        leg->participant->camera = 0;
}

static void restore_relay(struct worker *worker, const json_t *item)
{
    struct leg *leg = g_hash_table_lookup(worker->signaling->legs, text_of(json_object_get(item, "app"), "leg"));
    if (leg && leg->worker == worker)
        spread_restore_relay(leg, item);
}

static void restore_slot(struct worker *worker, const json_t *item)
{
    struct leg *leg = g_hash_table_lookup(worker->signaling->legs, text_of(item, "transport"));
    if (!leg)
        spread_restore_slot(worker, item);
    if (!leg || !protocol_is_name(text_of(item, "slot")) || leg->slots->len >= LEG_SLOTS_MAX ||
        strlen(text_of(item, "mid")) > SDP_MID_MAX)
        return;
    const json_t *index = json_object_get(json_object_get(item, "app"), "index");
    bool video = strcmp(text_of(item, "kind"), "video") == 0;
    struct slot *slot = leg_slot_create(leg, text_of(item, "slot"), text_of(item, "mid"), video,
                                        json_is_integer(index) ? (unsigned)json_integer_value(index)
                                                               : leg_next_index(leg, video));
    slot->ssrc = (uint32_t)json_integer_value(json_object_get(item, "ssrc"));
    slot->rtx_ssrc = (uint32_t)json_integer_value(json_object_get(item, "rtx_ssrc"));
    restore_codecs(slot, json_object_get(item, "codecs"));
    slot->track = g_hash_table_lookup(worker->signaling->tracks, text_of(item, "track"));
    g_strlcpy(slot->restored, text_of(item, "track"), sizeof slot->restored);
    g_strlcpy(slot->state, text_of(item, "state"), sizeof slot->state);
    g_strlcpy(slot->reason, text_of(item, "reason"), sizeof slot->reason);
    slot->priority = (int)json_integer_value(json_object_get(item, "priority"));
    slot->max_width = (int)json_integer_value(json_object_get(item, "max_width"));
    slot->max_height = (int)json_integer_value(json_object_get(item, "max_height"));
    slot->width = (int)json_integer_value(json_object_get(item, "width"));
    slot->height = (int)json_integer_value(json_object_get(item, "height"));
}

static void restore_recording(struct worker *worker, const json_t *item)
{
    struct call *call = call_of(worker, item);
    if (call)
        recorder_tap_adopt(call, text_of(item, "recording"));
    else
        media_link_tell(worker->link, "tap.close", json_pack("{s:s}", "recording", text_of(item, "recording")));
}

static const struct {
    const char *event;
    void (*fn)(struct worker *worker, const json_t *item);
} ITEMS[] = {
    {"snapshot.room", restore_room},   {"snapshot.transport", restore_transport},
    {"snapshot.relay", restore_relay}, {"snapshot.track", restore_track},
    {"snapshot.slot", restore_slot},   {"snapshot.recording", restore_recording},
};

void restore_item(struct worker *worker, const char *event, const json_t *item)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ITEMS); i++)
        if (strcmp(ITEMS[i].event, event) == 0)
            ITEMS[i].fn(worker, item);
}

/* ---- names ---- */

static void on_known(void *arg, const char *problem, json_t *found)
{
    struct ask *ask = arg;
    struct call *call = ask->signaling ? call_find(ask->signaling, ask->consultation) : NULL;
    struct participant *participant = call ? call_participant(call, ask->participant) : NULL;
    if (call && problem && strcmp(problem, "ended") == 0) {
        call_end(call, "ended"); /* it was ended while we were away */
    } else if (participant && !problem) {
        participant_learn(participant, json_object_get(found, "participant"));
        consents_learn(call, participant->id, found);
        line_continue(participant, json_object_get(found, "stay"));
        json_decref(call->consultation);
        call->consultation = json_incref(json_object_get(found, "consultation"));
        call_tell_participant(participant);
    }
    ask_end(ask);
}

static void ask_names(struct call *call)
{
    const struct house *house = call->signaling->house;
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        struct ask *ask = ask_begin(call->signaling);
        g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
        g_strlcpy(ask->participant, participant->id, sizeof ask->participant);
        house->admit(house->arg, call->id, participant->id, on_known, ask);
    }
}

/* At a further worker slots may have been told before the tracks in them. */
static void find_tracks(struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint l = 0; l < participant->legs->len; l++) {
            const struct leg *leg = g_ptr_array_index(participant->legs, l);
            for (guint s = 0; s < leg->slots->len; s++) {
                struct slot *slot = g_ptr_array_index(leg->slots, s);
                if (!slot->track && slot->restored[0])
                    slot->track = g_hash_table_lookup(call->signaling->tracks, slot->restored);
                slot->restored[0] = '\0';
            }
        }
    }
}

void restore_done(struct worker *worker)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, worker->signaling->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct call *call = value;
        if (!call->restored || !call->worker || !media_link_is_ready(call->worker->link))
            continue;
        find_tracks(call);
        call->restored = false;
        g_message("restore room=%s participants=%u", call->id, call->participants->len);
        ask_names(call);
        call_continue(call);
        recorder_tap_resume(call);
        recorder_refresh(call);
        call_refresh(call);
    }
}

#include "call.h"

#include "captions.h"
#include "chair.h"
#include "gate.h"
#include "line.h"
#include "negotiate.h"
#include "peer.h"
#include "rights.h"
#include "seat.h"
#include "spread.h"
#include "wanted.h"
#include "worker.h"

#include <string.h>

enum {
    SLOTS_SPARE = 2,
    SLOTS_AUDIO_MAX = 12,
    SLOTS_VIDEO_MAX = 24,
};

/* ---- life ---- */

struct call *call_find(struct signaling *signaling, const char *id)
{
    return g_hash_table_lookup(signaling->rooms, id);
}

struct call *call_take(struct signaling *signaling, const char *id)
{
    struct call *call = call_find(signaling, id);
    if (call)
        return call;
    call = g_new0(struct call, 1);
    call->signaling = signaling;
    g_strlcpy(call->id, id, sizeof call->id);
    call->participants = g_ptr_array_new();
    call->satellites = g_ptr_array_new();
    call->chat = json_array();
    call->roles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    call->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    recorder_init(&call->recorder);
    consents_init(&call->consents);
    sidetalk_init(&call->sidetalk);
    stills_init(&call->stills);
    call->empty_since_s = core_uptime_s();
    g_hash_table_insert(signaling->rooms, call->id, call);
    return call;
}

void call_destroy(void *data)
{
    struct call *call = data;
    while (call->participants->len)
        call_remove(g_ptr_array_index(call->participants, 0), NULL);
    spread_end(call, "ended");
    if (call->worker) {
        call_media(call, "room.close", json_pack("{s:s, s:s}", "room", call->id, "reason", "ended"));
        call->worker->rooms--;
    }
    if (call->refresh_source)
        g_source_remove(call->refresh_source);
    recorder_finish(&call->recorder);
    consents_finish(&call->consents);
    sidetalk_finish(&call->sidetalk);
    stills_finish(&call->stills);
    g_ptr_array_free(call->participants, TRUE);
    g_ptr_array_free(call->satellites, TRUE);
    g_hash_table_destroy(call->roles);
    g_hash_table_destroy(call->removed);
    json_decref(call->chat);
    json_decref(call->consultation);
    g_free(call);
}

/* ---- its worker ---- */

static json_t *set_json(GHashTable *set)
{
    json_t *array = json_array();
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, set);
    while (json_array_size(array) < CALL_BLOB_MAX && g_hash_table_iter_next(&iter, &key, NULL))
        json_array_append_new(array, json_string(key));
    return array;
}

static json_t *roles_json(const struct call *call)
{
    json_t *object = json_object();
    GHashTableIter iter;
    gpointer id, role;
    g_hash_table_iter_init(&iter, call->roles);
    while (json_object_size(object) < CALL_BLOB_MAX && g_hash_table_iter_next(&iter, &id, &role))
        json_object_set_new(object, id, json_string(role));
    return object;
}

static json_t *blob_of(const struct call *call)
{
    json_t *app = json_pack("{s:b, s:b, s:b, s:s, s:o, s:o}", "locked", (int)call->locked, "started",
                            (int)call->started, "vacant", (int)call->vacant, "heir", call->heir, "roles",
                            roles_json(call), "removed", set_json(call->removed));
    json_object_set_new(app, "consents", consents_blob(call));
    json_object_set_new(app, "side", sidetalk_json(call));
    json_t *recording = recorder_blob(call);
    if (recording)
        json_object_set_new(app, "recording", recording);
    return app;
}

void call_save(struct call *call)
{
    if (call->worker)
        call_media(call, "room.open", json_pack("{s:s, s:o}", "room", call->id, "app", blob_of(call)));
}

void call_media(struct call *call, const char *op, json_t *fields)
{
    if (call->worker)
        media_link_tell(call->worker->link, op, fields);
    else
        json_decref(fields);
}

void call_continue(struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint j = 0; j < participant->legs->len; j++)
            negotiate_continue(g_ptr_array_index(participant->legs, j));
    }
}

void call_lose_legs(struct participant *participant, const struct worker *worker)
{
    bool had_call = false, any = false;
    for (guint i = participant->legs->len; i > 0; i--) {
        struct leg *leg = g_ptr_array_index(participant->legs, i - 1);
        if (worker && leg->worker != worker)
            continue;
        had_call |= leg->kind == LEG_CALL;
        any = true;
        leg->worker = NULL;
        leg_close(leg, NULL);
    }
    if (!any)
        return;
    participant->connection = NULL;
    if (had_call)
        participant_send(participant, json_pack("{s:s, s:s}", "type", "renew", "reason", "worker"));
}

/* Without the room's own worker the further ones have nothing to show. */
static void lose_satellites(struct call *call)
{
    if (call->satellites->len == 0)
        return;
    spread_end(call, "moved");
    for (guint i = 0; i < call->participants->len; i++)
        call_lose_legs(g_ptr_array_index(call->participants, i), NULL);
}

bool call_place(struct call *call)
{
    if (call->worker)
        return true;
    if (call->satellites->len && worker_any_syncing(call->signaling))
        return false; /* its own worker may be among those that still tell what they carry */
    lose_satellites(call);
    call->worker = worker_choose(call->signaling);
    if (!call->worker)
        return false;
    call->worker->rooms++;
    for (guint i = 0; i < call->participants->len; i++)
        gate_took(call);
    g_message("call room=%s worker=%d", call->id, call->worker->number);
    call_save(call);
    recorder_tap_resume(call);
    call_continue(call);
    return true;
}

void call_worker_lost(struct call *call)
{
    call->speaker = NULL;
    recorder_tap_lost(call);
    spread_end(call, "moved");
    for (guint i = 0; i < call->participants->len; i++)
        call_lose_legs(g_ptr_array_index(call->participants, i), NULL);
    for (guint i = 0; i < call->participants->len; i++)
        call_tell_participant(g_ptr_array_index(call->participants, i));
    call_place(call);
}

/* ---- who is in ---- */

struct participant *call_participant(const struct call *call, const char *id)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        if (strcmp(participant->id, id) == 0)
            return participant;
    }
    return NULL;
}

size_t call_count_in(const struct call *call)
{
    size_t count = 0;
    for (guint i = 0; i < call->participants->len; i++)
        count += !((const struct participant *)g_ptr_array_index(call->participants, i))->waiting;
    return count;
}

bool call_has_host(const struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (strcmp(participant->role, "host") == 0 && participant->peer && !participant->waiting)
            return true;
    }
    return false;
}

void call_remove(struct participant *participant, const char *reason)
{
    struct call *call = participant->call;
    bool waiting = participant->waiting, host = strcmp(participant->role, "host") == 0 && !waiting;
    participant_report_left(participant, reason ? reason : "ended");
    while (participant->legs->len)
        leg_close(g_ptr_array_index(participant->legs, 0), reason ? reason : "ended");
    g_ptr_array_remove(call->participants, participant);
    if (call->speaker == participant)
        call->speaker = NULL;
    if (reason) {
        g_message("call room=%s participant=%s gone reason=%s", call->id, participant->id, reason);
        json_t *gone = json_pack("{s:s, s:s, s:s}", "type", "gone", "participant", participant->id, "reason", reason);
        call_tell(call, gone);
        if (!waiting)
            recorder_refresh(call);
    }
    char id[ID_SIZE];
    strcpy(id, participant->id);
    participant_destroy(participant);
    sidetalk_left(call, id);
    if (reason && host)
        chair_left(call);
    call_refresh(call);
}

/* ---- telling ---- */

static void tell_some(struct call *call, json_t *message, bool about_waiting)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        bool concerned = !participant->waiting && (!about_waiting || rights_allow(participant, RIGHT_WAITING));
        if (concerned && (!captions_is_service(participant) || captions_may_know(message)))
            participant_send(participant, json_incref(message));
    }
    json_decref(message);
}

void call_tell(struct call *call, json_t *message)
{
    tell_some(call, message, false);
}

/* Who waits outside is not everybody's business. */
void call_tell_participant(struct participant *participant)
{
    json_t *message = json_pack("{s:s, s:o}", "type", "participant", "participant", participant_json(participant));
    tell_some(participant->call, message, participant->waiting);
}

/* ---- who sees whom ---- */

static bool is_sent_to(const struct participant *shown, const struct participant *viewer)
{
    return shown != viewer && !shown->waiting && rights_allow(shown, RIGHT_PUBLISH);
}

/* At least a voice and a picture for everybody who talks to us: what they will send may not have been heard yet. */
void call_slots_wanted(const struct call *call, const struct participant *viewer, unsigned *audio, unsigned *video)
{
    unsigned voices = 0, pictures = 0;
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *shown = g_ptr_array_index(call->participants, i);
        if (!is_sent_to(shown, viewer))
            continue;
        unsigned sent[2] = {0};
        for (guint l = 0; l < shown->legs->len; l++) {
            const struct leg *leg = g_ptr_array_index(shown->legs, l);
            for (guint t = 0; t < leg->tracks->len; t++)
                sent[((const struct track *)g_ptr_array_index(leg->tracks, t))->video]++;
        }
        unsigned least = shown->peer || participant_leg(shown, LEG_CALL) ? 1 : 0;
        voices += MAX(sent[0], least);
        pictures += MAX(sent[1], least);
    }
    *audio = CLAMP(voices + SLOTS_SPARE, CALL_SLOTS_FIRST, SLOTS_AUDIO_MAX);
    *video = CLAMP(pictures + SLOTS_SPARE, CALL_SLOTS_FIRST, SLOTS_VIDEO_MAX);
}

static unsigned count_slots(const struct leg *leg, bool video)
{
    unsigned count = 0;
    for (guint i = 0; i < leg->slots->len; i++)
        count += ((const struct slot *)g_ptr_array_index(leg->slots, i))->video == video;
    return count;
}

/* Asks for more once the first pictures are on their way, and only when what is needed now does not fit: the spare ones are
 * there to be used up. */
static void want_slots(const struct call *call, struct participant *viewer)
{
    const struct leg *leg = participant_leg(viewer, LEG_CALL);
    if (!leg || leg->state == LEG_NEW || leg->busy)
        return;
    unsigned audio, video, has_audio = count_slots(leg, false), has_video = count_slots(leg, true);
    call_slots_wanted(call, viewer, &audio, &video);
    bool outgrown = audio > has_audio + SLOTS_SPARE || video > has_video + SLOTS_SPARE;
    if (!outgrown || (audio <= viewer->wanted_audio && video <= viewer->wanted_video))
        return;
    viewer->wanted_audio = MAX(audio, has_audio);
    viewer->wanted_video = MAX(video, has_video);
    participant_send(viewer, json_pack("{s:s, s:i, s:i}", "type", "slots.wanted", "audio", (int)viewer->wanted_audio,
                                       "video", (int)viewer->wanted_video));
}

/* A role was given, or a host came to the controls or left them. */
static void tell_rights(struct participant *participant)
{
    unsigned rights = rights_mask(participant);
    if (rights == participant->rights || !participant->peer)
        return;
    participant->rights = rights;
    participant_send(participant, json_pack("{s:s, s:o}", "type", "rights", "rights", rights_json(rights)));
}

void call_refresh_now(struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        tell_rights(participant);
        want_slots(call, participant);
        seat_tell_focus(participant);
        for (guint j = 0; j < participant->legs->len; j++)
            view_refresh_leg(g_ptr_array_index(participant->legs, j));
    }
    wanted_tell(call, core_uptime_s());
}

static gboolean on_refresh(gpointer data)
{
    struct call *call = data;
    call->refresh_source = 0;
    call_refresh_now(call);
    return G_SOURCE_REMOVE;
}

void call_refresh(struct call *call)
{
    if (!call->refresh_source)
        call->refresh_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_refresh, call, NULL);
}

void call_speaker(struct call *call, const char *track_id)
{
    const struct track *track = track_id ? g_hash_table_lookup(call->signaling->tracks, track_id) : NULL;
    struct participant *speaker = track && track->leg->participant->call == call ? track->leg->participant : NULL;
    if (call->speaker == speaker)
        return;
    call->speaker = speaker;
    if (speaker)
        speaker->spoke_at = ++call->speaker_count;
    call_tell(call, json_pack("{s:s, s:o}", "type", "speaker", "participant",
                              speaker ? json_string(speaker->id) : json_null()));
    call_refresh(call);
}

/* ---- chat ---- */

/* Owns: takes `line`. */
static void say(struct call *call, json_t *line)
{
    json_array_append(call->chat, line);
    if (json_array_size(call->chat) > CALL_CHAT_MAX)
        json_array_remove(call->chat, 0);
    call_tell(call, line);
}

void call_chat(struct participant *participant, const char *text)
{
    struct call *call = participant->call;
    int64_t now_us = core_now_us();
    say(call, json_pack("{s:s, s:s, s:s, s:s, s:o}", "type", "chat", "participant", participant->id, "name",
                        participant->name, "text", text, "at", protocol_time(now_us)));
    const struct house *house = call->signaling->house;
    house->chat(house->arg, call->id, participant->id, text, now_us);
}

void call_chat_file(struct call *call, const json_t *file)
{
    json_t *of_line = json_pack("{s:O, s:O, s:O, s:O}", "id", json_object_get(file, "id"), "name",
                                json_object_get(file, "name"), "content", json_object_get(file, "content"), "size",
                                json_object_get(file, "size"));
    json_t *line = json_pack("{s:s, s:O, s:O, s:s, s:o, s:o}", "type", "chat", "participant",
                             json_object_get(file, "participant"), "name", json_object_get(file, "participant_name"),
                             "text", "", "at", protocol_time(core_now_us()), "file", of_line);
    if (line)
        say(call, line);
}

/* ---- its end ---- */

static void dismiss_all(struct call *call, const char *reason)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        participant_report_left(participant, reason);
        if (participant->peer)
            peer_dismiss(participant->peer, json_pack("{s:s, s:s}", "type", "ended", "reason", reason), 1000);
    }
}

/* The tap is closed by a request that goes out before room.close: the worker takes them in this order. */
void call_end(struct call *call, const char *reason)
{
    if (call->ending)
        return;
    call->ending = g_intern_string(reason);
    g_message("call room=%s over reason=%s", call->id, reason);
    stills_save(call);
    dismiss_all(call, call->ending);
    recorder_stop(call, "ended");
}

/* Neither socket nor media for long enough. */
static bool is_lost(const struct participant *participant, int64_t now_s)
{
    if (participant->away_since_s == 0)
        return false;
    bool device = participant_is_device(participant) && participant->connected_once;
    int64_t patience_s = participant_negotiates(participant) ? AWAY_MAX_S /* it is we who take long */
                         : device                    ? AWAY_DEVICE_S      /* it comes again by itself, or not at all */
                         : participant->media_failed ? AWAY_FAILED_S
                                                     : AWAY_MAX_S;
    return now_s - participant->away_since_s >= patience_s;
}

void call_tick(struct call *call, int64_t now_s)
{
    recorder_tick(call, now_s);
    seat_tick(call, now_s * G_USEC_PER_SEC);
    wanted_tell(call, now_s);
    line_tick(call, now_s);
    stills_tick(call, now_s);
    spread_tick(call, now_s);
    for (guint i = call->participants->len; i > 0; i--) {
        struct participant *participant = g_ptr_array_index(call->participants, i - 1);
        if (is_lost(participant, now_s))
            call_remove(participant, "lost");
    }
    if (call->participants->len)
        call->empty_since_s = 0;
    else if (call->empty_since_s == 0)
        call->empty_since_s = now_s;
    bool deserted = call->empty_since_s && now_s - call->empty_since_s >= CALL_EMPTY_S;
    if (deserted && call->recorder.state != RECORDER_OFF)
        recorder_stop(call, "stopped");
    if ((deserted || call->ending) && recorder_tap_is_idle(&call->recorder.tap))
        g_hash_table_remove(call->signaling->rooms, call->id);
}

/* ---- as others see it ---- */

static void copy_name(json_t *into, const char *key, const json_t *value)
{
    if (json_is_object(value))
        value = json_object_get(value, "name");
    if (json_is_string(value))
        json_object_set(into, key, (json_t *)value);
}

json_t *call_consultation_json(const struct call *call)
{
    static const char *const FIELDS[] = {"title", "kind", "starts_at", "ends_at", "started_at"};
    json_t *object = json_pack("{s:s, s:s, s:s, s:b}", "id", call->id, "title", "", "kind", "scheduled", "locked",
                               (int)call->locked);
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
        copy_name(object, FIELDS[i], json_object_get(call->consultation, FIELDS[i]));
    copy_name(object, "room", json_object_get(call->consultation, "room"));
    copy_name(object, "site", json_object_get(call->consultation, "site"));
    return object;
}

json_t *call_live_json(const struct call *call)
{
    json_t *people = json_array();
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        json_array_append_new(people, participant_json(participant));
    }
    json_t *object = json_pack("{s:s, s:o, s:o, s:b}", "consultation", call->id, "participants", people, "recording",
                               recorder_json(call), "locked", (int)call->locked);
    json_object_set_new(object, "worker", call->worker ? json_integer(call->worker->number) : json_null());
    return object;
}

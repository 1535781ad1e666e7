#include "participant.h"

#include "audience.h"
#include "call.h"
#include "chair.h"
#include "peer.h"
#include "rights.h"
#include "seat.h"

#include <string.h>

struct participant *participant_create(struct call *call, const char *id, const char *role)
{
    struct participant *participant = g_new0(struct participant, 1);
    participant->call = call;
    g_strlcpy(participant->id, id, sizeof participant->id);
    g_strlcpy(participant->own_role, role, sizeof participant->own_role);
    g_strlcpy(participant->role, role, sizeof participant->role);
    strcpy(participant->language, "vi");
    participant->name = g_strdup("");
    participant->legs = g_ptr_array_new();
    participant_renew_stay(participant);
    return participant;
}

void participant_renew_stay(struct participant *participant)
{
    core_new_id(participant->session);
    participant->joined_us = core_now_us();
    participant->connected_once = false;
    participant->microphone = participant->camera = -1;
    participant->hand = false;
    participant->speaks_apart = participant->listens_apart = false;
    json_decref(participant->offers);
    json_decref(participant->cameras);
    participant->offers = participant->cameras = NULL;
    participant->focus[0] = '\0';
    participant->focus_lost = false;
    participant->connection = NULL;
    participant->max_bps = -1;
    participant->wanted_audio = participant->wanted_video = 0;
    participant->media_failed = false;
    json_decref(participant->view);
    participant->view = NULL;
    memset(&participant->quality, 0, sizeof participant->quality);
}

void participant_destroy(struct participant *participant)
{
    while (participant->legs->len)
        leg_close(g_ptr_array_index(participant->legs, 0), "left");
    if (participant->peer)
        participant->peer->participant = NULL;
    g_ptr_array_free(participant->legs, TRUE);
    json_decref(participant->view);
    json_decref(participant->offers);
    json_decref(participant->cameras);
    g_free(participant->name);
    g_free(participant->place);
    g_free(participant);
}

static void learn_text(char **into, const json_t *value)
{
    if (!json_is_string(value))
        return;
    g_free(*into);
    *into = g_strdup(json_string_value(value));
}

void participant_learn(struct participant *participant, const json_t *found)
{
    learn_text(&participant->name, json_object_get(found, "name"));
    learn_text(&participant->place, json_object_get(found, "place"));
    const char *role = json_string_value(json_object_get(found, "role"));
    const char *language = json_string_value(json_object_get(found, "language"));
    if (role)
        g_strlcpy(participant->own_role, role, sizeof participant->own_role);
    strcpy(participant->role, chair_role(participant->call, participant->id, participant->own_role));
    if (language && !participant->peer)
        g_strlcpy(participant->language, strcmp(language, "en") == 0 ? "en" : "vi", sizeof participant->language);
}

/* Some leg is connected. */
static bool has_media(const struct participant *participant)
{
    for (guint i = 0; i < participant->legs->len; i++)
        if (((const struct leg *)g_ptr_array_index(participant->legs, i))->state == LEG_CONNECTED)
            return true;
    return false;
}

bool participant_is_device(const struct participant *participant)
{
    return !participant->peer && participant->legs->len && !participant_leg(participant, LEG_CALL);
}

struct leg *participant_leg(const struct participant *participant, enum leg_kind kind)
{
    for (guint i = 0; i < participant->legs->len; i++) {
        struct leg *leg = g_ptr_array_index(participant->legs, i);
        if (leg->kind == kind)
            return leg;
    }
    return NULL;
}

bool participant_negotiates(const struct participant *participant)
{
    for (guint i = 0; i < participant->legs->len; i++)
        if (((const struct leg *)g_ptr_array_index(participant->legs, i))->busy)
            return true;
    return false;
}

size_t participant_track_count(const struct participant *participant)
{
    size_t count = 0;
    for (guint i = 0; i < participant->legs->len; i++)
        count += ((const struct leg *)g_ptr_array_index(participant->legs, i))->tracks->len;
    return count;
}

/* ---- as others see it ---- */

static json_t *track_json(const struct track *track)
{
    json_t *object = json_pack("{s:s, s:s, s:s}", "track", track->id, "kind", track->video ? "video" : "audio",
                               "source", track->source);
    if (track->label)
        json_object_set_new(object, "label", json_string(track->label));
    if (track->paused)
        json_object_set_new(object, "muted", json_true());
    return object;
}

static json_t *tracks_json(const struct participant *participant)
{
    json_t *array = json_array();
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++)
            json_array_append_new(array, track_json(g_ptr_array_index(leg->tracks, j)));
    }
    return array;
}

/* Who never said whether it is on is taken by what it sends: a WHIP encoder has no switches. */
static bool switched_on(const struct participant *participant, int said, bool video)
{
    if (said >= 0)
        return said == 1;
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++)
            if (((const struct track *)g_ptr_array_index(leg->tracks, j))->video == video)
                return true;
    }
    return false;
}

json_t *participant_json(const struct participant *participant)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:o}", "id", participant->id, "name",
                               participant->name, "role", participant->role, "joined_at",
                               protocol_time(participant->joined_us), "microphone",
                               (int)switched_on(participant, participant->microphone, false), "camera",
                               (int)switched_on(participant, participant->camera, true), "hand", (int)participant->hand,
                               "tracks", tracks_json(participant));
    if (participant->place)
        json_object_set_new(object, "place", json_string(participant->place));
    if (participant->waiting)
        json_object_set_new(object, "waiting", json_true());
    if (participant->speaks_apart)
        json_object_set_new(object, "speaks", json_string("interpreter"));
    if (participant->listens_apart)
        json_object_set_new(object, "listens", json_string("interpreter"));
    seat_show(participant, object);
    if (audience_is_held(participant))
        json_object_set_new(object, "held", json_true());
    bool silent = participant_is_device(participant) && participant->connected_once && participant->away_since_s;
    if (silent || (!participant->peer && participant_leg(participant, LEG_CALL)))
        json_object_set_new(object, "away", json_true());
    if (participant->connection)
        json_object_set_new(object, "connection", json_string(participant->connection));
    return object;
}

void participant_send(struct participant *participant, json_t *message)
{
    if (participant->peer)
        peer_send(participant->peer, message);
    else
        json_decref(message);
}

/* ---- what it says and measures ---- */

static void pause_kind(struct participant *participant, const char *source, bool paused)
{
    for (guint i = 0; i < participant->legs->len; i++) {
        struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++) {
            struct track *track = g_ptr_array_index(leg->tracks, j);
            if (strcmp(track->source, source) == 0)
                leg_track_pause(track, paused);
        }
    }
}

static void journal_switch(struct participant *participant, const char *what, bool on)
{
    recorder_tap_event(participant->call, json_pack("{s:s, s:s, s:s}", "event", on ? "unmuted" : "muted", "participant",
                                                    participant->id, "what", what));
}

void participant_set_state(struct participant *participant, int microphone, int camera, int hand)
{
    if (microphone >= 0 && microphone != participant->microphone) {
        participant->microphone = microphone;
        pause_kind(participant, "microphone", !microphone);
        journal_switch(participant, "microphone", microphone);
    }
    if (camera >= 0 && camera != participant->camera) {
        participant->camera = camera;
        pause_kind(participant, "camera", !camera);
        journal_switch(participant, "camera", camera);
    }
    if (hand >= 0)
        participant->hand = hand;
}

void participant_set_channel(struct participant *participant, int speaks_apart, int listens_apart)
{
    bool may = rights_allow(participant, RIGHT_INTERPRET);
    if (speaks_apart >= 0 && may && participant->speaks_apart != speaks_apart) {
        participant->speaks_apart = speaks_apart;
        recorder_tap_event(participant->call,
                           json_pack("{s:s, s:s, s:s}", "event", "channel", "participant", participant->id, "channel",
                                     speaks_apart ? "interpreter" : "floor"));
        call_refresh(participant->call);
    }
    if (listens_apart >= 0 && participant->listens_apart != listens_apart) {
        participant->listens_apart = listens_apart;
        call_refresh(participant->call);
    }
}

void participant_report_away(const struct participant *participant)
{
    if (!participant->connected_once)
        return;
    const struct house *house = participant->call->signaling->house;
    house->away(house->arg, participant->session, participant->peer ? 0 : core_now_us());
}

void participant_report_left(struct participant *participant, const char *reason)
{
    if (!participant->connected_once)
        return;
    const struct house *house = participant->call->signaling->house;
    json_t *quality = quality_json(&participant->quality);
    house->left(house->arg, participant->session, core_now_us(), reason, quality);
    json_decref(quality);
    participant->connected_once = false;
    recorder_tap_event(participant->call,
                       json_pack("{s:s, s:s, s:s}", "event", "left", "participant", participant->id, "reason", reason));
}

void participant_update_away(struct participant *participant)
{
    if (participant->peer || has_media(participant))
        participant->away_since_s = 0;
    else if (participant->away_since_s == 0)
        participant->away_since_s = core_uptime_s();
}

void participant_comes_again(struct participant *participant)
{
    participant->media_failed = false;
    participant->away_since_s = 0;
    participant_update_away(participant);
}

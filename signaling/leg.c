#include "leg.h"

#include "call.h"
#include "negotiate.h"
#include "spread.h"
#include "worker.h"

#include <string.h>

static const char *const KINDS[] = {[LEG_CALL] = "call", [LEG_WHIP] = "whip", [LEG_WHEP] = "whep"};

const char *leg_kind_name(enum leg_kind kind)
{
    return KINDS[kind];
}

bool leg_kind_named(const char *name, enum leg_kind *kind)
{
    for (size_t i = 0; name && i < G_N_ELEMENTS(KINDS); i++) {
        if (strcmp(KINDS[i], name) == 0) {
            *kind = (enum leg_kind)i;
            return true;
        }
    }
    return false;
}

void leg_media(const struct leg *leg, const char *op, json_t *fields)
{
    if (leg->worker)
        media_link_tell(leg->worker->link, op, fields);
    else
        json_decref(fields);
}

static struct signaling *signaling_of(const struct leg *leg)
{
    return leg->participant->call->signaling;
}

/* ---- tracks ---- */

static void track_free(void *data)
{
    struct track *track = data;
    json_decref(track->codecs);
    g_free(track->label);
    g_free(track);
}

struct track *leg_track_create(struct leg *leg, const char *id, const char *mid, bool video, const char *source)
{
    struct track *track = g_new0(struct track, 1);
    track->leg = leg;
    track->layers = 1;
    track->video = video;
    if (id)
        g_strlcpy(track->id, id, sizeof track->id);
    else
        core_new_id(track->id);
    g_strlcpy(track->mid, mid, sizeof track->mid);
    g_strlcpy(track->source, source, sizeof track->source);
    g_ptr_array_add(leg->tracks, track);
    g_hash_table_insert(signaling_of(leg)->tracks, track->id, track);
    return track;
}

static void slot_free(void *data)
{
    struct slot *slot = data;
    g_free(slot->why_text);
    g_free(slot);
}

static void empty_slot(struct slot *slot)
{
    g_clear_pointer(&slot->why_text, g_free);
    slot->why = WHY_NOTHING;
    slot->lowered_us = 0;
    slot->track = NULL;
    slot->priority = slot->max_width = slot->max_height = slot->width = slot->height = 0;
    strcpy(slot->state, "empty");
    slot->reason[0] = '\0';
    slot->changed = true;
}

/* Nobody may keep a pointer to a track that goes. The worker empties the slots by itself. */
static void forget_track(const struct track *track)
{
    GPtrArray *participants = track->leg->participant->call->participants;
    for (guint p = 0; p < participants->len; p++) {
        const struct participant *viewer = g_ptr_array_index(participants, p);
        for (guint l = 0; l < viewer->legs->len; l++) {
            const struct leg *leg = g_ptr_array_index(viewer->legs, l);
            for (guint s = 0; s < leg->slots->len; s++) {
                struct slot *slot = g_ptr_array_index(leg->slots, s);
                if (slot->track == track)
                    empty_slot(slot);
            }
        }
    }
}

void leg_track_close(struct track *track, bool tell)
{
    struct leg *leg = track->leg;
    struct call *call = leg->participant->call;
    forget_track(track);
    spread_track_closed(track);
    if (tell)
        leg_media(leg, "track.close", json_pack("{s:s}", "track", track->id));
    g_hash_table_remove(call->signaling->tracks, track->id);
    g_ptr_array_remove(leg->tracks, track);
    call_refresh(call);
}

void leg_track_pause(struct track *track, bool paused)
{
    if (track->paused == paused)
        return;
    track->paused = paused;
    leg_media(track->leg, "track.set", json_pack("{s:s, s:b}", "track", track->id, "paused", (int)paused));
}

struct track *leg_track(const struct leg *leg, const char *mid)
{
    for (guint i = 0; i < leg->tracks->len; i++) {
        struct track *track = g_ptr_array_index(leg->tracks, i);
        if (strcmp(track->mid, mid) == 0)
            return track;
    }
    return NULL;
}

/* ---- slots ---- */

struct slot *leg_slot_create(struct leg *leg, const char *id, const char *mid, bool video, unsigned index)
{
    struct slot *slot = g_new0(struct slot, 1);
    slot->leg = leg;
    slot->video = video;
    slot->index = index;
    if (id)
        g_strlcpy(slot->id, id, sizeof slot->id);
    else
        core_new_id(slot->id);
    g_strlcpy(slot->mid, mid, sizeof slot->mid);
    strcpy(slot->state, "empty");
    g_ptr_array_add(leg->slots, slot);
    g_hash_table_insert(signaling_of(leg)->slots, slot->id, slot);
    return slot;
}

void leg_slot_close(struct slot *slot, bool tell)
{
    struct leg *leg = slot->leg;
    struct call *call = leg->participant->call;
    if (tell)
        leg_media(leg, "slot.close", json_pack("{s:s}", "slot", slot->id));
    g_hash_table_remove(call->signaling->slots, slot->id);
    g_ptr_array_remove(leg->slots, slot);
    call_refresh(call);
}

struct slot *leg_slot(const struct leg *leg, const char *mid)
{
    for (guint i = 0; i < leg->slots->len; i++) {
        struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (strcmp(slot->mid, mid) == 0)
            return slot;
    }
    return NULL;
}

unsigned leg_next_index(const struct leg *leg, bool video)
{
    unsigned next = 0;
    for (guint i = 0; i < leg->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (slot->video == video && slot->index >= next)
            next = slot->index + 1;
    }
    return next;
}

bool leg_slot_takes_codec(const struct slot *slot, const char *codec)
{
    char name[16];
    g_snprintf(name, sizeof name, " %s ", codec);
    return strstr(slot->codecs, name);
}

bool leg_slot_takes(const struct slot *slot, const struct track *track)
{
    return slot->video == track->video && leg_slot_takes_codec(slot, track->codec);
}

json_t *leg_slot_json(const struct slot *slot)
{
    json_t *object = json_pack("{s:s, s:s, s:s}", "mid", slot->mid, "kind", slot->video ? "video" : "audio", "state",
                               slot->state);
    const struct track *track = slot->track;
    json_object_set_new(object, "participant", track ? json_string(track->leg->participant->id) : json_null());
    json_object_set_new(object, "track", track ? json_string(track->id) : json_null());
    if (track)
        json_object_set_new(object, "source", json_string(track->source));
    if (slot->reason[0])
        json_object_set_new(object, "reason", json_string(slot->reason));
    if (slot->width > 0 && slot->height > 0) {
        json_object_set_new(object, "width", json_integer(slot->width));
        json_object_set_new(object, "height", json_integer(slot->height));
    }
    if (slot->why_text)
        json_object_set_new(object, "why",
                            json_pack("{s:s, s:s}", "cause", why_code(slot->why), "text", slot->why_text));
    return object;
}

/* ---- the leg ---- */

static uint64_t new_session(void)
{
    return ((uint64_t)g_random_int() << 31 | g_random_int()) & INT64_MAX;
}

struct leg *leg_create(struct participant *participant, enum leg_kind kind, const char *id)
{
    struct leg *leg = g_new0(struct leg, 1);
    leg->participant = participant;
    leg->kind = kind;
    leg->session = new_session();
    if (id)
        g_strlcpy(leg->id, id, sizeof leg->id);
    else
        core_new_id(leg->id);
    leg->tracks = g_ptr_array_new_with_free_func(track_free);
    leg->slots = g_ptr_array_new_with_free_func(slot_free);
    leg->figures = (struct leg_figures){-1, -1, -1, -1, -1, {0}, {0}};
    g_ptr_array_add(participant->legs, leg);
    g_hash_table_insert(signaling_of(leg)->legs, leg->id, leg);
    return leg;
}

static void leg_free(struct leg *leg)
{
    g_ptr_array_free(leg->tracks, TRUE);
    g_ptr_array_free(leg->slots, TRUE);
    json_decref(leg->stats);
    json_decref(leg->candidates);
    json_decref(leg->remote_fingerprints);
    g_free(leg->ufrag);
    g_free(leg->pwd);
    g_free(leg->remote_ufrag);
    g_free(leg->fingerprint_algorithm);
    g_free(leg->fingerprint);
    g_free(leg);
}

/** To whoever still waits for an answer: that the stay is over is final, anything else is not, and they ask again. */
static const char *problem_of_closing(const char *reason)
{
    bool over = reason && (strcmp(reason, "ended") == 0 || strcmp(reason, "removed") == 0);
    return over ? reason : "busy";
}

void leg_close(struct leg *leg, const char *reason)
{
    struct participant *participant = leg->participant;
    struct call *call = participant->call;
    negotiate_abort(leg, problem_of_closing(reason));
    spread_leg_closed(leg);
    while (leg->tracks->len)
        leg_track_close(g_ptr_array_index(leg->tracks, 0), false);
    while (leg->slots->len)
        leg_slot_close(g_ptr_array_index(leg->slots, 0), false);
    if (reason)
        leg_media(leg, "transport.close", json_pack("{s:s, s:s}", "transport", leg->id, "reason", reason));
    g_hash_table_remove(call->signaling->legs, leg->id);
    g_ptr_array_remove(participant->legs, leg);
    leg_free(leg);
    participant_update_away(participant);
    call_refresh(call);
}

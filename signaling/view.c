/* What one viewer gets: from its view message and the room to slots, priorities and sizes. */
#include "call.h"
#include "line.h"

#include "assign.h"
#include "audience.h"
#include "captions.h"
#include "spread.h"

#include <string.h>

enum {
    SCORE_PINNED = 4000000,
    SCORE_EXAM = 3000000,
    SCORE_SPEAKER = 2000000,
    SCORE_SPOKEN = 1000000, /* plus how recently */
    SCORE_KEPT = 500000,    /* who is in a slot is not put out by somebody who is no better */
    SCORE_FACE = 1000,
};

/* One thing that the viewer could see or hear, as the viewer wants it. */
struct wish {
    struct track *track;
    int priority, max_width, max_height;
};

struct wishes {
    const struct leg *viewer;
    GArray *wants;  /* struct assign_want */
    GArray *wishes; /* struct wish, found again by track */
};

static bool is_exam(const char *source)
{
    static const char *const EXAM[] = {"exam", "document", "dermatoscope", "ultrasound", "stethoscope", "screen"};
    for (size_t i = 0; i < G_N_ELEMENTS(EXAM); i++)
        if (strcmp(source, EXAM[i]) == 0)
            return true;
    return false;
}

/* ---- what is wanted ---- */

/* The picture that stands for a person: the camera, else the room's, else the first there is. */
static const struct track *face_of(const struct participant *participant)
{
    const struct track *best = NULL;
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++) {
            const struct track *track = g_ptr_array_index(leg->tracks, j);
            if (!track->video)
                continue;
            if (strcmp(track->source, "camera") == 0)
                return track;
            if (!best || (strcmp(track->source, "room") == 0 && strcmp(best->source, "room") != 0))
                best = track;
        }
    }
    return best;
}

static bool is_kept(const struct leg *viewer, const struct track *track)
{
    for (guint i = 0; i < viewer->slots->len; i++)
        if (((const struct slot *)g_ptr_array_index(viewer->slots, i))->track == track)
            return true;
    return false;
}

static bool can_take(const struct leg *viewer, const struct track *track)
{
    for (guint i = 0; i < viewer->slots->len; i++)
        if (leg_slot_takes(g_ptr_array_index(viewer->slots, i), track))
            return true;
    return false;
}

static int spoken_score(const struct participant *participant)
{
    const struct call *call = participant->call;
    if (call->speaker == participant)
        return SCORE_SPEAKER;
    if (participant->spoke_at == 0)
        return 0;
    int64_t ago = call->speaker_count - participant->spoke_at;
    return SCORE_SPOKEN - (int)MIN(ago, SCORE_SPOKEN / 2);
}

static void want(struct wishes *wishes, struct track *track, const struct wish *wish, bool primary, int score)
{
    if (!can_take(wishes->viewer, track))
        return;
    if (is_kept(wishes->viewer, track))
        score += SCORE_KEPT;
    const struct assign_want entry = {
        .track = track, .owner = track->leg->participant, .video = track->video, .primary = primary, .score = score};
    g_array_append_val(wishes->wants, entry);
    g_array_append_val(wishes->wishes, *wish);
}

static const json_t *view_item(const struct participant *viewer, const struct participant *shown, const char *source)
{
    size_t i;
    json_t *item;
    json_array_foreach(viewer->view, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "participant")), shown->id) == 0 &&
            strcmp(json_string_value(json_object_get(item, "source")), source) == 0)
            return item;
    }
    return NULL;
}

/* Without a view: everybody's face; WHEP, which cannot say more, gets the other pictures too. */
static void want_by_default(struct wishes *wishes, struct track *track, bool face)
{
    bool egress = wishes->viewer->kind == LEG_WHEP;
    if (!face && !egress)
        return;
    struct wish wish = {
        .track = track, .priority = 1, .max_width = egress ? 1280 : 640, .max_height = egress ? 720 : 360};
    int score = spoken_score(track->leg->participant) + (face ? SCORE_FACE : 0);
    if (track->leg->participant->call->speaker == track->leg->participant)
        wish.priority = 2;
    want(wishes, track, &wish, face, score);
}

static void want_picture(struct wishes *wishes, struct track *track, bool face)
{
    const struct participant *viewer = wishes->viewer->participant, *shown = track->leg->participant;
    if (!viewer->view) {
        want_by_default(wishes, track, face);
        return;
    }
    const json_t *item = view_item(viewer, shown, track->source);
    int width = (int)json_integer_value(json_object_get(item, "width"));
    int height = (int)json_integer_value(json_object_get(item, "height"));
    if (!item || width == 0 || height == 0)
        return;
    bool pinned = json_is_true(json_object_get(item, "pinned")), exam = is_exam(track->source);
    bool speaks = shown->call->speaker == shown;
    struct wish wish = {.track = track,
                        .priority = pinned || exam ? 3
                                    : speaks       ? 2
                                                   : 1,
                        .max_width = width,
                        .max_height = height};
    want(wishes, track, &wish, face,
         (pinned ? SCORE_PINNED
          : exam ? SCORE_EXAM
                 : spoken_score(shown)) +
             (face ? SCORE_FACE : 0));
}

static void want_of(struct wishes *wishes, const struct participant *shown)
{
    const struct track *face = face_of(shown);
    for (guint i = 0; i < shown->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(shown->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++) {
            struct track *track = g_ptr_array_index(leg->tracks, j);
            if (!audience_gets(wishes->viewer->participant, track))
                continue;
            if (track->video) {
                want_picture(wishes, track, track == face);
            } else {
                const struct wish wish = {.track = track, .priority = 3};
                want(wishes, track, &wish, strcmp(track->source, "microphone") == 0, spoken_score(shown));
            }
        }
    }
}

static void collect(struct wishes *wishes)
{
    const struct participant *viewer = wishes->viewer->participant;
    GPtrArray *participants = viewer->call->participants;
    for (guint i = 0; i < participants->len; i++)
        want_of(wishes, g_ptr_array_index(participants, i));
}

/* ---- what comes of it ---- */

static const struct wish *wish_for(const struct wishes *wishes, const struct track *track)
{
    for (guint i = 0; i < wishes->wishes->len; i++) {
        const struct wish *wish = &g_array_index(wishes->wishes, struct wish, i);
        if (wish->track == track)
            return wish;
    }
    return NULL;
}

static void tell_worker(const struct slot *slot)
{
    json_t *fields = json_pack("{s:s, s:i}", "slot", slot->id, "priority", slot->priority);
    json_object_set_new(fields, "track", slot->track ? json_string(slot->track->id) : json_null());
    if (slot->max_width > 0)
        json_object_set_new(fields, "max_width", json_integer(slot->max_width));
    if (slot->max_height > 0)
        json_object_set_new(fields, "max_height", json_integer(slot->max_height));
    if (slot->track && strcmp(slot->track->source, "stethoscope") == 0)
        json_object_set_new(fields, "stereo", json_true());
    if (slot->track)
        spread_carry(slot);
    leg_media(slot->leg, "slot.assign", fields);
}

static void set_slot(struct slot *slot, struct track *track, const struct wish *wish)
{
    static const struct wish NONE = {0};
    const struct wish *now = wish ? wish : &NONE;
    bool moved = slot->track != track;
    if (!moved && slot->priority == now->priority && slot->max_width == now->max_width &&
        slot->max_height == now->max_height)
        return;
    slot->track = track;
    slot->priority = now->priority;
    slot->max_width = now->max_width;
    slot->max_height = now->max_height;
    if (moved) {
        strcpy(slot->state, track ? "waiting" : "empty");
        slot->reason[0] = '\0';
        slot->width = slot->height = 0;
        slot->lowered_us = 0;
        slot->changed = true;
        line_explain(slot);
    }
    tell_worker(slot);
}

static void apply(struct leg *leg, const struct wishes *wishes, const struct assign_slot *result)
{
    /* what moves out goes first, so that no track is ever in two slots */
    for (guint i = 0; i < leg->slots->len; i++) {
        struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (slot->track && result[i].track != slot->track)
            set_slot(slot, NULL, NULL);
    }
    for (guint i = 0; i < leg->slots->len; i++) {
        const struct wish *wish = result[i].track ? wish_for(wishes, result[i].track) : NULL;
        set_slot(g_ptr_array_index(leg->slots, i), wish ? wish->track : NULL, wish);
    }
}

void view_assign_leg(struct leg *leg)
{
    if (leg->slots->len == 0 || !leg->opened)
        return;
    struct wishes wishes = {.viewer = leg,
                            .wants = g_array_new(FALSE, FALSE, sizeof(struct assign_want)),
                            .wishes = g_array_new(FALSE, FALSE, sizeof(struct wish))};
    collect(&wishes);
    struct assign_slot slots[LEG_SLOTS_MAX];
    for (guint i = 0; i < leg->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(leg->slots, i);
        slots[i] = (struct assign_slot){.index = slot->index, .video = slot->video, .track = slot->track};
    }
    assign_slots(slots, leg->slots->len, (struct assign_want *)(void *)wishes.wants->data, wishes.wants->len);
    apply(leg, &wishes, slots);
    g_array_free(wishes.wants, TRUE);
    g_array_free(wishes.wishes, TRUE);
}

void view_refresh_leg(struct leg *leg)
{
    view_assign_leg(leg);
    if (leg->opened)
        view_tell(leg, false);
}

void view_tell(struct leg *leg, bool all)
{
    json_t *slots = json_array();
    for (guint i = 0; i < leg->slots->len; i++) {
        struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (slot->changed || all)
            json_array_append_new(slots, leg_slot_json(slot));
        slot->changed = false;
    }
    bool told = leg->kind == LEG_CALL || captions_is_service(leg->participant); /* it has to know whom it hears */
    if (json_array_size(slots) && told)
        participant_send(leg->participant, json_pack("{s:s, s:o}", "type", "slots", "slots", slots));
    else
        json_decref(slots);
}

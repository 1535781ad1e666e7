#include "seat.h"

#include "call.h"
#include "protocol.h"
#include "rights.h"

#include <string.h>

/* ---- asking for a source ---- */

static struct participant *seat_named(const struct participant *by, const struct message *message)
{
    struct participant *seat = call_participant(by->call, message_text(message, "participant"));
    return seat && seat != by && !seat->waiting && seat->peer ? seat : NULL;
}

static void relay(struct participant *to, const char *type, const struct participant *by, const struct message *message)
{
    static const char *const FIELDS[] = {"source", "action", "pan", "tilt", "zoom", "relative", "name"};
    json_t *relayed = json_pack("{s:s, s:s}", "type", type, "by", by->id);
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
        if (json_object_get(message->body, FIELDS[i]))
            json_object_set(relayed, FIELDS[i], json_object_get(message->body, FIELDS[i]));
    participant_send(to, relayed);
}

const char *seat_ask(struct participant *by, const struct message *message)
{
    if (!rights_allow(by, RIGHT_SOURCES))
        return "not_allowed";
    struct participant *seat = seat_named(by, message);
    if (!seat)
        return "not_found";
    if (!rights_allow(seat, RIGHT_PUBLISH))
        return "not_allowed";
    relay(seat, "source.asked", by, message);
    const struct house *house = by->call->signaling->house;
    json_t *detail = json_pack("{s:s, s:s}", "participant", seat->id, "source", message_text(message, "source"));
    house->audit(house->arg, "room.source", by->call->id, by->id, detail);
    json_decref(detail);
    return NULL;
}

const char *seat_decline(struct participant *by, const struct message *message)
{
    struct participant *asker = seat_named(by, message);
    if (!asker || by->waiting)
        return "not_found";
    relay(asker, "source.declined", by, message);
    return NULL;
}

/* ---- turning a camera ---- */

static json_t *camera_of(const struct participant *seat, const char *source)
{
    size_t i;
    json_t *camera;
    json_array_foreach(seat->cameras, i, camera)
    {
        if (g_strcmp0(json_string_value(json_object_get(camera, "source")), source) == 0)
            return camera;
    }
    return NULL;
}

static int64_t moved_us(const json_t *camera)
{
    return json_integer_value(json_object_get(camera, "moved_us"));
}

static bool is_in_hand(const json_t *camera, int64_t now_us)
{
    return json_object_get(camera, "hand") && now_us - moved_us(camera) < (int64_t)SEAT_HAND_S * G_USEC_PER_SEC;
}

static const char *release(struct participant *seat, json_t *camera)
{
    json_object_del(camera, "hand");
    call_tell_participant(seat);
    return NULL;
}

const char *seat_turn(struct participant *by, const struct message *message, int64_t now_us)
{
    if (!rights_allow(by, RIGHT_CAMERAS))
        return "not_allowed";
    struct participant *seat = seat_named(by, message);
    json_t *camera = seat ? camera_of(seat, message_text(message, "source")) : NULL;
    if (!camera)
        return "not_found";
    const char *hand = json_string_value(json_object_get(camera, "hand"));
    bool mine = g_strcmp0(hand, by->id) == 0;
    if (is_in_hand(camera, now_us) && !mine)
        return "busy";
    if (message->type == MESSAGE_CAMERA_RELEASE)
        return release(seat, camera);
    if (mine && now_us - moved_us(camera) < SEAT_MOVE_LEAST_MS * 1000)
        return "too_many";
    json_object_set_new(camera, "hand", json_string(by->id));
    json_object_set_new(camera, "moved_us", json_integer(now_us));
    relay(seat, message->type == MESSAGE_CAMERA_MOVE ? "camera.moved" : "camera.preset.asked", by, message);
    if (!mine)
        call_tell_participant(seat);
    return NULL;
}

void seat_tick(struct call *call, int64_t now_us)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *seat = g_ptr_array_index(call->participants, i);
        size_t j;
        json_t *camera;
        json_array_foreach(seat->cameras, j, camera)
        {
            if (json_object_get(camera, "hand") && !is_in_hand(camera, now_us))
                release(seat, camera);
        }
    }
}

/* ---- what the seat has ---- */

/* Who has a hand on a camera keeps it when the seat tells its cameras anew. */
static void take_cameras(struct participant *participant, const json_t *told)
{
    json_t *cameras = json_deep_copy(told);
    size_t i;
    json_t *camera;
    json_array_foreach(cameras, i, camera)
    {
        const json_t *before = camera_of(participant, json_string_value(json_object_get(camera, "source")));
        json_object_del(camera, "hand");
        json_object_del(camera, "moved_us");
        if (json_object_get(before, "hand")) {
            json_object_set(camera, "hand", json_object_get(before, "hand"));
            json_object_set(camera, "moved_us", json_object_get(before, "moved_us"));
        }
    }
    json_decref(participant->cameras);
    participant->cameras = cameras;
}

void seat_offers(struct participant *participant, const json_t *state)
{
    const json_t *offers = json_object_get(state, "offers"), *cameras = json_object_get(state, "cameras");
    if (offers) {
        json_decref(participant->offers);
        participant->offers = json_deep_copy(offers);
    }
    if (cameras)
        take_cameras(participant, cameras);
}

void seat_show(const struct participant *participant, json_t *object)
{
    if (json_array_size(participant->offers))
        json_object_set(object, "offers", participant->offers);
    if (!json_array_size(participant->cameras))
        return;
    json_t *cameras = json_deep_copy(participant->cameras);
    size_t i;
    json_t *camera;
    json_array_foreach(cameras, i, camera) json_object_del(camera, "moved_us");
    json_object_set_new(object, "cameras", cameras);
}

/* ---- which picture gets the bits ---- */

static const char *pinned_by(const struct participant *viewer, const struct participant *seat)
{
    size_t i;
    json_t *item;
    json_array_foreach(viewer->view, i, item)
    {
        bool ours = strcmp(json_string_value(json_object_get(item, "participant")), seat->id) == 0;
        if (ours && json_is_true(json_object_get(item, "pinned")))
            return json_string_value(json_object_get(item, "source"));
    }
    return NULL;
}

static size_t count_pictures(const struct participant *seat)
{
    size_t count = 0;
    for (guint i = 0; i < seat->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(seat->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++)
            count += ((const struct track *)g_ptr_array_index(leg->tracks, j))->video;
    }
    return count;
}

void seat_tell_focus(struct participant *seat)
{
    const char *focus = NULL;
    const GPtrArray *participants = seat->call->participants;
    for (guint i = 0; i < participants->len && !focus && count_pictures(seat) > 1; i++) {
        const struct participant *viewer = g_ptr_array_index(participants, i);
        if (viewer != seat && rights_allow(viewer, RIGHT_SOURCES))
            focus = pinned_by(viewer, seat);
    }
    bool told = !seat->focus_lost && g_strcmp0(focus, seat->focus[0] ? seat->focus : NULL) == 0;
    if (told || !seat->peer)
        return;
    seat->focus_lost = false;
    g_strlcpy(seat->focus, focus ? focus : "", sizeof seat->focus);
    participant_send(seat,
                     json_pack("{s:s, s:o}", "type", "focus", "source", focus ? json_string(focus) : json_null()));
}

void seat_forget_focus(struct participant *seat)
{
    seat->focus_lost = seat->connected_once; /* who is new knows that there is none */
}

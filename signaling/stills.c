#include "stills.h"

#include "call.h"
#include "consent.h"
#include "peer.h"
#include "rights.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

void stills_init(struct stills *stills)
{
    memset(stills, 0, sizeof *stills);
    stills->list = json_array();
    stills->deadlines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    stills->unsaved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void stills_finish(struct stills *stills)
{
    json_decref(stills->list);
    g_hash_table_destroy(stills->deadlines);
    g_hash_table_destroy(stills->unsaved);
}

json_t *stills_find(const struct call *call, const char *id)
{
    size_t i;
    json_t *still;
    json_array_foreach(call->stills.list, i, still)
    {
        if (g_strcmp0(json_string_value(json_object_get(still, "id")), id) == 0)
            return still;
    }
    return NULL;
}

static const char *text_of(const json_t *still, const char *field)
{
    return json_string_value(json_object_get(still, field));
}

static bool is_in(const json_t *still, const char *state)
{
    return g_strcmp0(text_of(still, "state"), state) == 0;
}

/* 1 granted, 0 declined, -1 not answered. */
static int consent_of(const struct call *call, const char *participant)
{
    return consent_of_seat(call, participant, CONSENT_PHOTOGRAPHS);
}

/* ---- telling ---- */

/* Marks travel by themselves: a change of state does not send them again. */
static void tell(struct call *call, const json_t *still, const char *thumbnail)
{
    json_t *bare = json_copy((json_t *)still);
    json_object_del(bare, "marks");
    json_t *message = json_pack("{s:s, s:o}", "type", "still", "still", bare);
    if (thumbnail)
        json_object_set_new(message, "thumbnail", json_string(thumbnail));
    call_tell(call, message);
}

void stills_tell_all(struct participant *participant)
{
    const struct call *call = participant->call;
    int consent = consent_of(call, participant->id);
    json_t *granted = consent < 0 ? json_null() : json_boolean(consent);
    participant_send(participant,
                     json_pack("{s:s, s:O, s:o}", "type", "stills", "stills", call->stills.list, "consent", granted));
}

static void set_state(struct call *call, json_t *still, const char *state, const char *reason)
{
    const char *id = text_of(still, "id");
    g_message("still room=%s still=%s %s->%s reason=%s", call->id, id, text_of(still, "state"), state,
              reason ? reason : "");
    json_object_set_new(still, "state", json_string(state));
    if (reason)
        json_object_set_new(still, "reason", json_string(reason));
    if (strcmp(state, "asking") == 0 || strcmp(state, "asked") == 0) {
        int64_t patience_s = strcmp(state, "asked") == 0 ? STILLS_ASKED_MAX_S : ASKING_MAX_S;
        g_hash_table_insert(call->stills.deadlines, g_strdup(id), GINT_TO_POINTER(core_uptime_s() + patience_s));
    } else {
        g_hash_table_remove(call->stills.deadlines, id);
    }
}

static void fail(struct call *call, json_t *still, const char *reason)
{
    set_state(call, still, "failed", reason);
    tell(call, still, NULL);
}

/* ---- what was before ---- */

void stills_learn(struct call *call, const json_t *found)
{
    size_t i;
    json_t *still;
    if (call->stills.learned)
        return;
    call->stills.learned = true;
    json_array_foreach(json_object_get(found, "stills"), i, still)
    {
        if (!stills_find(call, text_of(still, "id")))
            json_array_append_new(call->stills.list, json_deep_copy(still));
    }
}

/* ---- asking ---- */

/* An encoder that only sends (WHIP) has nobody who could be asked. */
static bool sends(const struct participant *participant, const char *source)
{
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; leg->kind == LEG_CALL && j < leg->tracks->len; j++) {
            const struct track *track = g_ptr_array_index(leg->tracks, j);
            if (track->video && strcmp(track->source, source) == 0)
                return true;
        }
    }
    return false;
}

/* Those that came to nothing are the first to go; a list full of pictures takes no more. */
static bool make_room(struct call *call)
{
    size_t i;
    json_t *still;
    if (json_array_size(call->stills.list) < STILLS_MAX)
        return true;
    json_array_foreach(call->stills.list, i, still)
    {
        if (is_in(still, "failed"))
            return json_array_remove(call->stills.list, i) == 0;
    }
    return false;
}

static json_t *add(struct participant *by, const struct participant *owner, const struct message *message)
{
    const char *format = message_text(message, "format");
    char id[ID_SIZE];
    core_new_id(id);
    json_t *still = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:[]}", "id", id, "state", "asking", "participant",
                              owner->id, "source", message_text(message, "source"), "by", by->id, "format",
                              format ? format : "jpeg", "at", protocol_time(core_now_us()), "marks");
    json_array_append_new(by->call->stills.list, still);
    return still;
}

const char *stills_ask(struct participant *by, const struct message *message)
{
    struct call *call = by->call;
    if (!rights_allow(by, RIGHT_STILLS))
        return "not_allowed";
    const struct participant *owner = call_participant(call, message_text(message, "participant"));
    if (!owner || owner->waiting || !sends(owner, message_text(message, "source")))
        return "not_found";
    int consent = consent_of(call, owner->id);
    if (consent == 0)
        return "no_consent";
    if (g_hash_table_size(call->stills.deadlines) >= 8)
        return "busy";
    if (!make_room(call))
        return "full";
    json_t *still = add(by, owner, message);
    set_state(call, still, consent == 1 ? "asked" : "asking", NULL);
    tell(call, still, NULL);
    return NULL;
}

/* A yes sends the waiting ones to the camera; a no ends everything that has not been taken. */
void stills_consent(struct call *call, const char *participant, bool granted)
{
    size_t i;
    json_t *still;
    json_array_foreach(call->stills.list, i, still)
    {
        if (strcmp(text_of(still, "participant"), participant) != 0)
            continue;
        if (is_in(still, "asking") && granted) {
            set_state(call, still, "asked", NULL);
            tell(call, still, NULL);
        } else if (!granted && (is_in(still, "asking") || is_in(still, "asked"))) {
            fail(call, still, "declined");
        }
    }
}

/* ---- taken ---- */

/* Its JPEG, or NULL. Owns: the caller frees it. */
static unsigned char *decode(const char *thumbnail, size_t *size)
{
    unsigned char *data = g_base64_decode(thumbnail, size);
    if (*size > 3 && *size <= STILLS_THUMBNAIL_MAX && memcmp(data, "\xff\xd8\xff", 3) == 0)
        return data;
    g_free(data);
    return NULL;
}

static void on_written(void *arg, const char *problem)
{
    struct ask *ask = arg;
    struct peer *peer = ask->signaling ? peer_find(ask->signaling, ask->peer) : NULL;
    struct call *call = ask->signaling ? call_find(ask->signaling, ask->consultation) : NULL;
    json_t *still = call ? stills_find(call, ask->session) : NULL;
    if (still && is_in(still, "asked")) {
        if (problem) {
            fail(call, still, "fault");
        } else {
            set_state(call, still, "taken", NULL);
            tell(call, still, ask->data);
        }
    }
    if (peer && problem)
        peer_error(peer, ask->id, problem);
    else if (peer)
        peer_send(peer, protocol_ok(ask->id));
    ask_end(ask);
}

static void write_down(struct peer *peer, const struct message *message, const json_t *still,
                       const unsigned char *thumbnail, size_t size)
{
    struct call *call = peer->participant->call;
    struct ask *ask = ask_begin(peer->signaling);
    ask->peer = peer->serial;
    ask->id = message->id;
    ask->data = g_strdup(message_text(message, "thumbnail"));
    ask->data_free = g_free;
    g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
    g_strlcpy(ask->session, text_of(still, "id"), sizeof ask->session);
    const struct house_still told = {.id = ask->session,
                                     .consultation = call->id,
                                     .participant = text_of(still, "participant"),
                                     .requested_by = text_of(still, "by"),
                                     .source = text_of(still, "source"),
                                     .width = (int)message_number(message, "width", 0),
                                     .height = (int)message_number(message, "height", 0),
                                     .thumbnail = thumbnail,
                                     .thumbnail_size = size,
                                     .at = core_now_us()};
    const struct house *house = peer->signaling->house;
    house->still(house->arg, &told, on_written, ask);
}

/* The consent may have been withdrawn while the camera worked: then the still is "failed" already, and not taken. */
const char *stills_taken(struct peer *peer, const struct message *message)
{
    struct participant *owner = peer->participant;
    json_t *still = stills_find(owner->call, message_text(message, "still"));
    size_t size;
    if (!still || strcmp(text_of(still, "participant"), owner->id) != 0)
        return "not_found";
    if (!is_in(still, "asked"))
        return is_in(still, "failed") ? "no_consent" : "busy";
    unsigned char *thumbnail = decode(message_text(message, "thumbnail"), &size);
    if (!thumbnail)
        return "bad_message";
    json_object_set_new(still, "width", json_integer(message_number(message, "width", 0)));
    json_object_set_new(still, "height", json_integer(message_number(message, "height", 0)));
    write_down(peer, message, still, thumbnail, size);
    g_free(thumbnail);
    return NULL;
}

const char *stills_failed(struct participant *owner, const struct message *message)
{
    json_t *still = stills_find(owner->call, message_text(message, "still"));
    if (!still || strcmp(text_of(still, "participant"), owner->id) != 0)
        return "not_found";
    if (is_in(still, "asked"))
        fail(owner->call, still, "camera");
    return NULL;
}

void stills_file(struct call *call, const json_t *file)
{
    json_t *still = stills_find(call, text_of(file, "id"));
    if (!still || is_in(still, "ready"))
        return;
    static const char *const FIELDS[] = {"width", "height", "size", "progress"};
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
        if (json_object_get(file, FIELDS[i]))
            json_object_set(still, FIELDS[i], json_object_get(file, FIELDS[i]));
    if (g_strcmp0(text_of(file, "state"), "ready") == 0)
        set_state(call, still, "ready", NULL);
    else if (g_strcmp0(text_of(file, "state"), "refused") == 0)
        set_state(call, still, "failed", "fault");
    tell(call, still, NULL);
}

/* ---- scale ---- */

const char *stills_calibrate(struct participant *by, const struct message *message)
{
    json_t *still = stills_find(by->call, message_text(message, "still"));
    json_t *points = json_object_get(message->body, "points");
    if (!rights_allow(by, RIGHT_STILLS))
        return "not_allowed";
    if (!still)
        return "not_found";
    if (json_array_size(points) != 4)
        return "bad_message";
    json_object_set_new(still, "calibration",
                        json_pack("{s:s, s:s, s:O, s:I, s:s}", "participant", by->id, "name", by->name, "points",
                                  points, "length_um", (json_int_t)message_number(message, "length_um", 1), "against",
                                  message_text(message, "against")));
    g_hash_table_add(by->call->stills.unsaved, g_strdup(text_of(still, "id")));
    tell(by->call, still, NULL);
    return NULL;
}

/* ---- time ---- */

void stills_save(struct call *call)
{
    const struct house *house = call->signaling->house;
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, call->stills.unsaved);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        const json_t *still = stills_find(call, id);
        json_t *marks = json_pack("{s:O}", "marks", json_object_get(still, "marks"));
        if (json_object_get(still, "calibration"))
            json_object_set(marks, "calibration", json_object_get(still, "calibration"));
        house->still_marks(house->arg, call->id, id, marks);
        json_decref(marks);
        g_hash_table_iter_remove(&iter);
    }
}

void stills_tick(struct call *call, int64_t now_s)
{
    size_t i;
    json_t *still;
    json_array_foreach(call->stills.list, i, still)
    {
        gpointer deadline_s;
        if (!g_hash_table_lookup_extended(call->stills.deadlines, text_of(still, "id"), NULL, &deadline_s))
            continue;
        if (!call_participant(call, text_of(still, "participant")))
            fail(call, still, "left");
        else if (now_s >= GPOINTER_TO_INT(deadline_s))
            fail(call, still, "timeout");
    }
    stills_save(call);
}

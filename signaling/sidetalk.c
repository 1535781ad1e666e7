#include "sidetalk.h"

#include "call.h"
#include "protocol.h"
#include "rights.h"

#include <string.h>

void sidetalk_init(struct sidetalk *talk)
{
    talk->members = g_ptr_array_new_with_free_func(g_free);
}

void sidetalk_finish(struct sidetalk *talk)
{
    g_ptr_array_free(talk->members, TRUE);
}

static bool find(const struct call *call, const char *participant, guint *index)
{
    const GPtrArray *members = call->sidetalk.members;
    for (guint i = 0; i < members->len; i++) {
        if (strcmp(g_ptr_array_index(members, i), participant) != 0)
            continue;
        *index = i;
        return true;
    }
    return false;
}

bool sidetalk_has(const struct call *call, const char *participant)
{
    guint index;
    return find(call, participant, &index);
}

json_t *sidetalk_json(const struct call *call)
{
    json_t *ids = json_array();
    for (guint i = 0; i < call->sidetalk.members->len; i++)
        json_array_append_new(ids, json_string(g_ptr_array_index(call->sidetalk.members, i)));
    json_t *object = json_pack("{s:o}", "participants", ids);
    if (json_array_size(ids))
        json_object_set_new(object, "by", json_string(call->sidetalk.by));
    return object;
}

void sidetalk_restore(struct call *call, const json_t *blob)
{
    size_t i;
    json_t *id;
    json_array_foreach(json_object_get(blob, "participants"), i, id) if (protocol_is_name(json_string_value(id)))
        g_ptr_array_add(call->sidetalk.members, g_strdup(json_string_value(id)));
    const char *by = json_string_value(json_object_get(blob, "by"));
    g_strlcpy(call->sidetalk.by, by ? by : "", sizeof call->sidetalk.by);
}

static void journal(struct call *call, const char *event, const char *participant)
{
    recorder_tap_event(call, json_pack("{s:s, s:s}", "event", event, "participant", participant));
}

static void clear(struct call *call)
{
    for (guint i = 0; i < call->sidetalk.members->len; i++)
        journal(call, "side-talk-end", g_ptr_array_index(call->sidetalk.members, i));
    g_ptr_array_set_size(call->sidetalk.members, 0);
}

/* Cut first, then said: the slots are gone before anybody is told that they may speak. */
static void changed(struct call *call)
{
    call_refresh_now(call);
    recorder_refresh(call);
    call_save(call);
    json_t *message = json_pack("{s:s}", "type", "side");
    json_object_update_new(message, sidetalk_json(call));
    call_tell(call, message);
}

/* Everybody asked for is a doctor who is in; NULL or an error code. */
static const char *fault_of(const struct call *call, const json_t *ids)
{
    size_t i;
    json_t *id;
    json_array_foreach((json_t *)ids, i, id)
    {
        const struct participant *member = call_participant(call, json_string_value(id));
        if (!member || !member->peer)
            return "not_found";
        if (!rights_allow(member, RIGHT_SIDE_TALK))
            return "not_allowed";
    }
    return NULL;
}

static void add(struct call *call, const char *id)
{
    if (!sidetalk_has(call, id))
        g_ptr_array_add(call->sidetalk.members, g_strdup(id));
}

static const char *start(struct participant *by, const json_t *ids)
{
    struct call *call = by->call;
    if (call->sidetalk.members->len)
        return "busy";
    const char *fault = fault_of(call, ids);
    if (fault)
        return fault;
    size_t i;
    json_t *id;
    add(call, by->id);
    json_array_foreach((json_t *)ids, i, id) add(call, json_string_value(id));
    if (call->sidetalk.members->len < 2) {
        g_ptr_array_set_size(call->sidetalk.members, 0);
        return "bad_message";
    }
    g_strlcpy(call->sidetalk.by, by->id, sizeof call->sidetalk.by);
    for (i = 0; i < call->sidetalk.members->len; i++)
        journal(call, "side-talk", g_ptr_array_index(call->sidetalk.members, i));
    changed(call);
    return NULL;
}

static const char *stop(struct participant *by)
{
    struct call *call = by->call;
    if (!sidetalk_has(call, by->id) && strcmp(by->role, "host") != 0)
        return "not_allowed";
    clear(call);
    changed(call);
    return NULL;
}

const char *sidetalk_ask(struct participant *by, const struct message *message)
{
    bool starts = strcmp(message_text(message, "action"), "start") == 0;
    const struct house *house = by->call->signaling->house;
    if (!rights_allow(by, RIGHT_SIDE_TALK))
        return "not_allowed";
    const char *problem = starts ? start(by, json_object_get(message->body, "participants")) : stop(by);
    if (!problem)
        house->audit(house->arg, starts ? "room.side-talk" : "room.side-talk-end", by->call->id, by->id, NULL);
    return problem;
}

void sidetalk_left(struct call *call, const char *participant)
{
    guint index;
    if (!find(call, participant, &index))
        return;
    journal(call, "side-talk-end", participant);
    g_ptr_array_remove_index(call->sidetalk.members, index);
    if (call->sidetalk.members->len < 2)
        clear(call);
    changed(call);
}

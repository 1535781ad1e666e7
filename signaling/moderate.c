/* What the host may do to others. */
#include "peer.h"

#include "call.h"

#include <string.h>

static const char *mute(struct participant *by, struct participant *target)
{
    participant_set_state(target, 0, -1, -1);
    participant_send(target, json_pack("{s:s, s:s}", "type", "muted", "by", by->id));
    call_tell_participant(target);
    return NULL;
}

static const char *remove_from_room(struct participant *by, struct participant *target)
{
    struct call *call = by->call;
    if (target == by)
        return "not_allowed";
    g_hash_table_add(call->removed, g_strdup(target->id));
    if (target->peer)
        peer_dismiss(target->peer, json_pack("{s:s, s:s}", "type", "ended", "reason", "removed"), 1000);
    call_remove(target, "removed");
    call_save(call);
    return NULL;
}

static const char *admit(struct participant *by, struct participant *target)
{
    (void)by;
    enter_admit(target);
    return NULL;
}

static const char *make_host(struct participant *by, struct participant *target)
{
    g_hash_table_add(by->call->hosts, g_strdup(target->id));
    strcpy(target->role, "host");
    call_tell_participant(target);
    call_save(by->call);
    return NULL;
}

static const char *admit_all(struct participant *by)
{
    GPtrArray *participants = by->call->participants;
    for (guint i = 0; i < participants->len; i++)
        enter_admit(g_ptr_array_index(participants, i));
    return NULL;
}

static const char *set_locked(struct call *call, bool locked)
{
    call->locked = locked;
    call_tell(call, json_pack("{s:s, s:b}", "type", "locked", "locked", (int)locked));
    call_save(call);
    return NULL;
}

static const char *lock(struct participant *by)
{
    return set_locked(by->call, true);
}

static const char *unlock(struct participant *by)
{
    return set_locked(by->call, false);
}

static const char *end(struct participant *by)
{
    const struct house *house = by->call->signaling->house;
    house->ended(house->arg, by->call->id, core_now_us(), by->id);
    call_end(by->call, "ended");
    return NULL;
}

static const struct {
    const char *action;
    const char *(*to_one)(struct participant *by, struct participant *target);
    const char *(*to_all)(struct participant *by);
    bool by_staff; /* any of the staff may, while no host is there: a patient must not wait for ever */
} ACTIONS[] = {
    {"mute", mute, NULL, true},
    {"remove", remove_from_room, NULL, false},
    {"admit", admit, NULL, true},
    {"admit-all", NULL, admit_all, true},
    {"lock", NULL, lock, false},
    {"unlock", NULL, unlock, false},
    {"make-host", make_host, NULL, false},
    {"end", NULL, end, true},
};

const char *moderate(struct participant *by, const char *action, const char *target_id)
{
    size_t i = 0;
    while (i < G_N_ELEMENTS(ACTIONS) && strcmp(ACTIONS[i].action, action) != 0)
        i++;
    if (i == G_N_ELEMENTS(ACTIONS))
        return "bad_message";
    struct call *call = by->call;
    bool host = strcmp(by->role, "host") == 0;
    bool deputy = ACTIONS[i].by_staff && participant_is_staff(by) && !call_has_host(call);
    if (by->waiting || (!host && !deputy))
        return "not_allowed";
    struct participant *target = target_id ? call_participant(call, target_id) : NULL;
    if (ACTIONS[i].to_one && !target)
        return target_id ? "not_found" : "bad_message";
    const struct house *house = call->signaling->house;
    char event[32];
    g_snprintf(event, sizeof event, "room.%s", action);
    json_t *detail = target ? json_pack("{s:s}", "participant", target->id) : NULL;
    house->audit(house->arg, event, call->id, by->id, detail);
    json_decref(detail);
    return ACTIONS[i].to_one ? ACTIONS[i].to_one(by, target) : ACTIONS[i].to_all(by);
}

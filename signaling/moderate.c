/* What some may do to others, chiefly the host. */
#include "peer.h"

#include "call.h"
#include "chair.h"
#include "rights.h"

#include <string.h>

static const char *mute(struct participant *by, struct participant *target)
{
    participant_set_state(target, 0, -1, -1);
    participant_send(target, json_pack("{s:s, s:s}", "type", "muted", "by", by->id));
    call_tell_participant(target);
    return NULL;
}

/* Nobody's microphone is switched on from afar: the page asks its person. */
static const char *invite(struct participant *by, struct participant *target)
{
    if (!rights_allow(target, RIGHT_PUBLISH))
        return "not_allowed";
    participant_send(target, json_pack("{s:s, s:s}", "type", "invited", "by", by->id));
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

static const char *admit_all(struct participant *by)
{
    GPtrArray *participants = by->call->participants;
    for (guint i = 0; i < participants->len; i++) /* nobody leaves by it */
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
    stills_save(by->call);
    house->ended(house->arg, by->call->id, core_now_us(), by->id);
    call_end(by->call, "ended");
    return NULL;
}

static const struct {
    const char *action;
    const char *(*to_one)(struct participant *by, struct participant *target);
    const char *(*to_all)(struct participant *by);
    enum right right;
} ACTIONS[] = {
    {"mute", mute, NULL, RIGHT_MUTE},
    {"invite", invite, NULL, RIGHT_INVITE},
    {"remove", remove_from_room, NULL, RIGHT_REMOVE},
    {"admit", admit, NULL, RIGHT_ADMIT},
    {"admit-all", NULL, admit_all, RIGHT_ADMIT},
    {"lock", NULL, lock, RIGHT_LOCK},
    {"unlock", NULL, unlock, RIGHT_LOCK},
    {"make-host", chair_hand_over, NULL, RIGHT_HAND_OVER},
    {"end", NULL, end, RIGHT_END},
};

/* Never the text: what is said to a patient is not for the log. */
static void note(const struct participant *by, const char *action, const struct participant *target)
{
    const struct house *house = by->call->signaling->house;
    char event[32];
    g_snprintf(event, sizeof event, "room.%s", action);
    json_t *detail = target ? json_pack("{s:s}", "participant", target->id) : NULL;
    house->audit(house->arg, event, by->call->id, by->id, detail);
    json_decref(detail);
}

/* To one who waits outside; who is in can read the chat. */
static const char *tell(struct participant *by, struct participant *target, const char *text)
{
    if (!rights_allow(by, RIGHT_WAITING))
        return "not_allowed";
    if (!text || !target)
        return target ? "bad_message" : "not_found";
    if (!target->waiting)
        return "not_allowed";
    note(by, "tell", target);
    participant_send(target, json_pack("{s:s, s:s, s:s}", "type", "told", "name", by->name, "text", text));
    return NULL;
}

const char *moderate(struct participant *by, const struct moderation *moderation)
{
    struct participant *target = moderation->target ? call_participant(by->call, moderation->target) : NULL;
    if (strcmp(moderation->action, "tell") == 0)
        return tell(by, target, moderation->text);
    size_t i = 0;
    while (i < G_N_ELEMENTS(ACTIONS) && strcmp(ACTIONS[i].action, moderation->action) != 0)
        i++;
    if (i == G_N_ELEMENTS(ACTIONS))
        return "bad_message";
    if (!rights_allow(by, ACTIONS[i].right))
        return "not_allowed";
    if (ACTIONS[i].to_one && !target)
        return moderation->target ? "not_found" : "bad_message";
    note(by, ACTIONS[i].action, target);
    return ACTIONS[i].to_one ? ACTIONS[i].to_one(by, target) : ACTIONS[i].to_all(by);
}

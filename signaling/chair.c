#include "chair.h"

#include "call.h"

#include <string.h>

static bool is_host(const struct participant *participant)
{
    return strcmp(participant->role, "host") == 0 && !participant->waiting;
}

static bool can_be_host(const struct participant *participant)
{
    bool doctor = strcmp(participant->role, "specialist") == 0 || strcmp(participant->role, "doctor") == 0;
    return doctor && !participant->waiting && participant->peer;
}

const char *chair_role(const struct call *call, const char *participant, const char *own_role)
{
    const char *given = g_hash_table_lookup(call->roles, participant);
    return given ? given : own_role;
}

/* `role` NULL: as the ticket says. */
static void give_role(struct participant *participant, const char *role)
{
    struct call *call = participant->call;
    if (role && strcmp(role, participant->own_role) != 0)
        g_hash_table_replace(call->roles, g_strdup(participant->id), g_strdup(role));
    else
        g_hash_table_remove(call->roles, participant->id);
    strcpy(participant->role, chair_role(call, participant->id, participant->own_role));
    call_tell_participant(participant);
}

const char *chair_hand_over(struct participant *from, struct participant *to)
{
    struct call *call = from->call;
    if (!can_be_host(to))
        return "not_allowed";
    bool own = strcmp(from->own_role, "host") == 0;
    give_role(from, own ? "doctor" : NULL);
    give_role(to, "host");
    call->heir[0] = '\0';
    call_save(call);
    call_refresh(call);
    return NULL;
}

/* The specialist before the doctor, and of two who was here first. */
static struct participant *choose_heir(const struct call *call)
{
    struct participant *heir = NULL;
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        if (is_host(participant))
            return NULL;
        bool better = !heir || (strcmp(participant->role, "specialist") == 0 && strcmp(heir->role, "doctor") == 0);
        if (can_be_host(participant) && better)
            heir = participant;
    }
    return heir;
}

static void fill(struct call *call)
{
    struct participant *heir = call->vacant && !call->ending ? choose_heir(call) : NULL;
    if (!heir)
        return;
    call->vacant = false;
    strcpy(call->heir, heir->id);
    give_role(heir, "host");
    call_save(call);
    call_refresh(call);
    const struct house *house = call->signaling->house;
    house->audit(house->arg, "room.heir", call->id, heir->id, NULL);
}

void chair_left(struct call *call)
{
    call->vacant = true;
    fill(call);
}

void chair_came(struct participant *participant)
{
    struct call *call = participant->call;
    struct participant *heir = call->heir[0] ? call_participant(call, call->heir) : NULL;
    if (!is_host(participant) || participant == heir) {
        fill(call);
        return;
    }
    call->vacant = false;
    if (!call->heir[0])
        return;
    if (heir)
        give_role(heir, NULL);
    else
        g_hash_table_remove(call->roles, call->heir);
    call->heir[0] = '\0';
    call_save(call);
    call_refresh(call);
}

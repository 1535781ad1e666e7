/* How somebody comes in: by a ticket, by a resume token, or out of the waiting room. */
#include "peer.h"

#include "call.h"
#include "captions.h"
#include "chair.h"
#include "gate.h"
#include "rights.h"
#include "seat.h"
#include "ticket.h"
#include "wanted.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

enum { RESUME_WAIT_S = 5 }; /* for the snapshots of workers that a restarted server is still reading */

/* ---- saying joined ---- */

static json_t *token_json(const struct participant *participant)
{
    const struct signaling *signaling = participant->call->signaling;
    struct ticket ticket = {.use = "resume", .expires_s = core_now_us() / G_USEC_PER_SEC + RESUME_TOKEN_S};
    strcpy(ticket.consultation, participant->call->id);
    strcpy(ticket.participant, participant->id);
    strcpy(ticket.role, participant->role);
    strcpy(ticket.session, participant->session);
    char *text = ticket_make(&ticket, signaling->ticket_key);
    json_t *token = json_string(text ? text : "");
    free(text);
    return token;
}

static json_t *participants_json(const struct participant *viewer)
{
    json_t *array = json_array();
    const GPtrArray *participants = viewer->call->participants;
    for (guint i = 0; i < participants->len; i++) {
        const struct participant *shown = g_ptr_array_index(participants, i);
        bool visible = viewer->waiting ? shown == viewer
                                       : shown == viewer || !shown->waiting || rights_allow(viewer, RIGHT_WAITING);
        if (visible)
            json_array_append_new(array, participant_json(shown));
    }
    return array;
}

static void say_joined(struct participant *participant, int64_t id, const json_t *ice_servers)
{
    struct call *call = participant->call;
    bool keep = participant_leg(participant, LEG_CALL) != NULL;
    unsigned audio = CALL_SLOTS_FIRST, video = CALL_SLOTS_FIRST;
    if (keep)
        call_slots_wanted(call, participant, &audio, &video);
    json_t *joined = json_pack("{s:s, s:I, s:s, s:o, s:s, s:o, s:o, s:{s:i, s:i}, s:o, s:o}", "type", "joined", "id",
                               (json_int_t)id, "me", participant->id, "token", token_json(participant), "media",
                               keep ? "keep" : "new", "consultation", call_consultation_json(call), "participants",
                               participants_json(participant), "slots", "audio", (int)audio, "video", (int)video,
                               "recording", recorder_json(call), "now", protocol_time(core_now_us()));
    participant->rights = rights_mask(participant);
    json_object_set_new(joined, "rights", rights_json(participant->rights));
    if (ice_servers)
        json_object_set(joined, "ice_servers", (json_t *)ice_servers);
    if (participant->waiting) {
        json_object_set_new(joined, "waiting", json_true());
    } else {
        if (!captions_is_service(participant))
            json_object_set(joined, "chat", call->chat);
        json_object_set_new(joined, "consents", consents_json(call));
        json_object_set_new(joined, "side", sidetalk_json(call));
    }
    participant_send(participant, joined);
    if (!keep || participant->waiting)
        return;
    struct leg *leg = participant_leg(participant, LEG_CALL);
    view_tell(leg, true); /* what changed in the slots while nobody listened */
    if (call->speaker)
        participant_send(participant, json_pack("{s:s, s:s}", "type", "speaker", "participant", call->speaker->id));
}

/* ---- the way in ---- */

static bool must_wait(const struct call *call, const char *role, bool waiting_room, const char *participant)
{
    bool host = strcmp(chair_role(call, participant, role), "host") == 0;
    return waiting_room && !host && rights_waits_outside(role);
}

static const char *barrier(struct call *call, const struct ask *ask, const char *role, const json_t *found)
{
    const char *participant = ask->participant;
    if (call->ending)
        return strcmp(call->ending, "shutdown") == 0 ? "busy" : "ended";
    if (g_hash_table_contains(call->removed, participant))
        return "removed";
    if (call_participant(call, participant))
        return NULL;
    if (call->locked && strcmp(chair_role(call, participant, role), "host") != 0)
        return "locked";
    if (call->participants->len >= call->signaling->max_participants)
        return "full";
    return ask->session[0] ? NULL : gate_refuses(call, role, found); /* who had a stay comes back into it */
}

static void attach(struct peer *peer, struct participant *participant)
{
    peer->participant = participant;
    participant->peer = peer;
    participant->away_since_s = 0;
    participant_report_away(participant);
    strcpy(participant->language, peer->language);
    wanted_forget(participant);
    seat_forget_focus(participant);
}

static void start_if_first(struct call *call)
{
    if (call->started)
        return;
    call->started = true;
    const char *state = json_string_value(json_object_get(call->consultation, "state"));
    const struct house *house = call->signaling->house;
    if (g_strcmp0(state, "open") != 0)
        house->started(house->arg, call->id, core_now_us());
}

/* A second window, or a reload: the former socket and its media go at once; WHIP and WHEP legs are left alone. */
static void replace_stay(struct participant *participant)
{
    struct leg *leg = participant_leg(participant, LEG_CALL);
    struct peer *old = participant->peer;
    if (!leg && !old)
        return;
    participant_report_left(participant, "replaced");
    if (leg)
        leg_close(leg, "replaced");
    if (old)
        peer_dismiss_error(old, -1, "replaced");
    participant_renew_stay(participant);
}

static struct participant *take_place(struct call *call, const char *id, const json_t *found, bool *fresh)
{
    const char *role = json_string_value(json_object_get(json_object_get(found, "participant"), "role"));
    struct participant *participant = call_participant(call, id);
    *fresh = !participant;
    if (participant) {
        replace_stay(participant);
    } else {
        participant = participant_create(call, id, role ? role : "observer");
        participant->waiting = must_wait(call, participant->role, json_is_true(json_object_get(found, "waiting_room")),
                                         id);
        g_ptr_array_add(call->participants, participant);
        gate_took(call);
    }
    return participant;
}

static void learn_call(struct call *call, const json_t *found)
{
    json_t *consultation = json_object_get(found, "consultation");
    if (!call->consultation && json_is_true(json_object_get(consultation, "locked")))
        call->locked = true;
    json_decref(call->consultation);
    call->consultation = json_incref(consultation);
}

static void enter(struct peer *peer, const struct ask *ask, const json_t *found)
{
    struct call *call = call_take(ask->signaling, ask->consultation);
    const json_t *person = json_object_get(found, "participant");
    const char *role = json_string_value(json_object_get(person, "role"));
    const char *problem = barrier(call, ask, role ? role : "observer", found);
    if (problem) {
        peer_dismiss_error(peer, ask->id, problem);
        return;
    }
    learn_call(call, found);
    struct participant *participant = call_participant(call, ask->participant);
    bool resumes = ask->session[0] && participant && strcmp(participant->session, ask->session) == 0;
    bool fresh = false;
    if (resumes && participant->peer)
        peer_dismiss_error(participant->peer, -1, "replaced");
    if (!resumes)
        participant = take_place(call, ask->participant, found, &fresh);
    attach(peer, participant);
    participant_learn(participant, person);
    peer->join_id = ask->id;
    g_message("enter room=%s participant=%s role=%s %s", call->id, participant->id, participant->role,
              resumes ? "resumed" : "joined");
    stills_learn(call, found);
    consents_learn(call, participant->id, found);
    say_joined(participant, ask->id, json_object_get(found, "ice_servers"));
    if (!participant->waiting && !captions_is_service(participant))
        stills_tell_all(participant);
    call_tell_participant(participant);
    if (!participant->waiting) {
        chair_came(participant);
        start_if_first(call);
        recorder_refresh(call);
    }
    call_place(call);
    call_refresh(call);
}

/* Joins what is there: the same ticket on WHIP, WHEP and a WebSocket is one participant. */
const char *enter_quietly(struct signaling *signaling, const struct ask *ask, const json_t *found, bool publishes,
                          struct participant **participant)
{
    const json_t *person = json_object_get(found, "participant");
    const char *role = json_string_value(json_object_get(person, "role"));
    if (publishes && g_strcmp0(role, "observer") == 0)
        return "not_allowed";
    struct call *call = call_take(signaling, ask->consultation);
    const char *problem = barrier(call, ask, role ? role : "observer", found);
    if (problem)
        return problem;
    learn_call(call, found);
    *participant = call_participant(call, ask->participant);
    bool outside = *participant ? (*participant)->waiting
                                : must_wait(call, role ? role : "observer",
                                            json_is_true(json_object_get(found, "waiting_room")), ask->participant);
    if (outside)
        return "not_allowed"; /* there is no way to tell it later that it was let in */
    if (!*participant) {
        *participant = participant_create(call, ask->participant, role ? role : "observer");
        g_ptr_array_add(call->participants, *participant);
        gate_took(call);
    }
    participant_learn(*participant, person);
    consents_learn(call, (*participant)->id, found);
    participant_comes_again(*participant);
    start_if_first(call);
    return NULL;
}

static void on_admitted(void *arg, const char *problem, json_t *found)
{
    struct ask *ask = arg;
    if (ask->signaling)
        totals_observe(&ask->signaling->totals, TOTALS_ADMIT, core_seconds_since(ask->began_us));
    struct peer *peer = ask->signaling ? peer_find(ask->signaling, ask->peer) : NULL;
    if (peer && !peer->closing) {
        peer->entering = false;
        if (problem)
            peer_dismiss_error(peer, ask->id, problem);
        else
            enter(peer, ask, found);
        peer_take_early(peer);
    }
    ask_end(ask);
}

static void ask_house(struct peer *peer, const struct ticket *ticket, int64_t id)
{
    struct ask *ask = ask_begin(peer->signaling);
    ask->peer = peer->serial;
    ask->id = id;
    strcpy(ask->consultation, ticket->consultation);
    strcpy(ask->participant, ticket->participant);
    strcpy(ask->session, ticket->session);
    peer->entering = true;
    const struct house *house = peer->signaling->house;
    house->admit(house->arg, ticket->consultation, ticket->participant, on_admitted, ask);
}

static void take_language(struct peer *peer, const struct message *message)
{
    const char *language = message_text(message, "language");
    if (language)
        g_strlcpy(peer->language, language, sizeof peer->language);
}

void enter_join(struct peer *peer, const struct message *message)
{
    struct ticket ticket;
    take_language(peer, message);
    enum ticket_verdict verdict = ticket_check(message_text(message, "ticket"), peer->signaling->ticket_key,
                                               core_now_us() / G_USEC_PER_SEC, &ticket);
    if (verdict == TICKET_GOOD && strcmp(ticket.use, "join") == 0)
        ask_house(peer, &ticket, message->id);
    else
        peer_dismiss_error(peer, message->id, verdict == TICKET_EXPIRED ? "ticket_expired" : "ticket_invalid");
}

/* ---- resume ---- */

static bool stay_may_still_appear(const struct peer *peer, const struct ticket *ticket)
{
    struct signaling *signaling = peer->signaling;
    const struct call *call = call_find(signaling, ticket->consultation);
    if ((call && call_participant(call, ticket->participant)) || peer->resume_deadline_s)
        return false;
    bool young = core_now_us() - signaling->started_us < (int64_t)RESUME_WAIT_S * G_USEC_PER_SEC;
    return worker_any_syncing(signaling) || (young && signaling->workers->len == 0);
}

/* The token is good but its stay has been taken over by a newer window: this one must not take it back by itself. */
static bool was_replaced(const struct peer *peer, const struct ticket *ticket)
{
    const struct call *call = call_find(peer->signaling, ticket->consultation);
    const struct participant *participant = call ? call_participant(call, ticket->participant) : NULL;
    return participant && participant->peer && strcmp(participant->session, ticket->session) != 0;
}

void enter_resume(struct peer *peer, const struct message *message)
{
    struct ticket ticket;
    take_language(peer, message);
    enum ticket_verdict verdict = ticket_check(message_text(message, "token"), peer->signaling->ticket_key,
                                               core_now_us() / G_USEC_PER_SEC, &ticket);
    if (verdict != TICKET_GOOD || strcmp(ticket.use, "resume") != 0 || !ticket.session[0]) {
        /* not fatal: the client still has its ticket */
        peer_error(peer, message->id, "token_expired");
    } else if (was_replaced(peer, &ticket)) {
        peer_dismiss_error(peer, message->id, "replaced");
    } else if (stay_may_still_appear(peer, &ticket)) {
        peer->held = json_incref(message->body);
        peer->resume_deadline_s = core_uptime_s() + RESUME_WAIT_S;
    } else {
        ask_house(peer, &ticket, message->id);
    }
}

/* ---- out of the waiting room ---- */

void enter_admit(struct participant *participant)
{
    struct call *call = participant->call;
    if (!participant->waiting)
        return;
    participant->waiting = false;
    participant->joined_us = core_now_us();
    participant_send(participant, json_pack("{s:s}", "type", "admitted"));
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *other = g_ptr_array_index(call->participants, i);
        if (other != participant && (!other->waiting || rights_allow(participant, RIGHT_WAITING)))
            participant_send(participant,
                             json_pack("{s:s, s:o}", "type", "participant", "participant", participant_json(other)));
    }
    participant_send(participant, json_pack("{s:s, s:o}", "type", "recording", "recording", recorder_json(call)));
    participant_send(participant, json_pack("{s:s, s:o}", "type", "consents", "consents", consents_json(call)));
    json_t *side = json_pack("{s:s}", "type", "side");
    json_object_update_new(side, sidetalk_json(call));
    participant_send(participant, side);
    stills_tell_all(participant);
    call_tell_participant(participant);
    chair_came(participant);
    recorder_refresh(call);
    call_refresh(call);
}

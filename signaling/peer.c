#include "peer.h"

#include "call.h"
#include "captions.h"
#include "line.h"
#include "marks.h"
#include "negotiate.h"
#include "rights.h"
#include "seat.h"
#include "stills.h"

#include <string.h>

enum {
    BURST = 120, /* messages at once … */
    RATE = 30,   /* … and a second, from one socket */
    REFUSED_MAX = 500,
    CLOSE_NORMAL = 1000,
    CLOSE_POLICY = 1008,
};

/* ---- life ---- */

struct peer *peer_find(struct signaling *signaling, uint64_t serial)
{
    return g_hash_table_lookup(signaling->peers, &serial);
}

struct peer *signaling_peer_opened(struct signaling *signaling, const struct peer_io *io)
{
    struct peer *peer = g_new0(struct peer, 1);
    peer->signaling = signaling;
    peer->serial = ++signaling->next_peer;
    peer->io = *io;
    bool english = io->language && strncmp(io->language, "en", 2) == 0;
    strcpy(peer->language, english ? "en" : "vi");
    peer->io.language = NULL;
    peer->join_id = -1;
    peer->opened_s = core_uptime_s();
    peer->tokens = BURST;
    peer->refilled_us = g_get_monotonic_time();
    g_hash_table_insert(signaling->peers, &peer->serial, peer);
    return peer;
}

void peer_destroy(void *data)
{
    struct peer *peer = data;
    json_decref(peer->held);
    json_decref(peer->early);
    g_free(peer);
}

/* Media, if it flows, goes on: the participant is away until it resumes or its time is up. */
static void let_go(struct peer *peer)
{
    struct participant *participant = peer->participant;
    if (!participant)
        return;
    peer->participant = NULL;
    participant->peer = NULL;
    participant_update_away(participant);
    participant_report_away(participant);
}

void signaling_peer_closed(struct peer *peer)
{
    struct participant *participant = peer->participant;
    struct call *call = participant ? participant->call : NULL;
    let_go(peer);
    if (participant && participant->waiting)
        call_remove(participant, "left");
    else if (participant)
        call_tell_participant(participant);
    if (participant)
        call_refresh(call);
    g_hash_table_remove(peer->signaling->peers, &peer->serial);
}

/* ---- sending ---- */

void peer_send(struct peer *peer, json_t *message)
{
    char *text = peer->closing ? NULL : json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (text)
        peer->io.send_fn(peer->io.arg, text, strlen(text));
    free(text);
}

void peer_error(struct peer *peer, int64_t id, const char *code)
{
    peer_send(peer, protocol_error(code, id, peer->language, false));
}

/* After close_fn the peer may be gone: it is the last thing done with it. */
void peer_dismiss(struct peer *peer, json_t *last, int close_code)
{
    let_go(peer);
    peer_send(peer, last);
    if (peer->closing)
        return;
    peer->closing = true;
    peer->io.close_fn(peer->io.arg, close_code);
}

void peer_dismiss_error(struct peer *peer, int64_t id, const char *code)
{
    peer_dismiss(peer, protocol_error(code, id, peer->language, true), CLOSE_POLICY);
}

/* ---- messages ---- */

/* An offer's answer may come when its socket is long gone. */
static void on_answer(void *arg, const char *problem, struct leg *leg, const char *sdp)
{
    struct ask *ask = arg;
    struct peer *peer = ask->signaling ? peer_find(ask->signaling, ask->peer) : NULL;
    if (peer && problem) {
        peer_error(peer, ask->id, problem);
    } else if (peer) {
        json_t *slots = json_array();
        for (guint i = 0; i < leg->slots->len; i++) {
            struct slot *slot = g_ptr_array_index(leg->slots, i);
            json_array_append_new(slots, leg_slot_json(slot));
            slot->changed = false;
        }
        peer_send(peer, json_pack("{s:s, s:I, s:i, s:s, s:o}", "type", "answer", "id", (json_int_t)ask->id,
                                  "generation", (int)leg->generation, "sdp", sdp, "slots", slots));
    }
    ask_end(ask);
}

static const char *take_offer(struct peer *peer, const struct message *message)
{
    if (peer->participant->waiting)
        return "not_allowed";
    struct ask *ask = ask_begin(peer->signaling);
    ask->peer = peer->serial;
    ask->id = message->id;
    const struct negotiate_request request = {.participant = peer->participant,
                                              .kind = LEG_CALL,
                                              .generation = (unsigned)message_number(message, "generation", 1),
                                              .sdp = message_text(message, "sdp"),
                                              .tracks = json_object_get(message->body, "tracks"),
                                              .done = on_answer,
                                              .arg = ask};
    negotiate_offer(&request);
    return NULL;
}

/* 1: the interpreter's, 0: the floor, -1: not said. */
static int channel_of(const struct message *message, const char *field)
{
    const char *channel = message_text(message, field);
    return channel ? strcmp(channel, "interpreter") == 0 : -1;
}

static const char *take_state(struct peer *peer, const struct message *message)
{
    participant_set_state(peer->participant, message_flag(message, "microphone"), message_flag(message, "camera"),
                          message_flag(message, "hand"));
    participant_set_channel(peer->participant, channel_of(message, "speaks"), channel_of(message, "listens"));
    seat_offers(peer->participant, message->body);
    call_tell_participant(peer->participant);
    return NULL;
}

static const char *take_view(struct peer *peer, const struct message *message)
{
    struct participant *participant = peer->participant;
    int64_t max_bps = message_number(message, "max_bps", -1);
    json_decref(participant->view);
    participant->view = json_incref(json_object_get(message->body, "items"));
    struct leg *leg = participant_leg(participant, LEG_CALL);
    if (leg && max_bps != participant->max_bps) {
        json_t *fields = json_pack("{s:s}", "transport", leg->id);
        if (max_bps >= 0)
            json_object_set_new(fields, "max_bps", json_integer(max_bps));
        leg_media(leg, "view.set", fields);
    }
    participant->max_bps = max_bps;
    call_refresh(participant->call);
    return NULL;
}

static const char *take_leave(struct peer *peer, const struct message *message)
{
    (void)message;
    struct participant *participant = peer->participant;
    peer_dismiss(peer, json_pack("{s:s, s:s}", "type", "ended", "reason", "left"), CLOSE_NORMAL);
    call_remove(participant, "left");
    return NULL;
}

static const char *take_record(struct peer *peer, const struct message *message)
{
    struct participant *participant = peer->participant;
    if (!rights_allow(participant, RIGHT_RECORD))
        return "not_allowed";
    const struct house *house = peer->signaling->house;
    bool start = strcmp(message_text(message, "action"), "start") == 0;
    const char *problem = start ? recorder_start(participant->call, participant)
                                : recorder_stop(participant->call, "stopped");
    if (problem)
        return problem;
    house->audit(house->arg, start ? "recording.ask" : "recording.stop", participant->call->id, participant->id, NULL);
    peer_send(peer, protocol_ok(message->id));
    return NULL;
}

static void on_ledger(void *arg, const char *problem)
{
    struct ask *ask = arg;
    struct peer *peer = ask->signaling ? peer_find(ask->signaling, ask->peer) : NULL;
    if (peer && problem)
        peer_error(peer, ask->id, problem);
    else if (peer)
        peer_send(peer, protocol_ok(ask->id));
    ask_end(ask);
}

static const char *consent_for(struct peer *peer, struct house_consent *said, struct ask *ask)
{
    const struct participant *speaker = peer->participant;
    g_autofree char *said_by = g_strconcat("participant:", speaker->id, NULL);
    said->said_by = said_by;
    const char *problem = rights_allow(speaker, RIGHT_CONSENT)
                              ? recorder_consent_for(speaker->call, said, on_ledger, ask)
                              : "not_allowed";
    if (problem)
        ask_end(ask);
    return problem;
}

static const char *take_consent(struct peer *peer, const struct message *message)
{
    const struct participant *participant = peer->participant;
    const char *language = message_text(message, "language"), *device = message_text(message, "participant");
    if (participant->waiting) /* who is not in the room yet has no say in what happens there */
        return "not_allowed";
    struct ask *ask = ask_begin(peer->signaling);
    ask->peer = peer->serial;
    ask->id = message->id;
    struct house_consent said = {.consultation = participant->call->id,
                                 .participant = device ? device : participant->id,
                                 .purpose = message_text(message, "purpose"),
                                 .language = language ? language : peer->language,
                                 .granted = message_flag(message, "granted") == 1,
                                 .for_patient = message_flag(message, "for_patient") == 1};
    if (device && strcmp(device, participant->id) != 0)
        return consent_for(peer, &said, ask);
    bool gone = message_flag(message, "patient_left") == 1;
    if (gone && (said.granted || !said.for_patient)) {
        ask_end(ask);
        return "bad_message";
    }
    consent_say(participant->call, &said, gone, on_ledger, ask);
    return NULL;
}

static const char *take_chat(struct peer *peer, const struct message *message)
{
    if (!rights_allow(peer->participant, RIGHT_CHAT))
        return "not_allowed";
    call_chat(peer->participant, message_text(message, "text"));
    peer_send(peer, protocol_ok(message->id));
    return NULL;
}

static const char *take_moderate(struct peer *peer, const struct message *message)
{
    const char *action = message_text(message, "action");
    uint64_t serial = peer->serial;
    struct signaling *signaling = peer->signaling;
    bool ends = strcmp(action, "end") == 0 && rights_allow(peer->participant, RIGHT_END);
    if (ends) /* the socket is closed by it: answer first */
        peer_send(peer, protocol_ok(message->id));
    const struct moderation moderation = {
        .action = action, .target = message_text(message, "participant"), .text = message_text(message, "text")};
    const char *problem = moderate(peer->participant, &moderation);
    struct peer *still = peer_find(signaling, serial);
    if (still && !problem && !ends)
        peer_send(still, protocol_ok(message->id));
    return problem;
}

static const char *take_quality(struct peer *peer, const struct message *message)
{
    line_report(peer->participant, message->body);
    return NULL;
}

static const char *take_ping(struct peer *peer, const struct message *message)
{
    json_t *pong = json_pack("{s:s, s:I, s:o}", "type", "pong", "id", (json_int_t)message->id, "now",
                             protocol_time(core_now_us()));
    peer_send(peer, pong);
    return NULL;
}

static const char *take_camera(struct peer *peer, const struct message *message)
{
    int64_t now_us = core_uptime_s() * G_USEC_PER_SEC;
    const char *problem = seat_turn(peer->participant, message, MAX(now_us, g_get_monotonic_time()));
    if (!problem)
        peer_send(peer, protocol_ok(message->id));
    return problem;
}

static const char *(*const TAKERS[MESSAGE_TYPE_COUNT])(struct peer *, const struct message *) = {
    [MESSAGE_OFFER] = take_offer,
    [MESSAGE_STATE] = take_state,
    [MESSAGE_VIEW] = take_view,
    [MESSAGE_LEAVE] = take_leave,
    [MESSAGE_RECORD] = take_record,
    [MESSAGE_CONSENT] = take_consent,
    [MESSAGE_CHAT] = take_chat,
    [MESSAGE_MODERATE] = take_moderate,
    [MESSAGE_QUALITY] = take_quality,
    [MESSAGE_PING] = take_ping,
    [MESSAGE_CAMERA_MOVE] = take_camera,
    [MESSAGE_CAMERA_PRESET] = take_camera,
    [MESSAGE_CAMERA_RELEASE] = take_camera,
    [MESSAGE_STILL_TAKEN] = stills_taken,
};

/* What needs no more than the participant. `quiet`: answered only when refused, because it comes many times a second. */
static const struct {
    const char *(*take)(struct participant *, const struct message *);
    bool quiet;
} ASKS[MESSAGE_TYPE_COUNT] = {
    [MESSAGE_SIDE] = {.take = sidetalk_ask},
    [MESSAGE_SOURCE_ASK] = {.take = seat_ask},
    [MESSAGE_SOURCE_DECLINE] = {.take = seat_decline},
    [MESSAGE_STILL] = {.take = stills_ask},
    [MESSAGE_STILL_FAILED] = {.take = stills_failed},
    [MESSAGE_STILL_SCALE] = {.take = stills_calibrate},
    [MESSAGE_MARK] = {.take = marks_put, .quiet = true},
    [MESSAGE_MARK_REMOVE] = {.take = marks_remove, .quiet = true},
    [MESSAGE_POINTER] = {.take = marks_point, .quiet = true},
    [MESSAGE_CAPTIONS_LINE] = {.take = captions_say, .quiet = true},
};

/* The result is a problem's code, or NULL. */
static const char *take(struct peer *peer, const struct message *message)
{
    if (!ASKS[message->type].take)
        return TAKERS[message->type](peer, message);
    const char *problem = ASKS[message->type].take(peer->participant, message);
    if (!problem && !ASKS[message->type].quiet)
        peer_send(peer, protocol_ok(message->id));
    return problem;
}

/* Who comes in may offer without waiting for the answer: on a long line that is a round trip less without sound. */
static bool comes_early(const struct peer *peer, const struct message *message)
{
    return message->type == MESSAGE_OFFER && (peer->entering || peer->held) && !peer->early;
}

static void dispatch(struct peer *peer, const struct message *message)
{
    bool enters = message->type == MESSAGE_JOIN || message->type == MESSAGE_RESUME;
    if (enters && (peer->participant || peer->entering || peer->held)) {
        peer_error(peer, message->id, "bad_message");
    } else if (message->type == MESSAGE_JOIN) {
        enter_join(peer, message);
    } else if (message->type == MESSAGE_RESUME) {
        enter_resume(peer, message);
    } else if (message->type == MESSAGE_PING) {
        take_ping(peer, message);
    } else if (!peer->participant && comes_early(peer, message)) {
        peer->early = json_incref(message->body);
    } else if (!peer->participant) {
        peer_error(peer, message->id, "not_joined");
    } else {
        uint64_t serial = peer->serial;
        struct signaling *signaling = peer->signaling;
        const char *problem = take(peer, message);
        struct peer *still = problem ? peer_find(signaling, serial) : NULL;
        if (still)
            peer_error(still, message->id, problem);
    }
}

/* ---- bounds ---- */

static bool within_rate(struct peer *peer)
{
    int64_t now_us = g_get_monotonic_time();
    peer->tokens += (double)(now_us - peer->refilled_us) * RATE / G_USEC_PER_SEC;
    peer->refilled_us = now_us;
    if (peer->tokens > BURST)
        peer->tokens = BURST;
    if (peer->tokens < 1)
        return false;
    peer->tokens -= 1;
    return true;
}

void signaling_peer_message(struct peer *peer, const char *text, size_t size)
{
    if (peer->closing)
        return;
    if (!within_rate(peer)) {
        if (++peer->refused > REFUSED_MAX)
            peer_dismiss_error(peer, -1, "too_many");
        else if (peer->refused % 50 == 1)
            peer_error(peer, -1, "too_many");
        return;
    }
    struct message message;
    const char *problem = protocol_read(text, size, &message);
    if (problem)
        peer_error(peer, message.id, problem);
    else
        dispatch(peer, &message);
    message_finish(&message);
}

void peer_tick(struct peer *peer, int64_t now_s)
{
    if (peer->closing || peer->participant || peer->entering)
        return;
    if (peer->held && now_s >= peer->resume_deadline_s)
        peer_retry(peer);
    else if (!peer->held && now_s - peer->opened_s >= JOIN_TIMEOUT_S)
        peer_dismiss_error(peer, -1, "not_joined");
}

/* It may be kept again. */
static void take_kept(struct peer *peer, enum message_type type, json_t **kept)
{
    if (!*kept || peer->closing)
        return;
    struct message message = {.type = type, .body = *kept};
    message.id = message_number(&message, "id", -1);
    *kept = NULL;
    dispatch(peer, &message);
    message_finish(&message);
}

void peer_retry(struct peer *peer)
{
    take_kept(peer, MESSAGE_RESUME, &peer->held);
}

void peer_take_early(struct peer *peer)
{
    take_kept(peer, MESSAGE_OFFER, &peer->early);
}

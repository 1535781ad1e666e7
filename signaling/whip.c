/*
 * WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): a participant without a WebSocket, or a second and third leg of one
 * that has it. The resource of a session is its leg's id; its ETag counts our answers.
 */
#include "call.h"
#include "negotiate.h"
#include "peer.h"
#include "refusal.h"
#include "ticket.h"

#include <stdlib.h>
#include <string.h>

struct request {
    struct ask *ask;
    http_answer_fn done;
    void *arg;
    bool egress;
    char *sdp;
};

/* ---- answering ---- */

static void etag_of(const struct leg *leg, char *into, size_t room)
{
    g_snprintf(into, room, "\"%.8s-%u\"", leg->id, leg->version);
}

static void request_free(struct request *request)
{
    ask_end(request->ask);
    g_free(request->sdp);
    g_free(request);
}

/* ---- POST ---- */

static void on_answer(void *arg, const char *problem, struct leg *leg, const char *sdp)
{
    struct request *request = arg;
    if (problem) {
        refusal_answer(request->done, request->arg, problem);
        struct signaling *signaling = request->ask->signaling;
        struct call *call = signaling ? call_find(signaling, request->ask->consultation) : NULL;
        struct participant *participant = call ? call_participant(call, request->ask->participant) : NULL;
        bool empty = participant && !participant->peer && participant->legs->len == 0;
        request_free(request);
        if (empty)
            call_remove(participant, "left");
        return;
    }
    char etag[32];
    etag_of(leg, etag, sizeof etag);
    const struct http_answer answer = {
        .status = 201, .content_type = "application/sdp", .body = sdp, .location = leg->id, .etag = etag};
    request->done(request->arg, &answer);
    request_free(request);
}

static void offer(struct request *request, struct participant *participant)
{
    const struct negotiate_request negotiation = {.participant = participant,
                                                  .kind = request->egress ? LEG_WHEP : LEG_WHIP,
                                                  .generation = 1,
                                                  .sdp = request->sdp,
                                                  .done = on_answer,
                                                  .arg = request};
    negotiate_offer(&negotiation);
}

static void on_admitted(void *arg, const char *problem, json_t *found)
{
    struct request *request = arg;
    struct participant *participant = NULL;
    if (!request->ask->signaling)
        problem = "busy";
    if (!problem)
        problem = enter_quietly(request->ask->signaling, request->ask, found, !request->egress, &participant);
    if (problem) {
        refusal_answer(request->done, request->arg, problem);
        request_free(request);
        return;
    }
    offer(request, participant);
}

void signaling_http_offer(struct signaling *signaling, const struct http_offer *offered, http_answer_fn done, void *arg)
{
    struct ticket ticket;
    enum ticket_verdict verdict = ticket_check(offered->ticket, signaling->ticket_key, core_now_us() / G_USEC_PER_SEC,
                                               &ticket);
    bool good = verdict == TICKET_GOOD && strcmp(ticket.use, "join") == 0;
    if (!good || strcmp(ticket.consultation, offered->consultation) != 0) {
        refusal_answer(done, arg,
                       good                        ? "not_allowed"
                       : verdict == TICKET_EXPIRED ? "ticket_expired"
                                                   : "ticket_invalid");
        return;
    }
    struct request *request = g_new0(struct request, 1);
    request->ask = ask_begin(signaling);
    request->done = done;
    request->arg = arg;
    request->egress = offered->egress;
    request->sdp = g_strdup(offered->sdp);
    strcpy(request->ask->consultation, ticket.consultation);
    strcpy(request->ask->participant, ticket.participant);
    const struct house *house = signaling->house;
    house->admit(house->arg, ticket.consultation, ticket.participant, on_admitted, request);
}

/* ---- PATCH and DELETE ---- */

/* The session behind a resource, for the one whose ticket opened it. An expired ticket still ends what it began. */
static const char *find_session(struct signaling *signaling, const char *resource, const char *text, struct leg **leg)
{
    struct ticket ticket;
    if (ticket_check(text, signaling->ticket_key, core_now_us() / G_USEC_PER_SEC, &ticket) == TICKET_INVALID ||
        strcmp(ticket.use, "join") != 0)
        return "ticket_invalid";
    *leg = g_hash_table_lookup(signaling->legs, resource);
    if (!*leg || (*leg)->kind == LEG_CALL)
        return "not_found";
    const struct participant *participant = (*leg)->participant;
    bool own = strcmp(participant->id, ticket.participant) == 0 &&
               strcmp(participant->call->id, ticket.consultation) == 0;
    return own ? NULL : "not_found";
}

static void on_restarted(void *arg, const char *problem, struct leg *leg, const char *sdp)
{
    (void)sdp;
    struct request *request = arg;
    if (problem) {
        refusal_answer(request->done, request->arg, problem);
    } else {
        char etag[32];
        etag_of(leg, etag, sizeof etag);
        const struct track *track = leg->tracks->len ? g_ptr_array_index(leg->tracks, 0) : NULL;
        const struct slot *slot = leg->slots->len ? g_ptr_array_index(leg->slots, 0) : NULL;
        bool video = track ? track->video : slot && slot->video;
        const struct sdp_local local = {.ufrag = leg->ufrag, .pwd = leg->pwd, .candidates = leg->candidates};
        char *body = sdpfrag_make(video ? "video" : "audio", track ? track->mid : slot ? slot->mid : "0", &local);
        const struct http_answer answer = {
            .status = 200, .content_type = "application/trickle-ice-sdpfrag", .body = body, .etag = etag};
        request->done(request->arg, &answer);
        g_free(body);
    }
    request_free(request);
}

/* RFC 9725 §4.3: a restart comes with If-Match "*"; a trickle names the ETag of the session it belongs to. */
static const char *check_match(const struct leg *leg, const char *if_match, const struct sdpfrag *frag, bool *restart)
{
    char etag[32];
    etag_of(leg, etag, sizeof etag);
    *restart = frag->ufrag[0] && g_strcmp0(frag->ufrag, leg->remote_ufrag) != 0;
    if (!if_match)
        return "precondition_required";
    if (strcmp(if_match, "*") == 0 || (!*restart && strcmp(if_match, etag) == 0))
        return NULL;
    return "precondition_failed";
}

void signaling_http_patch(struct signaling *signaling, const struct http_patch *patch, http_answer_fn done, void *arg)
{
    struct leg *leg = NULL;
    struct sdpfrag frag;
    bool restart = false;
    const char *problem = find_session(signaling, patch->resource, patch->ticket, &leg);
    if (!problem && sdpfrag_parse(patch->sdpfrag, strlen(patch->sdpfrag), &frag) != SDP_GOOD)
        problem = "bad_sdp";
    if (!problem)
        problem = check_match(leg, patch->if_match, &frag, &restart);
    if (problem) {
        refusal_answer(done, arg, problem);
        return;
    }
    if (!restart) { /* candidates: we are ICE-lite and learn addresses from checks that prove themselves */
        const struct http_answer answer = {.status = 204};
        done(arg, &answer);
        return;
    }
    struct request *request = g_new0(struct request, 1);
    request->ask = ask_begin(signaling);
    request->done = done;
    request->arg = arg;
    negotiate_restart(leg, frag.ufrag, frag.pwd, on_restarted, request);
}

void signaling_http_delete(struct signaling *signaling, const char *resource, const char *ticket, http_answer_fn done,
                           void *arg)
{
    struct leg *leg = NULL;
    const char *problem = find_session(signaling, resource, ticket, &leg);
    if (problem) {
        refusal_answer(done, arg, problem);
        return;
    }
    struct participant *participant = leg->participant;
    leg_close(leg, "deleted");
    if (!participant->peer && participant->legs->len == 0) {
        call_remove(participant, "left");
    } else {
        call_tell_participant(participant);
        recorder_refresh(participant->call);
    }
    const struct http_answer answer = {.status = 200};
    done(arg, &answer);
}

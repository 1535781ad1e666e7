#include "negotiate.h"

#include "call.h"
#include "codecs.h"
#include "protocol.h"
#include "rights.h"
#include "spread.h"
#include "worker.h"

#include <string.h>

/* An offer in work. It belongs to its leg, from the moment it is understood until it is answered. */
struct negotiation {
    struct sdp_offer *offer; /* NULL: a bare ICE restart */
    json_t *tracks;
    struct sdp_answer_line lines[SDP_MAX_LINES];
    char ufrag[257], pwd[257]; /* of a bare restart */
    negotiate_fn done;
    void *arg;
    int64_t began_us; /* by g_get_monotonic_time */
    bool placed;      /* the worker has been asked */
    bool publishes;   /* some line of it */
};

static void negotiation_free(struct negotiation *negotiation)
{
    sdp_offer_destroy(negotiation->offer);
    json_decref(negotiation->tracks);
    g_free(negotiation);
}

static void finish(struct leg *leg, const char *problem, const char *sdp)
{
    struct negotiation *negotiation = leg->busy;
    leg->busy = NULL;
    if (!problem)
        totals_observe(&leg->participant->call->signaling->totals, TOTALS_ANSWER,
                       core_seconds_since(negotiation->began_us));
    negotiation->done(negotiation->arg, problem, problem ? NULL : leg, sdp);
    negotiation_free(negotiation);
}

void negotiate_abort(struct leg *leg, const char *problem)
{
    if (leg->busy)
        finish(leg, problem, NULL);
}

/* ---- what each line is for ---- */

static bool client_sends(const struct sdp_line *line)
{
    return line->direction == SDP_SENDONLY || line->direction == SDP_SENDRECV;
}

static bool client_receives(const struct sdp_line *line)
{
    return line->direction == SDP_RECVONLY || line->direction == SDP_SENDRECV;
}

static const json_t *offered_track(const struct negotiation *negotiation, const char *mid)
{
    size_t i;
    json_t *track;
    json_array_foreach(negotiation->tracks, i,
                       track) if (strcmp(json_string_value(json_object_get(track, "mid")), mid) == 0) return track;
    return NULL;
}

static const char *source_of(const struct negotiation *negotiation, const struct sdp_line *line)
{
    const json_t *track = offered_track(negotiation, line->mid);
    const char *source = json_string_value(json_object_get(track, "source"));
    return source ? source : line->kind == SDP_VIDEO ? "camera" : "microphone";
}

/* A sending line without a track in the message is a place kept for later: taken, but nothing is published on it. */
static enum sdp_use use_of(const struct leg *leg, const struct negotiation *negotiation, const struct sdp_line *line)
{
    if (line->rejected)
        return SDP_USE_REJECT;
    bool publishes = rights_allow(leg->participant, RIGHT_PUBLISH) && leg->kind != LEG_WHEP;
    if (client_sends(line) && publishes && (!negotiation->tracks || offered_track(negotiation, line->mid)))
        return SDP_USE_TRACK;
    if (client_receives(line) && leg->kind != LEG_WHIP)
        return SDP_USE_SLOT;
    return SDP_USE_IDLE;
}

static const char *plan(struct leg *leg, struct negotiation *negotiation)
{
    const struct sdp_offer *offer = negotiation->offer;
    size_t tracks = participant_track_count(leg->participant) - leg->tracks->len, slots = 0;
    for (size_t i = 0; i < offer->n_lines; i++) {
        negotiation->lines[i].use = use_of(leg, negotiation, &offer->lines[i]);
        if (negotiation->lines[i].use == SDP_USE_TRACK)
            codecs_choose(leg, &offer->lines[i]);
        tracks += negotiation->lines[i].use == SDP_USE_TRACK;
        negotiation->publishes |= negotiation->lines[i].use == SDP_USE_TRACK;
        slots += negotiation->lines[i].use == SDP_USE_SLOT;
    }
    return tracks > PROTOCOL_TRACKS_MAX || slots > LEG_SLOTS_MAX ? "too_many" : NULL;
}

/* ---- telling the worker ---- */

static json_t *app_of(const struct leg *leg)
{
    const struct participant *participant = leg->participant;
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:i, s:i}", "participant", participant->id, "session",
                     participant->session, "role", participant->role, "kind", leg_kind_name(leg->kind), "generation",
                     (int)leg->generation, "joined_us", (json_int_t)participant->joined_us, "microphone",
                     participant->microphone, "camera", participant->camera);
}

json_t *negotiate_fingerprints(const struct sdp_offer *offer)
{
    json_t *array = json_array();
    for (size_t i = 0; i < offer->n_fingerprints; i++)
        json_array_append_new(array, json_pack("{s:s, s:s}", "alg", offer->fingerprints[i].algorithm, "value",
                                               offer->fingerprints[i].value));
    return array;
}

static void tell_remote(struct leg *leg, const struct negotiation *negotiation)
{
    const struct sdp_offer *offer = negotiation->offer;
    json_t *fields = json_pack("{s:s, s:s, s:s, s:s}", "transport", leg->id, "ufrag",
                               offer ? offer->ufrag : negotiation->ufrag, "pwd", offer ? offer->pwd : negotiation->pwd,
                               "setup", "actpass");
    if (offer) {
        json_decref(leg->remote_fingerprints);
        leg->remote_fingerprints = negotiate_fingerprints(offer);
    }
    if (leg->remote_fingerprints)
        json_object_set(fields, "fingerprints", leg->remote_fingerprints);
    if (offer && strcmp(offer->setup, "active") == 0)
        json_object_set_new(fields, "setup", json_string("active"));
    leg_media(leg, "transport.remote", fields);
    g_free(leg->remote_ufrag);
    leg->remote_ufrag = g_strdup(offer ? offer->ufrag : negotiation->ufrag);
}

static struct sdp_sound sound_of(const struct track *track)
{
    if (strcmp(track->source, "stethoscope") == 0)
        return (struct sdp_sound){.music = true};
    return (struct sdp_sound){.thin = track->thin, .dtx = track->leg->participant->call->signaling->dtx};
}

static json_t *track_fields(const struct track *track, const struct sdp_line *line)
{
    const struct participant *participant = track->leg->participant;
    json_t *fields = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:{}}", "transport", track->leg->id, "track",
                               track->id, "participant", participant->id, "kind", track->video ? "video" : "audio",
                               "mid", track->mid, "source", track->source, "codecs",
                               sdp_line_codecs_json(line, SDP_USE_TRACK, sound_of(track)), "ext",
                               sdp_line_ext_json(line, SDP_USE_TRACK), "app");
    if (track->label)
        json_object_set_new(json_object_get(fields, "app"), "label", json_string(track->label));
    if (line->n_rids) {
        json_t *rids = json_array();
        for (size_t i = 0; i < line->n_rids; i++)
            json_array_append_new(rids, json_string(line->rids[i]));
        json_object_set_new(fields, "rids", rids);
    } else if (line->n_ssrcs) { /* with rids the SSRCs are learnt from the packets */
        json_t *ssrc = json_pack("{s:I}", "ssrc", (json_int_t)line->ssrcs[0].ssrc);
        if (line->ssrcs[0].rtx)
            json_object_set_new(ssrc, "rtx", json_integer(line->ssrcs[0].rtx));
        json_object_set_new(fields, "ssrcs", json_pack("[o]", ssrc));
    }
    return fields;
}

static void open_track(struct leg *leg, const struct negotiation *negotiation, const struct sdp_line *line)
{
    struct sdp_codec codecs[SDP_MAX_CODECS];
    struct participant *participant = leg->participant;
    struct track *track = leg_track_create(leg, NULL, line->mid, line->kind == SDP_VIDEO, source_of(negotiation, line));
    const char *label = json_string_value(json_object_get(offered_track(negotiation, line->mid), "label"));
    track->label = g_strdup(label);
    if (sdp_line_codecs(line, SDP_USE_TRACK, codecs))
        g_strlcpy(track->codec, codecs[0].name, sizeof track->codec);
    json_t *fields = track_fields(track, line);
    track->codecs = json_incref(json_object_get(fields, "codecs"));
    track->has_other_codecs = codecs_check(track) && line->n_codecs > 1; /* that would suit better */
    track->layers = line->n_rids ? (unsigned)line->n_rids : 1;
    leg_media(leg, "track.open", fields);
    bool off = (strcmp(track->source, "microphone") == 0 && participant->microphone == 0) ||
               (strcmp(track->source, "camera") == 0 && participant->camera == 0);
    leg_track_pause(track, off);
}

static uint32_t new_ssrc(const struct leg *leg)
{
    for (;;) {
        uint32_t ssrc = g_random_int();
        bool taken = ssrc < 256;
        for (guint i = 0; i < leg->slots->len; i++) {
            const struct slot *slot = g_ptr_array_index(leg->slots, i);
            taken |= slot->ssrc == ssrc || slot->rtx_ssrc == ssrc;
        }
        if (!taken)
            return ssrc;
    }
}

static void open_slot(struct leg *leg, const struct sdp_line *line)
{
    bool video = line->kind == SDP_VIDEO;
    struct slot *slot = leg_slot_create(leg, NULL, line->mid, video, leg_next_index(leg, video));
    struct sdp_codec codecs[SDP_MAX_CODECS];
    size_t count = sdp_line_codecs(line, SDP_USE_SLOT, codecs);
    bool rtx = false;
    g_strlcpy(slot->codecs, " ", sizeof slot->codecs);
    for (size_t i = 0; i < count; i++) {
        g_strlcat(slot->codecs, codecs[i].name, sizeof slot->codecs);
        g_strlcat(slot->codecs, " ", sizeof slot->codecs);
        rtx |= codecs[i].rtx_pt >= 0;
    }
    slot->ssrc = new_ssrc(leg);
    slot->rtx_ssrc = rtx ? new_ssrc(leg) : 0;
    json_t *fields = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:{s:i}}", "transport", leg->id, "slot", slot->id,
                               "kind", video ? "video" : "audio", "mid", slot->mid, "ssrc", (json_int_t)slot->ssrc,
                               "codecs", sdp_line_codecs_json(line, SDP_USE_SLOT, (struct sdp_sound){0}), "ext",
                               sdp_line_ext_json(line, SDP_USE_SLOT), "app", "index", (int)slot->index);
    if (rtx)
        json_object_set_new(fields, "rtx_ssrc", json_integer(slot->rtx_ssrc));
    leg_media(leg, "slot.open", fields);
}

/* Closes what the new offer no longer has: a line that is gone, stopped or turned round. */
static void drop_stale(struct leg *leg, const struct negotiation *negotiation)
{
    const struct sdp_offer *offer = negotiation->offer;
    for (guint i = leg->tracks->len; i > 0; i--) {
        struct track *track = g_ptr_array_index(leg->tracks, i - 1);
        const struct sdp_line *line = sdp_offer_line(offer, track->mid);
        bool kept = line && negotiation->lines[line - offer->lines].use == SDP_USE_TRACK &&
                    strcmp(track->source, source_of(negotiation, line)) == 0;
        if (!kept)
            leg_track_close(track, true);
    }
    for (guint i = leg->slots->len; i > 0; i--) {
        struct slot *slot = g_ptr_array_index(leg->slots, i - 1);
        const struct sdp_line *line = sdp_offer_line(offer, slot->mid);
        if (!line || negotiation->lines[line - offer->lines].use != SDP_USE_SLOT)
            leg_slot_close(slot, true);
    }
}

static void open_lines(struct leg *leg, struct negotiation *negotiation)
{
    for (size_t i = 0; i < negotiation->offer->n_lines; i++) {
        const struct sdp_line *line = &negotiation->offer->lines[i];
        enum sdp_use use = negotiation->lines[i].use;
        if (use == SDP_USE_TRACK && !leg_track(leg, line->mid))
            open_track(leg, negotiation, line);
        else if (use == SDP_USE_SLOT && !leg_slot(leg, line->mid))
            open_slot(leg, line);
    }
}

/* ---- answering ---- */

static void fill_lines(const struct leg *leg, struct negotiation *negotiation)
{
    for (size_t i = 0; i < negotiation->offer->n_lines; i++) {
        const struct sdp_line *line = &negotiation->offer->lines[i];
        const struct slot *slot = leg_slot(leg, line->mid);
        struct sdp_answer_line *how = &negotiation->lines[i];
        const struct track *track = leg_track(leg, line->mid);
        if (line->kind == SDP_AUDIO && how->use == SDP_USE_TRACK && track)
            how->sound = sound_of(track);
        if (how->use != SDP_USE_SLOT || !slot)
            continue;
        how->index = slot->index;
        how->ssrc = slot->ssrc;
        how->rtx_ssrc = slot->rtx_ssrc;
    }
}

static void answer(struct leg *leg)
{
    struct negotiation *negotiation = leg->busy;
    struct call *call = leg->participant->call;
    char *sdp = NULL;
    leg->version++;
    if (negotiation->offer) {
        const struct sdp_local local = {.ufrag = leg->ufrag,
                                        .pwd = leg->pwd,
                                        .fingerprint_algorithm = leg->fingerprint_algorithm,
                                        .fingerprint = leg->fingerprint,
                                        .candidates = leg->candidates,
                                        .session = leg->session,
                                        .version = leg->version};
        fill_lines(leg, negotiation);
        sdp = sdp_answer_make(negotiation->offer, negotiation->lines, &local);
        view_assign_leg(leg);
    }
    finish(leg, NULL, sdp);
    g_free(sdp);
    codecs_recheck(call);
    call_refresh(call);
}

static void take_text(char **into, const char *text)
{
    if (!text)
        return;
    g_free(*into);
    *into = g_strdup(text);
}

static void take_credentials(struct leg *leg, const json_t *found)
{
    take_text(&leg->ufrag, json_string_value(json_object_get(found, "ufrag")));
    take_text(&leg->pwd, json_string_value(json_object_get(found, "pwd")));
    json_t *fingerprint = json_object_get(found, "fingerprint"), *candidates = json_object_get(found, "candidates");
    take_text(&leg->fingerprint_algorithm, json_string_value(json_object_get(fingerprint, "alg")));
    take_text(&leg->fingerprint, json_string_value(json_object_get(fingerprint, "value")));
    if (!json_is_array(candidates))
        return;
    json_decref(leg->candidates);
    leg->candidates = json_incref(candidates);
}

static void on_credentials(void *arg, const char *problem, json_t *found)
{
    struct ask *ask = arg;
    struct leg *leg = ask->signaling ? g_hash_table_lookup(ask->signaling->legs, ask->session) : NULL;
    if (!leg || !leg->busy)
        return;
    if (problem) {
        g_warning("negotiate room=%s transport refused code=%s", leg->participant->call->id, problem);
        bool passes = strcmp(problem, "limit") == 0 || strcmp(problem, "lost") == 0; /* a full one, a dead one */
        negotiate_abort(leg, passes ? "busy" : "internal");
        if (!leg->opened)
            leg_close(leg, NULL);
        return;
    }
    leg->opened = true;
    take_credentials(leg, found);
    if (leg->ufrag && leg->pwd && leg->fingerprint)
        answer(leg);
    else
        negotiate_abort(leg, "internal");
}

static void ask_worker(struct leg *leg, const char *op, json_t *fields)
{
    struct ask *about = ask_begin(leg->participant->call->signaling);
    g_strlcpy(about->session, leg->id, sizeof about->session);
    media_link_request(leg->worker->link, op, fields, -1, (struct media_answer){on_credentials, about, ask_end});
}

/* All requests go out in one run and the worker takes them in order; only the credentials are waited for. */
static void run(struct leg *leg)
{
    struct negotiation *negotiation = leg->busy;
    struct call *call = leg->participant->call;
    negotiation->placed = true;
    if (!leg->worker)
        leg->worker = spread_place(call, negotiation->publishes);
    const char *ufrag = negotiation->offer ? negotiation->offer->ufrag : negotiation->ufrag;
    bool restart = leg->opened && g_strcmp0(leg->remote_ufrag, ufrag) != 0;
    if (!leg->opened)
        ask_worker(leg, "transport.open",
                   json_pack("{s:s, s:s, s:o}", "room", call->id, "transport", leg->id, "app", app_of(leg)));
    else if (restart)
        ask_worker(leg, "transport.restart", json_pack("{s:s}", "transport", leg->id));
    if (!leg->opened || restart)
        tell_remote(leg, negotiation);
    if (negotiation->offer) {
        drop_stale(leg, negotiation);
        open_lines(leg, negotiation);
    }
    call_tell_participant(leg->participant);
    recorder_refresh(call);
    if (leg->opened && !restart)
        answer(leg);
}

void negotiate_continue(struct leg *leg)
{
    if (leg->busy && !leg->busy->placed)
        run(leg);
}

/* ---- taking an offer ---- */

/* The leg that the offer is for; a newer generation, or another POST, replaces the old one. */
static const char *leg_for(const struct negotiate_request *request, struct leg **leg)
{
    struct leg *old = participant_leg(request->participant, request->kind);
    if (old && request->kind == LEG_CALL && request->generation < old->generation)
        return "bad_message";
    if (old && request->kind == LEG_CALL && request->generation == old->generation) {
        *leg = old;
        return old->busy ? "busy" : NULL;
    }
    if (old)
        leg_close(old, "replaced");
    *leg = leg_create(request->participant, request->kind, NULL);
    (*leg)->generation = request->generation;
    if (request->kind == LEG_CALL) /* a new peer connection may bring fewer slots than the last was asked for */
        request->participant->wanted_audio = request->participant->wanted_video = 0;
    return NULL;
}

static const char *problem_of(enum sdp_verdict verdict)
{
    return verdict == SDP_BAD ? "bad_sdp" : "unsupported";
}

void negotiate_offer(const struct negotiate_request *request)
{
    struct call *call = request->participant->call;
    struct negotiation *negotiation = g_new0(struct negotiation, 1);
    struct leg *leg = NULL;
    const char *why = NULL;
    negotiation->began_us = g_get_monotonic_time();
    negotiation->tracks = json_incref((json_t *)request->tracks);
    negotiation->done = request->done;
    negotiation->arg = request->arg;
    enum sdp_verdict verdict = sdp_offer_parse(request->sdp, strlen(request->sdp), &negotiation->offer, &why);
    if (verdict != SDP_GOOD)
        g_message("negotiate room=%s participant=%s offer refused: %s", call->id, request->participant->id, why);
    const char *problem = verdict == SDP_GOOD ? leg_for(request, &leg) : problem_of(verdict);
    if (!problem)
        problem = plan(leg, negotiation);
    if (!problem && spread_must_move(leg, negotiation->publishes)) {
        participant_send(leg->participant, json_pack("{s:s, s:s}", "type", "renew", "reason", "worker"));
        problem = "busy";
    }
    if (problem) {
        if (leg && !leg->opened && !leg->busy)
            leg_close(leg, NULL);
        request->done(request->arg, problem, NULL, NULL);
        negotiation_free(negotiation);
        return;
    }
    leg->busy = negotiation;
    if (call_place(call))
        negotiate_continue(leg); /* placing may have done it already */
}

void negotiate_restart(struct leg *leg, const char *ufrag, const char *pwd, negotiate_fn done, void *arg)
{
    if (leg->busy || !leg->opened || !leg->worker) {
        done(arg, "busy", NULL, NULL);
        return;
    }
    struct negotiation *negotiation = g_new0(struct negotiation, 1);
    negotiation->began_us = g_get_monotonic_time();
    g_strlcpy(negotiation->ufrag, ufrag, sizeof negotiation->ufrag);
    g_strlcpy(negotiation->pwd, pwd, sizeof negotiation->pwd);
    negotiation->done = done;
    negotiation->arg = arg;
    leg->busy = negotiation;
    run(leg);
}

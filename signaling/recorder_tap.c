#include "recorder_tap.h"

#include "audience.h"
#include "call.h"
#include "sidetalk.h"
#include "worker.h"

#include <string.h>
#include <unistd.h>

enum { REFAIL_S = 30 };

void recorder_tap_finish(struct recorder_tap *tap)
{
    g_free(tap->tracks);
}

bool recorder_tap_is_idle(const struct recorder_tap *tap)
{
    return tap->state == TAP_NONE;
}

void recorder_tap_drop(const struct house_segment *segment)
{
    if (segment && segment->fd >= 0)
        close(segment->fd);
}

/* About this recording, or what comes after it. */
static struct ask *ask_about(const struct call *call)
{
    struct ask *ask = ask_begin(call->signaling);
    g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
    g_strlcpy(ask->session, call->recorder.id, sizeof ask->session);
    return ask;
}

static void set_state(struct recorder_tap *tap, enum tap_state state)
{
    tap->state = state;
    if (state != TAP_OPEN)
        g_clear_pointer(&tap->tracks, g_free);
}

/* ---- events ---- */

void recorder_tap_event(struct call *call, json_t *event)
{
    if (call->recorder.tap.state == TAP_OPEN)
        call_media(call, "tap.event", json_pack("{s:s, s:o}", "recording", call->recorder.id, "event", event));
    else
        json_decref(event);
}

static void journal_of(const struct participant *participant, const char *event, const char *key, const char *value)
{
    recorder_tap_event(participant->call,
                       json_pack("{s:s, s:s, s:s}", "event", event, "participant", participant->id, key, value));
}

void recorder_tap_joined(const struct participant *participant)
{
    journal_of(participant, "joined", "role", participant->role);
    if (participant->speaks_apart)
        journal_of(participant, "channel", "channel", "interpreter");
    if (sidetalk_has(participant->call, participant->id))
        recorder_tap_event(participant->call,
                           json_pack("{s:s, s:s}", "event", "side-talk", "participant", participant->id));
}

/* Who is there is part of the record's beginning, since nobody "joins" then. */
static void journal_presence(struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (participant->waiting)
            continue;
        recorder_tap_joined(participant);
        if (recorder_word_of(call, participant) != WORD_NONE)
            recorder_tap_event(call, json_pack("{s:s, s:s, s:b}", "event", "consent", "participant", participant->id,
                                               "granted", (int)recorder_agrees(call, participant)));
    }
}

/* ---- tracks ---- */

static void add_tracks(json_t *array, const struct participant *participant)
{
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++) {
            const struct track *track = g_ptr_array_index(leg->tracks, j);
            if (audience_is_journaled(track))
                json_array_append_new(array, json_string(track->id));
        }
    }
}

/* Exactly the tracks of those who have agreed, but for side talk and seats that are held back. Told only when it is another set than before. */
void recorder_tap_update(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->tap.state != TAP_OPEN)
        return;
    json_t *tracks = json_array();
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (recorder_agrees(call, participant))
            add_tracks(tracks, participant);
    }
    char *text = json_dumps(tracks, JSON_COMPACT);
    if (g_strcmp0(text, recorder->tap.tracks) != 0)
        call_media(call, "tap.tracks", json_pack("{s:s, s:O}", "recording", recorder->id, "tracks", tracks));
    g_free(recorder->tap.tracks);
    recorder->tap.tracks = g_strdup(text);
    free(text);
    json_decref(tracks);
}

/* ---- opening ---- */

static json_t *tap_fields(const struct call *call, const struct house_segment *segment)
{
    gchar *key = g_base64_encode(segment->key, sizeof segment->key);
    json_t *fields = json_pack("{s:s, s:s, s:i, s:s, s:s}", "room", call->id, "recording", call->recorder.id, "segment",
                               segment->number, "chain", segment->chain, "key", key);
    explicit_bzero(key, strlen(key));
    g_free(key);
    return fields;
}

static void on_tap_open(void *arg, const char *problem, json_t *answer)
{
    (void)answer;
    struct ask *ask = arg;
    struct call *call = ask->signaling ? call_find(ask->signaling, ask->consultation) : NULL;
    if (!call || !problem || strcmp(problem, "lost") == 0 || strcmp(call->recorder.id, ask->session) != 0)
        return;
    g_warning("recorder room=%s tap refused code=%s", call->id, problem);
    recorder_stop(call, "fault");
}

void recorder_tap_open(struct call *call, const struct house_segment *segment)
{
    struct recorder *recorder = &call->recorder;
    g_message("recorder room=%s recording=%s segment=%d", call->id, recorder->id, segment->number);
    media_link_request(call->worker->link, "tap.open", tap_fields(call, segment), segment->fd,
                       (struct media_answer){on_tap_open, ask_about(call), ask_end});
    set_state(&recorder->tap, TAP_OPEN);
    recorder_tap_update(call);
    if (segment->number > 0)
        recorder_tap_event(call, json_pack("{s:s, s:s}", "event", "gap", "cause", "worker"));
    journal_presence(call);
}

/* ---- closing ---- */

static void on_tap_closed(void *arg, const char *problem, json_t *answer)
{
    (void)answer;
    struct ask *ask = arg;
    if (!ask->signaling)
        return;
    if (problem)
        g_warning("recorder room=%s tap.close failed code=%s", ask->consultation, problem);
    const struct house *house = ask->signaling->house;
    house->recording_end(house->arg, ask->session, core_now_us());
    struct call *call = call_find(ask->signaling, ask->consultation);
    if (call && call->recorder.tap.state == TAP_CLOSING)
        set_state(&call->recorder.tap, TAP_NONE);
}

/* The recording ends, whatever its tap is at; a segment that is awaited is nobody's when it comes. */
void recorder_tap_close(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    const struct house *house = call->signaling->house;
    if (!recorder->id[0])
        return;
    if (recorder->tap.state == TAP_OPEN && call->worker) {
        set_state(&recorder->tap, TAP_CLOSING);
        media_link_request(call->worker->link, "tap.close", json_pack("{s:s}", "recording", recorder->id), -1,
                           (struct media_answer){on_tap_closed, ask_about(call), ask_end});
    } else {
        set_state(&recorder->tap, TAP_NONE);
        house->recording_end(house->arg, recorder->id, core_now_us());
    }
    recorder->id[0] = '\0';
}

/* ---- segment after segment ---- */

void recorder_tap_lost(struct call *call)
{
    if (call->recorder.tap.state != TAP_AWAITED) /* the house answers all the same */
        set_state(&call->recorder.tap, TAP_NONE);
}

static void on_continued(void *arg, const char *problem, const char *recording, const struct house_segment *segment)
{
    (void)recording;
    struct ask *ask = arg;
    struct call *call = ask->signaling ? call_find(ask->signaling, ask->consultation) : NULL;
    bool wanted = call && strcmp(call->recorder.id, ask->session) == 0 && call->recorder.tap.state == TAP_AWAITED;
    ask_end(ask);
    if (wanted)
        set_state(&call->recorder.tap, TAP_NONE);
    if (wanted && problem)
        recorder_stop(call, "fault");
    else if (wanted && call->worker) /* else the next worker's coming asks again */
        recorder_tap_open(call, segment);
    if (!problem)
        recorder_tap_drop(segment);
}

void recorder_tap_resume(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state != RECORDER_ON || recorder->tap.state != TAP_NONE)
        return;
    set_state(&recorder->tap, TAP_AWAITED);
    const struct house *house = call->signaling->house;
    house->recording_continue(house->arg, recorder->id, on_continued, ask_about(call));
}

void recorder_tap_told(struct call *call, const char *state)
{
    if (strcmp(state, "failed") != 0 || call->recorder.state != RECORDER_ON)
        return;
    int64_t now_s = core_uptime_s();
    g_warning("recorder room=%s recording=%s journal failed", call->id, call->recorder.id);
    if (call->recorder.tap.failed_s && now_s - call->recorder.tap.failed_s < REFAIL_S) {
        recorder_stop(call, "fault"); /* the disk is full, or worse: no segment will help */
        return;
    }
    call->recorder.tap.failed_s = now_s;
    call_media(call, "tap.close", json_pack("{s:s}", "recording", call->recorder.id));
    recorder_tap_lost(call);
    recorder_tap_resume(call);
}

void recorder_tap_adopt(struct call *call, const char *id)
{
    if (call->recorder.state == RECORDER_ON && strcmp(call->recorder.id, id) == 0)
        set_state(&call->recorder.tap, TAP_OPEN);
    else /* nobody would ever close it */
        call_media(call, "tap.close", json_pack("{s:s}", "recording", id));
}

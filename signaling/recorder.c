#include "recorder.h"

#include "audience.h"
#include "call.h"
#include "captions.h"
#include "codecs.h"
#include "protocol.h"
#include "rights.h"
#include "sidetalk.h"
#include "worker.h"

#include <string.h>
#include <unistd.h>

enum { REFAIL_S = 30 };

/* `recorder` is the recording of one call; the two live and die together. */

void recorder_init(struct recorder *recorder)
{
    memset(recorder, 0, sizeof *recorder);
    recorder->consents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void recorder_finish(struct recorder *recorder)
{
    g_hash_table_destroy(recorder->consents);
    g_free(recorder->tapped);
}

bool recorder_is_off(const struct recorder *recorder)
{
    return recorder->state == RECORDER_OFF || recorder->state == RECORDER_FAILED;
}

bool recorder_is_idle(const struct recorder *recorder)
{
    return recorder->tap == TAP_NONE;
}

/* ---- states ---- */

bool recorder_allows(enum recorder_state from, enum recorder_state to)
{
    static const unsigned allowed[RECORDER_STATES] = {
        [RECORDER_OFF] = 1u << RECORDER_ASKING,
        [RECORDER_ASKING] = 1u << RECORDER_STARTING | 1u << RECORDER_OFF,
        [RECORDER_STARTING] = 1u << RECORDER_ON | 1u << RECORDER_OFF,
        [RECORDER_ON] = 1u << RECORDER_OFF | 1u << RECORDER_FAILED,
        [RECORDER_FAILED] = 1u << RECORDER_ASKING | 1u << RECORDER_OFF,
    };
    return allowed[from] >> to & 1;
}

static void move(struct call *call, enum recorder_state to, const char *reason)
{
    static const char *const NAMES[RECORDER_STATES] = {"off", "asking", "starting", "on", "failed"};
    struct recorder *recorder = &call->recorder;
    g_assert(recorder_allows(recorder->state, to));
    g_message("recorder room=%s state=%s->%s reason=%s", call->id, NAMES[recorder->state], NAMES[to],
              reason ? reason : "");
    recorder->state = to;
    recorder->reason = reason;
}

/* ---- who is asked, and has said what ---- */

/* Only who has a page can be asked. A device (WHIP, WHEP) has none: nobody waits for it, and it is not journaled before
 * somebody agrees for it. */
static bool is_asked(const struct participant *participant)
{
    bool has_page = participant->peer || participant_leg(participant, LEG_CALL);
    return !participant->waiting && has_page && !captions_is_service(participant);
}

/* Not answered, or what was said; what was said for a device is nobody's word once its person has a page. */
static enum recorder_word word_of(const struct call *call, const struct participant *participant)
{
    gpointer value;
    if (!g_hash_table_lookup_extended(call->recorder.consents, participant->id, NULL, &value))
        return WORD_NONE;
    enum recorder_word word = (enum recorder_word)GPOINTER_TO_INT(value);
    return word == WORD_FOR_DEVICE && !participant_is_device(participant) ? WORD_NONE : word;
}

static bool agrees(const struct call *call, const struct participant *participant)
{
    enum recorder_word word = word_of(call, participant);
    return word == WORD_YES || word == WORD_FOR_DEVICE;
}

/* ---- telling ---- */

static json_t *asked_json(const struct call *call)
{
    json_t *array = json_array();
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        enum recorder_word word = word_of(call, participant);
        if (!is_asked(participant) && word == WORD_NONE)
            continue;
        json_t *granted = word == WORD_NONE ? json_null() : json_boolean(agrees(call, participant));
        json_array_append_new(array, json_pack("{s:s, s:o}", "participant", participant->id, "granted", granted));
    }
    return array;
}

json_t *recorder_json(const struct call *call)
{
    static const char *const NAMES[] = {[RECORDER_OFF] = "off",
                                        [RECORDER_ASKING] = "asking",
                                        [RECORDER_STARTING] = "asking",
                                        [RECORDER_ON] = "on",
                                        [RECORDER_FAILED] = "failed"};
    const struct recorder *recorder = &call->recorder;
    json_t *object = json_pack("{s:s}", "state", NAMES[recorder->state]);
    if (recorder->state == RECORDER_ON)
        json_object_set_new(object, "since", protocol_time(recorder->since_us));
    if (recorder->requested_by[0])
        json_object_set_new(object, "requested_by", json_string(recorder->requested_by));
    if (recorder->reason && recorder_is_off(recorder))
        json_object_set_new(object, "reason", json_string(recorder->reason));
    if (recorder->state != RECORDER_OFF)
        json_object_set_new(object, "consents", asked_json(call));
    return object;
}

static void tell(struct call *call)
{
    call_tell(call, json_pack("{s:s, s:o}", "type", "recording", "recording", recorder_json(call)));
}

static void set_state(struct call *call, enum recorder_state state, const char *reason)
{
    move(call, state, reason);
    if (state == RECORDER_OFF)
        g_hash_table_remove_all(call->recorder.consents);
    call_save(call);
    tell(call);
}

void recorder_event(struct call *call, json_t *event)
{
    if (call->recorder.tap == TAP_OPEN)
        call_media(call, "tap.event", json_pack("{s:s, s:o}", "recording", call->recorder.id, "event", event));
    else
        json_decref(event);
}

/* ---- the tap ---- */

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
static void update_tap(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->tap != TAP_OPEN)
        return;
    json_t *tracks = json_array();
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (agrees(call, participant))
            add_tracks(tracks, participant);
    }
    char *text = json_dumps(tracks, JSON_COMPACT);
    if (g_strcmp0(text, recorder->tapped) != 0)
        call_media(call, "tap.tracks", json_pack("{s:s, s:O}", "recording", recorder->id, "tracks", tracks));
    g_free(recorder->tapped);
    recorder->tapped = g_strdup(text);
    free(text);
    json_decref(tracks);
}

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

static void open_tap(struct call *call, const struct house_segment *segment)
{
    struct recorder *recorder = &call->recorder;
    struct ask *ask = ask_begin(call->signaling);
    g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
    g_strlcpy(ask->session, recorder->id, sizeof ask->session);
    media_link_request(call->worker->link, "tap.open", tap_fields(call, segment), segment->fd,
                       (struct media_answer){on_tap_open, ask, ask_end});
    recorder->tap = TAP_OPEN;
    g_clear_pointer(&recorder->tapped, g_free);
    update_tap(call);
}

static void journal_of(const struct participant *participant, const char *event, const char *key, const char *value)
{
    recorder_event(participant->call,
                   json_pack("{s:s, s:s, s:s}", "event", event, "participant", participant->id, key, value));
}

void recorder_joined(const struct participant *participant)
{
    journal_of(participant, "joined", "role", participant->role);
    if (participant->speaks_apart)
        journal_of(participant, "channel", "channel", "interpreter");
    if (sidetalk_has(participant->call, participant->id))
        recorder_event(participant->call,
                       json_pack("{s:s, s:s}", "event", "side-talk", "participant", participant->id));
}

/* Who is there is part of the record's beginning, since nobody "joins" then. */
static void journal_presence(struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (participant->waiting)
            continue;
        recorder_joined(participant);
        if (word_of(call, participant) != WORD_NONE)
            recorder_event(call, json_pack("{s:s, s:s, s:b}", "event", "consent", "participant", participant->id,
                                           "granted", (int)agrees(call, participant)));
    }
}

/* ---- starting ---- */

static struct ask *ask_about(struct call *call)
{
    struct ask *ask = ask_begin(call->signaling);
    g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
    return ask;
}

static void drop_segment(const struct house_segment *segment)
{
    if (segment && segment->fd >= 0)
        close(segment->fd);
}

/* A recording that nobody wants any more when its first segment is there: ended before it began. */
static void end_unwanted(struct signaling *signaling, const char *problem, const char *recording)
{
    if (!problem && signaling && recording)
        signaling->house->recording_end(signaling->house->arg, recording, core_now_us());
}

static void begin(struct call *call, const char *recording, const struct house_segment *segment)
{
    struct recorder *recorder = &call->recorder;
    g_strlcpy(recorder->id, recording, sizeof recorder->id);
    recorder->since_us = core_now_us();
    if (call->worker)
        open_tap(call, segment);
    journal_presence(call);
    set_state(call, RECORDER_ON, NULL);
    recorder_resume(call); /* without a worker */
}

static void on_begun(void *arg, const char *problem, const char *recording, const struct house_segment *segment)
{
    struct ask *ask = arg;
    struct signaling *signaling = ask->signaling;
    struct call *call = signaling ? call_find(signaling, ask->consultation) : NULL;
    bool wanted = call && call->recorder.state == RECORDER_STARTING;
    ask_end(ask);
    if (wanted && !problem)
        begin(call, recording, segment);
    else if (wanted)
        set_state(call, RECORDER_OFF, "fault");
    else
        end_unwanted(signaling, problem, recording);
    if (!problem)
        drop_segment(segment);
}

/* Begins once everybody has agreed; takes back the question when nobody is left to ask. */
static void begin_if_agreed(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state != RECORDER_ASKING)
        return;
    guint asked = 0;
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (!is_asked(participant))
            continue;
        asked++;
        if (!agrees(call, participant))
            return;
    }
    if (asked == 0) {
        set_state(call, RECORDER_OFF, "stopped");
        return;
    }
    move(call, RECORDER_STARTING, NULL); /* to those who are asked it is the same */
    const struct house *house = call->signaling->house;
    house->recording_begin(house->arg, call->id, recorder->requested_by, on_begun, ask_about(call));
}

const char *recorder_start(struct call *call, struct participant *by)
{
    struct recorder *recorder = &call->recorder;
    if (!rights_allow(by, RIGHT_RECORD))
        return "not_allowed";
    if (!recorder_is_off(recorder))
        return NULL; /* it is under way already */
    if (!call->worker || !recorder_is_idle(recorder))
        return "busy";
    g_hash_table_remove_all(recorder->consents);
    consents_ask_again(call);
    g_strlcpy(recorder->requested_by, by->id, sizeof recorder->requested_by);
    recorder->asked_s = core_uptime_s();
    set_state(call, RECORDER_ASKING, NULL);
    codecs_recheck(call);
    return NULL;
}

/* ---- stopping ---- */

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
    if (call && call->recorder.tap == TAP_CLOSING)
        call->recorder.tap = TAP_NONE;
}

/* The recording ends, whatever its tap is at; a segment that is awaited is nobody's when it comes. */
static void close_tap(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    const struct house *house = call->signaling->house;
    if (!recorder->id[0])
        return;
    if (recorder->tap == TAP_OPEN && call->worker) {
        struct ask *ask = ask_about(call);
        g_strlcpy(ask->session, recorder->id, sizeof ask->session);
        recorder->tap = TAP_CLOSING;
        media_link_request(call->worker->link, "tap.close", json_pack("{s:s}", "recording", recorder->id), -1,
                           (struct media_answer){on_tap_closed, ask, ask_end});
    } else {
        recorder->tap = TAP_NONE;
        house->recording_end(house->arg, recorder->id, core_now_us());
    }
    recorder->id[0] = '\0';
    g_clear_pointer(&recorder->tapped, g_free);
}

const char *recorder_stop(struct call *call, const char *reason)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state == RECORDER_OFF)
        return NULL;
    if (recorder->state == RECORDER_ON)
        recorder_event(call, json_pack("{s:s, s:s}", "event", "stopped", "reason", reason));
    close_tap(call);
    bool failed = strcmp(reason, "fault") == 0 && recorder->state == RECORDER_ON;
    set_state(call, failed ? RECORDER_FAILED : RECORDER_OFF, g_intern_string(reason));
    return NULL;
}

/* ---- consent ---- */

static void note_consent(struct call *call, const char *participant, bool granted)
{
    const struct participant *who = call_participant(call, participant);
    enum recorder_word word = !granted ? WORD_NO : who && participant_is_device(who) ? WORD_FOR_DEVICE : WORD_YES;
    g_hash_table_insert(call->recorder.consents, g_strdup(participant), GINT_TO_POINTER((int)word));
    recorder_event(
        call, json_pack("{s:s, s:s, s:b}", "event", "consent", "participant", participant, "granted", (int)granted));
    update_tap(call);
}

static bool anybody_agrees(const struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (agrees(call, participant))
            return true;
    }
    return false;
}

void recorder_take_word(struct call *call, const char *participant, bool granted)
{
    enum recorder_state state = call->recorder.state;
    if (recorder_is_off(&call->recorder))
        return;
    const struct participant *who = call_participant(call, participant);
    bool device = who && participant_is_device(who); /* a no for it only leaves it out */
    note_consent(call, participant, granted);
    if (!granted && !device && state != RECORDER_ON) {
        recorder_stop(call, "declined");
    } else if (!granted && state == RECORDER_ON && !anybody_agrees(call)) {
        recorder_stop(call, "withdrawn");
    } else {
        call_save(call);
        tell(call);
        begin_if_agreed(call);
    }
}

const char *recorder_consent_for(struct call *call, const struct house_consent *said, house_done_fn done, void *arg)
{
    const struct participant *device = call_participant(call, said->participant);
    if (!device || device->waiting)
        return "not_found";
    if (!participant_is_device(device))
        return "own_word";
    if (recorder_is_off(&call->recorder))
        return "not_asked";
    consent_say(call, said, false, done, arg);
    return NULL;
}

void recorder_refresh(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder_is_off(recorder))
        return;
    update_tap(call);
    tell(call);
    begin_if_agreed(call);
}

/* ---- over the death of a worker or of this process ---- */

void recorder_lost(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->tap != TAP_AWAITED) /* the house answers all the same */
        recorder->tap = TAP_NONE;
    g_clear_pointer(&recorder->tapped, g_free);
}

static void continue_with(struct call *call, const struct house_segment *segment)
{
    g_message("recorder room=%s recording=%s segment=%d", call->id, call->recorder.id, segment->number);
    open_tap(call, segment);
    recorder_event(call, json_pack("{s:s, s:s}", "event", "gap", "cause", "worker"));
    journal_presence(call);
}

static void on_continued(void *arg, const char *problem, const char *recording, const struct house_segment *segment)
{
    (void)recording;
    struct ask *ask = arg;
    struct call *call = ask->signaling ? call_find(ask->signaling, ask->consultation) : NULL;
    bool wanted = call && strcmp(call->recorder.id, ask->session) == 0 && call->recorder.tap == TAP_AWAITED;
    ask_end(ask);
    if (wanted)
        call->recorder.tap = TAP_NONE;
    if (wanted && problem)
        recorder_stop(call, "fault");
    else if (wanted && call->worker) /* else the next worker's coming asks again */
        continue_with(call, segment);
    if (!problem)
        drop_segment(segment);
}

void recorder_resume(struct call *call)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state != RECORDER_ON || recorder->tap != TAP_NONE)
        return;
    recorder->tap = TAP_AWAITED;
    struct ask *ask = ask_about(call);
    g_strlcpy(ask->session, recorder->id, sizeof ask->session);
    const struct house *house = call->signaling->house;
    house->recording_continue(house->arg, recorder->id, on_continued, ask);
}

void recorder_tap_state(struct call *call, const char *state)
{
    if (strcmp(state, "failed") != 0 || call->recorder.state != RECORDER_ON)
        return;
    int64_t now_s = core_uptime_s();
    g_warning("recorder room=%s recording=%s journal failed", call->id, call->recorder.id);
    if (call->recorder.failed_s && now_s - call->recorder.failed_s < REFAIL_S) {
        recorder_stop(call, "fault"); /* the disk is full, or worse: no segment will help */
        return;
    }
    call->recorder.failed_s = now_s;
    call_media(call, "tap.close", json_pack("{s:s}", "recording", call->recorder.id));
    recorder_lost(call);
    recorder_resume(call);
}

void recorder_tick(struct call *call, int64_t now_s)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state == RECORDER_ASKING && now_s - recorder->asked_s >= ASKING_MAX_S)
        recorder_stop(call, "stopped");
}

json_t *recorder_blob(const struct call *call)
{
    const struct recorder *recorder = &call->recorder;
    if (recorder->state != RECORDER_ON)
        return NULL;
    json_t *consents = json_object();
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, recorder->consents);
    while (json_object_size(consents) < CALL_BLOB_MAX && g_hash_table_iter_next(&iter, &key, &value))
        json_object_set_new(consents, key, json_integer(GPOINTER_TO_INT(value)));
    return json_pack("{s:s, s:s, s:I, s:o}", "id", recorder->id, "by", recorder->requested_by, "since_us",
                     (json_int_t)recorder->since_us, "consents", consents);
}

void recorder_restore(struct call *call, const json_t *blob)
{
    struct recorder *recorder = &call->recorder;
    const char *id = json_string_value(json_object_get(blob, "id"));
    const char *by = json_string_value(json_object_get(blob, "by"));
    if (!id)
        return;
    g_strlcpy(recorder->id, id, sizeof recorder->id);
    g_strlcpy(recorder->requested_by, by ? by : "", sizeof recorder->requested_by);
    recorder->since_us = json_integer_value(json_object_get(blob, "since_us"));
    recorder->state = RECORDER_ON; /* no move: it was before */
    const char *participant;
    json_t *word;
    json_object_foreach(json_object_get(blob, "consents"), participant, word)
        g_hash_table_insert(recorder->consents, g_strdup(participant), GINT_TO_POINTER((int)json_integer_value(word)));
}

void recorder_adopt(struct call *call, const char *id)
{
    if (call->recorder.state == RECORDER_ON && strcmp(call->recorder.id, id) == 0)
        call->recorder.tap = TAP_OPEN;
    else /* nobody would ever close it */
        call_media(call, "tap.close", json_pack("{s:s}", "recording", id));
}

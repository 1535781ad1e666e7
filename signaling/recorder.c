#include "recorder.h"

#include "call.h"
#include "captions.h"
#include "codecs.h"
#include "protocol.h"
#include "rights.h"

#include <string.h>

/* `recorder` is the recording of one call; the two live and die together. */

void recorder_init(struct recorder *recorder)
{
    memset(recorder, 0, sizeof *recorder);
    recorder->consents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void recorder_finish(struct recorder *recorder)
{
    g_hash_table_destroy(recorder->consents);
    recorder_tap_finish(&recorder->tap);
}

bool recorder_is_off(const struct recorder *recorder)
{
    return recorder->state == RECORDER_OFF || recorder->state == RECORDER_FAILED;
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

enum recorder_word recorder_word_of(const struct call *call, const struct participant *participant)
{
    gpointer value;
    if (!g_hash_table_lookup_extended(call->recorder.consents, participant->id, NULL, &value))
        return WORD_NONE;
    enum recorder_word word = (enum recorder_word)GPOINTER_TO_INT(value);
    return word == WORD_FOR_DEVICE && !participant_is_device(participant) ? WORD_NONE : word;
}

bool recorder_agrees(const struct call *call, const struct participant *participant)
{
    enum recorder_word word = recorder_word_of(call, participant);
    return word == WORD_YES || word == WORD_FOR_DEVICE;
}

/* ---- telling ---- */

static json_t *asked_json(const struct call *call)
{
    json_t *array = json_array();
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        enum recorder_word word = recorder_word_of(call, participant);
        if (!is_asked(participant) && word == WORD_NONE)
            continue;
        json_t *granted = word == WORD_NONE ? json_null() : json_boolean(recorder_agrees(call, participant));
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

/* ---- starting ---- */

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
        recorder_tap_open(call, segment);
    set_state(call, RECORDER_ON, NULL);
    recorder_tap_resume(call); /* without a worker */
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
        recorder_tap_drop(segment);
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
        if (!recorder_agrees(call, participant))
            return;
    }
    if (asked == 0) {
        set_state(call, RECORDER_OFF, "stopped");
        return;
    }
    move(call, RECORDER_STARTING, NULL); /* to those who are asked it is the same */
    struct ask *ask = ask_begin(call->signaling);
    g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
    const struct house *house = call->signaling->house;
    house->recording_begin(house->arg, call->id, recorder->requested_by, on_begun, ask);
}

const char *recorder_start(struct call *call, struct participant *by)
{
    struct recorder *recorder = &call->recorder;
    if (!rights_allow(by, RIGHT_RECORD))
        return "not_allowed";
    if (!recorder_is_off(recorder))
        return NULL; /* it is under way already */
    if (!call->worker || !recorder_tap_is_idle(&recorder->tap))
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

const char *recorder_stop(struct call *call, const char *reason)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state == RECORDER_OFF)
        return NULL;
    if (recorder->state == RECORDER_ON)
        recorder_tap_event(call, json_pack("{s:s, s:s}", "event", "stopped", "reason", reason));
    recorder_tap_close(call);
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
    recorder_tap_event(
        call, json_pack("{s:s, s:s, s:b}", "event", "consent", "participant", participant, "granted", (int)granted));
    recorder_tap_update(call);
}

static bool anybody_agrees(const struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (recorder_agrees(call, participant))
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
    recorder_tap_update(call);
    tell(call);
    begin_if_agreed(call);
}

void recorder_tick(struct call *call, int64_t now_s)
{
    struct recorder *recorder = &call->recorder;
    if (recorder->state == RECORDER_ASKING && now_s - recorder->asked_s >= ASKING_MAX_S)
        recorder_stop(call, "stopped");
}

/* ---- over the death of this process ---- */

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

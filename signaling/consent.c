#include "consent.h"

#include "call.h"
#include "peer.h"
#include "recorder.h"
#include "stills.h"

#include <string.h>

enum { NO, YES, NOT_HERE };

static const char *const PURPOSES[] = {CONSENT_TAKE_PART, CONSENT_RECORD, CONSENT_OBSERVERS, CONSENT_PHOTOGRAPHS,
                                       CONSENT_CAPTIONS};
enum { PURPOSE_SIZE = 12, KEY_SIZE = ID_SIZE + PURPOSE_SIZE + 8 };

void consents_init(struct consents *consents)
{
    consents->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void consents_finish(struct consents *consents)
{
    g_hash_table_destroy(consents->words);
}

static void key_of(char key[KEY_SIZE], const char *participant, const char *purpose, bool for_patient)
{
    g_snprintf(key, KEY_SIZE, "%s %s %s", participant, purpose, for_patient ? "patient" : "own");
}

int consent_word(const struct call *call, const char *participant, const char *purpose, bool for_patient)
{
    char key[KEY_SIZE];
    gpointer value;
    key_of(key, participant, purpose, for_patient);
    if (!g_hash_table_lookup_extended(call->consents.words, key, NULL, &value))
        return -1;
    return GPOINTER_TO_INT(value) == NOT_HERE ? -1 : GPOINTER_TO_INT(value);
}

int consent_of_seat(const struct call *call, const char *participant, const char *purpose)
{
    int own = consent_word(call, participant, purpose, false);
    return consent_word(call, participant, purpose, true) == 0 ? 0 : own;
}

static void put(struct call *call, const char *participant, const char *purpose, bool for_patient, int word)
{
    char key[KEY_SIZE];
    key_of(key, participant, purpose, for_patient);
    g_hash_table_replace(call->consents.words, g_strdup(key), GINT_TO_POINTER(word));
}

/* ---- telling and keeping ---- */

/* Who agreed to what is no secret among those it concerns. */
json_t *consents_json(const struct call *call)
{
    json_t *array = json_array();
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (size_t purpose = 0; purpose < G_N_ELEMENTS(PURPOSES); purpose++)
            for (int voice = 0; voice < 2; voice++) {
                int word = consent_word(call, participant->id, PURPOSES[purpose], voice);
                if (word >= 0)
                    json_array_append_new(array,
                                          json_pack("{s:s, s:s, s:b, s:b}", "participant", participant->id, "purpose",
                                                    PURPOSES[purpose], "granted", word, "for_patient", voice));
            }
    }
    return array;
}

/* Where a restart has no place for all of them, a yes is asked for again; a no must not be forgotten. */
json_t *consents_blob(const struct call *call)
{
    static const int FIRST[] = {NO, NOT_HERE, YES};
    json_t *object = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(FIRST); i++) {
        GHashTableIter iter;
        gpointer key, word;
        g_hash_table_iter_init(&iter, call->consents.words);
        while (json_object_size(object) < CALL_BLOB_MAX && g_hash_table_iter_next(&iter, &key, &word))
            if (GPOINTER_TO_INT(word) == FIRST[i])
                json_object_set_new(object, key, json_integer(FIRST[i]));
    }
    return object;
}

void consents_restore(struct call *call, const json_t *blob)
{
    const char *key;
    json_t *word;
    json_object_foreach((json_t *)blob, key, word)
    {
        if (strlen(key) < KEY_SIZE && json_is_integer(word))
            g_hash_table_replace(call->consents.words, g_strdup(key), GINT_TO_POINTER((int)json_integer_value(word)));
    }
}

/* What was said in this room is newer than what admit read. */
void consents_learn(struct call *call, const char *participant, const json_t *found)
{
    size_t i;
    json_t *said;
    json_array_foreach(json_object_get(found, "consents"), i, said)
    {
        const char *purpose = json_string_value(json_object_get(said, "purpose"));
        bool patient = json_is_true(json_object_get(said, "for_patient"));
        char key[KEY_SIZE];
        key_of(key, participant, purpose ? purpose : "", patient);
        /* each recording asks again, and who comes back takes part */
        bool asked_anew = g_strcmp0(purpose, CONSENT_RECORD) == 0 ||
                          (!patient && g_strcmp0(purpose, CONSENT_TAKE_PART) == 0);
        if (purpose && !asked_anew && !g_hash_table_contains(call->consents.words, key))
            put(call, participant, purpose, patient, json_is_true(json_object_get(said, "granted")) ? YES : NO);
    }
}

void consents_ask_again(struct call *call)
{
    GHashTableIter iter;
    gpointer key, word;
    g_hash_table_iter_init(&iter, call->consents.words);
    while (g_hash_table_iter_next(&iter, &key, &word)) {
        bool stands = g_str_has_suffix(key, " patient") && GPOINTER_TO_INT(word) == NO;
        if (strstr(key, " " CONSENT_RECORD " ") && !stands)
            g_hash_table_iter_remove(&iter);
    }
}

/* ---- what a word does ---- */

static void leave(struct participant *participant)
{
    char key[KEY_SIZE];
    key_of(key, participant->id, CONSENT_TAKE_PART, false);
    g_hash_table_remove(participant->call->consents.words, key);
    if (participant->peer)
        peer_dismiss(participant->peer, json_pack("{s:s, s:s}", "type", "ended", "reason", "withdrawn"), 1000);
    call_remove(participant, "left");
}

static void apply(struct call *call, const char *id, const char *purpose, bool for_patient)
{
    struct participant *participant = call_participant(call, id);
    int word = consent_of_seat(call, id, purpose);
    if (strcmp(purpose, CONSENT_RECORD) == 0 && word >= 0)
        recorder_take_word(call, id, word);
    if (strcmp(purpose, CONSENT_PHOTOGRAPHS) == 0 && word >= 0)
        stills_consent(call, id, word);
    if (strcmp(purpose, CONSENT_TAKE_PART) == 0 && participant) {
        recorder_refresh(call); /* who is held back is not journaled either */
        call_tell_participant(participant);
    }
    call_save(call);
    call_tell(call, json_pack("{s:s, s:o}", "type", "consents", "consents", consents_json(call)));
    call_refresh(call);
    if (participant && strcmp(purpose, CONSENT_TAKE_PART) == 0 && !for_patient && word == 0)
        leave(participant);
}

struct spoken {
    const char *purpose;
    bool granted, for_patient;
    house_done_fn done_fn;
    void *done_arg;
};

static void on_ledger(void *arg, const char *problem)
{
    struct ask *ask = arg;
    const struct spoken *spoken = ask->data;
    spoken->done_fn(spoken->done_arg, problem);
    struct call *call = ask->signaling ? call_find(ask->signaling, ask->consultation) : NULL;
    if (call && !problem && spoken->granted) {
        put(call, ask->participant, spoken->purpose, spoken->for_patient, YES);
        apply(call, ask->participant, spoken->purpose, spoken->for_patient);
    }
    ask_end(ask);
}

/* The patient has gone from beside: their no holds the seat no longer. It stays in the ledger. */
static void forget_patient(struct call *call, const char *participant)
{
    for (size_t i = 0; i < G_N_ELEMENTS(PURPOSES); i++)
        put(call, participant, PURPOSES[i], true, NOT_HERE);
}

static const char *known(const char *purpose)
{
    for (size_t i = 0; i < G_N_ELEMENTS(PURPOSES); i++)
        if (strcmp(PURPOSES[i], purpose) == 0)
            return PURPOSES[i];
    return NULL;
}

void consent_say(struct call *call, const struct house_consent *said, bool patient_left, house_done_fn done, void *arg)
{
    const struct house *house = call->signaling->house;
    const struct spoken spoken = {known(said->purpose), said->granted, said->for_patient, done, arg};
    if (!spoken.purpose) {
        done(arg, "bad_message");
        return;
    }
    struct ask *ask = ask_begin(call->signaling);
    g_strlcpy(ask->consultation, call->id, sizeof ask->consultation);
    g_strlcpy(ask->participant, said->participant, sizeof ask->participant);
    g_strlcpy(ask->language, said->language, sizeof ask->language);
    ask->data = g_memdup2(&spoken, sizeof spoken);
    ask->data_free = g_free;
    struct house_consent kept = *said; /* the participant and its peer may be gone before the ledger is asked */
    kept.participant = ask->participant;
    kept.consultation = call->id;
    kept.language = ask->language;
    kept.at = core_now_us();
    if (patient_left)
        forget_patient(call, ask->participant);
    else if (!said->granted)
        put(call, ask->participant, spoken.purpose, spoken.for_patient, NO);
    if (!said->granted)
        apply(call, ask->participant, spoken.purpose, spoken.for_patient);
    house->consent(house->arg, &kept, on_ledger, ask);
}

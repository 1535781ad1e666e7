#include "gate.h"

#include "call.h"
#include "worker.h"

#include <string.h>

/* ---- counting ---- */

static unsigned people_of(const struct call *call, const struct participant *participant, const struct worker *worker)
{
    unsigned count = 0;
    if (participant->waiting)
        return 0;
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        count += (leg->worker ? leg->worker : call->worker) == worker;
    }
    return participant->legs->len ? count : call->worker == worker;
}

unsigned gate_people(const struct signaling *signaling, const struct worker *worker)
{
    unsigned count = 0;
    GPtrArray *calls = core_calls(signaling);
    for (guint i = 0; i < calls->len; i++) {
        const struct call *call = g_ptr_array_index(calls, i);
        for (guint k = 0; k < call->participants->len; k++)
            count += worker ? people_of(call, g_ptr_array_index(call->participants, k), worker) : 1;
    }
    g_ptr_array_free(calls, TRUE);
    return count;
}

static bool worker_open(struct worker *worker, enum admission_kind kind)
{
    const struct signaling *signaling = worker->signaling;
    admission_update(&worker->admission, &signaling->worker_limits, gate_people(signaling, worker));
    return !worker->admission.closed[kind];
}

static bool node_open(struct signaling *signaling, enum admission_kind kind)
{
    admission_update(&signaling->admission, &signaling->node_limits, gate_people(signaling, NULL));
    return !signaling->admission.closed[kind];
}

/* ---- who comes ---- */

static bool is_running(const struct call *call)
{
    return call->worker && call_count_in(call) > 0;
}

static enum admission_kind kind_of(const struct call *call, const char *role, const json_t *found)
{
    const json_t *consultation = json_object_get(found, "consultation");
    const char *kind = json_string_value(json_object_get(consultation, "kind"));
    if (g_strcmp0(kind, "emergency") == 0)
        return ADMISSION_EMERGENCY;
    return is_running(call) && strcmp(role, "observer") != 0 ? ADMISSION_JOIN : ADMISSION_NEW;
}

/* Who only watches may be taken in by any worker; who may speak has to live with the rest of the room. */
static bool some_worker_open(const struct call *call, const char *role, enum admission_kind kind)
{
    const struct signaling *signaling = call->signaling;
    if (is_running(call) && strcmp(role, "observer") != 0)
        return worker_open(call->worker, kind);
    bool ready = false;
    for (guint i = 0; i < signaling->workers->len; i++) {
        struct worker *worker = g_ptr_array_index(signaling->workers, i);
        bool usable = media_link_is_ready(worker->link) && (!worker->draining || worker == call->worker);
        ready |= usable;
        if (usable && worker_open(worker, kind))
            return true;
    }
    return !ready; /* none is up yet: that is worth waiting for, and no question of load */
}

static const char *refuse(struct signaling *signaling, enum gate_reason reason)
{
    static const char *const PROBLEMS[] = {[GATE_AT_CAPACITY] = "at_capacity", [GATE_DRAINING] = "draining"};
    signaling->refused[reason]++;
    return PROBLEMS[reason];
}

const char *gate_refuses(struct call *call, const char *role, const json_t *found)
{
    struct signaling *signaling = call->signaling;
    if (json_object_get(found, "stay"))
        return NULL; /* was in, and has not ended */
    if (!is_running(call) && signaling_draining(signaling))
        return refuse(signaling, GATE_DRAINING);
    enum admission_kind kind = kind_of(call, role, found);
    if (node_open(signaling, kind) && some_worker_open(call, role, kind))
        return NULL;
    g_message("gate room=%s role=%s kind=%s refused", call->id, role, admission_kind_name(kind));
    return refuse(signaling, GATE_AT_CAPACITY);
}

void gate_took(struct call *call)
{
    if (call->worker)
        admission_took(&call->worker->admission);
}

/* ---- workers ---- */

bool gate_takes_rooms(const struct worker *worker)
{
    return media_link_is_ready(worker->link) && !worker->draining && !worker->admission.closed[ADMISSION_NEW];
}

void gate_note_load(struct worker *worker, unsigned busy_permille)
{
    admission_note_cpu(&worker->admission, busy_permille);
    admission_update(&worker->admission, &worker->signaling->worker_limits, gate_people(worker->signaling, worker));
}

/* ---- draining ---- */

static void tell_drain(struct worker *worker)
{
    if (media_link_is_ready(worker->link))
        media_link_tell(worker->link, "drain", json_pack("{s:b}", "on", (int)worker->draining));
}

void gate_worker_ready(struct worker *worker, bool draining)
{
    gpointer number = GINT_TO_POINTER(worker->number);
    if (draining)
        g_hash_table_add(worker->signaling->drained, number);
    worker->draining = g_hash_table_contains(worker->signaling->drained, number);
    if (worker->draining != draining)
        tell_drain(worker);
}

bool signaling_draining(const struct signaling *signaling)
{
    for (guint i = 0; i < signaling->workers->len; i++)
        if (!((const struct worker *)g_ptr_array_index(signaling->workers, i))->draining)
            return false;
    return signaling->workers->len > 0;
}

bool signaling_worker_draining(const struct signaling *signaling, int number)
{
    return g_hash_table_contains(signaling->drained, GINT_TO_POINTER(number));
}

void signaling_worker_drain(struct signaling *signaling, int number, bool on)
{
    struct worker *worker = worker_find(signaling, number);
    if (on)
        g_hash_table_add(signaling->drained, GINT_TO_POINTER(number));
    else
        g_hash_table_remove(signaling->drained, GINT_TO_POINTER(number));
    if (!worker || worker->draining == on)
        return;
    worker->draining = on;
    g_message("worker=%d drain=%d rooms=%u", number, on, worker->rooms);
    tell_drain(worker);
}

/* ---- telling ---- */

json_t *signaling_admission(struct signaling *signaling)
{
    json_t *open = json_object();
    for (enum admission_kind kind = 0; kind < ADMISSION_KINDS; kind++) {
        bool some = false;
        for (guint i = 0; i < signaling->workers->len; i++) {
            struct worker *worker = g_ptr_array_index(signaling->workers, i);
            some |= media_link_is_ready(worker->link) && !worker->draining && worker_open(worker, kind);
        }
        json_object_set_new(open, admission_kind_name(kind), json_boolean(some && node_open(signaling, kind)));
    }
    return json_pack("{s:o, s:i, s:i, s:{s:I, s:I}}", "open", open, "people", (int)gate_people(signaling, NULL),
                     "load_permille", (int)signaling->admission.load_permille, "refused", "at_capacity",
                     (json_int_t)signaling->refused[GATE_AT_CAPACITY], "draining",
                     (json_int_t)signaling->refused[GATE_DRAINING]);
}

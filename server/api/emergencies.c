/* Emergency calls: a kiosk's button, and the pages it rings at. */
#include "server/emergency.h"

#include "fields.h"
#include "kiosks.h"
#include "resource.h"
#include "server/audit.h"
#include "server/house.h"
#include "server/problem.h"
#include "server/router.h"
#include "server/server.h"
#include "tables.h"
#include "tickets.h"

enum { THROTTLE_RETRY_S = 300, NOTED_EVERY_S = 30 };

/* ---- the room's side ---- */

static bool audit_kiosk(const struct request *request, const char *action, const char *kiosk, const char *consultation,
                        GError **error)
{
    g_autofree char *actor = g_strconcat("kiosk:", kiosk, NULL);
    g_autofree char *object = g_strconcat("consultation:", consultation, NULL);
    return audit_request_entry(request, (struct audit_entry){.actor = actor, .action = action, .object = object},
                               error);
}

struct press_work {
    struct request *request;
    struct emergency_press press;
    struct kiosk_part part;
};

static bool press_work(struct store *store, void *arg, GError **error)
{
    struct press_work *work = arg;
    struct emergency_press *press = &work->press;
    if (!emergency_press(store, press, error))
        return false;
    if (press->throttled)
        return true;
    work->part = (struct kiosk_part){.kiosk = press->kiosk, .consultation = press->consultation, .now = press->now};
    return kiosk_take_part(store, &work->part, error) &&
           (!press->made || audit_kiosk(work->request, "emergency.call", press->kiosk, press->consultation, error));
}

/** A ticket into the call at once, and what the call is. */
static struct response *called(struct request *request, const struct press_work *work)
{
    GError *error = NULL;
    if (!*work->part.participant) /* what this press began is over */
        return problem(request, "emergency-over");
    json_t *body = kiosk_ticket_json(request, &work->part);
    if (!body)
        return problem(request, "internal");
    json_object_set_new(body, "emergency",
                        emergency_of_kiosk(request_store(request), work->press.kiosk, work->press.now, &error));
    if (!error)
        return response_json(work->press.made ? 201 : 200, body);
    json_decref(body);
    return store_problem(request, error);
}

static struct response *press(struct request *request)
{
    char kiosk[STORE_ID_SIZE];
    struct response *stranger = kiosk_check(request, kiosk);
    if (stranger)
        return stranger;
    struct fields fields = fields_of(request);
    const char *key = field_id(&fields, "key", true);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    struct press_work work = {.request = request,
                              .press = {.kiosk = kiosk, .press = key, .now = request_now_us(request)}};
    GError *error = NULL;
    if (!store_transaction(request_store(request), press_work, &work, &error))
        return store_problem(request, error);
    return work.press.throttled ? problem_retry(request, "emergency-throttled", THROTTLE_RETRY_S)
                                : called(request, &work);
}

struct hang_up_work {
    struct request *request;
    struct emergency_hang_up hang_up;
};

static bool hang_up_work(struct store *store, void *arg, GError **error)
{
    struct hang_up_work *work = arg;
    struct emergency_hang_up *h = &work->hang_up;
    return emergency_hang_up(store, h, error) &&
           (!h->ended || audit_kiosk(work->request, "emergency.hang-up", h->kiosk, h->consultation, error));
}

static struct response *hang_up(struct request *request)
{
    char kiosk[STORE_ID_SIZE];
    struct response *stranger = kiosk_check(request, kiosk);
    if (stranger)
        return stranger;
    struct hang_up_work work = {
        .request = request,
        .hang_up = {.kiosk = kiosk, .call = request_param(request, "id"), .now = request_now_us(request)}};
    GError *error = NULL;
    if (!store_transaction(request_store(request), hang_up_work, &work, &error))
        return store_problem(request, error);
    if (work.hang_up.ended)
        house_end_live(request_server(request), work.hang_up.consultation, "ended");
    return work.hang_up.found ? response_empty(204) : problem(request, "not-found");
}

/* ---- the side of those who are called ---- */

/** Software has no page that could ring. */
static const char *person(const struct request *request)
{
    const struct caller *caller = request_caller(request);
    return caller->kind == CALLER_USER ? caller->id : "";
}

/** Who listens can be rung. */
static bool note_listening(struct request *request, GError **error)
{
    const char *session = request_caller(request)->session;
    int64_t now = request_now_us(request);
    STORE_AUTO_ROWS rows = store_query(request_store(request), error,
                                       "SELECT id FROM sessions WHERE id = ? AND listened_at < ?", store_text(session),
                                       store_int(now - NOTED_EVERY_S * G_USEC_PER_SEC));
    if (!rows || !store_next(rows))
        return rows != NULL;
    return store_run(request_store(request), error, "UPDATE sessions SET listened_at = ? WHERE id = ?", store_int(now),
                     store_text(session)) >= 0;
}

static struct response *list_ringing(struct request *request)
{
    GError *error = NULL;
    if (*person(request) && !note_listening(request, &error))
        return store_problem(request, error);
    json_t *body = emergency_ringing_for(request_store(request), person(request), request_now_us(request), &error);
    return body ? response_json(200, body) : store_problem(request, error);
}

struct answer_work {
    struct request *request;
    struct emergency_answer answer;
};

static bool answer_work(struct store *store, void *arg, GError **error)
{
    struct answer_work *work = arg;
    return emergency_answer(store, &work->answer, error) &&
           (work->answer.problem ||
            audit_or_fail(work->request, "emergency.answer", "consultation", work->answer.consultation, error));
}

static struct response *answer(struct request *request)
{
    if (!*person(request))
        return problem(request, "not-allowed");
    struct answer_work work = {
        .request = request,
        .answer = {.call = request_param(request, "id"), .user = person(request), .now = request_now_us(request)}};
    const struct emergency_answer *a = &work.answer;
    GError *error = NULL;
    if (!store_transaction(request_store(request), answer_work, &work, &error))
        return store_problem(request, error);
    if (a->problem)
        return problem(request, a->problem);
    struct ticket ticket = {.use = "join"};
    ticket.expires_s = MAX(a->now, a->ends_at) / G_USEC_PER_SEC + TICKET_AFTER_END_S;
    g_strlcpy(ticket.consultation, a->consultation, sizeof ticket.consultation);
    g_strlcpy(ticket.participant, a->participant, sizeof ticket.participant);
    g_strlcpy(ticket.role, a->role, sizeof ticket.role);
    json_t *body = ticket_json(request, &ticket);
    return body ? response_json(200, body) : problem(request, "internal");
}

static bool decline_work(struct store *store, void *arg, GError **error)
{
    struct answer_work *work = arg;
    struct emergency_answer *a = &work->answer;
    return emergency_decline(store, a, error) &&
           (a->problem || audit_or_fail(work->request, "emergency.decline", "consultation", a->consultation, error));
}

static struct response *decline(struct request *request)
{
    if (!*person(request))
        return problem(request, "not-allowed");
    struct answer_work work = {
        .request = request,
        .answer = {.call = request_param(request, "id"), .user = person(request), .now = request_now_us(request)}};
    GError *error = NULL;
    if (!store_transaction(request_store(request), decline_work, &work, &error))
        return store_problem(request, error);
    return work.answer.problem ? problem(request, work.answer.problem) : response_empty(204);
}

const struct route emergency_routes[] = {
    {HTTP_POST, "/api/v1/kiosk/emergencies", ACCESS_ANYONE, .handler = press},
    {HTTP_DELETE, "/api/v1/kiosk/emergencies/{id}", ACCESS_ANYONE, .handler = hang_up},
    {HTTP_GET, "/api/v1/emergencies", ACCESS_STAFF, .handler = list_ringing},
    {HTTP_POST, "/api/v1/emergencies/{id}/answer", ACCESS_STAFF, .handler = answer},
    {HTTP_POST, "/api/v1/emergencies/{id}/decline", ACCESS_STAFF, .handler = decline},
    {0},
};

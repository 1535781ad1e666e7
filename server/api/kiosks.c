/* Kiosks: pairing from both sides, the admin's list, and the kiosk's own view. */
#include "kiosks.h"

#include <string.h>

#include "fields.h"
#include "resource.h"
#include "server/config.h"
#include "server/consultation.h"
#include "server/emergency.h"
#include "server/house.h"
#include "server/problem.h"
#include "server/router.h"
#include "server/server.h"
#include "tables.h"
#include "tickets.h"

enum { THROTTLE_RETRY_S = 300, TODAY_MAX = 50 };
static const int64_t HOUR_US = (int64_t)3600 * G_USEC_PER_SEC;

#define SELECT                                                                                                         \
    "SELECT k.id, k.name, k.room_id, r.name AS room_name, s.id AS site_id, s.name AS site_name, k.paired_at, "         \
    "k.last_seen_at, ? AS now FROM kiosks k JOIN rooms r ON r.id = k.room_id JOIN sites s ON s.id = r.site_id "

static void add_place(struct store *store, const struct store_rows *rows, json_t *kiosk, GError **error)
{
    (void)store, (void)error;
    int64_t seen = rows_int(rows, "last_seen_at");
    bool online = seen && rows_int(rows, "now") - seen < (int64_t)KIOSK_ONLINE_S * G_USEC_PER_SEC;
    json_row_set_named(kiosk, "room", rows);
    json_row_set_named(kiosk, "site", rows);
    json_object_set_new(kiosk, "online", json_boolean(online));
}

static const struct row_view KIOSK = {
    .columns = {.text = {"id", "name"}, .time = {"paired_at", "last_seen_at"}},
    .more = add_place,
};

static json_t *kiosk_json(const struct store_rows *rows)
{
    GError *none = NULL; /* nothing here asks the store */
    return row_view_json(NULL, rows, &KIOSK, &none);
}

#define SELECT_ONE SELECT "WHERE k.id = ? AND k.removed_at IS NULL"

static struct store_rows *find_kiosk(struct request *request, const char *id, GError **error)
{
    return store_query(request_store(request), error, SELECT_ONE, store_int(request_now_us(request)), store_text(id));
}

/* ---- pairing, the machine's side ---- */

static struct response *begin_pairing(struct request *request)
{
    struct kiosk_pairing p;
    GError *error = NULL;
    if (!kiosk_begin_pairing(request_store(request), request_address(request), request_now_us(request), &p, &error))
        return store_problem(request, error);
    if (p.throttled)
        return problem_retry(request, "too-many-attempts", THROTTLE_RETRY_S);
    json_t *body = json_pack("{s:s, s:s, s:s}", "id", p.id, "code", p.code, "secret", p.secret);
    json_set_time(body, "expires_at", p.expires_at);
    return response_json(201, body);
}

static struct response *ask_pairing(struct request *request)
{
    const char *secret = request_bearer(request);
    struct kiosk_paired paired;
    GError *error = NULL;
    if (!secret)
        return problem(request, "kiosk-token-invalid");
    if (!kiosk_ask_pairing(request_store(request), request_param(request, "id"), secret, request_now_us(request),
                           &paired, &error))
        return store_problem(request, error);
    if (paired.state == KIOSK_UNKNOWN)
        return problem(request, "unknown-code");
    if (paired.state == KIOSK_WAITING)
        return response_json(200, json_pack("{s:s}", "state", "waiting"));
    STORE_AUTO_ROWS rows = find_kiosk(request, paired.kiosk, &error);
    if (!store_next(rows))
        return rows ? problem(request, "unknown-code") : store_problem(request, error);
    return response_json(
        200, json_pack("{s:s, s:s, s:o}", "state", "paired", "token", paired.token, "kiosk", kiosk_json(rows)));
}

/* ---- the admin's side ---- */

struct pair_work {
    struct request *request;
    struct kiosk_pair pair;
};

static bool pair_work(struct store *store, void *arg, GError **error)
{
    struct pair_work *work = arg;
    return kiosk_pair(store, &work->pair, error) &&
           (work->pair.problem || audit_or_fail(work->request, "kiosk.pair", "kiosk", work->pair.kiosk, error));
}

static struct response *pair(struct request *request)
{
    struct pair_work work = {.request = request,
                             .pair = {.by = request_caller(request)->id, .now = request_now_us(request)}};
    struct fields fields = fields_of(request);
    work.pair.code = field_text(&fields, "code", KIOSK_CODE_SIZE - 1, true);
    work.pair.room = field_id(&fields, "room_id", true);
    work.pair.name = field_text(&fields, "name", CONSULTATION_NAME_MAX, false);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    GError *error = NULL;
    if (!store_transaction(request_store(request), pair_work, &work, &error))
        return store_problem(request, error);
    if (work.pair.problem)
        return problem(request, work.pair.problem);
    return one_answer(request, 201, &KIOSK, SELECT_ONE, store_int(request_now_us(request)),
                      store_text(work.pair.kiosk));
}

static struct response *list_kiosks(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, &KIOSK,
                       SELECT "WHERE k.removed_at IS NULL AND (? = '' OR k.id > ?) ORDER BY k.id LIMIT ?",
                       store_int(request_now_us(request)), store_text(page.cursor), store_text(page.cursor),
                       store_int(page.limit + 1));
}

static struct response *remove_kiosk(struct request *request)
{
    return delete_answer(request, "kiosk.remove",
                         "UPDATE kiosks SET removed_at = ?, token_hash = NULL WHERE id = ? AND removed_at IS NULL",
                         store_int(request_now_us(request)), store_text(request_param(request, "id")));
}

/* ---- the kiosk's own view ---- */

struct response *kiosk_check(struct request *request, char kiosk[STORE_ID_SIZE])
{
    const char *token = request_bearer(request);
    GError *error = NULL;
    if (!token)
        return problem(request, "kiosk-token-invalid");
    if (!kiosk_of_token(request_store(request), token, request_now_us(request), kiosk, &error))
        return store_problem(request, error);
    return *kiosk ? NULL : problem(request, "kiosk-token-invalid");
}

/** The screen stands in the open: who the patient is, and what is known of the illness, stays out of it. */
static json_t *public_json(struct store *store, const struct store_rows *rows, GError **error)
{
    json_t *consultation = consultation_row_json(store, rows, error);
    json_object_del(consultation, "patient");
    json_object_del(consultation, "reason");
    json_t *people = json_object_get(consultation, "participants");
    for (size_t i = json_array_size(people); i-- > 0;)
        if (g_strcmp0(json_string_value(json_object_get(json_array_get(people, i), "role")), "patient") == 0)
            json_array_remove(people, i);
    return consultation;
}

static bool is_next(json_t *consultation, int64_t ends_at, int64_t now)
{
    const char *state = json_string_value(json_object_get(consultation, "state"));
    return strcmp(state, "open") == 0 || (strcmp(state, "booked") == 0 && ends_at > now);
}

static struct response *answer_view(struct request *request, json_t *kiosk, struct store_rows *rows)
{
    GError *error = NULL;
    int64_t now = request_now_us(request);
    json_t *today = json_array(), *next = NULL;
    while (store_next(rows)) {
        json_t *consultation = public_json(request_store(request), rows, &error);
        if (!consultation)
            break;
        if (!next && is_next(consultation, rows_int(rows, "ends_at"), now))
            next = consultation;
        json_array_append_new(today, consultation);
    }
    const struct config_kiosk *phones = &request_server(request)->config->kiosk;
    const char *id = json_string_value(json_object_get(kiosk, "id"));
    json_t *emergency = error ? NULL : emergency_of_kiosk(request_store(request), id, now, &error);
    json_t *rings = error ? NULL : kiosk_rings(request_store(request), id, now, &error);
    json_t *view = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o*, s:o*}", "kiosk", kiosk, "help_phone", phones->help_phone,
                             "emergency_phone", *phones->emergency_phone ? phones->emergency_phone : phones->help_phone,
                             "next", next ? json_incref(next) : json_null(), "today", today, "emergency", emergency,
                             "rings", rings);
    json_set_time(view, "now", now);
    if (!error)
        return response_json(200, view);
    json_decref(view);
    return store_problem(request, error);
}

static struct response *view(struct request *request)
{
    char kiosk[STORE_ID_SIZE];
    GError *error = NULL;
    struct response *stranger = kiosk_check(request, kiosk);
    if (stranger)
        return stranger;
    STORE_AUTO_ROWS self = find_kiosk(request, kiosk, &error);
    if (!store_next(self))
        return self ? problem(request, "kiosk-token-invalid") : store_problem(request, error);
    int64_t now = request_now_us(request);
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       CONSULTATION_SELECT
                                       "WHERE c.room_id = ? AND c.state <> 'cancelled' AND c.ends_at > ? "
                                       "AND c.starts_at < ? ORDER BY c.starts_at, c.id LIMIT ?",
                                       store_text(rows_text(self, "room_id")), store_int(now - 12 * HOUR_US),
                                       store_int(now + 24 * HOUR_US), store_int(TODAY_MAX));
    return rows ? answer_view(request, kiosk_json(self), rows) : store_problem(request, error);
}

json_t *kiosk_ticket_json(const struct request *request, const struct kiosk_part *part)
{
    struct ticket ticket = {.use = "join", .role = "kiosk"};
    ticket.expires_s = MAX(part->now, part->ends_at) / G_USEC_PER_SEC + TICKET_AFTER_END_S;
    g_strlcpy(ticket.consultation, part->consultation, sizeof ticket.consultation);
    g_strlcpy(ticket.participant, part->participant, sizeof ticket.participant);
    json_t *body = ticket_json(request, &ticket);
    if (body) /* it joins at once */
        json_object_set_new(body, "ice_servers",
                            house_ice_servers(request_server(request)->config, part->participant, part->now));
    return body;
}

static struct response *create_ticket(struct request *request)
{
    char kiosk[STORE_ID_SIZE];
    struct response *stranger = kiosk_check(request, kiosk);
    if (stranger)
        return stranger;
    struct fields fields = fields_of(request);
    const char *consultation = field_id(&fields, "consultation_id", true);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    GError *error = NULL;
    struct kiosk_part part = {.kiosk = kiosk, .consultation = consultation, .now = request_now_us(request)};
    if (!kiosk_take_part(request_store(request), &part, &error))
        return store_problem(request, error);
    if (!*part.participant)
        return problem(request, "not-found");
    json_t *body = kiosk_ticket_json(request, &part);
    return body ? response_json(201, body) : problem(request, "internal");
}

const struct route kiosk_routes[] = {
    {HTTP_POST, "/api/v1/kiosk/pairings", ACCESS_ANYONE, .handler = begin_pairing},
    {HTTP_GET, "/api/v1/kiosk/pairings/{id}", ACCESS_ANYONE, .handler = ask_pairing},
    {HTTP_GET, "/api/v1/kiosk", ACCESS_ANYONE, .handler = view},
    {HTTP_POST, "/api/v1/kiosk/tickets", ACCESS_ANYONE, .handler = create_ticket},
    {HTTP_GET, "/api/v1/kiosks", ACCESS_ADMIN, .handler = list_kiosks},
    {HTTP_POST, "/api/v1/kiosks", ACCESS_ADMIN, .handler = pair},
    {HTTP_DELETE, "/api/v1/kiosks/{id}", ACCESS_ADMIN, .handler = remove_kiosk},
    {0},
};

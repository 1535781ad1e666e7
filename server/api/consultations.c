/* Consultations: the list, booking, changing, cancelling, ending. */
#include "consultations.h"

#include <string.h>

#include "booking_fields.h"
#include "resource.h"
#include "server/house.h"
#include "server/problem.h"
#include "server/records/minutes.h"
#include "server/rfc3339.h"
#include "server/router.h"
#include "server/server.h"
#include "signaling/signaling.h"
#include "tables.h"

#define MINE                                                                                                           \
    "EXISTS (SELECT 1 FROM participants x WHERE x.consultation_id = c.id AND x.user_id = ? AND x.removed_at IS NULL)"

enum standing standing_in(struct request *request, const char *consultation)
{
    const struct caller *caller = request_caller(request);
    enum standing standing = caller->admin ? STANDING_HOST : STANDING_NONE;
    if (caller->admin)
        return standing;
    STORE_AUTO_ROWS rows = store_query(request_store(request), NULL,
                                       "SELECT role FROM participants WHERE consultation_id = ? AND user_id = ? AND "
                                       "removed_at IS NULL",
                                       store_text(consultation), store_text(caller->id));
    while (store_next(rows)) {
        const char *role = rows_text(rows, "role");
        enum standing as = strcmp(role, "host") == 0 ? STANDING_HOST
                           : minutes_is_doctor(role) ? STANDING_DOCTOR
                                                     : STANDING_GUEST;
        standing = MAX(standing, as);
    }
    return standing;
}

bool may_see(struct request *request, const char *consultation)
{
    return standing_in(request, consultation) > STANDING_NONE;
}

struct response *refuse_below(struct request *request, enum standing least)
{
    enum standing standing = standing_in(request, request_param(request, "id"));
    return standing >= least ? NULL : problem(request, standing == STANDING_NONE ? "not-found" : "not-allowed");
}

struct response *list_of_consultation(struct request *request, const char *sql, const struct row_view *view)
{
    const char *id = request_param(request, "id");
    if (!may_see(request, id))
        return problem(request, "not-found");
    return list_answer(request, &(struct page){.limit = CONSULTATION_PART_MAX}, view, sql, store_text(id),
                       store_int(CONSULTATION_PART_MAX));
}

/* ---- reading ---- */

struct filter {
    int64_t from, to;
    const char *state, *room, *patient, *user;
};

static struct response *read_filter(const struct request *request, struct filter *filter)
{
    const struct caller *caller = request_caller(request);
    json_t *errors = json_array();
    filter->from = query_time(request, "from", 0, errors);
    filter->to = query_time(request, "to", INT64_MAX, errors);
    if (json_array_size(errors))
        return problem_validation(request, errors);
    json_decref(errors);
    filter->state = page_filter(request, "state");
    filter->room = page_filter(request, "room_id");
    filter->patient = page_filter(request, "patient_id");
    filter->user = caller->admin ? "" : caller->id;
    return NULL;
}

static json_t *live_json(struct store *store, const char *id, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT (SELECT COUNT(DISTINCT participant_id) FROM stays WHERE consultation_id = ? AND left_at IS NULL) AS "
        "there, (SELECT COUNT(*) FROM recordings WHERE consultation_id = ? AND state = 'recording') AS recording",
        store_text(id), store_text(id));
    if (!store_next(rows))
        return NULL;
    return json_pack("{s:I, s:b}", "participants", (json_int_t)rows_int(rows, "there"), "recording",
                     rows_int(rows, "recording") > 0);
}

/** Who is there now, for one that is open. */
static void set_live(struct store *store, json_t *consultation, GError **error)
{
    if (strcmp(json_string_value(json_object_get(consultation, "state")), "open") == 0)
        json_object_set_new(consultation, "live",
                            live_json(store, json_string_value(json_object_get(consultation, "id")), error));
}

static void add_all(struct store *store, const struct store_rows *rows, json_t *item, GError **error)
{
    if (json_object_update_new(item, consultation_row_json(store, rows, error)) == 0)
        set_live(store, item, error);
}

static const struct row_view LISTED = {.more = add_all};

static struct response *list_consultations(struct request *request)
{
    struct filter f = {0};
    struct response *bad = read_filter(request, &f);
    if (bad)
        return bad;
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(
        request, &page, &LISTED,
        CONSULTATION_SELECT
        "WHERE c.ends_at > ? AND c.starts_at < ? AND (? = '' OR c.state = ?) AND (? = '' OR c.room_id = ?) "
        "AND (? = '' OR c.patient_id = ?) AND (? = '' OR " MINE
        ") AND (c.search LIKE ? ESCAPE '!' OR p.search LIKE ? ESCAPE '!' OR r.search LIKE ? ESCAPE '!') "
        "AND (? = '' OR (c.starts_at, c.id) > (SELECT starts_at, id FROM consultations WHERE id = ?)) "
        "ORDER BY c.starts_at, c.id LIMIT ?",
        store_int(f.from), store_int(f.to), store_text(f.state), store_text(f.state), store_text(f.room),
        store_text(f.room), store_text(f.patient), store_text(f.patient), store_text(f.user), store_text(f.user),
        store_text(page.pattern), store_text(page.pattern), store_text(page.pattern), store_text(page.cursor),
        store_text(page.cursor), store_int(page.limit + 1));
}

static struct response *answer_consultation(struct request *request, int status, const char *id)
{
    GError *error = NULL;
    struct store *store = request_store(request);
    json_t *body = consultation_json(store, id, &error);
    if (body)
        set_live(store, body, &error);
    if (error) {
        json_decref(body);
        return store_problem(request, error);
    }
    if (!body)
        return problem(request, "not-found");
    if (status != 201)
        return response_json(status, body);
    g_autofree char *location = g_strconcat("/api/v1/consultations/", id, NULL);
    return response_created(location, body);
}

static struct response *get_consultation(struct request *request)
{
    const char *id = request_param(request, "id");
    return may_see(request, id) ? answer_consultation(request, 200, id) : problem(request, "not-found");
}

/* ---- booking and changing ---- */

struct book_work {
    struct request *request;
    const char *id; /* of the one to change */
    const struct booking *booking;
    struct booking_result result;
};

static bool book_work(struct store *store, void *arg, GError **error)
{
    struct book_work *work = arg;
    int64_t now = request_now_us(work->request);
    bool good = work->id ? consultation_change(store, work->id, work->booking, now, &work->result, error)
                         : consultation_book(store, work->booking, now, &work->result, error);
    if (!good || work->result.problem)
        return good;
    return audit_or_fail(work->request, work->id ? "consultation.change" : "consultation.book", "consultation",
                         work->result.id, error);
}

static struct response *refused(struct request *request, const struct booking_result *result)
{
    if (strcmp(result->problem, "conflict") != 0)
        return problem(request, result->problem);
    json_t *members = json_pack("{s:O}", "conflicts", result->conflicts);
    json_set_time(members, "next_free", result->next_free);
    return problem_with(request, "conflict", members);
}

static struct response *book(struct request *request, const char *id, const struct booking *booking)
{
    struct book_work work = {.request = request, .id = id, .booking = booking};
    GError *error = NULL;
    struct response *response;
    if (!store_transaction(request_store(request), book_work, &work, &error))
        response = store_problem(request, error);
    else if (work.result.problem)
        response = refused(request, &work.result);
    else
        response = answer_consultation(request, id ? 200 : 201, work.result.id);
    booking_result_clear(&work.result);
    return response;
}

static void check_times(const struct fields *fields, const struct booking *b, int64_t now)
{
    const char *field, *fault = NULL;
    if (b->starts_at && b->ends_at)
        fault = booking_time_fault(b->starts_at, b->ends_at, now, &field);
    if (fault)
        field_fault(fields, field, fault);
}

static const char *who(const struct request *request)
{
    return request_caller(request)->id;
}

static struct response *book_consultation(struct request *request)
{
    struct fields fields = fields_of(request);
    struct booking_form form;
    booking_fields(&fields, &form, false);
    check_times(&fields, &form.booking, request_now_us(request));
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    form.booking.created_by = who(request);
    form.booking.people_given = true;
    return book(request, NULL, &form.booking);
}

/** Whose time it takes. The others are no hindrance, and by tickets they may be more, and others, than can be booked. */
static json_t *with_accounts(json_t *people)
{
    json_t *found = json_array(), *person;
    size_t i;
    json_array_foreach(people, i, person)
    {
        if (json_object_get(person, "user_id") && json_array_size(found) < CONSULTATION_PEOPLE_MAX)
            json_array_append(found, person);
    }
    return found;
}

/** The present state as a booking body. */
static json_t *as_body(json_t *consultation)
{
    json_t *body = json_object();
    static const char *const same[] = {"title", "kind", "language", "starts_at", "ends_at", "waiting_room", "reason"};
    json_object_set_new(body, "participants", with_accounts(json_object_get(consultation, "participants")));
    for (size_t i = 0; i < G_N_ELEMENTS(same); i++)
        json_object_set(body, same[i], json_object_get(consultation, same[i]));
    json_t *room = json_object_get(consultation, "room"), *patient = json_object_get(consultation, "patient");
    if (room)
        json_object_set(body, "room_id", json_object_get(room, "id"));
    if (patient)
        json_object_set(body, "patient_id", json_object_get(patient, "id"));
    return body;
}

static bool moved(json_t *present, const struct booking *b)
{
    int64_t before = 0;
    rfc3339_parse(json_string_value(json_object_get(present, "starts_at")), &before);
    return before / 1000 != b->starts_at / 1000; /* shown in milliseconds */
}

static struct response *change_with(struct request *request, json_t *present, json_t *body)
{
    struct fields fields = fields_of(request);
    json_object_update(body, fields.object);
    bool people_given = field_given(&fields, "participants");
    fields.object = body;
    struct booking_form form;
    booking_fields(&fields, &form, true);
    /* One that is under way may be made longer without having begun in the past. */
    check_times(&fields, &form.booking, moved(present, &form.booking) ? request_now_us(request) : 0);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    form.booking.people_given = people_given;
    return book(request, request_param(request, "id"), &form.booking);
}

static struct response *change_consultation(struct request *request)
{
    GError *error = NULL;
    json_t *present = consultation_json(request_store(request), request_param(request, "id"), &error);
    if (!present)
        return error ? store_problem(request, error) : problem(request, "not-found");
    json_t *body = as_body(present);
    struct response *response = change_with(request, present, body);
    json_decref(body);
    json_decref(present);
    return response;
}

/* ---- cancelling and ending ---- */

struct move_work {
    struct request *request;
    const char *id, *reason; /* of a cancellation; NULL: end */
    bool moved;
};

static bool move_work(struct store *store, void *arg, GError **error)
{
    struct move_work *work = arg;
    int64_t now = request_now_us(work->request);
    bool good = work->reason ? consultation_cancel(store, work->id, work->reason, now, &work->moved, error)
                             : consultation_end(store, work->id, now, &work->moved, error);
    return good &&
           (!work->moved || audit_or_fail(work->request, work->reason ? "consultation.cancel" : "consultation.end",
                                          "consultation", work->id, error));
}

static struct response *move(struct request *request, const char *reason, const char *state)
{
    struct move_work work = {.request = request, .id = request_param(request, "id"), .reason = reason};
    GError *error = NULL;
    if (!store_transaction(request_store(request), move_work, &work, &error))
        return store_problem(request, error);
    if (work.moved)
        house_end_live(request_server(request), work.id, state);
    json_t *now = consultation_json(request_store(request), work.id, &error);
    if (!now)
        return error ? store_problem(request, error) : problem(request, "not-found");
    bool there = strcmp(json_string_value(json_object_get(now, "state")), state) == 0;
    json_decref(now);
    return there ? answer_consultation(request, 200, work.id) : problem(request, "wrong-state");
}

static struct response *cancel_consultation(struct request *request)
{
    struct fields fields = fields_of(request);
    const char *reason = field_text(&fields, "reason", CONSULTATION_TITLE_MAX, false);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    return move(request, reason ? reason : "", "cancelled");
}

/** What was drawn last is on its way to the store before the end is. */
static struct response *keep_marks(struct request *request)
{
    struct signaling *signaling = request_server(request)->signaling;
    if (signaling)
        signaling_save(signaling, request_param(request, "id"));
    return NULL;
}

static struct response *end_consultation(struct request *request)
{
    struct response *refused = refuse_below(request, STANDING_DOCTOR);
    return refused ? refused : move(request, NULL, "ended");
}

const struct route consultation_routes[] = {
    {HTTP_GET, "/api/v1/consultations", ACCESS_STAFF, .handler = list_consultations},
    {HTTP_POST, "/api/v1/consultations", ACCESS_ADMIN, .handler = book_consultation},
    {HTTP_GET, "/api/v1/consultations/{id}", ACCESS_STAFF, .handler = get_consultation},
    {HTTP_PATCH, "/api/v1/consultations/{id}", ACCESS_ADMIN, .handler = change_consultation},
    {HTTP_POST, "/api/v1/consultations/{id}/cancel", ACCESS_ADMIN, .handler = cancel_consultation},
    {HTTP_POST, "/api/v1/consultations/{id}/end", ACCESS_STAFF, .gate = keep_marks, .handler = end_consultation},
    {0},
};

/* The on-call roster: admins keep it, everybody on the staff reads it. */
#include "fields.h"
#include "resource.h"
#include "server/problem.h"
#include "server/roster.h"
#include "server/router.h"
#include "tables.h"

#define SELECT                                                                                                         \
    "SELECT h.id, h.user_id, u.name AS user_name, u.title AS user_title, h.site_id, s.name AS site_name, "             \
    "h.specialty, h.starts_at, h.ends_at FROM shifts h JOIN users u ON u.id = h.user_id "                              \
    "LEFT JOIN sites s ON s.id = h.site_id "

static const struct row_view SHIFT = {
    .columns = {.text = {"id", "user_id", "user_name", "user_title", "site_id", "site_name", "specialty"},
                .time = {"starts_at", "ends_at"}}};

static struct response *list_shifts(struct request *request)
{
    json_t *errors = json_array();
    int64_t from = query_time(request, "from", 0, errors), to = query_time(request, "to", INT64_MAX, errors);
    if (json_array_size(errors))
        return problem_validation(request, errors);
    json_decref(errors);
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, &SHIFT,
                       SELECT "WHERE h.ends_at > ? AND h.starts_at < ? AND u.active = 1 AND "
                              "(? = '' OR (h.starts_at, h.id) > (SELECT starts_at, id FROM shifts WHERE id = ?)) "
                              "ORDER BY h.starts_at, h.id LIMIT ?",
                       store_int(from), store_int(to), store_text(page.cursor), store_text(page.cursor),
                       store_int(page.limit + 1));
}

static struct response *answer_shift(struct request *request, int status, const char *id)
{
    return one_answer(request, status, &SHIFT, SELECT "WHERE h.id = ?", store_text(id));
}

struct shift_fields {
    const char *user, *site, *specialty;
    int64_t starts_at, ends_at;
};

static void read_shift(const struct fields *fields, struct shift_fields *shift)
{
    const char *field, *fault = NULL;
    shift->user = field_reference(fields, "user_id", "SELECT id FROM users WHERE id = ? AND active = 1", true);
    shift->site = field_reference(fields, "site_id", "SELECT id FROM sites WHERE id = ?", false);
    shift->specialty = field_text(fields, "specialty", SHIFT_SPECIALTY_MAX, false);
    shift->starts_at = field_time(fields, "starts_at", true);
    shift->ends_at = field_time(fields, "ends_at", true);
    if (shift->starts_at && shift->ends_at)
        fault = shift_time_fault(shift->starts_at, shift->ends_at, &field);
    if (fault)
        field_fault(fields, field, fault);
}

static struct response *create_shift(struct request *request)
{
    struct fields fields = fields_of(request);
    struct shift_fields shift;
    read_shift(&fields, &shift);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    char id[STORE_ID_SIZE];
    store_new_id(id);
    GError *error = NULL;
    if (write_audited(request, &error, "shift.create", id,
                      "INSERT INTO shifts (id, user_id, site_id, specialty, starts_at, ends_at, created_at) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?)",
                      store_text(id), store_text(shift.user), store_text(shift.site), store_text(shift.specialty),
                      store_int(shift.starts_at), store_int(shift.ends_at), store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return answer_shift(request, 201, id);
}

static struct response *write_shift(struct request *request, const char *id, struct fields *fields)
{
    struct shift_fields shift;
    read_shift(fields, &shift);
    if (fields_bad(fields))
        return fields_problem(fields);
    fields_done(fields);
    GError *error = NULL;
    if (write_audited(request, &error, "shift.change", id,
                      "UPDATE shifts SET user_id = ?, site_id = ?, specialty = ?, starts_at = ?, ends_at = ? "
                      "WHERE id = ?",
                      store_text(shift.user), store_text(shift.site), store_text(shift.specialty),
                      store_int(shift.starts_at), store_int(shift.ends_at), store_text(id)) < 0)
        return store_problem(request, error);
    return answer_shift(request, 200, id);
}

static struct response *change_shift(struct request *request)
{
    return change_answer(request, &SHIFT, SELECT "WHERE h.id = ?", write_shift);
}

static struct response *delete_shift(struct request *request)
{
    return delete_answer(request, "shift.delete", "DELETE FROM shifts WHERE id = ?",
                         store_text(request_param(request, "id")));
}

const struct route shift_routes[] = {
    {HTTP_GET, "/api/v1/shifts", ACCESS_STAFF, .handler = list_shifts},
    {HTTP_POST, "/api/v1/shifts", ACCESS_ADMIN, .handler = create_shift},
    {HTTP_PATCH, "/api/v1/shifts/{id}", ACCESS_ADMIN, .handler = change_shift},
    {HTTP_DELETE, "/api/v1/shifts/{id}", ACCESS_ADMIN, .handler = delete_shift},
    {0},
};

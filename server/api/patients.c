/* Patients: identifier, name, birth date and sex, no more. */
#include "fields.h"
#include "patient_fields.h"
#include "resource.h"
#include "server/problem.h"
#include "server/router.h"
#include "tables.h"

#define SELECT "SELECT id, identifier_system, identifier_value, name, birth_date, sex FROM patients "

static json_t *patient_json(struct store *store, struct store_rows *rows, GError **error)
{
    (void)store;
    (void)error;
    json_t *patient = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s}", "id", rows_text(rows, "id"), "identifier", "system",
                                rows_text(rows, "identifier_system"), "value", rows_text(rows, "identifier_value"),
                                "name", rows_text(rows, "name"), "sex", rows_text(rows, "sex"));
    json_set_text(patient, "birth_date", rows_text(rows, "birth_date"));
    return patient;
}

/** Looked for by name or by identifier. */
static struct response *list_patients(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    GError *error = NULL;
    struct store_rows *rows = store_query(
        request_store(request), &error,
        SELECT "WHERE search LIKE ? ESCAPE '!' AND (? = '' OR (search, id) > "
               "(SELECT search, id FROM patients WHERE id = ?)) ORDER BY search, id LIMIT ?",
        store_text(page.pattern), store_text(page.cursor), store_text(page.cursor), store_int(page.limit + 1));
    return list_answer(request, rows, &page, patient_json, error);
}

static struct response *answer_patient(struct request *request, int status, const char *id)
{
    GError *error = NULL;
    struct store_rows *rows = store_query(request_store(request), &error, SELECT "WHERE id = ?", store_text(id));
    return one_answer(request, status, rows, patient_json, error);
}

static struct response *get_patient(struct request *request)
{
    return answer_patient(request, 200, request_param(request, "id"));
}

static char *search_text(const struct booking_patient *patient)
{
    g_autofree char *both = g_strjoin(" ", patient->name, patient->value, NULL);
    return store_fold(both);
}

static struct response *create_patient(struct request *request)
{
    struct fields fields = fields_of(request);
    struct booking_patient patient;
    patient_fields(&fields, &patient);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    char id[STORE_ID_SIZE];
    store_new_id(id);
    GError *error = NULL;
    g_autofree char *search = search_text(&patient);
    if (write_audited(request, &error, "patient.create", "patient", id,
                      "INSERT INTO patients (id, identifier_system, identifier_value, name, birth_date, sex, search, "
                      "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      store_text(id), store_text(patient.system), store_text(patient.value), store_text(patient.name),
                      store_text(patient.birth_date), store_text(patient.sex), store_text(search),
                      store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return answer_patient(request, 201, id);
}

/** What the body leaves out stays: the whole is read from the present state with the body laid over it. */
static struct response *change_patient(struct request *request)
{
    const char *id = request_param(request, "id");
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error, SELECT "WHERE id = ?", store_text(id));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    json_t *whole = patient_json(NULL, rows, NULL);
    json_object_update(whole, request_json(request));
    struct fields fields = fields_of(request);
    fields.object = whole;
    struct booking_patient patient;
    patient_fields(&fields, &patient);
    if (fields_bad(&fields)) {
        json_decref(whole);
        return fields_problem(&fields);
    }
    fields_done(&fields);
    g_autofree char *search = search_text(&patient);
    int64_t changed = write_audited(request, &error, "patient.change", "patient", id,
                                    "UPDATE patients SET identifier_system = ?, identifier_value = ?, name = ?, "
                                    "birth_date = ?, sex = ?, search = ? WHERE id = ?",
                                    store_text(patient.system), store_text(patient.value), store_text(patient.name),
                                    store_text(patient.birth_date), store_text(patient.sex), store_text(search),
                                    store_text(id));
    json_decref(whole);
    return changed < 0 ? store_problem(request, error) : answer_patient(request, 200, id);
}

static struct response *delete_patient(struct request *request)
{
    const char *id = request_param(request, "id");
    GError *error = NULL;
    int64_t changed = write_audited(request, &error, "patient.delete", "patient", id,
                                    "DELETE FROM patients WHERE id = ?", store_text(id));
    return deleted_answer(request, changed, error);
}

const struct route patient_routes[] = {
    {HTTP_GET, "/api/v1/patients", ACCESS_ADMIN, .handler = list_patients},
    {HTTP_POST, "/api/v1/patients", ACCESS_ADMIN, .handler = create_patient},
    {HTTP_GET, "/api/v1/patients/{id}", ACCESS_ADMIN, .handler = get_patient},
    {HTTP_PATCH, "/api/v1/patients/{id}", ACCESS_ADMIN, .handler = change_patient},
    {HTTP_DELETE, "/api/v1/patients/{id}", ACCESS_ADMIN, .handler = delete_patient},
    {0},
};

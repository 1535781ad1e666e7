/* Patients: identifier, name, birth date and sex, no more. */
#include "fields.h"
#include "patient_fields.h"
#include "resource.h"
#include "server/problem.h"
#include "server/router.h"
#include "tables.h"

#define SELECT "SELECT " PATIENT_COLUMNS " FROM patients p "

static void add_all(struct store *store, const struct store_rows *rows, json_t *item, GError **error)
{
    (void)store, (void)error;
    json_object_update_new(item, patient_row_json(rows));
}

static const struct row_view PATIENT = {.more = add_all};

/** Looked for by name or by identifier. */
static struct response *list_patients(struct request *request)
{
    return search_answer(request, &PATIENT, SELECT SEARCHED("patients"));
}

static struct response *answer_patient(struct request *request, int status, const char *id)
{
    return one_answer(request, status, &PATIENT, SELECT "WHERE id = ?", store_text(id));
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
    if (write_audited(request, &error, "patient.create", id,
                      "INSERT INTO patients (id, identifier_system, identifier_value, name, birth_date, sex, search, "
                      "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      store_text(id), store_text(patient.system), store_text(patient.value), store_text(patient.name),
                      store_text(patient.birth_date), store_text(patient.sex), store_text(search),
                      store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return answer_patient(request, 201, id);
}

static struct response *write_patient(struct request *request, const char *id, struct fields *fields)
{
    struct booking_patient patient;
    patient_fields(fields, &patient);
    if (fields_bad(fields))
        return fields_problem(fields);
    fields_done(fields);
    GError *error = NULL;
    g_autofree char *search = search_text(&patient);
    if (write_audited(request, &error, "patient.change", id,
                      "UPDATE patients SET identifier_system = ?, identifier_value = ?, name = ?, birth_date = ?, "
                      "sex = ?, search = ? WHERE id = ?",
                      store_text(patient.system), store_text(patient.value), store_text(patient.name),
                      store_text(patient.birth_date), store_text(patient.sex), store_text(search), store_text(id)) < 0)
        return store_problem(request, error);
    return answer_patient(request, 200, id);
}

static struct response *change_patient(struct request *request)
{
    return change_answer(request, &PATIENT, SELECT "WHERE id = ?", write_patient);
}

static struct response *delete_patient(struct request *request)
{
    return delete_answer(request, "patient.delete", "DELETE FROM patients WHERE id = ?",
                         store_text(request_param(request, "id")));
}

const struct route patient_routes[] = {
    {HTTP_GET, "/api/v1/patients", ACCESS_ADMIN, .handler = list_patients},
    {HTTP_POST, "/api/v1/patients", ACCESS_ADMIN, .handler = create_patient},
    {HTTP_GET, "/api/v1/patients/{id}", ACCESS_ADMIN, .handler = get_patient},
    {HTTP_PATCH, "/api/v1/patients/{id}", ACCESS_ADMIN, .handler = change_patient},
    {HTTP_DELETE, "/api/v1/patients/{id}", ACCESS_ADMIN, .handler = delete_patient},
    {0},
};

/* Whom an emergency was about: said afterwards, by those who took part or an admin. */
#include "consultations.h"
#include "patient_fields.h"
#include "server/problem.h"
#include "server/router.h"
#include "tables.h"

struct naming_work {
    struct request *request;
    struct patient_naming naming;
};

static bool naming_work(struct store *store, void *arg, GError **error)
{
    struct naming_work *work = arg;
    return consultation_name_patient(store, &work->naming, error) &&
           (work->naming.problem ||
            audit_or_fail(work->request, "consultation.patient", "consultation", work->naming.consultation, error));
}

static struct response *name_patient(struct request *request)
{
    struct booking_patient patient;
    struct naming_work work = {
        .request = request,
        .naming = {.consultation = request_param(request, "id"), .patient = &patient, .now = request_now_us(request)}};
    struct fields fields = fields_of(request);
    /* Who is known is chosen from the list of patients, which is an admin's. */
    work.naming.patient_id = request_caller(request)->admin ? field_id(&fields, "patient_id", false) : NULL;
    if (work.naming.patient_id) {
        work.naming.patient = NULL;
    } else {
        struct fields inside = fields_inside(&fields, field_object(&fields, "patient", true), "patient.");
        patient_fields(&inside, &patient);
    }
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    struct response *refused = refuse_below(request, STANDING_DOCTOR);
    if (refused)
        return refused;
    GError *error = NULL;
    if (!store_transaction(request_store(request), naming_work, &work, &error))
        return store_problem(request, error);
    return work.naming.problem ? problem(request, work.naming.problem) : response_empty(204);
}

const struct route patient_naming_routes[] = {
    {HTTP_PUT, "/api/v1/consultations/{id}/patient", ACCESS_STAFF, .handler = name_patient},
    {0},
};

/* Addenda to signed minutes: written and signed in one go by who signed the minutes, read by whoever may read those. */
#include "server/records/addenda.h"

#include <string.h>

#include "fields.h"
#include "guest.h"
#include "minutes_desk.h"
#include "resource.h"
#include "server/problem.h"
#include "server/records/minutes_pdf.h"
#include "server/server.h"
#include "tables.h"

/** 0 when it is no number that an addendum can have. */
static int64_t number_of(const struct request *request)
{
    const char *text = request_param(request, "number");
    size_t length = strlen(text);
    bool good = length >= 1 && length <= 2 && strspn(text, "0123456789") == length && *text != '0';
    return good ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* ---- reading ---- */

static struct response *get_content(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_reader(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autofree char *content = addendum_signed_content(request_store(request), request_param(request, "id"),
                                                       number_of(request), &error);
    return desk_give_content(request, &actor, content, error);
}

static struct response *get_pdf(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_reader(request, &actor);
    int64_t number = number_of(request);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autoptr(GBytes) pdf = number ? minutes_pdf(request_store(request), request_param(request, "id"), number, &error)
                                   : NULL;
    return desk_give_pdf(request, &actor, pdf, error);
}

/* ---- writing ---- */

struct writing {
    struct request *request;
    struct minutes_deed deed;
    struct addendum addendum;
};

static bool audit(const struct writing *w, GError **error)
{
    return desk_audit(w->request, w->deed.actor, "minutes.addendum", "number", w->addendum.number, error);
}

static bool write_work(struct store *store, void *arg, GError **error)
{
    struct writing *w = arg;
    w->deed.problem = NULL;
    return addendum_sign(store, &w->deed, &w->addendum, request_server(w->request)->minutes_key, error) &&
           (w->deed.problem || w->addendum.stood || audit(w, error));
}

static void read_addendum(struct fields *fields, struct addendum *addendum)
{
    static const char *const KINDS[] = {"correction", "supplement", NULL};
    addendum->kind = field_choice(fields, "kind", KINDS, NULL);
    addendum->reason = field_lines(fields, "reason", ADDENDUM_REASON_MAX, true);
    addendum->text = field_lines(fields, "text", ADDENDUM_TEXT_MAX, true);
}

static struct response *write_addendum(struct request *request, const struct minutes_actor *actor,
                                       const struct addendum *addendum)
{
    struct writing w = {
        .request = request,
        .deed = {.consultation = request_param(request, "id"), .actor = actor, .now = request_now_us(request)},
        .addendum = *addendum};
    return desk_carry_out(request, &w.deed, write_work, &w);
}

static struct response *put_addendum(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_writer(request, &actor);
    struct addendum addendum = {.number = number_of(request)};
    if (refused)
        return refused;
    if (!addendum.number)
        return problem(request, "not-found");
    struct fields fields = fields_of(request);
    read_addendum(&fields, &addendum);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    return write_addendum(request, &actor, &addendum);
}

#define ADDENDUM "/api/v1/consultations/{id}/minutes/addenda/{number}"

const struct route addenda_routes[] = {
    {HTTP_PUT, ADDENDUM, ACCESS_THERE, .gate = guest_gate, .handler = put_addendum},
    {HTTP_GET, ADDENDUM "/content", ACCESS_THERE, .gate = guest_gate, .handler = get_content},
    {HTTP_GET, ADDENDUM "/pdf", ACCESS_THERE, .gate = guest_gate, .handler = get_pdf},
    {0},
};

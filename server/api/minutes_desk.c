#include "minutes_desk.h"

#include <inttypes.h>
#include <string.h>

#include "consultations.h"
#include "guest.h"
#include "reading.h"
#include "resource.h"
#include "server/problem.h"
#include "server/server.h"

/* ---- who asks ---- */

/** By ticket: one of its doctors who has been let in. */
static struct response *know_guest(struct request *request, struct minutes_actor *actor)
{
    struct ticket ticket;
    struct response *refused = guest_check(request, &ticket);
    if (!refused)
        refused = guest_check_inside(request, &ticket);
    if (refused)
        return refused;
    if (!minutes_is_doctor(ticket.role))
        return problem(request, "not-allowed");
    g_strlcpy(actor->participant, ticket.participant, sizeof actor->participant);
    g_strlcpy(actor->role, ticket.role, sizeof actor->role);
    actor->method = "ticket";
    return NULL;
}

/** By account: whoever may see the consultation may read; who takes part in it as a doctor is known as that. */
static struct response *know_staff(struct request *request, struct minutes_actor *actor)
{
    const char *id = request_param(request, "id");
    GError *error = NULL;
    if (!may_see(request, id))
        return problem(request, "not-found");
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error,
                                       "SELECT id, role FROM participants WHERE consultation_id = ? AND user_id = ? "
                                       "AND removed_at IS NULL AND role IN ('host', 'specialist', 'doctor') ORDER BY "
                                       "CASE role WHEN 'host' THEN 0 WHEN 'specialist' THEN 1 ELSE 2 END, id LIMIT 1",
                                       store_text(id), store_text(request_caller(request)->id));
    if (!rows)
        return store_problem(request, error);
    if (!store_next(rows))
        return NULL;
    g_strlcpy(actor->participant, rows_text(rows, "id"), sizeof actor->participant);
    g_strlcpy(actor->role, rows_text(rows, "role"), sizeof actor->role);
    actor->method = "account";
    return NULL;
}

struct response *desk_reader(struct request *request, struct minutes_actor *actor)
{
    *actor = (struct minutes_actor){0};
    return request_caller(request)->kind == CALLER_NOBODY ? know_guest(request, actor) : know_staff(request, actor);
}

struct response *desk_writer(struct request *request, struct minutes_actor *actor)
{
    struct response *refused = desk_reader(request, actor);
    return refused || *actor->participant ? refused : problem(request, "not-allowed");
}

/* ---- as they stand ---- */

enum { PROOF_CHARS = 16 };
#define PROOF_US (INT64_C(3600) * 1000000)

/** That this reader's looking has been written down within the hour: only we can have said so. Caller frees. */
static char *proof_of_reading(const struct request *request, const struct minutes_actor *actor)
{
    const struct server *server = request_server(request);
    g_autofree char *text = g_strdup_printf("minutes read\n%s\n%s\n%" PRId64, request_param(request, "id"),
                                            *actor->participant ? actor->participant : request_caller(request)->id,
                                            request_now_us(request) / PROOF_US);
    char *mac = g_compute_hmac_for_string(G_CHECKSUM_SHA256, server->ticket_key, SERVER_KEY_SIZE, text, -1);
    mac[PROOF_CHARS] = '\0';
    return mac;
}

/** Changes with all that is shown; a change of ours is based on its number only. Caller frees; NULL as minutes_mark(). */
static char *etag_of(const struct request *request, const char *proof, GError **error)
{
    g_autofree char *mark = minutes_mark(request_store(request), request_param(request, "id"), error);
    return mark ? g_strdup_printf("\"%s.%s\"", mark, proof) : NULL;
}

static json_t *minutes_for(struct request *request, const struct minutes_actor *actor, GError **error)
{
    json_t *minutes = minutes_json(request_store(request), request_param(request, "id"), error);
    if (minutes && *actor->participant)
        json_object_set_new(minutes, "me", json_string(actor->participant));
    return minutes;
}

static struct response *nothing(const struct request *request, GError *error)
{
    return error ? store_problem(request, error) : problem(request, "not-found");
}

/** `etag` is of before or of now: whoever comes between is seen with the next look. */
static struct response *answer(struct request *request, const struct minutes_actor *actor, const char *etag)
{
    GError *error = NULL;
    json_t *minutes = minutes_for(request, actor, &error);
    if (!minutes)
        return nothing(request, error);
    struct response *response = response_json(200, minutes);
    response_header(response, "etag", etag);
    response_header(response, "cache-control", "private, no-store");
    return response;
}

static struct response *unchanged(const char *etag)
{
    struct response *response = response_empty(304);
    response_header(response, "etag", etag);
    return response;
}

static bool audit(const struct request *request, const struct minutes_actor *actor, const char *action, json_t *detail,
                  GError **error)
{
    const char *id = request_param(request, "id");
    bool by_ticket = g_strcmp0(actor->method, "ticket") == 0;
    return reading_audit(request,
                         &(struct reading){.action = action,
                                           .kind = "consultation",
                                           .id = id,
                                           .consultation = id,
                                           .participant = by_ticket ? actor->participant : NULL,
                                           .detail = detail},
                         error);
}

bool desk_audit(const struct request *request, const struct minutes_actor *actor, const char *action, const char *name,
                int64_t number, GError **error)
{
    json_t *detail = json_pack("{s:I}", name, (json_int_t)number);
    bool audited = audit(request, actor, action, detail, error);
    json_decref(detail);
    return audited;
}

static bool audit_reading(const struct request *request, const struct minutes_actor *actor)
{
    return audit(request, actor, "minutes.read", NULL, NULL);
}

struct response *desk_look(struct request *request, const struct minutes_actor *actor)
{
    GError *error = NULL;
    g_autofree char *proof = proof_of_reading(request, actor);
    g_autofree char *etag = etag_of(request, proof, &error);
    if (!etag)
        return nothing(request, error);
    const char *seen = request_header(request, "if-none-match");
    bool audited = seen && strstr(seen, proof);
    if (audited && strcmp(seen, etag) == 0)
        return unchanged(etag);
    return audited || audit_reading(request, actor) ? answer(request, actor, etag) : problem(request, "busy");
}

/* After a change of one's own. */
static struct response *answer_change(struct request *request, const struct minutes_actor *actor)
{
    GError *error = NULL;
    g_autofree char *proof = proof_of_reading(request, actor);
    g_autofree char *etag = etag_of(request, proof, &error);
    return etag ? answer(request, actor, etag) : nothing(request, error);
}

static struct response *refuse(struct request *request, const struct minutes_actor *actor, const char *code)
{
    GError *error = NULL;
    if (strcmp(code, "minutes-changed") != 0)
        return problem(request, code);
    json_t *minutes = minutes_for(request, actor, &error);
    return minutes ? problem_with(request, "minutes-changed", json_pack("{s:o}", "minutes", minutes))
                   : store_problem(request, error);
}

struct response *desk_carry_out(struct request *request, const struct minutes_deed *deed, store_work_fn work, void *arg)
{
    GError *error = NULL;
    if (!store_transaction(request_store(request), work, arg, &error))
        return store_problem(request, error);
    return deed->problem ? refuse(request, deed->actor, deed->problem) : answer_change(request, deed->actor);
}

/* ---- what was signed, as bytes ---- */

static struct response *give(struct request *request, const struct minutes_actor *actor, const char *type,
                             const void *data, size_t size)
{
    if (!audit_reading(request, actor))
        return problem(request, "busy");
    struct response *response = response_text(200, type, data, size);
    response_header(response, "cache-control", "private, no-store");
    return response;
}

struct response *desk_give_content(struct request *request, const struct minutes_actor *actor, const char *content,
                                   GError *error)
{
    return content ? give(request, actor, "application/json", content, strlen(content)) : nothing(request, error);
}

struct response *desk_give_pdf(struct request *request, const struct minutes_actor *actor, GBytes *pdf, GError *error)
{
    gsize size = 0;
    if (!pdf)
        return nothing(request, error);
    const char *data = g_bytes_get_data(pdf, &size);
    struct response *response = give(request, actor, "application/pdf", data, size);
    response_header(response, "content-disposition", "inline; filename=\"bien-ban-hoi-chan.pdf\"");
    return response;
}

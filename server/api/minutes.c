/* The minutes of a consultation: read, written and signed by its doctors, in the call by their ticket and in the panel by their
 * account; read by whoever may see the consultation. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "consultations.h"
#include "fields.h"
#include "guest.h"
#include "reading.h"
#include "resource.h"
#include "server/problem.h"
#include "server/records/minutes.h"
#include "server/records/minutes_pdf.h"
#include "server/server.h"
#include "tables.h"

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

/** NULL when they may read; who may write has a participant, too. */
static struct response *know(struct request *request, struct minutes_actor *actor)
{
    *actor = (struct minutes_actor){0};
    return request_caller(request)->kind == CALLER_NOBODY ? know_guest(request, actor) : know_staff(request, actor);
}

static struct response *know_writer(struct request *request, struct minutes_actor *actor)
{
    struct response *refused = know(request, actor);
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

static bool audit_deed(const struct request *request, const struct minutes_actor *actor, const char *action,
                       json_t *detail)
{
    const char *id = request_param(request, "id");
    bool by_ticket = g_strcmp0(actor->method, "ticket") == 0;
    return reading_audit(request, &(struct reading){.action = action,
                                                    .kind = "consultation",
                                                    .id = id,
                                                    .consultation = id,
                                                    .participant = by_ticket ? actor->participant : NULL,
                                                    .detail = detail});
}

static bool audit_reading(const struct request *request, const struct minutes_actor *actor)
{
    return audit_deed(request, actor, "minutes.read", NULL);
}

/** Who goes on looking says what they have seen (If-None-Match): what is audited is that somebody began to, each hour. */
static struct response *get_minutes(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = know(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autofree char *proof = proof_of_reading(request, &actor);
    g_autofree char *etag = etag_of(request, proof, &error);
    if (!etag)
        return nothing(request, error);
    const char *seen = request_header(request, "if-none-match");
    bool audited = seen && strstr(seen, proof);
    if (audited && strcmp(seen, etag) == 0)
        return unchanged(etag);
    return audited || audit_reading(request, &actor) ? answer(request, &actor, etag) : problem(request, "busy");
}

static struct response *get_content(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = know(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autofree char *content = minutes_signed_content(request_store(request), request_param(request, "id"), &error);
    if (!content)
        return nothing(request, error);
    if (!audit_reading(request, &actor))
        return problem(request, "busy");
    struct response *response = response_text(200, "application/json", content, strlen(content));
    response_header(response, "cache-control", "private, no-store");
    return response;
}

static struct response *get_pdf(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = know(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autoptr(GBytes) pdf = minutes_pdf(request_store(request), request_param(request, "id"), &error);
    if (!pdf)
        return nothing(request, error);
    if (!audit_reading(request, &actor))
        return problem(request, "busy");
    gsize size;
    const char *data = g_bytes_get_data(pdf, &size);
    struct response *response = response_text(200, "application/pdf", data, size);
    response_header(response, "content-disposition", "inline; filename=\"bien-ban-hoi-chan.pdf\"");
    response_header(response, "cache-control", "private, no-store");
    return response;
}

/* ---- changing them ---- */

struct change {
    struct request *request;
    struct minutes_deed deed;
    const char *action;
    const json_t *text; /* of a writing */
    bool (*make)(struct store *store, struct change *change, GError **error);
};

static bool make_save(struct store *store, struct change *change, GError **error)
{
    return minutes_save(store, &change->deed, change->text, error);
}

static bool make_signature(struct store *store, struct change *change, GError **error)
{
    return minutes_sign(store, &change->deed, request_server(change->request)->minutes_key, error);
}

static bool make_withdrawal(struct store *store, struct change *change, GError **error)
{
    return minutes_withdraw(store, &change->deed, error);
}

static bool audit_change(const struct change *change, GError **error)
{
    json_t *detail = json_pack("{s:I}", "version", (json_int_t)change->deed.version + 1);
    bool audited = audit_deed(change->request, change->deed.actor, change->action, detail);
    json_decref(detail);
    if (!audited)
        g_set_error(error, STORE_ERROR, STORE_ERROR_BUSY, "the audit log could not be written");
    return audited;
}

static bool change_work(struct store *store, void *arg, GError **error)
{
    struct change *change = arg;
    change->deed.problem = NULL;
    return change->make(store, change, error) && (change->deed.problem || audit_change(change, error));
}

/** What another has written meanwhile comes with the refusal, so that nothing is lost. */
static struct response *refuse(struct request *request, const struct change *change)
{
    GError *error = NULL;
    if (strcmp(change->deed.problem, "minutes-changed") != 0)
        return problem(request, change->deed.problem);
    json_t *minutes = minutes_for(request, change->deed.actor, &error);
    return minutes ? problem_with(request, "minutes-changed", json_pack("{s:o}", "minutes", minutes))
                   : store_problem(request, error);
}

/** "7" and "7.delivered." are both the seventh; -1: it is not said. */
static int64_t version_named(const struct request *request)
{
    const char *header = request_header(request, "if-match");
    return header && *header == '"' && g_ascii_isdigit(header[1]) ? g_ascii_strtoll(header + 1, NULL, 10) : -1;
}

static struct response *change(struct request *request, const struct minutes_actor *actor, struct change *change)
{
    GError *error = NULL;
    change->request = request;
    change->deed = (struct minutes_deed){.consultation = request_param(request, "id"),
                                         .actor = actor,
                                         .version = version_named(request),
                                         .now = request_now_us(request)};
    if (change->deed.version < 0)
        return problem(request, "precondition-required");
    if (!store_transaction(request_store(request), change_work, change, &error))
        return store_problem(request, error);
    if (change->deed.problem)
        return refuse(request, change);
    g_autofree char *proof = proof_of_reading(request, actor);
    g_autofree char *etag = etag_of(request, proof, &error);
    return etag ? answer(request, actor, etag) : nothing(request, error);
}

/* ---- what is typed ---- */

static void copy_text(json_t *to, const char *name, const char *text)
{
    if (text)
        json_object_set_new(to, name, json_string(text));
}

static json_t *read_question(const struct fields *inside)
{
    json_t *question = json_object();
    copy_text(question, "id", field_id(inside, "id", true));
    copy_text(question, "question", field_lines(inside, "question", MINUTES_QUESTION_MAX));
    copy_text(question, "conclusion", field_lines(inside, "conclusion", MINUTES_ANSWER_MAX));
    return question;
}

static json_t *read_questions(const struct fields *fields)
{
    json_t *list = field_array(fields, "questions", MINUTES_QUESTIONS_MAX, false), *item, *questions = json_array();
    size_t i;
    json_array_foreach(list, i, item)
    {
        char prefix[32];
        g_snprintf(prefix, sizeof prefix, "questions[%zu].", i);
        struct fields inside = fields_inside(fields, item, prefix);
        json_array_append_new(questions, read_question(&inside));
    }
    return questions;
}

static json_t *read_text(const struct fields *fields)
{
    json_t *text = json_object();
    static const char *const parts[] = {"summary", "discussion", "conclusion"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        copy_text(text, parts[i], field_lines(fields, parts[i], MINUTES_TEXT_MAX));
    copy_text(text, "chair", field_id(fields, "chair", false));
    copy_text(text, "secretary", field_id(fields, "secretary", false));
    json_object_set_new(text, "questions", read_questions(fields));
    return text;
}

static struct response *put_minutes(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = know_writer(request, &actor);
    if (refused)
        return refused;
    struct fields fields = fields_of(request);
    json_t *text = read_text(&fields);
    struct response *response;
    if (fields_bad(&fields)) {
        response = fields_problem(&fields);
    } else {
        fields_done(&fields);
        response = change(request, &actor,
                          &(struct change){.action = "minutes.write", .text = text, .make = make_save});
    }
    json_decref(text);
    return response;
}

/* ---- signatures ---- */

static struct response *post_signature(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = know_writer(request, &actor);
    if (refused)
        return refused;
    return change(request, &actor, &(struct change){.action = "minutes.sign", .make = make_signature});
}

static struct response *delete_signature(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = know_writer(request, &actor);
    if (refused)
        return refused;
    return change(request, &actor, &(struct change){.action = "minutes.withdraw", .make = make_withdrawal});
}

/** With this anybody can check later what was signed. */
static struct response *get_keys(struct request *request)
{
    json_t *jwk = attest_jwk(request_server(request)->minutes_key);
    return response_json(200, json_pack("{s:[o]}", "keys", jwk));
}

const struct route minutes_routes[] = {
    {HTTP_GET, "/api/v1/consultations/{id}/minutes", ACCESS_THERE, .gate = guest_gate, .handler = get_minutes},
    {HTTP_PUT, "/api/v1/consultations/{id}/minutes", ACCESS_THERE, .gate = guest_gate, .handler = put_minutes},
    {HTTP_GET, "/api/v1/consultations/{id}/minutes/content", ACCESS_THERE, .gate = guest_gate, .handler = get_content},
    {HTTP_GET, "/api/v1/consultations/{id}/minutes/pdf", ACCESS_THERE, .gate = guest_gate, .handler = get_pdf},
    {HTTP_POST, "/api/v1/consultations/{id}/minutes/signature", ACCESS_THERE, .gate = guest_gate,
     .handler = post_signature},
    {HTTP_DELETE, "/api/v1/consultations/{id}/minutes/signature", ACCESS_THERE, .gate = guest_gate,
     .handler = delete_signature},
    {HTTP_GET, "/api/v1/minutes-keys", ACCESS_ANYONE, .handler = get_keys},
    {0},
};

/* The minutes of a consultation: read, written and signed by its doctors, in the call by their ticket and in the panel by their
 * account; read by whoever may see the consultation. */
#include "fields.h"
#include "guest.h"
#include "minutes_desk.h"
#include "resource.h"
#include "server/problem.h"
#include "server/records/minutes_pdf.h"
#include "server/server.h"
#include "tables.h"

/* ---- as they stand, and as they were signed ---- */

static struct response *get_minutes(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_reader(request, &actor);
    return refused ? refused : desk_look(request, &actor);
}

static struct response *get_content(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_reader(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autofree char *content = minutes_signed_content(request_store(request), request_param(request, "id"), &error);
    return desk_give_content(request, &actor, content, error);
}

static struct response *get_pdf(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_reader(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autoptr(GBytes) pdf = minutes_pdf(request_store(request), request_param(request, "id"), 0, &error);
    return desk_give_pdf(request, &actor, pdf, error);
}

static struct response *get_print(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_reader(request, &actor);
    GError *error = NULL;
    if (refused)
        return refused;
    g_autoptr(GBytes) pdf = minutes_print_pdf(request_store(request), request_param(request, "id"), &error);
    return desk_give_pdf(request, &actor, pdf, error);
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
    return desk_audit(change->request, change->deed.actor, change->action, "version", change->deed.version + 1, error);
}

static bool change_work(struct store *store, void *arg, GError **error)
{
    struct change *change = arg;
    change->deed.problem = NULL;
    return change->make(store, change, error) && (change->deed.problem || audit_change(change, error));
}

/** "7" and "7.delivered." are both the seventh; -1: it is not said. */
static int64_t version_named(const struct request *request)
{
    const char *header = request_header(request, "if-match");
    return header && *header == '"' && g_ascii_isdigit(header[1]) ? g_ascii_strtoll(header + 1, NULL, 10) : -1;
}

static struct response *change(struct request *request, const struct minutes_actor *actor, struct change *change)
{
    change->request = request;
    change->deed = (struct minutes_deed){.consultation = request_param(request, "id"),
                                         .actor = actor,
                                         .version = version_named(request),
                                         .now = request_now_us(request)};
    if (change->deed.version < 0)
        return problem(request, "precondition-required");
    return desk_carry_out(request, &change->deed, change_work, change);
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
    copy_text(question, "question", field_lines(inside, "question", MINUTES_QUESTION_MAX, false));
    copy_text(question, "conclusion", field_lines(inside, "conclusion", MINUTES_ANSWER_MAX, false));
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
    static const struct {
        const char *name;
        size_t max;
    } PARTS[] = {{"record_number", MINUTES_FACT_MAX}, {"department", MINUTES_FACT_MAX},
                 {"diagnosis", MINUTES_QUESTION_MAX}, {"summary", MINUTES_TEXT_MAX},
                 {"discussion", MINUTES_TEXT_MAX},    {"conclusion", MINUTES_TEXT_MAX},
                 {"treatment", MINUTES_TEXT_MAX}};
    json_t *text = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++)
        copy_text(text, PARTS[i].name, field_lines(fields, PARTS[i].name, PARTS[i].max, false));
    copy_text(text, "treated_since", field_date(fields, "treated_since"));
    copy_text(text, "chair", field_id(fields, "chair", false));
    copy_text(text, "secretary", field_id(fields, "secretary", false));
    json_object_set_new(text, "questions", read_questions(fields));
    return text;
}

static struct response *put_minutes(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_writer(request, &actor);
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
    struct response *refused = desk_writer(request, &actor);
    if (refused)
        return refused;
    return change(request, &actor, &(struct change){.action = "minutes.sign", .make = make_signature});
}

static struct response *delete_signature(struct request *request)
{
    struct minutes_actor actor;
    struct response *refused = desk_writer(request, &actor);
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
    {HTTP_GET, "/api/v1/consultations/{id}/minutes/print", ACCESS_THERE, .gate = guest_gate, .handler = get_print},
    {HTTP_POST, "/api/v1/consultations/{id}/minutes/signature", ACCESS_THERE, .gate = guest_gate,
     .handler = post_signature},
    {HTTP_DELETE, "/api/v1/consultations/{id}/minutes/signature", ACCESS_THERE, .gate = guest_gate,
     .handler = delete_signature},
    {HTTP_GET, "/api/v1/minutes-keys", ACCESS_ANYONE, .handler = get_keys},
    {0},
};

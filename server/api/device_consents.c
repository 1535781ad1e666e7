/* A word for a device in a running call: an exam camera or an encoder (WHIP, WHEP) has no page on which it could be asked. */
#define G_LOG_DOMAIN "consents"
#include "fields.h"
#include "server/pool.h"
#include "server/problem.h"
#include "server/server.h"
#include "server/store/store.h"
#include "signaling/signaling.h"
#include "tables.h"

/* A request between its handler and its answer. */
struct word {
    struct request *request;
    bool granted;
    bool allowed;
};

static void finish(struct word *word, struct response *response)
{
    request_answer(word->request, response);
    g_free(word);
}

static void on_ledger(void *arg, const char *code)
{
    struct word *word = arg;
    finish(word, code ? problem_of_call(word->request, code, 0) : response_empty(204));
}

static void say(struct word *word)
{
    struct request *request = word->request;
    const struct caller *caller = request_caller(request);
    g_autofree char *said_by = g_strconcat(caller->kind == CALLER_USER ? "user:" : "token:", caller->id, NULL);
    const struct house_consent said = {.consultation = request_param(request, "id"),
                                       .participant = request_param(request, "participant"),
                                       .purpose = "record",
                                       .language = request_language(request),
                                       .said_by = said_by,
                                       .granted = word->granted};
    struct signaling *signaling = request_server(request)->signaling;
    const char *refused = signaling ? signaling_consent_for(signaling, &said, on_ledger, word) : "busy";

    if (refused)
        on_ledger(word, refused);
}

/* Who is no admin must be a host of this consultation. */
static void look_up(void *arg, void *context)
{
    struct word *word = arg;
    STORE_AUTO_ROWS rows = store_query(
        context, NULL,
        "SELECT id FROM participants WHERE consultation_id = ? AND user_id = ? AND role = 'host' AND "
        "removed_at IS NULL",
        store_text(request_param(word->request, "id")), store_text(request_caller(word->request)->id));
    word->allowed = store_count(rows) > 0;
}

static void looked_up(void *arg)
{
    struct word *word = arg;

    if (word->allowed)
        say(word);
    else
        finish(word, problem(word->request, "not-allowed"));
}

static void post_consent(struct request *request)
{
    struct fields fields = fields_of(request);
    const json_t *granted = json_object_get(fields.object, "granted");

    if (!json_is_boolean(granted))
        field_fault(&fields, "granted", granted ? "not-a-boolean" : "required");
    if (fields_bad(&fields)) {
        request_answer(request, fields_problem(&fields));
        return;
    }
    fields_done(&fields);
    struct word *word = g_new0(struct word, 1);
    word->request = request;
    word->granted = json_is_true(granted);
    if (request_caller(request)->admin)
        say(word);
    else if (pool_submit(request_server(request)->pool, look_up, looked_up, word))
        finish(word, problem(request, "busy"));
}

const struct route device_consent_routes[] = {
    {HTTP_POST, "/api/v1/consultations/{id}/participants/{participant}/consents", ACCESS_STAFF,
     .async_handler = post_consent},
    {0},
};

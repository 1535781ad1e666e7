/* Webhooks: who wants to be told of what. */
#include "server/records/webhook.h"

#include <sodium.h>
#include <string.h>

#include "fields.h"
#include "resource.h"
#include "server/problem.h"
#include "server/records/keywrap.h"
#include "server/router.h"
#include "server/server.h"
#include "tables.h"

enum { EVENTS_MAX = 20, URL_LENGTH_MAX = 1000 };
static const int64_t OVERLAP_US = (int64_t)24 * 3600 *
                                  G_USEC_PER_SEC; /* both secrets sign while receivers change over */

#define SELECT "SELECT id, url, events, active, created_at FROM webhooks "

static const struct row_view WEBHOOK = {
    .columns = {.text = {"id", "url"}, .boolean = {"active"}, .time = {"created_at"}, .json = {"events"}}};

static struct response *list_webhooks(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, &WEBHOOK, SELECT "WHERE (? = '' OR id > ?) ORDER BY id LIMIT ?",
                       store_text(page.cursor), store_text(page.cursor), store_int(page.limit + 1));
}

/** As the API shows it, with the secret when one was just made. */
static struct response *answer_webhook(struct request *request, int status, const char *id, const char *secret)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error, SELECT "WHERE id = ?", store_text(id));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    json_t *webhook = json_row(rows, &WEBHOOK.columns);
    json_set_text(webhook, "secret", secret);
    return response_json(status, webhook);
}

static struct response *get_webhook(struct request *request)
{
    return answer_webhook(request, 200, request_param(request, "id"), NULL);
}

static const char *read_url(const struct fields *fields, bool required)
{
    const char *url = field_text(fields, "url", URL_LENGTH_MAX, required);
    if (url && !webhook_url_is_good(url))
        field_fault(fields, "url", "not-a-url");
    return url;
}

/** A list of known events as JSON text; NULL when it is not given. Caller frees. */
static char *read_events(const struct fields *fields, bool required)
{
    json_t *events = field_array(fields, "events", EVENTS_MAX, required), *event;
    size_t i;
    if (!events)
        return NULL;
    json_array_foreach(events, i, event)
    {
        const char *name = json_string_value(event);
        if (!name || !g_strv_contains(webhook_events, name)) {
            field_fault(fields, "events", "not-a-choice");
            return NULL;
        }
    }
    return json_dumps(events, JSON_COMPACT);
}

struct secret {
    char shown[WEBHOOK_SECRET_SIZE];
    char *wrapped;
};

static void new_secret(const struct request *request, struct secret *secret)
{
    unsigned char key[WEBHOOK_KEY_SIZE];
    randombytes_buf(key, sizeof key);
    webhook_secret(key, secret->shown);
    secret->wrapped = keywrap_seal(request_server(request)->master_key, key);
    sodium_memzero(key, sizeof key);
}

static struct response *create_webhook(struct request *request)
{
    struct fields fields = fields_of(request);
    const char *url = read_url(&fields, true);
    g_autofree char *events = read_events(&fields, true);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    char id[STORE_ID_SIZE];
    struct secret secret;
    GError *error = NULL;
    store_new_id(id);
    new_secret(request, &secret);
    int64_t changed = write_audited(request, &error, "webhook.create", id,
                                    "INSERT INTO webhooks (id, url, events, secret, created_at) VALUES (?, ?, ?, ?, ?)",
                                    store_text(id), store_text(url), store_text(events), store_text(secret.wrapped),
                                    store_int(request_now_us(request)));
    g_free(secret.wrapped);
    return changed < 0 ? store_problem(request, error) : answer_webhook(request, 201, id, secret.shown);
}

static struct response *change_webhook(struct request *request)
{
    const char *id = request_param(request, "id");
    struct fields fields = fields_of(request);
    const char *url = read_url(&fields, false);
    g_autofree char *events = read_events(&fields, false);
    bool active = json_is_true(json_object_get(fields.object, "active")), given = field_given(&fields, "active");
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    GError *error = NULL;
    if (write_audited(request, &error, "webhook.change", id,
                      "UPDATE webhooks SET url = COALESCE(?, url), events = COALESCE(?, events), "
                      "active = CASE WHEN ? = 1 THEN ? ELSE active END WHERE id = ?",
                      store_text(url), store_text(events), store_int(given), store_int(active), store_text(id)) < 0)
        return store_problem(request, error);
    return answer_webhook(request, 200, id, NULL);
}

/** A new secret; the old one signs beside it for a day. */
static struct response *rotate_webhook(struct request *request)
{
    const char *id = request_param(request, "id");
    struct secret secret;
    GError *error = NULL;
    new_secret(request, &secret);
    int64_t changed = write_audited(
        request, &error, "webhook.rotate", id,
        "UPDATE webhooks SET previous_secret = secret, previous_until = ?, secret = ? WHERE id = ?",
        store_int(request_now_us(request) + OVERLAP_US), store_text(secret.wrapped), store_text(id));
    g_free(secret.wrapped);
    return changed < 0 ? store_problem(request, error) : answer_webhook(request, 200, id, secret.shown);
}

static struct response *delete_webhook(struct request *request)
{
    return delete_answer(request, "webhook.delete", "DELETE FROM webhooks WHERE id = ?",
                         store_text(request_param(request, "id")));
}

const struct route webhook_routes[] = {
    {HTTP_GET, "/api/v1/webhooks", ACCESS_ADMIN, .handler = list_webhooks},
    {HTTP_POST, "/api/v1/webhooks", ACCESS_ADMIN, .handler = create_webhook},
    {HTTP_GET, "/api/v1/webhooks/{id}", ACCESS_ADMIN, .handler = get_webhook},
    {HTTP_PATCH, "/api/v1/webhooks/{id}", ACCESS_ADMIN, .handler = change_webhook},
    {HTTP_DELETE, "/api/v1/webhooks/{id}", ACCESS_ADMIN, .handler = delete_webhook},
    {HTTP_POST, "/api/v1/webhooks/{id}/secret", ACCESS_ADMIN, .handler = rotate_webhook},
    {0},
};

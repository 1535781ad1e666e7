#define G_LOG_DOMAIN "records"
#include "delivery.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "delivery_row.h"
#include "filing.h"
#include "http_out.h"
#include "keywrap.h"
#include "outbox.h"
#include "pacs.h"
#include "server/audit.h"
#include "server/config.h"
#include "webhook.h"

enum { WEBHOOK_TIMEOUT_S = 20, LEASE_MARGIN_S = 60 };

static void delivery_clear(struct delivery *d)
{
    g_free(d->event);
    g_free(d->consultation);
    g_free(d->file);
    g_free(d->webhook);
    g_free(d->target);
    g_free(d->payload);
}

/* ---- the lease ---- */

struct lease {
    const struct delivery_context *context;
    struct delivery *delivery;
    enum delivery_lane lane;
    int64_t now;
};

static enum delivery_kind kind_named(const char *name)
{
    return strcmp(name, "fhir") == 0 ? DELIVERY_FHIR : strcmp(name, "dicom") == 0 ? DELIVERY_DICOM : DELIVERY_WEBHOOK;
}

static void take_row(struct delivery *d, const struct store_rows *rows)
{
    delivery_clear(d);
    *d = (struct delivery){.found = true};
    g_strlcpy(d->id, rows_text(rows, "id"), sizeof d->id);
    d->kind = kind_named(rows_text(rows, "kind"));
    d->event = g_strdup(rows_text(rows, "event"));
    d->consultation = g_strdup(rows_text(rows, "consultation_id"));
    d->file = g_strdup(rows_text(rows, "file_id"));
    d->webhook = g_strdup(rows_text(rows, "webhook_id"));
    d->target = g_strdup(rows_text(rows, "target"));
    d->payload = g_strdup(rows_text(rows, "payload"));
    d->failures = rows_int(rows, "failures");
    d->created_at = rows_int(rows, "created_at");
}

static bool lease_work(struct store *store, void *arg, GError **error)
{
    struct lease *lease = arg;
    lease->delivery->found = false;
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, kind, event, consultation_id, file_id, webhook_id, target, payload, failures, "
        "created_at FROM outbox WHERE ((state = 'waiting' AND next_attempt_at <= ?) OR "
        "(state = 'delivering' AND lease_until < ?)) AND CASE kind WHEN 'webhook' THEN 1 ELSE 0 END = ? "
        "ORDER BY next_attempt_at, id LIMIT 1",
        store_int(lease->now), store_int(lease->now), store_int(lease->lane == DELIVERY_WEBHOOKS));
    if (!store_next(rows))
        return rows != NULL;
    take_row(lease->delivery, rows);
    const struct config *config = lease->context->config;
    int64_t longest_s = MAX(MAX(config->emr.timeout_s, config->pacs.timeout_s), WEBHOOK_TIMEOUT_S) + LEASE_MARGIN_S;
    return store_run(
               store, error,
               "UPDATE outbox SET state = 'delivering', attempts = attempts + 1, lease_owner = ?, lease_until = ? "
               "WHERE id = ?",
               store_text(lease->context->node), store_int(lease->now + longest_s * G_USEC_PER_SEC),
               store_text(lease->delivery->id)) == 1;
}

/* ---- to the EMR ---- */

static char *authorization(const struct config *config)
{
    char *token = NULL;
    if (!*config->emr.fhir_token_file || !g_file_get_contents(config->emr.fhir_token_file, &token, NULL, NULL))
        return NULL;
    char *header = g_strconcat("Authorization: Bearer ", g_strstrip(token), NULL);
    g_free(token);
    return header;
}

static void judge_filing(struct delivery *d, const json_t *bundle, const struct http_out_answer *answer)
{
    if (!answer->status) {
        d->outcome = TRY_LATER;
        g_strlcpy(d->reason, answer->error, sizeof d->reason);
        return;
    }
    enum fhir_verdict verdict = fhir_read_answer(bundle, answer->status, answer->body, answer->size, d->reason,
                                                 sizeof d->reason);
    d->outcome = verdict == FHIR_FILED ? DELIVERED : verdict == FHIR_REFUSED ? REFUSED : TRY_LATER;
}

static void send_bundle(struct delivery *d, const struct delivery_context *context, const json_t *bundle)
{
    g_autofree char *token = authorization(context->config);
    const char *headers[] = {"Content-Type: application/fhir+json", "Accept: application/fhir+json", token, NULL};
    char *body = json_dumps(bundle, JSON_COMPACT);
    struct http_out_answer answer;
    const char *base = context->config->emr.fhir_base;
    http_out_post(&(struct http_out){.url = *base ? base : d->target, /* it may have moved meanwhile */
                                     .headers = headers,
                                     .body = body,
                                     .size = strlen(body),
                                     .timeout_s = context->config->emr.timeout_s,
                                     .stop = context->stop},
                  &answer);
    judge_filing(d, bundle, &answer);
    http_out_clear(&answer);
    free(body);
}

static void file(struct store *store, struct delivery *d, const struct delivery_context *context)
{
    g_autoptr(GError) error = NULL;
    struct filing *filing = filing_load(store, d->consultation, context->origin, d->created_at, &error);
    d->outcome = TRY_LATER;
    if (!filing) {
        g_strlcpy(d->reason, error ? error->message : "the consultation is gone", sizeof d->reason);
        return;
    }
    json_t *bundle = fhir_bundle(&filing->fhir);
    send_bundle(d, context, bundle);
    json_decref(bundle);
    filing_free(filing);
}

/* ---- to a webhook ---- */

static bool sign_with(const struct delivery_context *context, const char *wrapped, const struct delivery *d,
                      int64_t now_s, GString *signatures)
{
    unsigned char key[WEBHOOK_KEY_SIZE];
    char signature[WEBHOOK_SIGNATURE_SIZE];
    if (!wrapped || !keywrap_open(context->master_key, wrapped, key))
        return false;
    webhook_sign(key, sizeof key, d->id, now_s, d->payload, signature);
    sodium_memzero(key, sizeof key);
    g_string_append_printf(signatures, "%s%s", signatures->len ? " " : "", signature);
    return true;
}

static void send_message(struct delivery *d, const struct delivery_context *context, const char *url, int64_t now_s,
                         const char *signatures)
{
    g_autofree char *id = g_strconcat("webhook-id: ", d->id, NULL);
    g_autofree char *time = g_strdup_printf("webhook-timestamp: %" G_GINT64_FORMAT, now_s);
    g_autofree char *signature = g_strconcat("webhook-signature: ", signatures, NULL);
    const char *headers[] = {"Content-Type: application/json", id, time, signature, NULL};
    struct http_out_answer answer;
    http_out_post(&(struct http_out){.url = url,
                                     .headers = headers,
                                     .body = d->payload,
                                     .size = strlen(d->payload),
                                     .timeout_s = WEBHOOK_TIMEOUT_S,
                                     .stop = context->stop},
                  &answer);
    d->outcome = answer.status >= 200 && answer.status < 300 ? DELIVERED : answer.status == 410 ? REFUSED : TRY_LATER;
    if (d->outcome != DELIVERED && answer.status)
        g_snprintf(d->reason, sizeof d->reason, "HTTP %ld", answer.status);
    else if (d->outcome != DELIVERED)
        g_strlcpy(d->reason, answer.error, sizeof d->reason);
    http_out_clear(&answer);
}

static void notify(struct store *store, struct delivery *d, const struct delivery_context *context, int64_t now)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) signatures = g_string_new(NULL);
    STORE_AUTO_ROWS rows = store_query(store, &error,
                                       "SELECT url, secret, previous_secret, previous_until FROM webhooks WHERE id = ? "
                                       "AND active = 1",
                                       store_text(d->webhook));
    d->outcome = rows ? REFUSED : TRY_LATER;
    g_strlcpy(d->reason, rows ? "the webhook has been removed" : error->message, sizeof d->reason);
    if (!store_next(rows))
        return;
    int64_t now_s = now / G_USEC_PER_SEC;
    if (!sign_with(context, rows_text(rows, "secret"), d, now_s, signatures)) {
        g_strlcpy(d->reason, "the webhook's secret does not open: another master key?", sizeof d->reason);
        return;
    }
    if (rows_int(rows, "previous_until") > now)
        sign_with(context, rows_text(rows, "previous_secret"), d, now_s, signatures);
    *d->reason = '\0';
    send_message(d, context, rows_text(rows, "url"), now_s, signatures->str);
}

/* ---- what came of it ---- */

struct settlement {
    const struct delivery_context *context;
    const struct delivery *delivery;
    int64_t now;
};

/** What has left the house is in the audit log, in the transaction that says so. */
static bool audit_filed(struct store *store, const struct settlement *s, GError **error)
{
    const struct delivery *d = s->delivery;
    bool dicom = d->kind == DELIVERY_DICOM;
    g_autofree char *object = dicom ? g_strconcat("file:", d->file, NULL)
                                    : g_strconcat("consultation:", d->consultation, NULL);
    json_t *detail = json_pack("{s:s}", "delivery", d->id);
    bool audited = audit_append(store,
                                &(struct audit_entry){.at_us = s->now,
                                                      .actor = "system",
                                                      .action = dicom ? "still.file" : "record.file",
                                                      .object = object,
                                                      .detail = detail,
                                                      .consultation = d->consultation},
                                error);
    json_decref(detail);
    return audited;
}

static bool settle_good(struct store *store, const struct settlement *s, GError **error)
{
    const struct delivery *d = s->delivery;
    return store_run(store, error,
                     "UPDATE outbox SET state = 'delivered', delivered_at = ?, last_error = NULL, lease_owner = NULL, "
                     "lease_until = NULL, next_attempt_at = NULL WHERE id = ? AND lease_owner = ?",
                     store_int(s->now), store_text(d->id), store_text(s->context->node)) >= 0 &&
           (d->kind == DELIVERY_WEBHOOK || audit_filed(store, s, error)) &&
           (d->kind != DELIVERY_FHIR || outbox_filed(store, d->id, s->now, error));
}

static bool settle_bad(struct store *store, const struct settlement *s, GError **error)
{
    const struct delivery *d = s->delivery;
    double random = randombytes_uniform(1000) / 1000.0;
    int64_t wait_s = d->outcome == REFUSED ? -1 : outbox_backoff_s(d->failures + 1, random);
    return store_run(store, error,
                     "UPDATE outbox SET state = ?, failures = failures + 1, last_error = ?, next_attempt_at = ?, "
                     "lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?",
                     store_text(wait_s < 0 ? "failed" : "waiting"), store_text(d->reason),
                     store_time(wait_s < 0 ? 0 : s->now + wait_s * G_USEC_PER_SEC), store_text(d->id),
                     store_text(s->context->node)) >= 0;
}

static bool settle_work(struct store *store, void *arg, GError **error)
{
    const struct settlement *s = arg;
    return s->delivery->outcome == DELIVERED ? settle_good(store, s, error) : settle_bad(store, s, error);
}

static void deliver(struct store *store, struct delivery *d, const struct delivery_context *context, int64_t now)
{
    switch (d->kind) {
    case DELIVERY_FHIR:
        file(store, d, context);
        break;
    case DELIVERY_DICOM:
        pacs_deliver(store, d, context);
        break;
    case DELIVERY_WEBHOOK:
        notify(store, d, context, now);
        break;
    }
}

bool delivery_make_one(struct store *store, const struct delivery_context *context, enum delivery_lane lane,
                       int64_t now)
{
    struct delivery d = {0};
    g_autoptr(GError) error = NULL;
    bool leased = store_transaction(store, lease_work, &(struct lease){context, &d, lane, now}, &error) && d.found;
    if (leased) {
        int64_t began = g_get_monotonic_time();
        deliver(store, &d, context, now);
        int64_t after = now + g_get_monotonic_time() - began;
        /* What cannot be written down is sent again when the lease has run out: receivers must know a message by its
         * id. */
        store_transaction(store, settle_work, &(struct settlement){context, &d, after}, &error);
        g_message("event=%s delivery=%s consultation=%s", d.outcome == DELIVERED ? "delivered" : "not_delivered", d.id,
                  d.consultation);
    }
    if (error)
        g_warning("event=delivery_store %s", error->message);
    delivery_clear(&d);
    return leased;
}

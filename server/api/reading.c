#include "reading.h"

#include "media/vault.h"
#include "server/audit.h"
#include "server/store/store.h"

#define NOTED_FOR_US (INT64_C(3600) * 1000000)

static char *actor_of(const struct request *request, const struct reading *reading)
{
    return reading->participant ? g_strconcat("participant:", reading->participant, NULL) : audit_caller(request);
}

bool reading_audit(const struct request *request, const struct reading *reading, GError **error)
{
    g_autofree char *object = g_strconcat(reading->kind, ":", reading->id, NULL);
    g_autofree char *actor = actor_of(request, reading);
    struct audit_entry entry = {.actor = actor,
                                .action = reading->action,
                                .object = object,
                                .detail = reading->detail,
                                .consultation = reading->consultation};
    return audit_request_entry(request, entry, error);
}

static bool is_beginning(const struct request *request)
{
    const char *range = request_header(request, "range");
    return !range || g_str_has_prefix(range, "bytes=0-");
}

/** Who leaves out the first byte is not unseen by that. */
static bool is_noted(const struct request *request, const struct reading *reading)
{
    g_autofree char *object = g_strconcat(reading->kind, ":", reading->id, NULL);
    g_autofree char *actor = actor_of(request, reading);
    g_autofree char *detail = audit_detail(reading->detail);
    STORE_AUTO_ROWS rows = store_query(request_store(request), NULL,
                                       "SELECT 1 AS one FROM audit WHERE consultation_id = ? AND object = ? AND action "
                                       "= ? AND actor = ? AND COALESCE(detail, '') = ? AND at > ? LIMIT 1",
                                       store_text(reading->consultation), store_text(object),
                                       store_text(reading->action), store_text(actor), store_text(detail ? detail : ""),
                                       store_int(request_now_us(request) - NOTED_FOR_US));
    return store_count(rows) > 0;
}

bool reading_audit_range(const struct request *request, const struct reading *reading)
{
    return (!is_beginning(request) && is_noted(request, reading)) || reading_audit(request, reading, NULL);
}

static ssize_t read_vault(void *arg, uint64_t offset, void *data, size_t size)
{
    return vault_read(arg, offset, data, size);
}

static void close_vault(void *arg)
{
    vault_close(arg);
}

struct response *reading_answer(const struct request *request, struct vault *vault, const char *type, const char *etag)
{
    struct body_source source = {.size = vault_size(vault), .read = read_vault, .destroy = close_vault, .arg = vault};
    struct response *response = response_source(request, type, etag, &source);
    response_header(response, "cache-control", "private, no-store");
    return response;
}

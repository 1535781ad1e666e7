#include "reading.h"

#include "media/vault.h"
#include "server/audit.h"

bool reading_audit(const struct request *request, const struct reading *reading)
{
    g_autofree char *object = g_strconcat(reading->kind, ":", reading->id, NULL);
    g_autofree char *actor = reading->participant ? g_strconcat("participant:", reading->participant, NULL) : NULL;
    struct audit_entry entry = {.actor = actor,
                                .action = reading->action,
                                .object = object,
                                .detail = reading->detail,
                                .consultation = reading->consultation};
    return audit_request_entry(request, entry) == 0;
}

bool reading_begins(const struct request *request)
{
    const char *range = request_header(request, "range");
    return !range || g_str_has_prefix(range, "bytes=0-");
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

#define G_LOG_DOMAIN "audit"
#include "server/audit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "server/http.h"
#include "server/store/store.h"

enum { HASH_SIZE = 2 * crypto_hash_sha256_BYTES + 1, VERIFY_PAGE = 1000 };

struct row {
    int64_t seq, at_us;
    const char *actor, *action, *object, *consultation, *detail, *address, *previous;
};

/* Over a JSON list of all that the row says: no two rows are written the same way. */
static void hash_row(const struct row *row, char hash[HASH_SIZE])
{
    unsigned char raw[crypto_hash_sha256_BYTES];
    json_t *list = json_pack("[s, I, I, s, s, s?, s?, s?, s?]", row->previous, (json_int_t)row->seq,
                             (json_int_t)row->at_us, row->actor, row->action, row->object, row->consultation,
                             row->detail, row->address);
    char *text = json_dumps(list, JSON_COMPACT | JSON_ENCODE_ANY);

    g_assert(text);
    crypto_hash_sha256(raw, (const unsigned char *)text, strlen(text));
    sodium_bin2hex(hash, HASH_SIZE, raw, sizeof raw);
    free(text);
    json_decref(list);
}

static bool append(struct store *store, void *arg, GError **error)
{
    struct row *row = arg;
    char hash[HASH_SIZE];
    STORE_AUTO_ROWS last = store_query(store, error, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");

    if (!last)
        return false;
    bool any = store_next(last);
    row->seq = any ? rows_int(last, "seq") + 1 : 1;
    row->previous = any ? rows_text(last, "hash") : "";
    hash_row(row, hash);
    return store_run(store, error,
                     "INSERT INTO audit (seq, at, actor, action, object, consultation_id, detail, address, "
                     "previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     store_int(row->seq), store_int(row->at_us), store_text(row->actor), store_text(row->action),
                     store_text(row->object), store_text(row->consultation), store_text(row->detail),
                     store_text(row->address), store_text(row->previous), store_text(hash)) >= 0;
}

static const char *consultation_of(const struct audit_entry *entry)
{
    static const char prefix[] = "consultation:";

    if (entry->consultation)
        return entry->consultation;
    return entry->object && g_str_has_prefix(entry->object, prefix) ? entry->object + strlen(prefix) : NULL;
}

char *audit_detail(const json_t *detail)
{
    return detail ? json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
}

/** Another row has taken the number: worth another try of the whole deed, and no duplicate of its own. */
static void give_fault(GError *fault, const char *action, GError **error)
{
    if (!error)
        g_warning("event=not_audited action=%s error=\"%s\"", action, fault->message);
    if (g_error_matches(fault, STORE_ERROR, STORE_ERROR_DUPLICATE))
        fault->code = STORE_ERROR_BUSY;
    g_propagate_error(error, fault);
}

bool audit_append(struct store *store, const struct audit_entry *entry, GError **error)
{
    g_autofree char *detail = audit_detail(entry->detail);
    GError *fault = NULL;
    struct row row = {
        .at_us = entry->at_us,
        .actor = entry->actor,
        .action = entry->action,
        .object = entry->object,
        .consultation = consultation_of(entry),
        .address = entry->address,
        .detail = detail,
    };

    bool written = store_transaction(store, append, &row, &fault);
    if (!written)
        give_fault(fault, entry->action, error);
    return written;
}

char *audit_caller(const struct request *request)
{
    const struct caller *caller = request_caller(request);
    return caller->kind == CALLER_NOBODY
               ? g_strdup("nobody")
               : g_strconcat(caller->kind == CALLER_USER ? "user:" : "token:", caller->id, NULL);
}

bool audit_request_entry(const struct request *request, struct audit_entry entry, GError **error)
{
    g_autofree char *actor = audit_caller(request);
    entry.at_us = request_now_us(request);
    entry.address = request_address(request);
    if (!entry.actor)
        entry.actor = actor;
    return audit_append(request_store(request), &entry, error);
}

bool audit_request(const struct request *request, const char *action, const char *object, GError **error)
{
    return audit_request_entry(request, (struct audit_entry){.action = action, .object = object}, error);
}

static bool fits(struct store_rows *rows, const char *previous)
{
    struct row row = {
        .seq = rows_int(rows, "seq"),
        .at_us = rows_int(rows, "at"),
        .actor = rows_text(rows, "actor"),
        .action = rows_text(rows, "action"),
        .object = rows_text(rows, "object"),
        .consultation = rows_text(rows, "consultation_id"),
        .detail = rows_text(rows, "detail"),
        .address = rows_text(rows, "address"),
        .previous = previous,
    };
    char hash[HASH_SIZE];

    hash_row(&row, hash);
    return !strcmp(previous, rows_text(rows, "previous_hash")) && !strcmp(hash, rows_text(rows, "hash"));
}

bool audit_verify(struct store *store, int64_t *rows_seen, int64_t *broken_at, GError **error)
{
    char previous[HASH_SIZE] = "";
    int64_t last = 0;

    *rows_seen = *broken_at = 0;
    for (;;) {
        STORE_AUTO_ROWS rows = store_query(store, error,
                                           "SELECT seq, at, actor, action, object, consultation_id, detail, address, "
                                           "previous_hash, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
                                           store_int(last), store_int(VERIFY_PAGE));
        if (!rows)
            return false;
        if (!store_count(rows))
            return true;
        while (store_next(rows)) {
            if (rows_int(rows, "seq") != last + 1 || !fits(rows, previous)) {
                *broken_at = last + 1;
                return true;
            }
            last++;
            (*rows_seen)++;
            g_strlcpy(previous, rows_text(rows, "hash"), sizeof previous);
        }
    }
}

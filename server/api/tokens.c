/* Tokens for software: shown once, kept as hashes, revoked rather than forgotten. */
#include "fields.h"
#include "resource.h"
#include "server/identity.h"
#include "server/problem.h"
#include "tables.h"

#define SELECT "SELECT id, name, created_at, last_used_at FROM api_tokens "

static const struct row_view TOKEN = {.columns = {.text = {"id", "name"}, .time = {"created_at", "last_used_at"}}};

static struct response *list_tokens(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(request, &page, &TOKEN, SELECT "WHERE revoked_at IS NULL AND id > ? ORDER BY id LIMIT ?",
                       store_text(page.cursor), store_int(page.limit + 1));
}

static struct response *create_token(struct request *request)
{
    struct fields fields = fields_of(request);
    const char *name = field_text(&fields, "name", 120, true);
    const struct caller *caller = request_caller(request);
    char id[STORE_ID_SIZE], secret[IDENTITY_SECRET_SIZE], digest[IDENTITY_DIGEST_SIZE];
    GError *error = NULL;

    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    store_new_id(id);
    identity_new_secret(secret);
    identity_digest(secret, digest);
    if (write_audited(request, &error, "token.create", id,
                      "INSERT INTO api_tokens (id, name, token_hash, created_by, created_at) VALUES (?, ?, ?, ?, ?)",
                      store_text(id), store_text(name), store_text(digest),
                      store_text(caller->kind == CALLER_USER ? caller->id : NULL),
                      store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return response_json(201, json_pack("{s:s, s:s, s:s}", "id", id, "name", name, "token", secret));
}

static struct response *revoke_token(struct request *request)
{
    return delete_answer(request, "token.revoke",
                         "UPDATE api_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                         store_int(request_now_us(request)), store_text(request_param(request, "id")));
}

const struct route token_routes[] = {
    {HTTP_GET, "/api/v1/tokens", ACCESS_ADMIN, .handler = list_tokens},
    {HTTP_POST, "/api/v1/tokens", ACCESS_ADMIN, .handler = create_token},
    {HTTP_DELETE, "/api/v1/tokens/{id}", ACCESS_ADMIN, .handler = revoke_token},
    {0},
};

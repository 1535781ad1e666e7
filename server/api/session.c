/* Signing in and out, and one's own password and language. */
#define G_LOG_DOMAIN "session"
#include <string.h>

#include "fields.h"
#include "resource.h"
#include "server/audit.h"
#include "server/identity.h"
#include "server/problem.h"
#include "server/server.h"
#include "server/throttle.h"
#include "tables.h"

#define USER "SELECT u.id, u.username, u.name, u.title, u.role, u.site_id, u.language, u.must_change_password, "
enum { USERNAME_MAX = 64, COOKIE_SIZE = 256 };

static const struct json_columns PERSON = {.text = {"id", "username", "name", "role", "language", "title", "site_id"}};

static void add_person(struct store *store, const struct store_rows *rows, json_t *session, GError **error)
{
    (void)store, (void)error;
    json_object_set_new(session, "user", json_row(rows, &PERSON));
}

static const struct row_view SESSION = {
    .columns = {.text = {"csrf"}, .boolean = {"must_change_password"}},
    .more = add_person,
};

static struct response *answer_session(struct request *request, int status, const char *session)
{
    return one_answer(request, status, &SESSION,
                      USER "s.csrf FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
                      store_text(session));
}

/* ---- signing in ---- */

struct sign_in {
    struct request *request;
    char account_key[96], address_key[96];
    const char *user;
    char secret[IDENTITY_SECRET_SIZE], session[IDENTITY_DIGEST_SIZE];
};

static struct response *throttled(const struct sign_in *attempt)
{
    struct store *store = request_store(attempt->request);
    int64_t now_us = request_now_us(attempt->request);
    int64_t account_s = throttle_wait_s(store, attempt->account_key, now_us);
    int64_t address_s = throttle_wait_s(store, attempt->address_key, now_us);

    return account_s || address_s ? problem_retry(attempt->request, "too-many-attempts", MAX(account_s, address_s))
                                  : NULL;
}

/* The same work whether the account exists or not. */
static struct response *refuse(const struct sign_in *attempt)
{
    struct store *store = request_store(attempt->request);
    int64_t now_us = request_now_us(attempt->request);
    g_autofree char *object = attempt->user ? g_strconcat("user:", attempt->user, NULL) : NULL;

    throttle_failed(store, attempt->account_key, &throttle_account, now_us);
    throttle_failed(store, attempt->address_key, &throttle_address, now_us);
    audit_request(attempt->request, "session.refused", object, NULL);
    return problem(attempt->request, "bad-credentials");
}

static bool begin_session(struct store *store, void *arg, GError **error)
{
    struct sign_in *attempt = arg;
    int64_t now_us = request_now_us(attempt->request), idle_us = now_us - (int64_t)IDENTITY_IDLE_S * G_USEC_PER_SEC;
    char csrf[IDENTITY_SECRET_SIZE];
    g_autofree char *actor = g_strconcat("user:", attempt->user, NULL);
    struct audit_entry entry = {.actor = actor, .action = "session.begin", .object = actor};

    identity_new_secret(attempt->secret);
    identity_digest(attempt->secret, attempt->session);
    identity_new_secret(csrf);
    if (store_run(store, error, "DELETE FROM sessions WHERE expires_at < ? OR (last_seen_at < ? AND listened_at < ?)",
                  store_int(now_us), store_int(idle_us), store_int(idle_us)) < 0 ||
        !throttle_sweep(store, now_us, error) ||
        store_run(store, error,
                  "INSERT INTO sessions (id, user_id, csrf, address, created_at, last_seen_at, expires_at) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?)",
                  store_text(attempt->session), store_text(attempt->user), store_text(csrf),
                  store_text(request_address(attempt->request)), store_int(now_us), store_int(now_us),
                  store_int(now_us + (int64_t)IDENTITY_SESSION_S * G_USEC_PER_SEC)) < 0)
        return false;
    return audit_request_entry(attempt->request, entry, error);
}

static struct response *accept_user(struct sign_in *attempt)
{
    GError *error = NULL;
    char cookie[COOKIE_SIZE];

    throttle_forgive(request_store(attempt->request), attempt->account_key);
    if (!store_transaction(request_store(attempt->request), begin_session, attempt, &error))
        return store_problem(attempt->request, error);
    struct response *response = answer_session(attempt->request, 200, attempt->session);
    g_snprintf(cookie, sizeof cookie, IDENTITY_COOKIE "=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Strict",
               attempt->secret, IDENTITY_SESSION_S);
    response_header(response, "set-cookie", cookie);
    return response;
}

static struct response *try_password(struct sign_in *attempt, const char *username, const char *password)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(attempt->request), &error,
                                       "SELECT id, password_hash FROM users WHERE username = ? AND active = 1",
                                       store_text(username));

    if (!rows)
        return store_problem(attempt->request, error);
    bool known = store_next(rows);
    attempt->user = known ? rows_text(rows, "id") : NULL;
    switch (identity_verify_password(request_server(attempt->request)->identity,
                                     known ? rows_text(rows, "password_hash") : NULL, password)) {
    case PASSWORD_BUSY:
        return problem_retry(attempt->request, "busy", 2);
    case PASSWORD_WRONG:
        return refuse(attempt);
    case PASSWORD_GOOD:
        break;
    }
    return accept_user(attempt);
}

static const char *field_password(struct fields *fields, const char *name)
{
    const char *password = json_string_value(json_object_get(fields->object, name));

    if (!password || !*password)
        field_fault(fields, name, "required");
    return password;
}

static struct response *sign_in(struct request *request)
{
    struct fields fields = fields_of(request);
    struct sign_in attempt = {.request = request};
    const char *username = field_text(&fields, "username", USERNAME_MAX, true);
    const char *password = field_password(&fields, "password");

    if (!identity_same_origin(request)) {
        fields_done(&fields);
        return problem(request, "csrf");
    }
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    g_autofree char *name = g_utf8_strdown(username, -1);
    g_snprintf(attempt.account_key, sizeof attempt.account_key, "account:%.80s", name);
    throttle_address_key(request_address(request), attempt.address_key);
    struct response *wait = throttled(&attempt);
    return wait ? wait : try_password(&attempt, name, password);
}

/* ---- being signed in ---- */

static struct response *get_session(struct request *request)
{
    return answer_session(request, 200, request_caller(request)->session);
}

static struct response *sign_out(struct request *request)
{
    GError *error = NULL;

    if (store_run(request_store(request), &error, "DELETE FROM sessions WHERE id = ?",
                  store_text(request_caller(request)->session)) < 0)
        return store_problem(request, error);
    audit_request(request, "session.end", NULL, NULL);
    struct response *response = response_empty(204);
    response_header(response, "set-cookie", IDENTITY_COOKIE "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
    return response;
}

static struct response *set_language(struct request *request)
{
    static const char *const languages[] = {"vi", "en", NULL};
    struct fields fields = fields_of(request);
    const char *language = field_choice(&fields, "language", languages, NULL);
    const struct caller *caller = request_caller(request);
    GError *error = NULL;

    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    if (store_run(request_store(request), &error, "UPDATE sessions SET language = ? WHERE id = ?", store_text(language),
                  store_text(caller->session)) < 0 ||
        store_run(request_store(request), &error, "UPDATE users SET language = ? WHERE id = ?", store_text(language),
                  store_text(caller->id)) < 0)
        return store_problem(request, error);
    return answer_session(request, 200, caller->session);
}

/* ---- the password ---- */

struct new_password {
    struct request *request;
    char hash[IDENTITY_HASH_SIZE];
};

/* Everybody who is signed in as this user elsewhere has to sign in again. */
static bool store_password(struct store *store, void *arg, GError **error)
{
    const struct new_password *new = arg;
    const struct caller *caller = request_caller(new->request);

    return store_run(store, error,
                     "UPDATE users SET password_hash = ?, must_change_password = 0, password_changed_at = ? "
                     "WHERE id = ?",
                     store_text(new->hash), store_int(request_now_us(new->request)), store_text(caller->id)) >= 0 &&
           store_run(store, error, "DELETE FROM sessions WHERE user_id = ? AND id <> ?", store_text(caller->id),
                     store_text(caller->session)) >= 0 &&
           audit_or_fail(new->request, "user.password", "user", caller->id, error);
}

static struct response *check_current(struct request *request, struct store_rows *user, const char *current)
{
    char key[96];

    g_snprintf(key, sizeof key, "account:%.80s", rows_text(user, "username"));
    int64_t wait_s = throttle_wait_s(request_store(request), key, request_now_us(request));
    if (wait_s)
        return problem_retry(request, "too-many-attempts", wait_s);
    switch (identity_verify_password(request_server(request)->identity, rows_text(user, "password_hash"), current)) {
    case PASSWORD_BUSY:
        return problem_retry(request, "busy", 2);
    case PASSWORD_WRONG:
        throttle_failed(request_store(request), key, &throttle_account, request_now_us(request));
        return problem(request, "wrong-password");
    case PASSWORD_GOOD:
        break;
    }
    return NULL;
}

static struct response *change_password(struct request *request)
{
    struct fields fields = fields_of(request);
    const char *current = field_password(&fields, "current"), *wanted = field_password(&fields, "new");
    struct new_password new = {.request = request};
    GError *error = NULL;
    STORE_AUTO_ROWS user = store_query(request_store(request), &error,
                                       "SELECT username, password_hash FROM users WHERE id = ?",
                                       store_text(request_caller(request)->id));

    if (!store_next(user)) {
        fields_done(&fields);
        return store_problem(request, error);
    }
    const char *fault = wanted ? identity_password_fault(wanted, rows_text(user, "username")) : NULL;
    if (fault)
        field_fault(&fields, "new", fault);
    else if (wanted && current && !strcmp(wanted, current))
        field_fault(&fields, "new", "password-unchanged");
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    struct response *refused = check_current(request, user, current);
    if (refused)
        return refused;
    if (!identity_hash_password(request_server(request)->identity, wanted, new.hash))
        return problem_retry(request, "busy", 2);
    if (!store_transaction(request_store(request), store_password, &new, &error))
        return store_problem(request, error);
    return response_empty(204);
}

const struct route session_routes[] = {
    {HTTP_POST, "/api/v1/session", ACCESS_ANYONE, .handler = sign_in},
    {HTTP_GET, "/api/v1/session", ACCESS_SIGNED_IN, .handler = get_session},
    {HTTP_PUT, "/api/v1/session", ACCESS_SIGNED_IN, .handler = set_language},
    {HTTP_DELETE, "/api/v1/session", ACCESS_SIGNED_IN, .handler = sign_out},
    {HTTP_PUT, "/api/v1/session/password", ACCESS_SIGNED_IN, .handler = change_password},
    {0},
};

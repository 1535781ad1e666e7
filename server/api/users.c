/* People who sign in: admins and doctors. */
#include <string.h>

#include "fields.h"
#include "resource.h"
#include "server/identity.h"
#include "server/problem.h"
#include "server/server.h"
#include "tables.h"

#define SELECT "SELECT id, username, name, title, role, site_id, language, active, created_at FROM users "

static const struct row_view USER = {
    .columns = {.text = {"id", "username", "name", "role", "language", "title", "site_id"},
                .boolean = {"active"},
                .time = {"created_at"}}};

static struct response *list_users(struct request *request)
{
    return search_answer(request, &USER, SELECT SEARCHED("users"));
}

static struct response *answer_user(struct request *request, const char *id)
{
    return one_answer(request, 200, &USER, SELECT "WHERE id = ?", store_text(id));
}

static struct response *get_user(struct request *request)
{
    return answer_user(request, request_param(request, "id"));
}

/* ---- fields ---- */

struct user_fields {
    const char *username, *name, *title, *role, *site_id, *language;
    bool active;
};

static const char *field_username(struct fields *fields)
{
    const char *name = field_text(fields, "username", 64, true);

    if (name && (strlen(name) < 2 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != strlen(name)))
        field_fault(fields, "username", "not-a-username");
    return name;
}

static bool field_active(struct fields *fields)
{
    json_t *active = json_object_get(fields->object, "active");

    if (active && !json_is_boolean(active))
        field_fault(fields, "active", "not-a-boolean");
    return !json_is_false(active);
}

static void read_user(struct fields *fields, struct user_fields *user)
{
    static const char *const roles[] = {"admin", "doctor", NULL}, *const languages[] = {"vi", "en", NULL};

    user->username = field_username(fields);
    user->name = field_text(fields, "name", 120, true);
    user->title = field_text(fields, "title", 120, false);
    user->role = field_choice(fields, "role", roles, NULL);
    user->site_id = field_id(fields, "site_id", false);
    user->language = field_choice(fields, "language", languages, "vi");
    user->active = field_active(fields);
}

static char *search_text(const struct user_fields *user)
{
    g_autofree char *both = g_strjoin(" ", user->name, user->username, NULL);
    return store_fold(both);
}

/* ---- making ---- */

static struct response *answer_one_time(struct request *request, const char *id, const char *one_time, int status)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error, SELECT "WHERE id = ?", store_text(id));

    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    json_t *user = json_row(rows, &USER.columns);
    json_object_set_new(user, "one_time_password", json_string(one_time));
    return response_json(status, user);
}

static struct response *create_user(struct request *request)
{
    struct fields fields = fields_of(request);
    struct user_fields user;
    char id[STORE_ID_SIZE], one_time[IDENTITY_ONE_TIME_SIZE], hash[IDENTITY_HASH_SIZE];
    GError *error = NULL;

    read_user(&fields, &user);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    store_new_id(id);
    identity_one_time_password(one_time);
    if (!identity_hash_password(request_server(request)->identity, one_time, hash))
        return problem_retry(request, "busy", 2);
    g_autofree char *search = search_text(&user);
    if (write_audited(request, &error, "user.create", id,
                      "INSERT INTO users (id, username, name, title, role, site_id, language, active, password_hash, "
                      "must_change_password, search, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
                      store_text(id), store_text(user.username), store_text(user.name), store_text(user.title),
                      store_text(user.role), store_text(user.site_id), store_text(user.language),
                      store_int(user.active), store_text(hash), store_text(search),
                      store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return answer_one_time(request, id, one_time, 201);
}

/* ---- changing ---- */

enum change_verdict { CHANGED, NO_SUCH_USER, LAST_ADMIN, FAILED };

struct change {
    struct request *request;
    const char *id;
    const struct user_fields *user; /* NULL: to be removed */
    enum change_verdict verdict;
};

/* Somebody must always be able to get in. */
static bool leaves_an_admin(struct store *store, const struct change *change, GError **error)
{
    if (change->user && change->user->active && !strcmp(change->user->role, "admin"))
        return true;
    STORE_AUTO_ROWS others = store_query(store, error,
                                         "SELECT id FROM users WHERE role = 'admin' AND active = 1 AND id <> ? LIMIT 1",
                                         store_text(change->id));
    return store_next(others);
}

static int64_t write_user(struct store *store, const struct change *change, GError **error)
{
    const struct user_fields *user = change->user;

    if (!user)
        return store_run(store, error, "DELETE FROM users WHERE id = ?", store_text(change->id));
    g_autofree char *search = search_text(user);
    return store_run(store, error,
                     "UPDATE users SET username = ?, name = ?, title = ?, role = ?, site_id = ?, language = ?, "
                     "active = ?, search = ? WHERE id = ?",
                     store_text(user->username), store_text(user->name), store_text(user->title),
                     store_text(user->role), store_text(user->site_id), store_text(user->language),
                     store_int(user->active), store_text(search), store_text(change->id));
}

static bool change_work(struct store *store, void *arg, GError **error)
{
    struct change *change = arg;

    change->verdict = FAILED;
    if (!leaves_an_admin(store, change, error)) {
        change->verdict = LAST_ADMIN;
        return !*error;
    }
    int64_t changed = write_user(store, change, error);
    if (changed <= 0) {
        change->verdict = NO_SUCH_USER;
        return changed == 0;
    }
    if (change->user && !change->user->active &&
        store_run(store, error, "DELETE FROM sessions WHERE user_id = ?", store_text(change->id)) < 0)
        return false;
    change->verdict = CHANGED;
    return audit_or_fail(change->request, change->user ? "user.change" : "user.delete", "user", change->id, error);
}

static struct response *carry_out(struct change *change)
{
    GError *error = NULL;

    if (!store_transaction(request_store(change->request), change_work, change, &error))
        return store_problem(change->request, error);
    switch (change->verdict) {
    case NO_SUCH_USER:
        return problem(change->request, "not-found");
    case LAST_ADMIN:
        return problem(change->request, "last-admin");
    default:
        return change->user ? answer_user(change->request, change->id) : response_empty(204);
    }
}

static struct response *write_change(struct request *request, const char *id, struct fields *fields)
{
    struct user_fields user;
    read_user(fields, &user);
    if (fields_bad(fields))
        return fields_problem(fields);
    fields_done(fields);
    return carry_out(&(struct change){.request = request, .id = id, .user = &user});
}

static struct response *change_user(struct request *request)
{
    return change_answer(request, &USER, SELECT "WHERE id = ?", write_change);
}

static struct response *delete_user(struct request *request)
{
    struct change change = {.request = request, .id = request_param(request, "id")};
    return carry_out(&change);
}

/* ---- a new one-time password ---- */

struct reset {
    struct request *request;
    const char *id;
    char hash[IDENTITY_HASH_SIZE];
    int64_t changed;
};

static bool reset_work(struct store *store, void *arg, GError **error)
{
    struct reset *reset = arg;

    reset->changed = store_run(store, error,
                               "UPDATE users SET password_hash = ?, must_change_password = 1 WHERE id = ?",
                               store_text(reset->hash), store_text(reset->id));
    if (reset->changed <= 0)
        return reset->changed == 0;
    return store_run(store, error, "DELETE FROM sessions WHERE user_id = ?", store_text(reset->id)) >= 0 &&
           audit_or_fail(reset->request, "user.password-reset", "user", reset->id, error);
}

static struct response *reset_password(struct request *request)
{
    struct reset reset = {.request = request, .id = request_param(request, "id")};
    char one_time[IDENTITY_ONE_TIME_SIZE];
    GError *error = NULL;

    identity_one_time_password(one_time);
    if (!identity_hash_password(request_server(request)->identity, one_time, reset.hash))
        return problem_retry(request, "busy", 2);
    if (!store_transaction(request_store(request), reset_work, &reset, &error))
        return store_problem(request, error);
    if (!reset.changed)
        return problem(request, "not-found");
    return answer_one_time(request, reset.id, one_time, 200);
}

const struct route user_routes[] = {
    {HTTP_GET, "/api/v1/users", ACCESS_ADMIN, .handler = list_users},
    {HTTP_POST, "/api/v1/users", ACCESS_ADMIN, .handler = create_user},
    {HTTP_GET, "/api/v1/users/{id}", ACCESS_ADMIN, .handler = get_user},
    {HTTP_PATCH, "/api/v1/users/{id}", ACCESS_ADMIN, .handler = change_user},
    {HTTP_DELETE, "/api/v1/users/{id}", ACCESS_ADMIN, .handler = delete_user},
    {HTTP_POST, "/api/v1/users/{id}/password-reset", ACCESS_ADMIN, .handler = reset_password},
    {0},
};

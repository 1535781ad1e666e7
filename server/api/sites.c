/* Sites: the tree of province, hospital, branch and clinic. */
#include "fields.h"
#include "resource.h"
#include "server/problem.h"
#include "server/router.h"
#include "tables.h"

enum { NAME_MAX_CHARS = 160, DEPTH_MAX = 16 };
#define SELECT "SELECT id, parent_id, kind, name FROM sites "

static const char *const kinds[] = {"province", "hospital", "branch", "clinic", NULL};

static const struct row_view SITE = {.columns = {.text = {"id", "kind", "name", "parent_id"}}};

static struct response *list_sites(struct request *request)
{
    return search_answer(request, &SITE, SELECT SEARCHED("sites"));
}

static struct response *answer_site(struct request *request, int status, const char *id)
{
    return one_answer(request, status, &SITE, SELECT "WHERE id = ?", store_text(id));
}

static struct response *get_site(struct request *request)
{
    return answer_site(request, 200, request_param(request, "id"));
}

/** Walks up from `parent`: unknown when it does not exist, cycle when `self` lies above it. */
static const char *parent_fault(struct store *store, const char *parent, const char *self, GError **error)
{
    g_autofree char *at = g_strdup(parent);
    for (int depth = 0; at; depth++) {
        if (g_strcmp0(at, self) == 0 || depth > DEPTH_MAX)
            return "cycle";
        STORE_AUTO_ROWS rows = store_query(store, error, "SELECT parent_id FROM sites WHERE id = ?", store_text(at));
        if (!store_next(rows))
            return rows ? "unknown" : NULL;
        g_free(at);
        at = g_strdup(rows_text(rows, "parent_id"));
    }
    return NULL;
}

static void read_parent(struct fields *fields, const char **parent, const char *self, GError **error)
{
    *parent = field_id(fields, "parent_id", false);
    const char *fault = *parent ? parent_fault(request_store(fields->request), *parent, self, error) : NULL;
    if (fault)
        field_fault(fields, "parent_id", fault);
}

static struct response *create_site(struct request *request)
{
    struct fields fields = fields_of(request);
    GError *error = NULL;
    const char *parent, *name = field_text(&fields, "name", NAME_MAX_CHARS, true),
                        *kind = field_choice(&fields, "kind", kinds, NULL);
    read_parent(&fields, &parent, NULL, &error);
    if (!error && fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    if (error)
        return store_problem(request, error);
    char id[STORE_ID_SIZE];
    store_new_id(id);
    g_autofree char *search = store_fold(name);
    if (write_audited(request, &error, "site.create", id,
                      "INSERT INTO sites (id, parent_id, kind, name, search, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                      store_text(id), store_text(parent), store_text(kind), store_text(name), store_text(search),
                      store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return answer_site(request, 201, id);
}

static struct response *change_site(struct request *request)
{
    const char *id = request_param(request, "id");
    struct fields fields = fields_of(request);
    GError *error = NULL;
    const char *parent, *name = field_text(&fields, "name", NAME_MAX_CHARS, false),
                        *kind = field_choice(&fields, "kind", kinds, "");
    read_parent(&fields, &parent, id, &error);
    bool top = field_is_null(&fields, "parent_id");
    if (!error && fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    if (error)
        return store_problem(request, error);
    g_autofree char *search = name ? store_fold(name) : NULL;
    if (write_audited(request, &error, "site.change", id,
                      "UPDATE sites SET name = COALESCE(?, name), search = COALESCE(?, search), "
                      "kind = COALESCE(?, kind), parent_id = CASE WHEN ? = 1 THEN NULL ELSE COALESCE(?, parent_id) END "
                      "WHERE id = ?",
                      store_text(name), store_text(search), store_text(*kind ? kind : NULL), store_int(top),
                      store_text(parent), store_text(id)) < 0)
        return store_problem(request, error);
    return answer_site(request, 200, id);
}

static struct response *delete_site(struct request *request)
{
    return delete_answer(request, "site.delete", "DELETE FROM sites WHERE id = ?",
                         store_text(request_param(request, "id")));
}

const struct route site_routes[] = {
    {HTTP_GET, "/api/v1/sites", ACCESS_STAFF, .handler = list_sites},
    {HTTP_POST, "/api/v1/sites", ACCESS_ADMIN, .handler = create_site},
    {HTTP_GET, "/api/v1/sites/{id}", ACCESS_STAFF, .handler = get_site},
    {HTTP_PATCH, "/api/v1/sites/{id}", ACCESS_ADMIN, .handler = change_site},
    {HTTP_DELETE, "/api/v1/sites/{id}", ACCESS_ADMIN, .handler = delete_site},
    {0},
};

/* Consult rooms, each at a site. */
#include "fields.h"
#include "resource.h"
#include "server/router.h"
#include "tables.h"

enum { NAME_MAX_CHARS = 160 };
#define SELECT "SELECT r.id, r.site_id, r.name, s.name AS site_name FROM rooms r JOIN sites s ON s.id = r.site_id "

static const struct row_view ROOM = {.columns = {.text = {"id", "site_id", "name", "site_name"}}};

static struct response *list_rooms(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    return list_answer(
        request, &page, &ROOM,
        SELECT "WHERE (r.search LIKE ? ESCAPE '!' OR s.search LIKE ? ESCAPE '!') AND (? = '' OR (r.search, r.id) > "
               "(SELECT search, id FROM rooms WHERE id = ?)) ORDER BY r.search, r.id LIMIT ?",
        store_text(page.pattern), store_text(page.pattern), store_text(page.cursor), store_text(page.cursor),
        store_int(page.limit + 1));
}

static struct response *answer_room(struct request *request, int status, const char *id)
{
    return one_answer(request, status, &ROOM, SELECT "WHERE r.id = ?", store_text(id));
}

static struct response *get_room(struct request *request)
{
    return answer_room(request, 200, request_param(request, "id"));
}

static const char *read_site(struct fields *fields, bool required)
{
    return field_reference(fields, "site_id", "SELECT id FROM sites WHERE id = ?", required);
}

static struct response *create_room(struct request *request)
{
    struct fields fields = fields_of(request);
    const char *name = field_text(&fields, "name", NAME_MAX_CHARS, true), *site = read_site(&fields, true);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    char id[STORE_ID_SIZE];
    store_new_id(id);
    GError *error = NULL;
    g_autofree char *search = store_fold(name);
    if (write_audited(request, &error, "room.create", id,
                      "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES (?, ?, ?, ?, ?)",
                      store_text(id), store_text(site), store_text(name), store_text(search),
                      store_int(request_now_us(request))) < 0)
        return store_problem(request, error);
    return answer_room(request, 201, id);
}

static struct response *change_room(struct request *request)
{
    const char *id = request_param(request, "id");
    struct fields fields = fields_of(request);
    const char *name = field_text(&fields, "name", NAME_MAX_CHARS, false), *site = read_site(&fields, false);
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    GError *error = NULL;
    g_autofree char *search = name ? store_fold(name) : NULL;
    if (write_audited(request, &error, "room.change", id,
                      "UPDATE rooms SET name = COALESCE(?, name), search = COALESCE(?, search), "
                      "site_id = COALESCE(?, site_id) WHERE id = ?",
                      store_text(name), store_text(search), store_text(site), store_text(id)) < 0)
        return store_problem(request, error);
    return answer_room(request, 200, id);
}

static struct response *delete_room(struct request *request)
{
    return delete_answer(request, "room.delete", "DELETE FROM rooms WHERE id = ?",
                         store_text(request_param(request, "id")));
}

const struct route room_routes[] = {
    {HTTP_GET, "/api/v1/rooms", ACCESS_STAFF, .handler = list_rooms},
    {HTTP_POST, "/api/v1/rooms", ACCESS_ADMIN, .handler = create_room},
    {HTTP_GET, "/api/v1/rooms/{id}", ACCESS_STAFF, .handler = get_room},
    {HTTP_PATCH, "/api/v1/rooms/{id}", ACCESS_ADMIN, .handler = change_room},
    {HTTP_DELETE, "/api/v1/rooms/{id}", ACCESS_ADMIN, .handler = delete_room},
    {0},
};

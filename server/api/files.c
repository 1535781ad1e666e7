/* Stills and files of the chat, read: by who is in the consultation with its ticket, and in the panel by who may see it. */
#include <string.h>

#include "consultations.h"
#include "files.h"
#include "guest.h"
#include "media/vault.h"
#include "reading.h"
#include "resource.h"
#include "server/problem.h"
#include "server/server.h"
#include "tables.h"

static struct response *send(struct request *request, const struct file *file, const char *suffix, const char *type,
                             const char *name)
{
    struct pieces pieces = file_pieces(file);
    g_autofree char *path = pieces_path(&pieces, suffix);
    struct vault *vault;
    int result = vault_open(path, file->key, &vault);
    if (result < 0)
        return problem(request, result == -ENOENT ? "not-found" : "integrity");
    struct response *response = reading_answer(request, vault, type, NULL);
    if (name) {
        g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
        g_autofree char *disposition = g_strconcat("attachment; filename*=UTF-8''", escaped, NULL);
        response_header(response, "content-disposition", disposition);
    }
    return response;
}

static struct reading reading_of(const char *action, const struct file *file, const char *participant)
{
    return (struct reading){.action = action,
                            .kind = "file",
                            .id = file->id,
                            .consultation = file->consultation,
                            .participant = participant};
}

static struct response *answer_content(struct request *request, const struct file *file, const char *participant)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(request), &error, "SELECT type, name FROM files WHERE id = ?",
                                       store_text(file->id));
    if (!store_next(rows))
        return rows ? problem(request, "not-found") : store_problem(request, error);
    if (file->state != FILE_READY)
        return problem(request, "not-ready");
    const struct reading reading = reading_of("file.read", file, participant);
    if (!reading_audit_range(request, &reading))
        return problem(request, "busy");
    return send(request, file, "", rows_text(rows, "type"), rows_text(rows, "name"));
}

/** However small, it is of the record. */
static struct response *answer_thumbnail(struct request *request, const struct file *file, const char *participant)
{
    const struct reading reading = reading_of("file.thumbnail", file, participant);
    if (!reading_audit_range(request, &reading))
        return problem(request, "busy");
    return send(request, file, ".thumbnail", "image/jpeg", NULL);
}

static struct response *answer(struct request *request, const char *consultation, const char *id,
                               const char *participant, bool thumbnail)
{
    struct file file;
    bool found;
    const struct files files = request_files(request);
    GError *error = NULL;
    if (!file_load(&files, consultation, id, &file, &found, &error))
        return store_problem(request, error);
    if (!found)
        return problem(request, "not-found");
    struct response *response = (thumbnail ? answer_thumbnail : answer_content)(request, &file, participant);
    file_clear(&file);
    return response;
}

/* ---- by ticket ---- */

static struct response *guest_answer(struct request *request, bool thumbnail)
{
    struct ticket ticket;
    struct response *refused = guest_check(request, &ticket);
    if (!refused)
        refused = guest_check_inside(request, &ticket);
    return refused
               ? refused
               : answer(request, ticket.consultation, request_param(request, "upload"), ticket.participant, thumbnail);
}

static struct response *guest_content(struct request *request)
{
    return guest_answer(request, false);
}

static struct response *guest_thumbnail(struct request *request)
{
    return guest_answer(request, true);
}

/* ---- in the panel ---- */

static struct response *staff_answer(struct request *request, bool thumbnail)
{
    const char *id = request_param(request, "id");
    return may_see(request, id) ? answer(request, id, request_param(request, "file"), NULL, thumbnail)
                                : problem(request, "not-found");
}

static struct response *staff_content(struct request *request)
{
    return staff_answer(request, false);
}

static struct response *staff_thumbnail(struct request *request)
{
    return staff_answer(request, true);
}

static const struct row_view FILE_SHOWN = {
    .columns = {.text = {"id", "kind", "state", "participant", "participant_name", "requested_by", "requested_by_name",
                         "source", "name", "type", "sha256", "refusal"},
                .integer = {"width", "height", "size", "received"},
                .time = {"created_at", "ready_at"},
                .json = {"marks"}}};

static struct response *list_files(struct request *request)
{
    return list_of_consultation(
        request,
        "SELECT " FILE_COLUMNS ", p.name AS participant_name, q.name AS requested_by_name FROM files f "
        "JOIN participants p ON p.id = f.participant_id LEFT JOIN participants q ON q.id = f.requested_by "
        "WHERE f.consultation_id = ? ORDER BY f.created_at, f.id LIMIT ?",
        &FILE_SHOWN);
}

const struct route file_routes[] = {
    {HTTP_GET, "/api/v1/consultations/{id}/uploads/{upload}/content", ACCESS_ANYONE, .gate = guest_gate,
     .handler = guest_content},
    {HTTP_GET, "/api/v1/consultations/{id}/uploads/{upload}/thumbnail", ACCESS_ANYONE, .gate = guest_gate,
     .handler = guest_thumbnail},
    {HTTP_GET, "/api/v1/consultations/{id}/files", ACCESS_STAFF, .handler = list_files},
    {HTTP_GET, "/api/v1/consultations/{id}/files/{file}/content", ACCESS_STAFF, .handler = staff_content},
    {HTTP_GET, "/api/v1/consultations/{id}/files/{file}/thumbnail", ACCESS_STAFF, .handler = staff_thumbnail},
    {0},
};

/*
 * Resumable uploads of a participant (tus 1.0.0, core, creation and expiration): the full picture of a still that was announced over
 * signaling, and files of the chat. Sent in small parts beside the call, over a line that may break, through restarts.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "guest.h"
#include "resource.h"
#include "server/config.h"
#include "server/consultation.h"
#include "server/files/tus.h"
#include "server/house.h"
#include "server/problem.h"
#include "server/server.h"
#include "tables.h"

enum { MIB = 1024 * 1024 };

/** When an unfinished upload is given up (tus, expiration extension; a date as in RFC 9110 §5.6.7). */
static void add_expiry(struct response *response, int64_t created_at)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(created_at / G_USEC_PER_SEC + FILE_UPLOAD_S);
    g_autofree char *time = g_date_time_format(at, "%H:%M:%S GMT");
    g_autofree char *date = g_strdup_printf("%s, %02d %s %d %s", days[g_date_time_get_day_of_week(at) - 1],
                                            g_date_time_get_day_of_month(at), months[g_date_time_get_month(at) - 1],
                                            g_date_time_get_year(at), time);
    response_header(response, "upload-expires", date);
}

static void add_headers(struct response *response, const struct file *file)
{
    char number[32];
    response_header(response, "tus-resumable", TUS_VERSION);
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, file->received);
    response_header(response, "upload-offset", number);
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, file->size);
    response_header(response, "upload-length", number);
    add_expiry(response, file->created_at);
}

static struct response *check_version(struct request *request)
{
    const char *version = request_header(request, "tus-resumable");
    if (version && strcmp(version, TUS_VERSION) == 0)
        return NULL;
    struct response *response = problem(request, "upload-version");
    response_header(response, "tus-version", TUS_VERSION);
    return response;
}

/* ---- POST: a new one ---- */

struct creation {
    struct request *request;
    struct ticket ticket;
    int64_t size, created_at;
    char kind[16], still[FILE_ID_SIZE], name[FILE_NAME_MAX + 1];
    char id[FILE_ID_SIZE];
};

static struct response *read_creation(struct creation *c)
{
    struct request *request = c->request;
    const char *metadata = request_header(request, "upload-metadata");
    if (!tus_number(request_header(request, "upload-length"), &c->size) || c->size == 0)
        return problem(request, "bad-request");
    if (c->size > (int64_t)request_server(request)->config->files.max_mib * MIB)
        return problem(request, "upload-too-large");
    tus_metadata(metadata, "kind", c->kind, sizeof c->kind);
    tus_metadata(metadata, "still", c->still, sizeof c->still);
    tus_metadata(metadata, "filename", c->name, sizeof c->name);
    bool still = strcmp(c->kind, "still") == 0 && *c->still, chat = strcmp(c->kind, "chat") == 0 && *c->name;
    g_strdelimit(c->name, "/\\", '_');
    return still || chat ? NULL : problem(request, "bad-request");
}

static struct response *open_still(struct creation *c)
{
    struct request *request = c->request;
    struct file file;
    bool found;
    const struct files files = request_files(request);
    GError *error = NULL;
    if (!file_load(&files, c->ticket.consultation, c->still, &file, &found, &error))
        return store_problem(request, error);
    if (!found || file.chat || strcmp(file.participant, c->ticket.participant) != 0) {
        if (found)
            file_clear(&file);
        return problem(request, "not-found");
    }
    bool good = file_begin_still(request_store(request), &file, c->size, &error);
    bool other = file.size != c->size, expired = file.expired;
    c->created_at = file.created_at;
    g_strlcpy(c->id, file.id, sizeof c->id);
    file_clear(&file);
    if (!good)
        return store_problem(request, error);
    return expired ? problem(request, "upload-expired") : other ? problem(request, "wrong-state") : NULL;
}

static struct response *check_open(struct creation *c)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(request_store(c->request), &error,
                                       "SELECT state FROM consultations WHERE id = ?",
                                       store_text(c->ticket.consultation));
    if (!store_next(rows))
        return rows ? problem(c->request, "not-found") : store_problem(c->request, error);
    enum consultation_state state = consultation_state_of(rows_text(rows, "state"));
    return state == CONSULTATION_OPEN || state == CONSULTATION_BOOKED ? NULL : problem(c->request, "ended");
}

static struct response *open_chat(struct creation *c)
{
    struct request *request = c->request;
    const char *fault = NULL;
    const struct files files = request_files(request);
    GError *error = NULL;
    struct response *refused = strcmp(c->ticket.role, "observer") == 0 ? problem(request, "not-allowed")
                                                                       : check_open(c);
    if (!refused)
        refused = guest_check_inside(request, &c->ticket);
    if (refused)
        return refused;
    c->created_at = request_now_us(request);
    const struct file_chat chat = {.consultation = c->ticket.consultation,
                                   .participant = c->ticket.participant,
                                   .name = c->name,
                                   .size = c->size,
                                   .at = c->created_at};
    if (!file_begin_chat(&files, &chat, c->id, &fault, &error))
        return store_problem(request, error);
    return fault ? problem(request, fault) : NULL;
}

static struct response *create_upload(struct request *request)
{
    struct creation c = {.request = request};
    struct response *refused = check_version(request);
    if (!refused)
        refused = guest_check(request, &c.ticket);
    if (!refused)
        refused = read_creation(&c);
    if (!refused)
        refused = *c.still ? open_still(&c) : open_chat(&c);
    if (refused)
        return refused;
    g_autofree char *location = g_strdup_printf("/api/v1/consultations/%s/uploads/%s", c.ticket.consultation, c.id);
    struct response *response = response_created(location, json_pack("{s:s}", "id", c.id));
    response_header(response, "tus-resumable", TUS_VERSION);
    response_header(response, "upload-offset", "0");
    add_expiry(response, c.created_at);
    return response;
}

/* ---- what comes to one ---- */

/** The participant's own upload, locked for this request: `file` is then read under the lock. */
struct visit {
    struct request *request;
    struct file file;
    int lock;
};

static struct response *load(struct visit *v, const struct ticket *ticket)
{
    const struct files files = request_files(v->request);
    GError *error = NULL;
    bool found;
    if (!file_load(&files, ticket->consultation, request_param(v->request, "upload"), &v->file, &found, &error))
        return store_problem(v->request, error);
    if (!found)
        return problem(v->request, "not-found");
    if (strcmp(v->file.participant, ticket->participant) == 0)
        return NULL;
    file_clear(&v->file);
    return problem(v->request, "not-found");
}

static void visit_end(struct visit *v)
{
    if (v->lock >= 0)
        close(v->lock);
    file_clear(&v->file);
}

static struct response *visit_begin(struct visit *v)
{
    struct ticket ticket;
    struct response *refused = check_version(v->request);
    if (!refused)
        refused = guest_check(v->request, &ticket);
    if (!refused)
        refused = load(v, &ticket);
    if (refused || v->file.state != FILE_UPLOADING)
        return refused;
    struct pieces pieces = file_pieces(&v->file);
    v->lock = pieces_lock(&pieces);
    file_clear(&v->file);
    if (v->lock < 0)
        return problem(v->request, v->lock == -EWOULDBLOCK ? "upload-in-use" : "internal");
    refused = load(v, &ticket); /* another request may have been faster */
    if (refused && v->lock >= 0)
        close(v->lock);
    return refused;
}

enum { PROGRESS_STEP = 10 /* percent */ };

/** Those in the room see how far it is, and when it is there. */
static void tell(const struct visit *v, int64_t received_before)
{
    const struct file *file = &v->file;
    g_autoptr(GError) error = NULL;
    int64_t step = MAX(file->size / PROGRESS_STEP, 1);
    if (file->state == FILE_UPLOADING && received_before / step == file->received / step)
        return;
    json_t *news = file_news(request_store(v->request), file, &error);
    if (news)
        house_tell_file(request_server(v->request), file->consultation, news);
}

/** Judges what is whole. It may be so since before a crash. */
static struct response *finish(struct visit *v)
{
    const char *fault = NULL;
    const struct files files = request_files(v->request);
    GError *error = NULL;
    if (v->file.state != FILE_UPLOADING || v->file.received != v->file.size)
        return NULL;
    if (!file_finish(&files, &v->file, request_address(v->request), request_now_us(v->request), &fault, &error))
        return store_problem(v->request, error);
    if (v->file.state != FILE_UPLOADING)
        tell(v, v->file.received);
    return fault ? problem(v->request, fault) : NULL;
}

static struct response *get_upload(struct request *request)
{
    struct visit v = {.request = request, .lock = -1};
    struct response *response = visit_begin(&v);
    if (response)
        return response;
    response = finish(&v);
    if (!response) {
        response = response_json(200, json_pack("{s:s, s:I, s:I}", "state", file_state_name(v.file.state), "size",
                                                (json_int_t)v.file.size, "received", (json_int_t)v.file.received));
        add_headers(response, &v.file);
    }
    visit_end(&v);
    return response;
}

/** NULL when the bytes may be taken. */
static struct response *check_part(const struct visit *v, size_t size)
{
    int64_t offset;
    if (!tus_number(request_header(v->request, "upload-offset"), &offset))
        return problem(v->request, "bad-request");
    if (v->file.state == FILE_REFUSED)
        return problem(v->request, v->file.expired ? "upload-expired" : "file-type");
    if (offset != v->file.received || v->file.state == FILE_ANNOUNCED) {
        struct response *response = problem(v->request, "upload-offset");
        add_headers(response, &v->file);
        return response;
    }
    int64_t left = v->file.size - v->file.received;
    if ((int64_t)size > left)
        return problem(v->request, "upload-too-large");
    bool crumb = size && size < PIECE_SIZE_MIN && (int64_t)size < left;
    return crumb ? problem(v->request, "bad-request") : NULL;
}

static struct response *take_part(struct visit *v)
{
    size_t size;
    const char *body = request_body(v->request, &size);
    int64_t before = v->file.received;
    GError *error = NULL;
    struct response *refused = check_part(v, size);
    if (refused)
        return refused;
    if (size && !file_take(request_store(v->request), &v->file, body, size, &error))
        return store_problem(v->request, error);
    tell(v, before);
    return finish(v);
}

static struct response *patch_upload(struct request *request)
{
    struct visit v = {.request = request, .lock = -1};
    struct response *response = visit_begin(&v);
    if (response)
        return response;
    response = take_part(&v);
    if (!response) {
        response = response_empty(204);
        add_headers(response, &v.file);
    }
    visit_end(&v);
    return response;
}

const struct route upload_routes[] = {
    {HTTP_POST, "/api/v1/consultations/{id}/uploads", ACCESS_ANYONE, .gate = guest_gate, .handler = create_upload},
    {HTTP_GET, "/api/v1/consultations/{id}/uploads/{upload}", ACCESS_ANYONE, .gate = guest_gate, .handler = get_upload},
    {HTTP_PATCH, "/api/v1/consultations/{id}/uploads/{upload}", ACCESS_ANYONE, .gate = guest_gate,
     .handler = patch_upload, .body_type = TUS_TYPE, .body_max = HTTP_JSON_MAX},
    {0},
};

#include "pacs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "http_out.h"
#include "imaging.h"
#include "keywrap.h"
#include "media/vault.h"
#include "server/config.h"
#include "server/files/pieces.h"
#include "stow.h"

enum { PICTURE_MAX = 256 * 1024 * 1024 };

static void say(struct delivery *d, enum delivery_outcome outcome, const char *reason)
{
    d->outcome = outcome;
    g_strlcpy(d->reason, reason, sizeof d->reason);
}

/* ---- the picture's bytes ---- */

static unsigned char *read_all(struct vault *vault, size_t *size)
{
    uint64_t whole = vault_size(vault);
    if (whole == 0 || whole > PICTURE_MAX)
        return NULL;
    unsigned char *data = g_malloc(whole);
    *size = (size_t)whole;
    if (vault_read(vault, 0, data, *size) == (ssize_t)*size)
        return data;
    g_free(data);
    return NULL;
}

/** NULL when the sealed file is missing or damaged. Caller frees. */
static unsigned char *load_picture(const struct delivery_context *context, const struct store_rows *rows, size_t *size)
{
    unsigned char key[PIECES_KEY_SIZE], *data = NULL;
    const struct pieces pieces = {.directory = context->config->files.dir, .id = rows_text(rows, "id"), .key = key};
    g_autofree char *path = pieces_path(&pieces, "");
    struct vault *vault;
    if (keywrap_open(context->master_key, rows_text(rows, "key"), key) && vault_open(path, key, &vault) == 0) {
        data = read_all(vault, size);
        vault_close(vault);
    }
    sodium_memzero(key, sizeof key);
    return data;
}

/* ---- sending ---- */

/** "name:password" is HTTP Basic, anything else a bearer token. NULL when there is no login. Caller frees. */
static char *authorization(const struct config *config)
{
    char *login = NULL;
    if (!*config->pacs.login_file || !g_file_get_contents(config->pacs.login_file, &login, NULL, NULL))
        return NULL;
    g_strstrip(login);
    g_autofree char *encoded = g_base64_encode((const guchar *)login, strlen(login));
    char *header = strchr(login, ':') ? g_strconcat("Authorization: Basic ", encoded, NULL)
                                      : g_strconcat("Authorization: Bearer ", login, NULL);
    sodium_memzero(login, strlen(login));
    g_free(login);
    return header;
}

static char *studies_url(const struct delivery *d, const struct config *config)
{
    g_autofree char *base = g_strdup(*config->pacs.dicomweb ? config->pacs.dicomweb
                                                            : d->target); /* it may have moved */
    while (g_str_has_suffix(base, "/"))
        base[strlen(base) - 1] = '\0';
    return g_strconcat(base, "/studies", NULL);
}

static void judge(struct delivery *d, const struct http_out_answer *answer)
{
    if (!answer->status) {
        say(d, TRY_LATER, answer->error);
        return;
    }
    enum stow_verdict verdict = stow_read_answer(answer->status, answer->body, answer->size, d->reason,
                                                 sizeof d->reason);
    d->outcome = verdict == STOW_STORED ? DELIVERED : verdict == STOW_REFUSED ? REFUSED : TRY_LATER;
}

static void post(struct delivery *d, const struct delivery_context *context, const GByteArray *body,
                 const char *boundary)
{
    g_autofree char *url = studies_url(d, context->config), *login = authorization(context->config),
                    *type = stow_content_type(boundary);
    const char *headers[] = {"Accept: application/dicom+json", type, login, NULL};
    struct http_out_answer answer;
    http_out_post(&(struct http_out){.url = url,
                                     .headers = headers,
                                     .body = (const char *)body->data,
                                     .size = body->len,
                                     .timeout_s = context->config->pacs.timeout_s,
                                     .stop = context->stop},
                  &answer);
    judge(d, &answer);
    http_out_clear(&answer);
}

/** The picture, and beside it what was drawn on it. */
static void send_still(struct delivery *d, const struct delivery_context *context, const struct imaging *imaging)
{
    char boundary[STORE_ID_SIZE];
    const char *reason;
    GByteArray *picture = imaging_picture(imaging, &reason), *marks = picture ? imaging_marks(imaging) : NULL;
    GByteArray *body = g_byte_array_new();
    store_new_id(boundary);
    if (picture) {
        stow_add(body, boundary, picture);
        g_byte_array_unref(picture);
        if (marks)
            stow_add(body, boundary, marks);
        stow_end(body, boundary);
        post(d, context, body, boundary);
    } else {
        say(d, REFUSED, reason);
    }
    if (marks)
        g_byte_array_unref(marks);
    g_byte_array_unref(body);
}

/* ---- what the store knows ---- */

#define SELECT                                                                                                         \
    "SELECT f.id, f.key, f.type, f.source, f.created_at, f.marks, f.marked_at, c.title, c.starts_at, c.started_at, "   \
    "r.name AS room, s.name AS site, p.identifier_system, p.identifier_value, p.name, p.birth_date, p.sex, "           \
    "o.name AS owner, q.name AS asker, (SELECT COUNT(*) FROM files g WHERE g.consultation_id = c.id AND "              \
    "g.kind = 'still' AND (g.created_at, g.id) <= (f.created_at, f.id)) AS number "                                    \
    "FROM files f JOIN consultations c ON c.id = f.consultation_id JOIN patients p ON p.id = c.patient_id "            \
    "JOIN participants o ON o.id = f.participant_id LEFT JOIN participants q ON q.id = f.requested_by "                \
    "LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id WHERE f.id = ? AND f.state = 'ready'"

static void deliver_row(struct delivery *d, const struct delivery_context *context, const struct store_rows *rows)
{
    size_t size = 0;
    unsigned char *data = load_picture(context, rows, &size);
    if (!data) {
        say(d, TRY_LATER, "the picture's file is missing or damaged");
        return;
    }
    json_t *drawn = rows_text(rows, "marks") ? json_loads(rows_text(rows, "marks"), 0, NULL) : NULL;
    const int64_t started_at = rows_int(rows, "started_at");
    send_still(d, context,
               &(struct imaging){.consultation = d->consultation,
                                 .title = rows_text(rows, "title"),
                                 .room = rows_text(rows, "room"),
                                 .site = rows_text(rows, "site"),
                                 .patient_system = rows_text(rows, "identifier_system"),
                                 .patient_id = rows_text(rows, "identifier_value"),
                                 .name = rows_text(rows, "name"),
                                 .birth_date = rows_text(rows, "birth_date"),
                                 .sex = rows_text(rows, "sex"),
                                 .still = rows_text(rows, "id"),
                                 .source = rows_text(rows, "source"),
                                 .type = rows_text(rows, "type"),
                                 .owner = rows_text(rows, "owner"),
                                 .asker = rows_text(rows, "asker"),
                                 .started_at = started_at ? started_at : rows_int(rows, "starts_at"),
                                 .taken_at = rows_int(rows, "created_at"),
                                 .number = (int)rows_int(rows, "number"),
                                 .data = data,
                                 .size = size,
                                 .drawn = drawn,
                                 .marked_at = rows_int(rows, "marked_at")});
    json_decref(drawn);
    g_free(data);
}

void pacs_deliver(struct store *store, struct delivery *d, const struct delivery_context *context)
{
    g_autoptr(GError) error = NULL;
    STORE_AUTO_ROWS rows = store_query(store, &error, SELECT, store_text(d->file));
    if (store_next(rows))
        deliver_row(d, context, rows);
    else
        say(d, rows ? REFUSED : TRY_LATER, rows ? "the still or its patient is gone" : error->message);
}

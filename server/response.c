#define G_LOG_DOMAIN "http"
#include "server/http_core.h"

#include <inttypes.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024 };

static void clear_header(void *data)
{
    struct header *header = data;
    g_free(header->name);
    g_free(header->value);
}

struct response *response_create(int status)
{
    struct response *response = g_new0(struct response, 1);

    response->status = status;
    response->headers = g_array_new(FALSE, FALSE, sizeof(struct header));
    g_array_set_clear_func(response->headers, clear_header);
    return response;
}

void response_header(struct response *response, const char *name, const char *value)
{
    struct header header = {g_strdup(name), g_strdup(value)};

    g_strdelimit(header.value, "\r\n", ' '); /* no header is ever split in two */
    g_array_append_val(response->headers, header);
}

struct response *response_bytes(int status, const char *content_type, GBytes *bytes)
{
    struct response *response = response_create(status);

    response->bytes = g_bytes_ref(bytes);
    response->end = g_bytes_get_size(bytes);
    response_header(response, "content-type", content_type);
    return response;
}

struct response *response_text(int status, const char *content_type, const char *body, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(body, size);
    return response_bytes(status, content_type, bytes);
}

static void free_json(void *text)
{
    free(text); /* jansson's, not GLib's */
}

struct response *response_json(int status, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));

    json_decref(body);
    if (!text)
        return response_create(500);
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(text, strlen(text), free_json, text);
    struct response *response = response_bytes(status, "application/json", bytes);
    response_header(response, "cache-control", "no-store");
    return response;
}

struct response *response_empty(int status)
{
    struct response *response = response_create(status);

    response_header(response, "cache-control", "no-store");
    return response;
}

struct response *response_created(const char *location, json_t *body)
{
    struct response *response = response_json(201, body);

    response_header(response, "location", location);
    return response;
}

/* ---- bodies that are made while they are sent ---- */

struct response *response_stream(int status, const char *content_type, const struct body_source *source)
{
    struct response *response = response_create(status);

    response->source = *source;
    response->has_source = true;
    response->end = source->size;
    response_header(response, "content-type", content_type);
    return response;
}

struct response *response_source(const struct request *request, const char *content_type, const char *etag,
                                 const struct body_source *source)
{
    uint64_t first = 0, last = source->size - 1;
    const char *if_range = request_header(request, "if-range");
    bool ranges_hold = !if_range || (etag && !strcmp(if_range, etag));
    enum http_range range = ranges_hold
                                ? http_parse_range(request_header(request, "range"), source->size, &first, &last)
                                : RANGE_NONE;
    int status = range == RANGE_PART ? 206 : range == RANGE_BAD ? 416 : 200;
    struct response *response = response_stream(status, content_type, source);
    char text[80];

    response_header(response, "accept-ranges", "bytes");
    if (etag)
        response_header(response, "etag", etag);
    if (range == RANGE_BAD) {
        g_snprintf(text, sizeof text, "bytes */%" PRIu64, source->size);
        response_header(response, "content-range", text);
        response->end = 0;
    } else if (range == RANGE_PART) {
        g_snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last, source->size);
        response_header(response, "content-range", text);
        response->offset = first;
        response->end = last + 1;
    }
    return response;
}

static void read_chunk(void *arg, void *context)
{
    struct response *response = arg;
    (void)context;
    ssize_t got = response->source.read(response->source.arg, response->offset, response->chunk,
                                        MIN(response->end - response->offset, (uint64_t)CHUNK_SIZE));
    response->broken = got <= 0;
    response->chunk_size = got > 0 ? (size_t)got : 0;
    response->chunk_sent = 0;
}

static void chunk_read(void *arg)
{
    struct response *response = arg;

    response->reading = false;
    if (response->orphan)
        response_destroy(response);
    else
        response->wake(response->wake_arg);
}

static enum response_state start_reading(struct response *response)
{
    if (response->reading)
        return RESPONSE_WAIT;
    if (!response->chunk)
        response->chunk = g_malloc(CHUNK_SIZE);
    if (pool_submit(response->pool, read_chunk, chunk_read, response))
        return RESPONSE_BROKEN;
    response->reading = true;
    return RESPONSE_WAIT;
}

/* ---- for the transports ---- */

void response_attach(struct response *response, struct pool *pool, void (*wake)(void *arg), void *arg)
{
    response->pool = pool;
    response->wake = wake;
    response->wake_arg = arg;
}

uint64_t response_size(const struct response *response)
{
    return response->end - response->offset;
}

enum response_state response_peek(struct response *response, const unsigned char **data, size_t *size)
{
    if (response->broken)
        return RESPONSE_BROKEN;
    if (response->offset == response->end)
        return RESPONSE_END;
    if (response->bytes) {
        *data = (const unsigned char *)g_bytes_get_data(response->bytes, NULL) + response->offset;
        *size = response->end - response->offset;
        return RESPONSE_DATA;
    }
    if (response->reading || response->chunk_sent == response->chunk_size)
        return start_reading(response);
    *data = response->chunk + response->chunk_sent;
    *size = response->chunk_size - response->chunk_sent;
    return RESPONSE_DATA;
}

void response_advance(struct response *response, size_t size)
{
    response->offset += size;
    if (response->has_source)
        response->chunk_sent += size;
}

void response_destroy(struct response *response)
{
    if (!response)
        return;
    if (response->reading) {
        response->orphan = true; /* a pool thread writes into it: chunk_read() ends it */
        return;
    }
    if (response->has_source && response->source.destroy)
        response->source.destroy(response->source.arg);
    g_clear_pointer(&response->bytes, g_bytes_unref);
    g_array_unref(response->headers);
    g_free(response->chunk);
    g_free(response);
}

static void set_default(struct response *response, const char *name, const char *value)
{
    for (guint i = 0; i < response->headers->len; i++)
        if (!strcmp(g_array_index(response->headers, struct header, i).name, name))
            return;
    response_header(response, name, value);
}

void response_harden(struct response *response)
{
    set_default(response, "x-content-type-options", "nosniff");
    set_default(response, "referrer-policy", "no-referrer");
    set_default(response, "strict-transport-security", "max-age=31536000");
    set_default(response, "content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    set_default(response, "cross-origin-opener-policy", "same-origin");
    set_default(response, "cross-origin-resource-policy", "same-origin");
}

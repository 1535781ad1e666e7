#define G_LOG_DOMAIN "http"
#include "server/h2.h"

#include <glib-unix.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#include "server/http_core.h"
#include "server/peer_address.h"
#include "server/server.h"
#include "server/tls.h"

enum {
    STREAMS_MAX = 100,
    HEADERS_MAX = 16 * 1024,
    READ_SIZE = 16 * 1024,
    READS_PER_TURN = 32,
    TICK_S = 5,
    HANDSHAKE_S = 10,
    STALLED_S = 60, /* streams are open and nothing moves */
    IDLE_S = 120,
};

struct h2 {
    struct server *server;
    SSL_CTX *context;
    GHashTable *connections; /* a set of struct connection */
    guint timer;
};

struct connection {
    struct h2 *h2;
    int fd;
    SSL *ssl;
    nghttp2_session *session; /* NULL while shaking hands */
    GHashTable *streams;      /* a set of struct stream */
    GSource *source;
    GIOCondition condition;
    GByteArray *out; /* what the session has made and the socket has not taken */
    char address[64];
    int64_t active_us;
    bool busy; /* inside pump(): what happens now is sent by it */
};

struct stream {
    struct connection *connection;
    int32_t id;
    size_t header_bytes;
    bool head, begun;
    struct request *request;   /* until it is answered */
    struct response *response; /* then this */
};

static void pump(struct connection *connection);

/* ---- streams ---- */

static void stream_destroy(struct stream *stream)
{
    g_hash_table_remove(stream->connection->streams, stream);
    if (stream->request)
        request_abandon(stream->request);
    response_destroy(stream->response);
    g_free(stream);
}

static void pump_unless_busy(struct connection *connection)
{
    if (!connection->busy)
        pump(connection);
}

static void wake(void *arg)
{
    struct stream *stream = arg;

    nghttp2_session_resume_data(stream->connection->session, stream->id);
    pump_unless_busy(stream->connection);
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *user)
{
    struct stream *stream = source->ptr;
    const unsigned char *data;
    size_t ready;

    (void)session, (void)id, (void)user;
    switch (response_peek(stream->response, &data, &ready)) {
    case RESPONSE_WAIT:
        return NGHTTP2_ERR_DEFERRED;
    case RESPONSE_BROKEN:
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    case RESPONSE_END:
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    case RESPONSE_DATA:
        break;
    }
    ready = MIN(ready, size);
    memcpy(buffer, data, ready);
    response_advance(stream->response, ready);
    if (!response_size(stream->response))
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)ready;
}

static void add(GArray *headers, const char *name, const char *value)
{
    nghttp2_nv pair = {(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
    g_array_append_val(headers, pair);
}

static void respond(void *arg, struct response *response)
{
    struct stream *stream = arg;
    struct connection *connection = stream->connection;
    bool bodiless = response->status == 204 || response->status == 304;
    g_autoptr(GArray) headers = g_array_new(FALSE, FALSE, sizeof(nghttp2_nv));
    char status[12], length[24];

    stream->request = NULL;
    stream->response = response;
    response_attach(response, connection->h2->server->pool, wake, stream);
    g_snprintf(status, sizeof status, "%d", response->status);
    g_snprintf(length, sizeof length, "%" G_GUINT64_FORMAT, response_size(response));
    add(headers, ":status", status);
    for (guint i = 0; i < response->headers->len; i++) {
        const struct header *header = &g_array_index(response->headers, struct header, i);
        add(headers, header->name, header->value);
    }
    if (!bodiless)
        add(headers, "content-length", length);
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_body};
    bool body = !stream->head && !bodiless && response_size(response);
    nghttp2_submit_response(connection->session, stream->id, (nghttp2_nv *)(void *)headers->data, headers->len,
                            body ? &provider : NULL);
    pump_unless_busy(connection);
}

static const struct stream_ops stream_ops = {respond};

/* ---- what nghttp2 tells ---- */

static struct stream *find(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct connection *connection = user;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct stream *stream = g_new0(struct stream, 1);
    stream->connection = connection;
    stream->id = frame->hd.stream_id;
    stream->request = request_create(connection->h2->server, &stream_ops, stream, connection->address);
    g_hash_table_add(connection->streams, stream);
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *raw_name, size_t name_size,
                     const uint8_t *raw_value, size_t value_size, uint8_t flags, void *user)
{
    struct stream *stream = find(session, frame->hd.stream_id);
    const char *name = (const char *)raw_name, *value = (const char *)raw_value;

    (void)flags, (void)user;
    if (!stream || stream->begun) /* trailers are of no use to us */
        return 0;
    stream->header_bytes += name_size + value_size + 32;
    if (stream->header_bytes > HEADERS_MAX)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (!strcmp(name, ":method"))
        return request_set_method(stream->request, value) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (!strcmp(name, ":path"))
        request_set_target(stream->request, value, value_size);
    else if (!strcmp(name, ":authority"))
        request_add_header(stream->request, "host", 4, value, value_size);
    else if (name[0] != ':' && (strcmp(name, "host") || !request_header(stream->request, "host")))
        request_add_header(stream->request, name, name_size, value, value_size);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct stream *stream = find(session, frame->hd.stream_id);

    (void)user;
    if (!stream || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (!stream->begun) {
        stream->begun = true;
        stream->head = stream->request->head;
        request_begin(stream->request);
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM && stream->request)
        request_finish(stream->request);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t size, void *user)
{
    struct stream *stream = find(session, id);

    (void)flags, (void)user;
    if (stream && stream->request && !request_data(stream->request, data, size))
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_ENHANCE_YOUR_CALM);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    struct stream *stream = find(session, id);

    (void)error, (void)user;
    if (stream)
        stream_destroy(stream);
    return 0;
}

static nghttp2_session *make_session(struct connection *connection)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session = NULL;
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
                                               {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_MAX}};

    if (nghttp2_session_callbacks_new(&callbacks))
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    if (!nghttp2_session_server_new(&session, callbacks, connection))
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, G_N_ELEMENTS(settings));
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

/* ---- the connection ---- */

static gboolean on_ready(int fd, GIOCondition condition, void *arg)
{
    (void)fd, (void)condition;
    pump(arg);
    return G_SOURCE_CONTINUE;
}

static void wait_for(struct connection *connection, GIOCondition condition)
{
    if (connection->source && connection->condition == condition)
        return;
    if (connection->source) {
        g_source_destroy(connection->source);
        g_source_unref(connection->source);
    }
    connection->condition = condition;
    connection->source = g_unix_fd_source_new(connection->fd, condition);
    g_source_set_callback(connection->source, G_SOURCE_FUNC(on_ready), connection, NULL);
    g_source_attach(connection->source, NULL);
}

static void connection_destroy(struct connection *connection)
{
    GHashTableIter iterator;
    struct stream *stream;

    g_hash_table_remove(connection->h2->connections, connection);
    g_hash_table_iter_init(&iterator, connection->streams);
    while (g_hash_table_iter_next(&iterator, (void **)&stream, NULL)) {
        stream_destroy(stream);
        g_hash_table_iter_init(&iterator, connection->streams);
    }
    g_hash_table_unref(connection->streams);
    if (connection->source) {
        g_source_destroy(connection->source);
        g_source_unref(connection->source);
    }
    nghttp2_session_del(connection->session);
    SSL_free(connection->ssl);
    close(connection->fd);
    g_byte_array_unref(connection->out);
    g_free(connection);
}

enum step { GO_ON, WAIT_READ, WAIT_WRITE, CLOSE };

static enum step ssl_step(struct connection *connection, int result)
{
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return WAIT_READ;
    case SSL_ERROR_WANT_WRITE:
        return WAIT_WRITE;
    default:
        ERR_clear_error();
        return CLOSE;
    }
}

static enum step shake_hands(struct connection *connection)
{
    int result = SSL_accept(connection->ssl);

    if (result != 1)
        return ssl_step(connection, result);
    connection->session = make_session(connection);
    return connection->session ? GO_ON : CLOSE;
}

static enum step read_some(struct connection *connection)
{
    unsigned char buffer[READ_SIZE];

    for (int i = 0; i < READS_PER_TURN; i++) {
        int got = SSL_read(connection->ssl, buffer, sizeof buffer);
        if (got <= 0)
            return ssl_step(connection, got);
        connection->active_us = g_get_monotonic_time();
        if (nghttp2_session_mem_recv(connection->session, buffer, (size_t)got) < 0)
            return CLOSE;
    }
    return GO_ON; /* there may be more: the next turn takes it */
}

/* Takes from the session only what the socket takes: so much is made, and no more is held. */
static enum step write_all(struct connection *connection)
{
    GByteArray *out = connection->out;

    for (;;) {
        while (out->len) {
            int sent = SSL_write(connection->ssl, out->data, (int)out->len);
            if (sent <= 0)
                return ssl_step(connection, sent);
            connection->active_us = g_get_monotonic_time();
            g_byte_array_remove_range(out, 0, (guint)sent);
        }
        const uint8_t *data;
        while (out->len < READ_SIZE) {
            ssize_t made = nghttp2_session_mem_send(connection->session, &data);
            if (made < 0)
                return CLOSE;
            if (!made)
                break;
            g_byte_array_append(out, data, (guint)made);
        }
        if (!out->len)
            return WAIT_READ;
    }
}

static gboolean pump_again(void *arg)
{
    pump(arg);
    return G_SOURCE_REMOVE;
}

/* Does all that can be done now, and says what to wait for. */
static void pump(struct connection *connection)
{
    enum step in = GO_ON, out = WAIT_READ;

    connection->busy = true;
    if (!connection->session)
        in = shake_hands(connection);
    if (connection->session) {
        in = read_some(connection);
        out = in == CLOSE ? CLOSE : write_all(connection);
    }
    connection->busy = false;
    if (in == CLOSE || out == CLOSE ||
        (connection->session && !nghttp2_session_want_read(connection->session) &&
         !nghttp2_session_want_write(connection->session) && !connection->out->len)) {
        connection_destroy(connection);
        return;
    }
    wait_for(connection, G_IO_IN | (in == WAIT_WRITE || out == WAIT_WRITE ? G_IO_OUT : 0));
    if (in == GO_ON && connection->session && SSL_pending(connection->ssl)) {
        GSource *again = g_idle_source_new();
        g_source_set_callback(again, pump_again, connection, NULL);
        g_source_add_child_source(connection->source, again);
        g_source_unref(again);
    }
}

/* ---- the server ---- */

static bool is_overdue(const struct connection *connection, int64_t now_us)
{
    int64_t silent_s = (now_us - connection->active_us) / G_USEC_PER_SEC;

    if (!connection->session)
        return silent_s > HANDSHAKE_S;
    return silent_s > IDLE_S || (connection->out->len && silent_s > STALLED_S);
}

static gboolean tick(void *arg)
{
    struct h2 *h2 = arg;
    int64_t now_us = g_get_monotonic_time();
    g_autoptr(GList) connections = g_hash_table_get_keys(h2->connections);

    for (GList *item = connections; item; item = item->next)
        if (is_overdue(item->data, now_us))
            connection_destroy(item->data);
    return G_SOURCE_CONTINUE;
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
                       unsigned int in_size, void *arg)
{
    (void)ssl, (void)arg;
    return nghttp2_select_next_protocol((unsigned char **)out, out_size, in, in_size) == 1 ? SSL_TLSEXT_ERR_OK
                                                                                           : SSL_TLSEXT_ERR_ALERT_FATAL;
}

struct h2 *h2_create(struct server *server, struct tls *tls, GError **error)
{
    struct h2 *h2 = g_new0(struct h2, 1);

    h2->server = server;
    h2->connections = g_hash_table_new(NULL, NULL);
    h2->timer = g_timeout_add_seconds(TICK_S, tick, h2);
    h2->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_alpn_select_cb(h2->context, select_alpn, NULL);
    SSL_CTX_set_mode(h2->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (tls_adopt(tls, h2->context, error))
        return h2;
    h2_destroy(h2);
    return NULL;
}

void h2_destroy(struct h2 *h2)
{
    if (!h2)
        return;
    g_autoptr(GList) connections = g_hash_table_get_keys(h2->connections);
    for (GList *item = connections; item; item = item->next)
        connection_destroy(item->data);
    g_hash_table_unref(h2->connections);
    g_source_remove(h2->timer);
    SSL_CTX_free(h2->context);
    g_free(h2);
}

void h2_adopt(struct h2 *h2, int fd)
{
    struct connection *connection = g_new0(struct connection, 1);

    connection->h2 = h2;
    connection->fd = fd;
    connection->streams = g_hash_table_new(NULL, NULL);
    connection->out = g_byte_array_new();
    connection->active_us = g_get_monotonic_time();
    connection->ssl = SSL_new(h2->context);
    peer_address(fd, connection->address);
    g_hash_table_add(h2->connections, connection);
    SSL_set_fd(connection->ssl, fd);
    pump(connection);
}

#define G_LOG_DOMAIN "http"
#include "server/h1.h"

#include <libwebsockets.h>
#include <string.h>

#include "server/config.h"
#include "server/http_core.h"
#include "server/listener.h"
#include "server/peer_address.h"
#include "server/server.h"
#include "server/tls.h"
#include "server/ws.h"

enum { WRITE_SIZE = 16 * 1024, BODY_TIMEOUT_S = 60, HEADER_MAX = 8 * 1024 };

struct h1 {
    struct server *server;
    struct tls *tls;
    struct ws_hub *sockets;
    struct lws_context *secure_context, *plain_context; /* two: in one, a Host header would choose between the vhosts */
    struct lws_vhost *secure, *plain;
};

/* One request on a connection; the connection's user data points to it while there is one. */
struct h1_stream {
    struct lws *wsi;
    struct request *request;   /* until it is answered */
    struct response *response; /* then this */
    bool head, finished, head_sent, close;
};

/* ---- reading a head ---- */

static const struct {
    enum lws_token_indexes token;
    const char *name;
} tokens[] = {
    {WSI_TOKEN_HOST, "host"},
    {WSI_TOKEN_ORIGIN, "origin"},
    {WSI_TOKEN_HTTP_COOKIE, "cookie"},
    {WSI_TOKEN_HTTP_AUTHORIZATION, "authorization"},
    {WSI_TOKEN_HTTP_CONTENT_TYPE, "content-type"},
    {WSI_TOKEN_HTTP_CONTENT_LENGTH, "content-length"},
    {WSI_TOKEN_HTTP_TRANSFER_ENCODING, "transfer-encoding"},
    {WSI_TOKEN_HTTP_ACCEPT, "accept"},
    {WSI_TOKEN_HTTP_ACCEPT_LANGUAGE, "accept-language"},
    {WSI_TOKEN_HTTP_ACCEPT_ENCODING, "accept-encoding"},
    {WSI_TOKEN_HTTP_IF_NONE_MATCH, "if-none-match"},
    {WSI_TOKEN_HTTP_IF_MATCH, "if-match"},
    {WSI_TOKEN_HTTP_IF_RANGE, "if-range"},
    {WSI_TOKEN_HTTP_RANGE, "range"},
    {WSI_TOKEN_HTTP_AC_REQUEST_HEADERS, "access-control-request-headers"},
};

/* Those that libwebsockets keeps by name; its lookup wants the colon. */
static const char *const custom[] = {"x-csrf-token:",  "x-unattended:",  "idempotency-key:", "sec-fetch-site:",
                                     "tus-resumable:", "upload-length:", "upload-offset:",   "upload-metadata:"};

static void read_headers(struct lws *wsi, struct request *request)
{
    char value[HEADER_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++) {
        int size = lws_hdr_copy(wsi, value, sizeof value, tokens[i].token);
        if (size > 0)
            request_add_header(request, tokens[i].name, strlen(tokens[i].name), value, (size_t)size);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(custom); i++) {
        int name_size = (int)strlen(custom[i]);
        int size = lws_hdr_custom_copy(wsi, value, sizeof value, custom[i], name_size);
        if (size > 0)
            request_add_header(request, custom[i], (size_t)name_size - 1, value, (size_t)size);
    }
}

/* libwebsockets has decoded path and query already; written again, they go the same way as HTTP/2's. */
static char *raw_target(struct lws *wsi, const char *uri, size_t size)
{
    GString *target = g_string_new(NULL);
    char argument[HEADER_MAX];
    int argument_size;

    g_autofree char *path = g_strndup(uri, size);
    g_string_append_uri_escaped(target, path, "/", FALSE);
    for (int i = 0;
         (argument_size = lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
         i++) {
        char *equals = memchr(argument, '=', (size_t)argument_size);
        g_string_append_c(target, i ? '&' : '?');
        if (equals)
            *equals = '\0';
        g_string_append_uri_escaped(target, argument, NULL, FALSE);
        if (equals) {
            g_string_append_c(target, '=');
            g_string_append_uri_escaped(target, equals + 1, NULL, FALSE);
        }
    }
    return g_string_free(target, FALSE);
}

static const char *method_name(struct lws *wsi)
{
    char *uri;
    int size;

    switch (lws_http_get_uri_and_method(wsi, &uri, &size)) {
    case LWSHUMETH_GET:
        return "GET";
    case LWSHUMETH_POST:
        return "POST";
    case LWSHUMETH_OPTIONS:
        return "OPTIONS";
    case LWSHUMETH_PUT:
        return "PUT";
    case LWSHUMETH_PATCH:
        return "PATCH";
    case LWSHUMETH_DELETE:
        return "DELETE";
    case LWSHUMETH_HEAD:
        return "HEAD";
    default:
        return NULL;
    }
}

/* ---- sending ---- */

static void wake(void *arg)
{
    struct h1_stream *stream = arg;
    lws_callback_on_writable(stream->wsi);
}

static void respond(void *arg, struct response *response)
{
    struct h1_stream *stream = arg;

    stream->request = NULL;
    stream->response = response;
    wake(stream);
}

static const struct stream_ops stream_ops = {respond};

static const char *reason_phrase(int status)
{
    return status < 300 ? "OK" : status < 400 ? "Redirection" : status < 500 ? "Client Error" : "Server Error";
}

static int write_head(struct h1_stream *stream)
{
    struct response *response = stream->response;
    g_autoptr(GString) head = g_string_sized_new(LWS_PRE + 1024);
    bool bodiless = response->status == 204 || response->status == 304;

    g_string_set_size(head, LWS_PRE);
    g_string_append_printf(head, "HTTP/1.1 %d %s\r\n", response->status, reason_phrase(response->status));
    for (guint i = 0; i < response->headers->len; i++) {
        const struct header *header = &g_array_index(response->headers, struct header, i);
        g_string_append_printf(head, "%s: %s\r\n", header->name, header->value);
    }
    if (!bodiless)
        g_string_append_printf(head, "content-length: %" G_GUINT64_FORMAT "\r\n", response_size(response));
    if (stream->close)
        g_string_append(head, "connection: close\r\n");
    g_string_append(head, "\r\n");
    stream->head_sent = true;
    stream->finished = stream->head || bodiless;
    size_t size = head->len - LWS_PRE;
    return lws_write(stream->wsi, (unsigned char *)head->str + LWS_PRE, size, LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

static int write_body(struct h1_stream *stream)
{
    unsigned char buffer[LWS_PRE + WRITE_SIZE];
    const unsigned char *data;
    size_t size;

    switch (response_peek(stream->response, &data, &size)) {
    case RESPONSE_WAIT:
        return 0;
    case RESPONSE_BROKEN:
        return -1;
    case RESPONSE_END:
        stream->finished = true;
        return 0;
    case RESPONSE_DATA:
        break;
    }
    size = MIN(size, (size_t)WRITE_SIZE);
    memcpy(buffer + LWS_PRE, data, size);
    if (lws_write(stream->wsi, buffer + LWS_PRE, size, LWS_WRITE_HTTP) < 0)
        return -1;
    response_advance(stream->response, size);
    stream->finished = !response_size(stream->response);
    return 0;
}

static void stream_destroy(struct h1_stream *stream)
{
    if (!stream)
        return;
    if (stream->request)
        request_abandon(stream->request);
    response_destroy(stream->response);
    g_free(stream);
}

static int write_more(struct lws *wsi, struct h1_stream **slot)
{
    struct h1_stream *stream = *slot;

    if (!stream || !stream->response)
        return 0;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, BODY_TIMEOUT_S);
    if (!stream->head_sent) {
        response_attach(stream->response, ((struct h1 *)lws_context_user(lws_get_context(wsi)))->server->pool, wake,
                        stream);
        if (write_head(stream))
            return -1;
    } else if (write_body(stream)) {
        return -1;
    }
    if (!stream->finished) {
        const unsigned char *data;
        size_t size;
        if (response_peek(stream->response, &data, &size) != RESPONSE_WAIT)
            lws_callback_on_writable(wsi);
        return 0;
    }
    bool close = stream->close;
    stream_destroy(stream);
    *slot = NULL;
    return close || lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* ---- a request comes ---- */

static void finish(struct h1_stream *stream)
{
    lws_set_timeout(stream->wsi, NO_PENDING_TIMEOUT, 0);
    request_finish(stream->request);
}

static int begin(struct lws *wsi, struct h1_stream **slot, const char *uri, size_t uri_size)
{
    struct h1 *h1 = lws_context_user(lws_get_context(wsi));
    const char *method = method_name(wsi);
    char address[64];

    if (!method || *slot)
        return -1;
    peer_address(lws_get_socket_fd(wsi), address);
    struct h1_stream *stream = g_new0(struct h1_stream, 1);
    *slot = stream;
    stream->wsi = wsi;
    stream->request = request_create(h1->server, &stream_ops, stream, address);
    request_set_method(stream->request, method);
    stream->head = stream->request->head;
    g_autofree char *target = raw_target(wsi, uri, uri_size);
    request_set_target(stream->request, target, strlen(target));
    read_headers(wsi, stream->request);
    request_begin(stream->request);
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, BODY_TIMEOUT_S);

    const char *length = request_header(stream->request, "content-length");
    bool carries = !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
    if (request_header(stream->request, "transfer-encoding"))
        stream->request->refusal = "length-required";
    bool unbounded = stream->request->refusal && !strcmp(stream->request->refusal, "length-required");
    /* Without a length libwebsockets would wait for a body that never comes: such a connection ends with its answer. */
    stream->close = unbounded || (carries && !length);
    bool empty_post = length && !strcmp(length, "0") && !strcmp(method, "POST"); /* is told body completion */
    if (unbounded || !length || (!strcmp(length, "0") && !empty_post))
        finish(stream);
    return 0;
}

/* libwebsockets takes what a client sends ahead, before the answer to a body, for more of that body. Nobody but an
 * attacker does so over HTTP/1.1, and is let go: a negative answer closes. */
static int take_body(struct h1_stream *stream, const void *data, size_t size)
{
    if (!stream || !stream->request)
        return 0;
    if (stream->request->finished)
        return -1;
    return !size || request_data(stream->request, data, size) ? 0 : -1;
}

static int complete_body(struct h1_stream *stream)
{
    if (!stream || !stream->request)
        return 0;
    if (stream->request->finished)
        return -1;
    finish(stream);
    return 0;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    struct h1_stream **slot = user;

    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return begin(wsi, slot, in, size);
    case LWS_CALLBACK_HTTP_BODY:
        return take_body(*slot, in, size);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return complete_body(*slot);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return write_more(wsi, slot);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (slot) {
            stream_destroy(*slot);
            *slot = NULL;
        }
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket without our subprotocol */
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: {
        struct h1 *h1 = lws_context_user(lws_get_context(wsi));
        g_autoptr(GError) error = NULL;
        if (!tls_adopt(h1->tls, user, &error))
            g_warning("event=certificate_refused error=\"%s\"", error->message);
        return 0;
    }
    default:
        return 0;
    }
}

/* ---- plain HTTP: sent on ---- */

static int redirect(struct lws *wsi, const char *uri, size_t uri_size)
{
    struct h1 *h1 = lws_context_user(lws_get_context(wsi));
    const struct config_server *config = &h1->server->config->server;
    char host[256], out[LWS_PRE + 4096];
    g_autofree char *target = raw_target(wsi, uri, uri_size);
    g_autofree char *origin = NULL;
    int size = lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST);

    if (size <= 0 || !http_host_is_sane(host))
        return -1;
    if (*config->public_url) {
        origin = g_strdup(config->public_url);
    } else {
        char *port = host[0] == '[' ? strchr(host, ']') ? strchr(host, ']') + 1 : host : strchr(host, ':');
        if (port)
            *port = '\0';
        origin = g_strdup_printf("https://%s:%d", host, listener_port(h1->server->listener));
    }
    int written = g_snprintf(out + LWS_PRE, sizeof out - LWS_PRE,
                             "HTTP/1.1 308 Permanent Redirect\r\nlocation: %s%s\r\ncontent-length: 0\r\n"
                             "connection: close\r\n\r\n",
                             origin, target);
    if ((size_t)written < sizeof out - LWS_PRE)
        lws_write(wsi, (unsigned char *)out + LWS_PRE, (size_t)written, LWS_WRITE_HTTP_HEADERS);
    return -1;
}

static int on_plain(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return redirect(wsi, in, size);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1;
    default:
        return 0;
    }
}

/* ---- birth and death ---- */

static const struct lws_protocols secure_protocols[] = {
    {"http", on_http, sizeof(struct h1_stream *), 0, 0, NULL, 0},
    {WS_SUBPROTOCOL, ws_callback, sizeof(struct ws_socket *), WS_RECEIVE_SIZE, 0, NULL, 0},
    {0},
};
static const struct lws_protocols plain_protocols[] = {{"http", on_plain, 0, 0, 0, NULL, 0}, {0}};
static const struct lws_extension extensions[] = {{"permessage-deflate", ws_extension, "permessage-deflate"}, {0}};

static void log_line(int level, const char *line)
{
    g_autofree char *text = g_strchomp(g_strdup(line));

    if (level == LLL_ERR)
        g_warning("event=lws text=\"%s\"", text);
    else
        g_debug("event=lws text=\"%s\"", text);
}

struct ws_hub *h1_sockets(struct lws *wsi)
{
    return ((struct h1 *)lws_context_user(lws_get_context(wsi)))->sockets;
}

static struct lws_context *make_context(struct h1 *h1)
{
    void *loops[] = {h1->server->loop};
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_GLIB | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .user = h1,
        .uid = -1,
        .gid = -1,
        .timeout_secs = 15,
        .max_http_header_data = HEADER_MAX,
        .max_http_header_pool = 256,
    };
    return lws_create_context(&info);
}

static struct lws_vhost *make_vhost(struct h1 *h1, struct lws_context *context, bool secure)
{
    struct lws_context_creation_info info = {
        .vhost_name = secure ? "secure" : "plain",
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = secure ? secure_protocols : plain_protocols,
        .extensions = secure ? extensions : NULL,
        .keepalive_timeout = 30,
        .alpn = "http/1.1",
        .options = secure ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX : 0,
        .ssl_cert_filepath = secure ? tls_certificate_path(h1->tls) : NULL,
        .ssl_private_key_filepath = secure ? tls_key_path(h1->tls) : NULL,
    };
    return context ? lws_create_vhost(context, &info) : NULL;
}

struct h1 *h1_create(struct server *server, struct tls *tls, GError **error)
{
    struct h1 *h1 = g_new0(struct h1, 1);

    h1->server = server;
    h1->tls = tls;
    h1->sockets = ws_hub_create(server);
    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    h1->secure_context = make_context(h1);
    h1->plain_context = make_context(h1);
    h1->secure = make_vhost(h1, h1->secure_context, true);
    h1->plain = make_vhost(h1, h1->plain_context, false);
    if (h1->secure && h1->plain)
        return h1;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "libwebsockets does not start");
    h1_destroy(h1);
    return NULL;
}

void h1_destroy(struct h1 *h1)
{
    if (!h1)
        return;
    if (h1->secure_context)
        lws_context_destroy(h1->secure_context);
    if (h1->plain_context)
        lws_context_destroy(h1->plain_context);
    ws_hub_destroy(h1->sockets);
    g_free(h1);
}

void h1_adopt(struct h1 *h1, int fd)
{
    lws_adopt_socket_vhost(h1->secure, fd);
}

void h1_adopt_plain(struct h1 *h1, int fd)
{
    lws_adopt_socket_vhost(h1->plain, fd);
}

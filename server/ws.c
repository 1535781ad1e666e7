#define G_LOG_DOMAIN "ws"
#include "server/ws.h"

#include <glib.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "server/http_parse.h"
#include "server/problem.h"
#include "server/server.h"
#include "server/ws_deflate.h"
#include "signaling/signaling.h"

enum { FRAGMENT_SIZE = 16 * 1024, DISCARD_MAX = 64 * 1024 * 1024, CLOSE_TOO_LARGE = 1009, CLOSE_GOING_AWAY = 1001 };

struct ws_hub {
    struct server *server;
    GHashTable *sockets; /* a set of struct ws_socket */
    guint timer;
};

struct ws_socket {
    struct ws_hub *hub;
    struct lws *wsi;
    struct peer *peer; /* NULL once signaling has been told that the socket is gone, or before it knows of it */
    char language[3];
    bool deflates;                /* has been agreed on */
    struct ws_inflater *inflater; /* made when first needed */
    GByteArray *incoming;         /* the message that is being gathered */
    bool compressed;              /* it is */
    size_t discarded;             /* of a message that is too large */
    GQueue outgoing;              /* struct message */
    size_t outgoing_bytes;
    size_t sent; /* of the first in the queue */
    int64_t heard_us;
    bool ping_due, too_large, broken;
    int close_code; /* 0: open; else close with it once the queue is empty */
};

struct message {
    GBytes *bytes;
    bool compressed;
};

/* ---- compression ---- */

enum { RSV1 = 0x40, OPCODE = 0x0f, TEXT_FRAME = 1 };

static const struct lws_ext_options extension_options[] = {
    {"server_no_context_takeover", EXTARG_NONE}, /* as we do anyway */
    {"client_no_context_takeover", EXTARG_NONE},
    {NULL, 0},
};

int ws_extension(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
                 enum lws_extension_callback_reasons reason, void *user, void *in, size_t size)
{
    struct ws_socket **slot = wsi ? lws_wsi_user(wsi) : NULL;

    (void)context, (void)extension, (void)user, (void)size;
    if (reason == LWS_EXT_CB_CONSTRUCT) {
        *(const struct lws_ext_options **)in = extension_options;
    } else if (reason == LWS_EXT_CB_PACKET_TX_PRESEND && slot && *slot) {
        const struct lws_tokens *frame = in;
        const struct message *message = g_queue_peek_head(&(*slot)->outgoing);
        if (message && message->compressed && (frame->token[0] & OPCODE) == TEXT_FRAME)
            frame->token[0] |= RSV1; /* on a message's first frame only */
    }
    return 0;
}

static void message_free(void *data)
{
    struct message *message = data;

    g_bytes_unref(message->bytes);
    g_free(message);
}

static struct message *message_create(const struct ws_socket *socket, const char *text, size_t size)
{
    struct message *message = g_new0(struct message, 1);

    message->bytes = socket->deflates ? ws_deflate(text, size) : NULL;
    message->compressed = message->bytes != NULL;
    if (!message->bytes)
        message->bytes = g_bytes_new(text, size);
    return message;
}

/* ---- sending ---- */

static void send_text(void *arg, const char *text, size_t size)
{
    struct ws_socket *socket = arg;

    if (socket->close_code || socket->broken)
        return;
    if (socket->outgoing_bytes + size > WS_QUEUE_MAX) {
        g_message("event=slow_reader queued_bytes=%zu", socket->outgoing_bytes);
        socket->broken = true; /* the timer ends it: the caller may still be working with the peer */
        return;
    }
    struct message *message = message_create(socket, text, size);
    socket->outgoing_bytes += g_bytes_get_size(message->bytes);
    g_queue_push_tail(&socket->outgoing, message);
    lws_callback_on_writable(socket->wsi);
}

static void close_when_sent(void *arg, int code)
{
    struct ws_socket *socket = arg;

    if (!socket->close_code)
        socket->close_code = code ? code : 1000;
    lws_callback_on_writable(socket->wsi);
}

/* One fragment at a time: a message may be large, and libwebsockets compresses each fragment as it comes. */
static int write_fragment(struct ws_socket *socket)
{
    unsigned char buffer[LWS_PRE + FRAGMENT_SIZE];
    const struct message *message = g_queue_peek_head(&socket->outgoing);
    gsize size;
    const unsigned char *data = g_bytes_get_data(message->bytes, &size);
    size_t part = MIN(size - socket->sent, (size_t)FRAGMENT_SIZE);
    bool first = socket->sent == 0, last = socket->sent + part == size;

    memcpy(buffer + LWS_PRE, data + socket->sent, part);
    if (lws_write(socket->wsi, buffer + LWS_PRE, part,
                  (enum lws_write_protocol)lws_write_ws_flags(LWS_WRITE_TEXT, first, last)) < 0)
        return -1;
    socket->sent += part;
    if (last) {
        socket->sent = 0;
        socket->outgoing_bytes -= size;
        message_free(g_queue_pop_head(&socket->outgoing));
    }
    return 0;
}

/* With something in it: of a pong without a payload libwebsockets 4.1 does not tell. */
static int write_ping(struct ws_socket *socket)
{
    unsigned char buffer[LWS_PRE + 4] = {[LWS_PRE] = 'p', 'i', 'n', 'g'};

    socket->ping_due = false;
    return lws_write(socket->wsi, buffer + LWS_PRE, 4, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static int write_more(struct ws_socket *socket)
{
    int result = 0;

    if (socket->broken)
        return -1;
    if (socket->ping_due && !socket->sent)
        result = write_ping(socket);
    else if (!g_queue_is_empty(&socket->outgoing))
        result = write_fragment(socket);
    else if (socket->close_code) {
        lws_close_reason(socket->wsi, (enum lws_close_status)socket->close_code, NULL, 0);
        return -1;
    }
    if (!result && (socket->ping_due || socket->close_code || !g_queue_is_empty(&socket->outgoing)))
        lws_callback_on_writable(socket->wsi);
    return result;
}

/* ---- receiving ---- */

static void refuse_large(struct ws_socket *socket)
{
    const struct problem_text *text = problem_find("too-large");
    bool english = !strcmp(socket->language, "en");
    json_t *error = json_pack("{s:s s:s s:s s:s s:b}", "type", "error", "code", "too_large", "message",
                              english ? text->en.detail : text->vi.detail, "action",
                              english ? text->en.action : text->vi.action, "fatal", 1);
    char *dump = json_dumps(error, JSON_COMPACT);

    socket->too_large = true;
    send_text(socket, dump, strlen(dump));
    free(dump);
    json_decref(error);
}

/* The rest of a message that is too large is read and dropped, so that the client gets to read why. */
static int discard(struct ws_socket *socket, size_t size, bool last)
{
    socket->discarded += size;
    if (socket->discarded > DISCARD_MAX)
        return -1;
    if (last)
        close_when_sent(socket, CLOSE_TOO_LARGE);
    return 0;
}

/* Puts the inflated message in the place of the one that came. */
static enum ws_inflate inflate_incoming(struct ws_socket *socket)
{
    GByteArray *plain = g_byte_array_new();

    if (!socket->inflater)
        socket->inflater = ws_inflater_create();
    enum ws_inflate verdict = ws_inflate(socket->inflater, socket->incoming->data, socket->incoming->len, plain,
                                         WS_MESSAGE_MAX);
    g_byte_array_unref(socket->incoming);
    socket->incoming = plain;
    return verdict;
}

static void deliver(struct ws_socket *socket)
{
    g_byte_array_append(socket->incoming, (const guint8 *)"", 1);
    if (socket->peer && !socket->close_code)
        signaling_peer_message(socket->peer, (const char *)socket->incoming->data, socket->incoming->len - 1);
    g_byte_array_set_size(socket->incoming, 0);
}

static int receive(struct ws_socket *socket, const void *data, size_t size)
{
    bool last = lws_is_final_fragment(socket->wsi) && !lws_remaining_packet_payload(socket->wsi);

    socket->heard_us = g_get_monotonic_time();
    if (socket->too_large)
        return discard(socket, size, last);
    if (lws_frame_is_binary(socket->wsi)) {
        close_when_sent(socket, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
        return 0;
    }
    if (socket->incoming->len + size > WS_MESSAGE_MAX) {
        refuse_large(socket);
        return discard(socket, size, last);
    }
    if (lws_is_first_fragment(socket->wsi))
        socket->compressed = lws_get_reserved_bits(socket->wsi) & RSV1;
    g_byte_array_append(socket->incoming, data, (guint)size);
    if (!last)
        return 0;
    switch (socket->compressed ? inflate_incoming(socket) : WS_INFLATED) {
    case WS_INFLATE_BROKEN:
        close_when_sent(socket, LWS_CLOSE_STATUS_INVALID_PAYLOAD);
        return 0;
    case WS_INFLATE_TOO_LARGE:
        refuse_large(socket);
        return discard(socket, 0, true);
    case WS_INFLATED:
        deliver(socket);
    }
    return 0;
}

/* ---- coming and going ---- */

static bool may_open(struct lws *wsi)
{
    char path[64] = "";

    return lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) > 0 && !strcmp(path, "/ws");
}

/* libwebsockets has just taken the first offer of it, if there was one. */
static bool offers_deflate(struct lws *wsi)
{
    char offer[512] = "";

    return lws_hdr_copy(wsi, offer, sizeof offer, WSI_TOKEN_EXTENSIONS) > 0 && strstr(offer, "permessage-deflate");
}

/* A short message that is lost twice behind a bad line waits a second each time, not one, two and four. */
static void ask_again_steadily(struct lws *wsi)
{
    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &(int){1}, sizeof(int));
}

static void opened(struct lws *wsi, struct ws_socket **slot)
{
    struct ws_hub *hub = h1_sockets(wsi);
    struct ws_socket *socket = g_new0(struct ws_socket, 1);
    char languages[256] = "";

    (void)lws_hdr_copy(wsi, languages, sizeof languages, WSI_TOKEN_HTTP_ACCEPT_LANGUAGE);
    g_strlcpy(socket->language, http_parse_language(languages), sizeof socket->language);
    socket->hub = hub;
    socket->wsi = wsi;
    socket->deflates = offers_deflate(wsi);
    socket->incoming = g_byte_array_new();
    socket->heard_us = g_get_monotonic_time();
    g_queue_init(&socket->outgoing);
    g_hash_table_add(hub->sockets, socket);
    ask_again_steadily(wsi);
    *slot = socket;
    if (!hub->server->signaling) { /* on the way down */
        close_when_sent(socket, CLOSE_GOING_AWAY);
        return;
    }
    socket->peer = signaling_peer_opened(hub->server->signaling,
                                         &(struct peer_io){send_text, close_when_sent, socket, socket->language});
}

static void closed(struct ws_socket **slot)
{
    struct ws_socket *socket = *slot;

    if (!socket)
        return;
    *slot = NULL;
    g_hash_table_remove(socket->hub->sockets, socket);
    socket->broken = true;
    if (socket->peer && socket->hub->server->signaling)
        signaling_peer_closed(socket->peer);
    g_byte_array_unref(socket->incoming);
    g_queue_clear_full(&socket->outgoing, message_free);
    ws_inflater_destroy(socket->inflater);
    g_free(socket);
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    struct ws_socket **slot = user;

    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return may_open(wsi) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
        opened(wsi, slot);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return receive(*slot, in, size);
    case LWS_CALLBACK_RECEIVE_PONG:
        (*slot)->heard_us = g_get_monotonic_time();
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return *slot ? write_more(*slot) : 0;
    case LWS_CALLBACK_CLOSED:
        closed(slot);
        return 0;
    default:
        return 0;
    }
}

/* ---- the hub ---- */

static gboolean tick(void *arg)
{
    struct ws_hub *hub = arg;
    int64_t now_us = g_get_monotonic_time();
    g_autoptr(GList) sockets = g_hash_table_get_keys(hub->sockets);

    for (GList *item = sockets; item; item = item->next) {
        struct ws_socket *socket = item->data;
        if (socket->broken || now_us - socket->heard_us > (int64_t)(WS_DEAD_S - WS_PING_S) * G_USEC_PER_SEC) {
            lws_set_timeout(socket->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
            continue;
        }
        socket->ping_due = true;
        lws_callback_on_writable(socket->wsi);
    }
    return G_SOURCE_CONTINUE;
}

struct ws_hub *ws_hub_create(struct server *server)
{
    struct ws_hub *hub = g_new0(struct ws_hub, 1);

    hub->server = server;
    hub->sockets = g_hash_table_new(NULL, NULL);
    hub->timer = g_timeout_add_seconds(WS_PING_S, tick, hub);
    return hub;
}

void ws_hub_destroy(struct ws_hub *hub)
{
    if (!hub)
        return;
    g_source_remove(hub->timer);
    g_hash_table_unref(hub->sockets);
    g_free(hub);
}

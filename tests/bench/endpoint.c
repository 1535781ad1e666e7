#include "tests/bench/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/twcc.h"
#include "media/wire.h"
#include "tests/bench/gcm.h"

enum {
    AUDIO_PT = 111,
    VIDEO_PT = 96,
    RTX_PT = 97,
    AUDIO_BYTES = 80,
    VIDEO_PACKET = 1040,
    STREAMS = 8,
    PATTERN = 4096,
    SDP_MAX = 8192,
    STAMP = 28,
    FPS = 30,
    RTP_PADDING = 0x20,
    LAYER_STEP = 4, /* in bytes from one layer to the next */
};

/* In front of every payload (behind the VP8 descriptor and frame header): who, which, when. */
struct stamp {
    uint32_t magic;
    uint32_t publisher;
    uint64_t number;
    uint64_t sent_us;
    uint32_t size; /* of the pattern behind it */
} __attribute__((packed));

#define MAGIC 0x48434231u

struct incoming {
    uint32_t ssrc;
    bool video;
    bool started;
    int64_t highest, base;
    uint64_t received;
    uint64_t seen[64]; /* bit per sequence modulo 4096 */
};

struct outgoing {
    uint32_t ssrc;
    uint8_t pt;
    const char *rid; /* NULL: it is the only one of its track */
    uint16_t width, height;
    bool key_frame_due;
    uint16_t sequence, picture_id;
    uint32_t timestamp, packets, bytes, roc;
    uint64_t next_us, number;
};

struct endpoint {
    struct endpoint_config config;
    int fd;
    char ufrag[9], pwd[25], remote_ufrag[64], remote_pwd[128];
    char sdp[SDP_MAX];
    StunAgent agent;
    uint64_t tie, next_check_us, accepted_us, first_packet_us, connected_us, next_feedback_us, next_report_us;
    bool nominated;
    SSL *ssl;
    BIO *in, *out;
    struct gcm send, receive;
    bool keyed;
    struct outgoing audio, video[ENDPOINT_LAYERS_MAX]; /* the smallest first */
    int layers;
    uint16_t twcc_sequence;
    uint8_t twcc_id, mid_id, rid_id;
    char mids[2][17];
    struct incoming streams[STREAMS];
    int stream_count;
    struct twcc_receiver twcc;
};

static SSL_CTX *shared_context;
static char shared_fingerprint[3 * EVP_MAX_MD_SIZE];
static uint8_t pattern[2 * PATTERN];

/* ---- identity and SDP ---- */

static void make_identity(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest, &size);
    for (unsigned i = 0; i < size; i++)
        snprintf(shared_fingerprint + 3 * i, 4, "%02X%s", digest[i], i + 1 < size ? ":" : "");
    shared_context = SSL_CTX_new(DTLS_client_method());
    SSL_CTX_use_certificate(shared_context, certificate);
    SSL_CTX_use_PrivateKey(shared_context, key);
    SSL_CTX_set_tlsext_use_srtp(shared_context, "SRTP_AEAD_AES_128_GCM");
    SSL_CTX_set_verify(shared_context, SSL_VERIFY_NONE, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)((i % PATTERN) * 167 + 13);
}

static void random_text(char *text, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    RAND_bytes((unsigned char *)text, (int)size);
    for (size_t i = 0; i < size; i++)
        text[i] = letters[(unsigned char)text[i] % (sizeof letters - 1)];
    text[size] = '\0';
}

static uint32_t random32(void)
{
    uint32_t value;
    RAND_bytes((unsigned char *)&value, sizeof value);
    return value | 1;
}

/* Of one layer its SSRC, of several their names: simulcast as browsers offer it (RFC 8853). */
static void describe_video(const struct endpoint *endpoint, char *text, size_t size)
{
    if (endpoint->layers == 1) {
        snprintf(text, size, "a=msid:b v\r\na=ssrc:%u cname:b\r\n", endpoint->video[0].ssrc);
        return;
    }
    size_t used = (size_t)snprintf(
        text, size, "a=msid:b v\r\na=extmap:%u urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n", endpoint->rid_id);
    for (int i = 0; i < endpoint->layers; i++)
        used += (size_t)snprintf(text + used, size - used, "a=rid:%s send\r\n", endpoint->video[i].rid);
    used += (size_t)snprintf(text + used, size - used, "a=simulcast:send ");
    for (int i = 0; i < endpoint->layers; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ";" : "", endpoint->video[i].rid);
    snprintf(text + used, size - used, "\r\n");
}

static void describe(struct endpoint *endpoint)
{
    const char *way = endpoint->config.publishes ? "sendonly" : "recvonly";
    char audio_source[128] = "", video_source[512] = "";
    if (endpoint->config.publishes) {
        snprintf(audio_source, sizeof audio_source, "a=msid:b a\r\na=ssrc:%u cname:b\r\n", endpoint->audio.ssrc);
        describe_video(endpoint, video_source, sizeof video_source);
    }
    snprintf(endpoint->sdp, sizeof endpoint->sdp,
             "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE %s %s\r\na=msid-semantic: WMS *\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\n"
             "a=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:%s\r\na=%s\r\n%sa=rtcp-mux\r\n"
             "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
             "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
             "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\n"
             "a=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:%s\r\na=%s\r\n%sa=rtcp-mux\r\n"
             "a=rtcp-rsize\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
             "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n"
             "a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
             endpoint->mids[0], endpoint->mids[1], endpoint->ufrag, endpoint->pwd, shared_fingerprint,
             endpoint->mids[0], way, audio_source, endpoint->ufrag, endpoint->pwd, shared_fingerprint,
             endpoint->mids[1], way, video_source);
}

static bool field(const char *sdp, const char *name, char *value, size_t size)
{
    const char *at = strstr(sdp, name);
    if (!at)
        return false;
    at += strlen(name);
    size_t length = strcspn(at, "\r\n");
    if (length >= size)
        return false;
    memcpy(value, at, length);
    value[length] = '\0';
    return true;
}

static bool connect_to_candidate(struct endpoint *endpoint, const char *sdp)
{
    for (const char *at = strstr(sdp, "a=candidate:"); at; at = strstr(at + 1, "a=candidate:")) {
        char protocol[8], ip[64];
        unsigned port;
        if (sscanf(at, "a=candidate:%*s %*u %7s %*u %63s %u", protocol, ip, &port) != 3 ||
            strcasecmp(protocol, "udp") != 0 || strchr(ip, ':'))
            continue;
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        if (inet_pton(AF_INET, ip, &address.sin_addr) == 1 &&
            connect(endpoint->fd, (struct sockaddr *)&address, sizeof address) == 0)
            return true;
    }
    return false;
}

static int take_remote(struct endpoint *endpoint, const char *sdp, uint64_t now_us)
{
    if (!field(sdp, "a=ice-ufrag:", endpoint->remote_ufrag, sizeof endpoint->remote_ufrag) ||
        !field(sdp, "a=ice-pwd:", endpoint->remote_pwd, sizeof endpoint->remote_pwd) ||
        !connect_to_candidate(endpoint, sdp))
        return -1;
    endpoint->accepted_us = now_us;
    return 0;
}

const char *endpoint_offer(struct endpoint *endpoint)
{
    describe(endpoint);
    return endpoint->sdp;
}

/* An offer of Janus: its mids and payload types are taken over by name. */
const char *endpoint_answer(struct endpoint *endpoint, const char *offer)
{
    const char *audio = strstr(offer, "m=audio"), *video = strstr(offer, "m=video");
    if (!audio || !video || !field(audio, "a=mid:", endpoint->mids[0], sizeof endpoint->mids[0]) ||
        !field(video, "a=mid:", endpoint->mids[1], sizeof endpoint->mids[1]) || take_remote(endpoint, offer, 0) < 0)
        return NULL;
    describe(endpoint);
    return endpoint->sdp;
}

int endpoint_accept(struct endpoint *endpoint, const char *answer, uint64_t now_us)
{
    if (!answer) { /* our own answer is with the far end */
        endpoint->accepted_us = now_us;
        return 0;
    }
    return take_remote(endpoint, answer, now_us);
}

/* ---- life ---- */

/* One picture of 640 by 360, or several from 320 by 180 upwards. */
static void make_layers(struct endpoint *endpoint)
{
    static const char *const rids[ENDPOINT_LAYERS_MAX] = {"q", "h", "f"};
    bool simulcast = endpoint->config.layers > 1;
    endpoint->layers = simulcast ? endpoint->config.layers : 1;
    for (int i = 0; i < endpoint->layers; i++) {
        int scale = simulcast ? i : 1;
        endpoint->video[i] = (struct outgoing){.ssrc = random32(),
                                               .pt = VIDEO_PT,
                                               .rid = simulcast ? rids[i] : NULL,
                                               .width = (uint16_t)(320 << scale),
                                               .height = (uint16_t)(180 << scale),
                                               .key_frame_due = true};
    }
}

struct endpoint *endpoint_create(const struct endpoint_config *config)
{
    if (!shared_context)
        make_identity();
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    endpoint->config = *config;
    endpoint->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int room = 1 << 20;
    int stamps = 1;
    setsockopt(endpoint->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(endpoint->fd, SOL_SOCKET, SO_TIMESTAMPNS, &stamps, sizeof stamps);
    random_text(endpoint->ufrag, 8);
    random_text(endpoint->pwd, 24);
    strcpy(endpoint->mids[0], "0");
    strcpy(endpoint->mids[1], "1");
    endpoint->twcc_id = 3;
    endpoint->mid_id = 4;
    endpoint->rid_id = 5;
    endpoint->tie = random32();
    endpoint->audio = (struct outgoing){.ssrc = random32(), .pt = AUDIO_PT};
    make_layers(endpoint);
    stun_agent_init(&endpoint->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    endpoint->ssl = SSL_new(shared_context);
    endpoint->in = BIO_new(BIO_s_mem());
    endpoint->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(endpoint->in, -1);
    SSL_set_bio(endpoint->ssl, endpoint->in, endpoint->out);
    SSL_set_options(endpoint->ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(endpoint->ssl, 1200);
    SSL_set_connect_state(endpoint->ssl);
    twcc_receiver_init(&endpoint->twcc);
    return endpoint;
}

void endpoint_destroy(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    if (endpoint->keyed) {
        gcm_finish(&endpoint->send);
        gcm_finish(&endpoint->receive);
    }
    SSL_free(endpoint->ssl);
    close(endpoint->fd);
    free(endpoint);
}

int endpoint_fd(const struct endpoint *endpoint)
{
    return endpoint->fd;
}

void endpoint_set_rate(struct endpoint *endpoint, uint32_t video_bps)
{
    endpoint->config.video_bps = video_bps;
}

bool endpoint_is_connected(const struct endpoint *endpoint)
{
    return endpoint->keyed;
}

uint64_t endpoint_accepted_us(const struct endpoint *endpoint)
{
    return endpoint->accepted_us;
}

uint64_t endpoint_first_packet_us(const struct endpoint *endpoint)
{
    return endpoint->first_packet_us;
}

/* ---- ICE and DTLS ---- */

static void send_check(struct endpoint *endpoint)
{
    uint8_t buffer[512];
    char username[256];
    StunMessage message;
    int size = snprintf(username, sizeof username, "%s:%s", endpoint->remote_ufrag, endpoint->ufrag);
    size_t length = stun_usage_ice_conncheck_create(&endpoint->agent, &message, buffer, sizeof buffer,
                                                    (uint8_t *)username, (size_t)size, (uint8_t *)endpoint->remote_pwd,
                                                    strlen(endpoint->remote_pwd), true, true, 0x7e0000ffu,
                                                    endpoint->tie, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (length > 0)
        send(endpoint->fd, buffer, length, 0);
}

static void flush_handshake(struct endpoint *endpoint)
{
    uint8_t datagrams[8192];
    int size = BIO_read(endpoint->out, datagrams, sizeof datagrams);
    for (int at = 0; at + 13 <= size;) { /* one record a datagram: simple, and small enough */
        int record = 13 + (datagrams[at + 11] << 8 | datagrams[at + 12]);
        send(endpoint->fd, datagrams + at, (size_t)record, 0);
        at += record;
    }
}

static void take_keys(struct endpoint *endpoint, uint64_t now_us)
{
    uint8_t material[2 * (GCM_KEY + GCM_SALT)];
    SSL_export_keying_material(endpoint->ssl, material, sizeof material, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0);
    const uint8_t *salts = material + 2 * GCM_KEY;
    if (gcm_init(&endpoint->send, material, salts, 1) < 0 ||
        gcm_init(&endpoint->receive, material + GCM_KEY, salts + GCM_SALT, 0) < 0)
        return;
    endpoint->keyed = true;
    endpoint->connected_us = now_us;
    endpoint->audio.next_us = now_us + random32() % 20000;
    uint64_t first_frame_us = now_us + random32() % 33000;
    for (int i = 0; i < endpoint->layers; i++)
        endpoint->video[i].next_us = first_frame_us;
    endpoint->next_feedback_us = now_us + random32() % 100000;
    endpoint->next_report_us = now_us + 500000 + random32() % 500000;
}

static void handshake(struct endpoint *endpoint, uint64_t now_us)
{
    if (endpoint->keyed)
        return;
    int result = SSL_do_handshake(endpoint->ssl);
    flush_handshake(endpoint);
    ERR_clear_error();
    if (result == 1 && SSL_get_selected_srtp_profile(endpoint->ssl))
        take_keys(endpoint, now_us);
}

/* Janus checks back although it says that it is lite. */
static void answer_check(struct endpoint *endpoint, StunMessage *request)
{
    uint8_t buffer[512];
    size_t size = sizeof buffer;
    StunMessage reply;
    struct sockaddr_storage source = {0};
    socklen_t source_size = sizeof source;
    bool control = true;
    getpeername(endpoint->fd, (struct sockaddr *)&source, &source_size);
    if (stun_usage_ice_conncheck_create_reply(&endpoint->agent, request, &reply, buffer, &size, &source, source_size,
                                              &control, endpoint->tie,
                                              STUN_USAGE_ICE_COMPATIBILITY_RFC5245) == STUN_USAGE_ICE_RETURN_SUCCESS)
        send(endpoint->fd, buffer, size, 0);
}

static void take_stun(struct endpoint *endpoint, const uint8_t *data, size_t size, uint64_t now_us)
{
    char username[256];
    int length = snprintf(username, sizeof username, "%s:%s", endpoint->ufrag, endpoint->remote_ufrag);
    StunDefaultValidaterData known[] = {
        {(uint8_t *)username, (size_t)length, (uint8_t *)endpoint->pwd, strlen(endpoint->pwd)}, {NULL, 0, NULL, 0}};
    StunMessage message;
    if (stun_agent_validate(&endpoint->agent, &message, data, size, stun_agent_default_validater, known) !=
        STUN_VALIDATION_SUCCESS)
        return;
    if (stun_message_get_class(&message) == STUN_REQUEST)
        answer_check(endpoint, &message);
    if (stun_message_get_class(&message) != STUN_RESPONSE || endpoint->nominated)
        return;
    endpoint->nominated = true;
    handshake(endpoint, now_us);
}

/* ---- receiving ---- */

static struct incoming *stream_of(struct endpoint *endpoint, uint32_t ssrc, bool video)
{
    for (int i = 0; i < endpoint->stream_count; i++)
        if (endpoint->streams[i].ssrc == ssrc)
            return &endpoint->streams[i];
    if (endpoint->stream_count == STREAMS)
        return NULL;
    struct incoming *stream = &endpoint->streams[endpoint->stream_count++];
    *stream = (struct incoming){.ssrc = ssrc, .video = video};
    return stream;
}

static void ask_again(struct endpoint *endpoint, const struct incoming *stream, int64_t from, int64_t to)
{
    uint8_t buffer[256];
    uint16_t missing[32];
    int count = 0;
    for (int64_t at = from; at < to && count < 32; at++)
        missing[count++] = (uint16_t)at;
    struct rtcp_writer writer = {.data = buffer, .room = 200};
    rtcp_write_nack(&writer, endpoint->audio.ssrc, stream->ssrc, missing, count);
    size_t size = gcm_protect_rtcp(&endpoint->send, buffer, writer.size);
    send(endpoint->fd, buffer, size, 0);
    endpoint->config.tally->nacked += (uint64_t)count;
}

static void check_payload(struct endpoint *endpoint, const struct rtp_packet *packet, bool video, uint64_t now_us)
{
    struct tally *tally = endpoint->config.tally;
    size_t skip = video ? 4 + 10 : 0;
    struct stamp stamp;
    if (packet->payload_size < skip + STAMP)
        return; /* padding, a probe */
    memcpy(&stamp, packet->payload + skip, STAMP);
    if (stamp.magic != MAGIC || stamp.size + skip + STAMP != packet->payload_size ||
        memcmp(packet->payload + skip + STAMP, pattern + stamp.number % PATTERN, stamp.size) != 0) {
        tally->corrupt++;
        return;
    }
    uint64_t delay = now_us > stamp.sent_us ? (now_us - stamp.sent_us) / DELAY_STEP_US : 0;
    tally->delays[delay < DELAY_BUCKETS ? delay : DELAY_BUCKETS - 1]++;
}

static void count_sequence(struct endpoint *endpoint, struct incoming *stream, int64_t sequence)
{
    if (!stream->started) {
        stream->started = true;
        stream->highest = stream->base = sequence;
    } else if (sequence > stream->highest) {
        if (sequence - stream->highest > 1 && stream->video)
            ask_again(endpoint, stream, stream->highest + 1, sequence);
        endpoint->config.tally->lost += (uint64_t)(sequence - stream->highest - 1);
        stream->highest = sequence;
    } else {
        endpoint->config.tally->lost -= endpoint->config.tally->lost > 0; /* late, or sent again */
    }
    stream->received++;
}

/* The header of a packet that is still encrypted: how much padding it has, its last byte does not tell yet. */
static int parse_sealed(uint8_t *data, size_t size, struct rtp_packet *packet)
{
    uint8_t first = data[0];
    data[0] = first & ~RTP_PADDING;
    int result = rtp_parse(data, size, packet);
    data[0] = first;
    return result;
}

static void take_rtp(struct endpoint *endpoint, uint8_t *data, size_t size, uint64_t now_us)
{
    struct tally *tally = endpoint->config.tally;
    struct rtp_packet packet;
    if (parse_sealed(data, size, &packet) < 0)
        return;
    bool video = packet.pt == VIDEO_PT || packet.pt == RTX_PT;
    struct incoming *stream = stream_of(endpoint, packet.ssrc, video);
    if (!stream)
        return;
    int64_t sequence = stream->started ? rtp_unwrap16(stream->highest, packet.sequence) : packet.sequence;
    size_t header = (size_t)(packet.payload - packet.data);
    int plain = gcm_unprotect_rtp(&endpoint->receive, data, header, size, (uint32_t)(sequence >> 16));
    if (plain < 0 || rtp_parse(data, (size_t)plain, &packet) < 0) {
        tally->undecrypted++;
        return;
    }
    if (endpoint->first_packet_us == 0)
        endpoint->first_packet_us = now_us;
    size_t extension_size;
    const uint8_t *extension = rtp_extension(&packet, endpoint->twcc_id, &extension_size);
    if (extension && extension_size == 2)
        twcc_received(&endpoint->twcc, wire_get16(extension), now_us);
    if (packet.pt == RTX_PT) {
        stream->highest = stream->started && stream->highest > sequence ? stream->highest : sequence;
        stream->started = true;
        tally->retransmitted++;
        return;
    }
    tally->received++;
    tally->bytes += size;
    count_sequence(endpoint, stream, sequence);
    check_payload(endpoint, &packet, video, now_us);
}

static void owe_key_frame(struct endpoint *endpoint, uint32_t ssrc)
{
    for (int i = 0; i < endpoint->layers; i++)
        endpoint->video[i].key_frame_due |= endpoint->layers == 1 || endpoint->video[i].ssrc == ssrc;
}

static void take_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size)
{
    int plain = gcm_unprotect_rtcp(&endpoint->receive, data, size);
    if (plain < 0) {
        endpoint->config.tally->undecrypted++;
        return;
    }
    struct rtcp_reader reader = {data, (size_t)plain};
    struct rtcp_packet packet;
    uint32_t asked[8];
    while (rtcp_next(&reader, &packet)) {
        int count = rtcp_key_requests(&packet, asked, 8);
        for (int i = 0; i < count; i++)
            owe_key_frame(endpoint, asked[i]);
    }
}

static void take_datagram(struct endpoint *endpoint, uint8_t *data, size_t size, uint64_t now_us)
{
    if (size < 12)
        return;
    if (data[0] < 4) {
        take_stun(endpoint, data, size, now_us);
    } else if (data[0] >= 20 && data[0] < 64) {
        BIO_write(endpoint->in, data, (int)size);
        handshake(endpoint, now_us);
    } else if (data[0] >= 128 && endpoint->keyed) {
        if (rtp_is_rtcp(data, size))
            take_rtcp(endpoint, data, size);
        else
            take_rtp(endpoint, data, size, now_us);
    }
}

/* When the kernel took the datagram, as browsers reckon: our own turn comes late when a thousand of us share a core. */
static uint64_t arrival_of(struct msghdr *message, int64_t clock_offset_us, uint64_t now_us)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_TIMESTAMPNS)
        return now_us;
    struct timespec stamp;
    memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
    int64_t arrival_us = (int64_t)stamp.tv_sec * 1000000 + stamp.tv_nsec / 1000 - clock_offset_us;
    return arrival_us < (int64_t)now_us ? (uint64_t)arrival_us : now_us;
}

static int64_t clock_offset_us(uint64_t now_us)
{
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    return (int64_t)real.tv_sec * 1000000 + real.tv_nsec / 1000 - (int64_t)now_us;
}

void endpoint_readable(struct endpoint *endpoint, uint64_t now_us)
{
    enum { BATCH = 32, CONTROL = CMSG_SPACE(sizeof(struct timespec)) };
    static uint8_t buffers[BATCH][2048];
    static _Alignas(struct cmsghdr) uint8_t controls[BATCH][CONTROL];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){
            .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = CONTROL};
    }
    int got = recvmmsg(endpoint->fd, messages, BATCH, 0, NULL);
    int64_t offset_us = clock_offset_us(now_us);
    for (int i = 0; i < got; i++)
        take_datagram(endpoint, buffers[i], messages[i].msg_len, arrival_of(&messages[i].msg_hdr, offset_us, now_us));
}

/* ---- sending ---- */

static void send_rtp(struct endpoint *endpoint, struct outgoing *stream, const uint8_t *payload, size_t size,
                     bool marker)
{
    uint8_t packet[2048];
    struct rtp_writer writer;
    struct rtp_fixed fixed = {stream->timestamp, stream->ssrc, stream->sequence, stream->pt, marker};
    rtp_write_fixed(&writer, packet, &fixed);
    uint8_t *twcc = rtp_write_extension(&writer, endpoint->twcc_id, 2);
    wire_put16(twcc, endpoint->twcc_sequence++);
    const char *mid = endpoint->mids[stream->pt == VIDEO_PT];
    memcpy(rtp_write_extension(&writer, endpoint->mid_id, strlen(mid)), mid, strlen(mid));
    if (stream->rid)
        memcpy(rtp_write_extension(&writer, endpoint->rid_id, strlen(stream->rid)), stream->rid, strlen(stream->rid));
    size_t header = rtp_write_end(&writer);
    memcpy(packet + header, payload, size);
    size_t sealed = gcm_protect_rtp(&endpoint->send, packet, header, header + size, stream->roc);
    if (++stream->sequence == 0)
        stream->roc++;
    stream->packets++;
    stream->bytes += (uint32_t)size;
    if (send(endpoint->fd, packet, sealed, 0) > 0)
        endpoint->config.tally->sent++;
}

static size_t put_stamp(struct endpoint *endpoint, struct outgoing *stream, uint8_t *at, size_t filler, uint64_t now_us)
{
    struct stamp stamp = {MAGIC, (uint32_t)endpoint->config.id, stream->number++, now_us, (uint32_t)filler};
    memcpy(at, &stamp, STAMP);
    memcpy(at + STAMP, pattern + stamp.number % PATTERN, filler);
    return STAMP + filler;
}

static void send_audio(struct endpoint *endpoint, uint64_t now_us)
{
    uint8_t payload[256];
    size_t size = put_stamp(endpoint, &endpoint->audio, payload, AUDIO_BYTES - STAMP, now_us);
    send_rtp(endpoint, &endpoint->audio, payload, size, false);
    endpoint->audio.timestamp += 960;
    endpoint->audio.next_us += 20000;
}

/* VP8 as RFC 7741 has it: descriptor with a 15-bit picture id, then a frame header that says what kind of frame it
 * is. */
static void send_frame(struct endpoint *endpoint, struct outgoing *video, size_t size_of_frame, uint64_t now_us)
{
    size_t left = size_of_frame;
    bool key = video->key_frame_due;
    video->key_frame_due = false;
    endpoint->config.tally->key_frames += key;
    for (bool first = true; left > 0; first = false) {
        uint8_t payload[1400] = {(uint8_t)(first ? 0x90 : 0x80), 0x80, (uint8_t)(0x80 | video->picture_id >> 8),
                                 (uint8_t)video->picture_id};
        payload[4] = key && first ? 0x10 : 0x11;
        const uint8_t shape[] = {0x9d,
                                 0x01,
                                 0x2a,
                                 (uint8_t)video->width,
                                 (uint8_t)(video->width >> 8),
                                 (uint8_t)video->height,
                                 (uint8_t)(video->height >> 8)};
        memcpy(payload + 7, shape, sizeof shape); /* where a key frame has it */
        size_t size = left > VIDEO_PACKET ? VIDEO_PACKET : left < 64 ? 64 : left;
        size_t used = 14 + put_stamp(endpoint, video, payload + 14, size - 14 - STAMP, now_us);
        left -= size < left ? size : left;
        send_rtp(endpoint, video, payload, used, left == 0);
    }
    video->picture_id = (video->picture_id + 1) & 0x7fff;
    video->timestamp += 90000 / FPS;
    video->next_us += 1000000 / FPS;
}

static void send_video(struct endpoint *endpoint, uint64_t now_us)
{
    size_t parts = 1;
    for (int i = 1; i < endpoint->layers; i++)
        parts = parts * LAYER_STEP + 1;
    size_t size_of_frame = endpoint->config.video_bps / 8 / FPS / parts;
    for (int i = 0; i < endpoint->layers; i++, size_of_frame *= LAYER_STEP)
        while (now_us >= endpoint->video[i].next_us)
            send_frame(endpoint, &endpoint->video[i], size_of_frame, now_us);
}

static void send_feedback(struct endpoint *endpoint)
{
    uint8_t buffer[RTCP_BUFFER + 64];
    size_t size;
    while ((size = twcc_write(&endpoint->twcc, endpoint->audio.ssrc, endpoint->streams[0].ssrc, buffer, RTCP_BUFFER)) >
           0)
        send(endpoint->fd, buffer, gcm_protect_rtcp(&endpoint->send, buffer, size), 0);
}

static void report_sent(struct rtcp_writer *writer, const struct outgoing *stream, uint64_t ntp)
{
    struct rtcp_sender_info info = {stream->ssrc, ntp, stream->timestamp, stream->packets, stream->bytes};
    rtcp_write_sr(writer, &info);
}

static void send_report(struct endpoint *endpoint, uint64_t now_us)
{
    uint8_t buffer[RTCP_BUFFER + 64];
    struct rtcp_writer writer = {.data = buffer, .room = RTCP_BUFFER};
    if (endpoint->config.publishes) {
        uint64_t ntp = rtcp_ntp_from_us(now_us + 2208988800ull * 1000000);
        report_sent(&writer, &endpoint->audio, ntp);
        for (int i = 0; i < endpoint->layers; i++)
            report_sent(&writer, &endpoint->video[i], ntp);
    } else {
        struct rtcp_block blocks[STREAMS] = {0};
        for (int i = 0; i < endpoint->stream_count; i++) {
            blocks[i].ssrc = endpoint->streams[i].ssrc;
            blocks[i].highest = (uint32_t)endpoint->streams[i].highest;
        }
        rtcp_write_rr(&writer, endpoint->audio.ssrc, blocks, endpoint->stream_count);
    }
    rtcp_write_cname(&writer, endpoint->audio.ssrc, "b");
    send(endpoint->fd, buffer, gcm_protect_rtcp(&endpoint->send, buffer, writer.size), 0);
}

void endpoint_tick(struct endpoint *endpoint, uint64_t now_us)
{
    if (endpoint->accepted_us == 0)
        return;
    if (now_us >= endpoint->next_check_us) {
        send_check(endpoint);
        endpoint->next_check_us = now_us + (endpoint->keyed ? 2500000 : 50000);
    }
    if (!endpoint->keyed) {
        if (endpoint->nominated && DTLSv1_handle_timeout(endpoint->ssl) > 0)
            flush_handshake(endpoint);
        return;
    }
    while (endpoint->config.publishes && now_us >= endpoint->audio.next_us)
        send_audio(endpoint, now_us);
    if (endpoint->config.publishes && endpoint->config.video_bps > 0)
        send_video(endpoint, now_us);
    if (now_us >= endpoint->next_feedback_us) {
        endpoint->next_feedback_us = now_us + 100000;
        if (!endpoint->config.publishes)
            send_feedback(endpoint);
    }
    if (now_us >= endpoint->next_report_us) {
        endpoint->next_report_us = now_us + 1000000;
        send_report(endpoint, now_us);
    }
}

#include "tests/bench/endpoint.h"

#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stun/usages/ice.h>

#include "media/rtp.h"
#include "tests/bench/endpoint_inside.h"
#include "tests/bench/film.h"

static SSL_CTX *shared_context;
static char shared_fingerprint[3 * EVP_MAX_MD_SIZE];

/* ---- identity ---- */

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

const char *endpoint_fingerprint(void)
{
    return shared_fingerprint;
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
    const int on = 1;
    setsockopt(endpoint->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(endpoint->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    /* Else a burst is cut up on loopback while it is delivered, in the sender's time: a receiver elsewhere costs it nothing. */
    setsockopt(endpoint->fd, SOL_UDP, UDP_GRO, &on, sizeof on);
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
    film_close(endpoint->config.film);
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

/* ---- the socket ---- */

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
            endpoint_receive_rtcp(endpoint, data, size);
        else
            endpoint_receive_rtp(endpoint, data, size, now_us);
    }
}

/* One or, as the kernel put them together again, several datagrams of one size, the last may be smaller. */
struct arrival {
    uint64_t
        at_us; /* when the kernel took it, as browsers reckon: our own turn comes late when a thousand share a core */
    size_t segment;
};

static struct arrival arrival_of(struct mmsghdr *message, int64_t clock_offset_us, uint64_t now_us)
{
    struct arrival arrival = {now_us, message->msg_len};
    struct msghdr *header = &message->msg_hdr;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
            int segment;
            memcpy(&segment, CMSG_DATA(control), sizeof segment);
            arrival.segment = (size_t)segment;
        } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
            int64_t at_us = (int64_t)stamp.tv_sec * 1000000 + stamp.tv_nsec / 1000 - clock_offset_us;
            arrival.at_us = at_us < (int64_t)now_us ? (uint64_t)at_us : now_us;
        }
    }
    return arrival;
}

static int64_t clock_offset_us(uint64_t now_us)
{
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    return (int64_t)real.tv_sec * 1000000 + real.tv_nsec / 1000 - (int64_t)now_us;
}

static void take_message(struct endpoint *endpoint, uint8_t *data, size_t size, struct arrival arrival)
{
    for (size_t at = 0; at < size; at += arrival.segment) {
        size_t left = size - at;
        take_datagram(endpoint, data + at, left < arrival.segment ? left : arrival.segment, arrival.at_us);
    }
}

void endpoint_readable(struct endpoint *endpoint, uint64_t now_us)
{
    enum { BATCH = 8, MESSAGE_MAX = 65536, CONTROL = CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(int)) };
    static uint8_t buffers[BATCH][MESSAGE_MAX];
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
        take_message(endpoint, buffers[i], messages[i].msg_len, arrival_of(&messages[i], offset_us, now_us));
}

/* ---- what is due ---- */

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
        endpoint_send_audio(endpoint, now_us);
    if (endpoint->config.publishes && (endpoint->config.film || endpoint->config.video_bps > 0))
        endpoint_send_video(endpoint, now_us);
    if (now_us >= endpoint->next_feedback_us) {
        endpoint->next_feedback_us = now_us + 100000;
        if (!endpoint->config.publishes)
            endpoint_send_feedback(endpoint);
    }
    if (now_us >= endpoint->next_report_us) {
        endpoint->next_report_us = now_us + 1000000;
        endpoint_send_report(endpoint, now_us);
    }
}

#include "media/dtls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
    SHA256_SIZE = 32,
    CERTIFICATE_DAYS = 365,
    RETRANSMIT_FIRST_US = 400 * 1000, /* RFC 6347 §4.2.4.1 says 1 s; on a link without loss nobody waits for it */
    RETRANSMIT_MAX_US = 3000 * 1000,
    RETRANSMITS_MAX = 12,
    LAST_FLIGHT_MAX = 256,
};

struct dtls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    char fingerprint[DTLS_FINGERPRINT_TEXT];
};

/* The last datagram that one step of a handshake sent; size 0: none, or not a short one. */
struct last_flight {
    size_t size;
    uint8_t bytes[LAST_FLIGHT_MAX];
};

struct dtls {
    struct dtls_config config;
    SSL *ssl;
    enum dtls_state state;
    const char *failure;
    const uint8_t *input; /* the datagram being read, borrowed for dtls_input */
    size_t input_size;
    int retransmits;
    struct last_flight *last; /* of the step that is being taken, else NULL */
    size_t fingerprint_count;
    struct dtls_fingerprint fingerprints[DTLS_FINGERPRINTS_MAX];
};

/* ---- a BIO that keeps datagrams apart: one read is one datagram in, one write is one out ---- */

static int bio_read(BIO *bio, char *to, int size)
{
    struct dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!dtls->input) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t length = dtls->input_size < (size_t)size ? dtls->input_size : (size_t)size;
    memcpy(to, dtls->input, length);
    dtls->input = NULL;
    return (int)length;
}

static int bio_write(BIO *bio, const char *from, int size)
{
    struct dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return size;
    if (dtls->last) {
        dtls->last->size = size <= LAST_FLIGHT_MAX ? (size_t)size : 0;
        memcpy(dtls->last->bytes, from, dtls->last->size);
    }
    dtls->config.send_fn(dtls->config.arg, (const uint8_t *)from, (size_t)size);
    return size;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
        return DTLS_MTU;
    default:
        return 0;
    }
}

static BIO_METHOD *make_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (method && BIO_meth_set_read(method, bio_read) == 1 && BIO_meth_set_write(method, bio_write) == 1 &&
        BIO_meth_set_ctrl(method, bio_control) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* ---- context ---- */

static bool fill_certificate(X509 *certificate, EVP_PKEY *key)
{
    uint64_t serial;
    X509_NAME *name = X509_get_subject_name(certificate);
    return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 && X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_DAYS * 24L * 3600) != NULL &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"hoichan", -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static int write_fingerprint(X509 *certificate, char *text)
{
    unsigned char digest[SHA256_SIZE];
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1 || size != SHA256_SIZE)
        return -EIO;
    for (unsigned i = 0; i < size; i++)
        sprintf(text + (size_t)3 * i, i + 1 < size ? "%02X:" : "%02X", digest[i]);
    return 0;
}

static int add_certificate(struct dtls_context *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int result = -EIO;
    if (key && certificate && fill_certificate(certificate, key) &&
        SSL_CTX_use_certificate(context->ssl, certificate) == 1 && SSL_CTX_use_PrivateKey(context->ssl, key) == 1)
        result = write_fingerprint(certificate, context->fingerprint);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return result;
}

/* Certificates of peers are self-signed; what counts is the fingerprint, compared after the handshake. */
static int accept_any(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

static int configure(SSL_CTX *ssl)
{
    SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, accept_any, NULL);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1);
    if (SSL_CTX_set_cipher_list(
            ssl, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA") != 1 ||
        SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") != 1)
        return -EIO;
    /* 0 is success here. */
    return SSL_CTX_set_tlsext_use_srtp(ssl, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0 ? 0 : -EIO;
}

int dtls_context_create(struct dtls_context **out)
{
    struct dtls_context *context = calloc(1, sizeof *context);
    if (!context)
        return -ENOMEM;
    context->ssl = SSL_CTX_new(DTLS_server_method());
    context->bio = make_bio_method();
    int result = context->ssl && context->bio ? configure(context->ssl) : -EIO;
    if (result == 0)
        result = add_certificate(context);
    if (result < 0) {
        dtls_context_destroy(context);
        return result;
    }
    *out = context;
    return 0;
}

void dtls_context_destroy(struct dtls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    free(context);
}

const char *dtls_context_fingerprint(const struct dtls_context *context)
{
    return context->fingerprint;
}

/* ---- fingerprints ---- */

static int digest_of(const char *algorithm)
{
    static const struct {
        const char *name;
        int digest;
    } known[] = {{"sha-256", NID_sha256}, {"sha-384", NID_sha384}, {"sha-512", NID_sha512}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(algorithm, known[i].name) == 0)
            return known[i].digest;
    return NID_undef;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int dtls_fingerprint_parse(const char *algorithm, const char *value, struct dtls_fingerprint *fingerprint)
{
    *fingerprint = (struct dtls_fingerprint){.digest = digest_of(algorithm)};
    if (fingerprint->digest == NID_undef)
        return -ENOTSUP;
    size_t expected = (size_t)EVP_MD_get_size(EVP_get_digestbynid(fingerprint->digest));
    if (strlen(value) != 3 * expected - 1)
        return -EINVAL;
    for (size_t i = 0; i < expected; i++) {
        int high = hex_digit(value[3 * i]), low = hex_digit(value[3 * i + 1]);
        if (high < 0 || low < 0 || (i + 1 < expected && value[3 * i + 2] != ':'))
            return -EINVAL;
        fingerprint->bytes[i] = (uint8_t)(high << 4 | low);
    }
    fingerprint->size = expected;
    return 0;
}

static bool matches(X509 *certificate, const struct dtls_fingerprint *fingerprint)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return X509_digest(certificate, EVP_get_digestbynid(fingerprint->digest), digest, &size) == 1 &&
           size == fingerprint->size && CRYPTO_memcmp(digest, fingerprint->bytes, size) == 0;
}

static bool peer_matches(const struct dtls *dtls)
{
    X509 *certificate = SSL_get1_peer_certificate(dtls->ssl);
    bool found = false;
    for (size_t i = 0; certificate && i < dtls->fingerprint_count && !found; i++)
        found = matches(certificate, &dtls->fingerprints[i]);
    X509_free(certificate);
    return found;
}

/* ---- association ---- */

static unsigned next_timeout(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    if (last_us == 0)
        return RETRANSMIT_FIRST_US;
    return 2 * last_us > RETRANSMIT_MAX_US ? RETRANSMIT_MAX_US : 2 * last_us;
}

static int open_ssl(struct dtls *dtls)
{
    dtls->ssl = SSL_new(dtls->config.context->ssl);
    BIO *bio = BIO_new(dtls->config.context->bio);
    if (!dtls->ssl || !bio) {
        BIO_free(bio);
        return -ENOMEM;
    }
    BIO_set_data(bio, dtls);
    BIO_set_init(bio, 1);
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_mtu(dtls->ssl, DTLS_MTU);
    DTLS_set_timer_cb(dtls->ssl, next_timeout);
    SSL_set_accept_state(dtls->ssl);
    return 0;
}

int dtls_create(const struct dtls_config *config, struct dtls **out)
{
    struct dtls *dtls = calloc(1, sizeof *dtls);
    if (!dtls)
        return -ENOMEM;
    dtls->config = *config;
    int result = open_ssl(dtls);
    if (result < 0) {
        dtls_destroy(dtls);
        return result;
    }
    *out = dtls;
    return 0;
}

void dtls_destroy(struct dtls *dtls)
{
    if (!dtls)
        return;
    SSL_free(dtls->ssl);
    free(dtls);
}

static enum dtls_state fail(struct dtls *dtls, const char *why)
{
    dtls->failure = why;
    dtls->state = DTLS_FAILED;
    return dtls->state;
}

static void verify(struct dtls *dtls)
{
    if (!SSL_get_selected_srtp_profile(dtls->ssl))
        fail(dtls, "no_srtp");
    else if (dtls->fingerprint_count == 0)
        dtls->state = DTLS_UNVERIFIED;
    else if (peer_matches(dtls))
        dtls->state = DTLS_CONNECTED;
    else
        fail(dtls, "fingerprint");
}

int dtls_set_fingerprints(struct dtls *dtls, const struct dtls_fingerprint *fingerprints, size_t count)
{
    if (count == 0 || count > DTLS_FINGERPRINTS_MAX)
        return -EINVAL;
    memcpy(dtls->fingerprints, fingerprints, count * sizeof *fingerprints);
    dtls->fingerprint_count = count;
    if (dtls->state == DTLS_UNVERIFIED)
        verify(dtls);
    else if (dtls->state == DTLS_CONNECTED && !peer_matches(dtls))
        return -EINVAL;
    return 0;
}

/* Without it the peer hears nothing of what comes behind it, and finds out by its own timer: a second and more on a long line. */
static void say_twice(const struct dtls *dtls, const struct last_flight *last)
{
    if (last->size)
        dtls->config.send_fn(dtls->config.arg, last->bytes, last->size);
}

static void handshake(struct dtls *dtls)
{
    struct last_flight last;
    last.size = 0;
    dtls->last = &last;
    int result = SSL_do_handshake(dtls->ssl);
    dtls->last = NULL;
    if (result == 1) {
        say_twice(dtls, &last);
        verify(dtls);
        SSL_free_buffers(dtls->ssl); /* 33 KiB that hardly anything will pass through any more */
        return;
    }
    int error = SSL_get_error(dtls->ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        fail(dtls, "handshake");
}

/* After the handshake only alerts and retransmitted flights come; application data is nobody's here. */
static void read_rest(struct dtls *dtls)
{
    uint8_t scratch[2048];
    int result;
    if (SSL_alloc_buffers(dtls->ssl) != 1)
        return;
    do
        result = SSL_read(dtls->ssl, scratch, sizeof scratch);
    while (result > 0);
    if (SSL_get_error(dtls->ssl, result) == SSL_ERROR_ZERO_RETURN)
        dtls->state = DTLS_CLOSED;
    SSL_free_buffers(dtls->ssl);
}

enum dtls_state dtls_input(struct dtls *dtls, const uint8_t *datagram, size_t size)
{
    if (size == 0 || dtls->state == DTLS_FAILED || dtls->state == DTLS_CLOSED)
        return dtls->state;
    dtls->input = datagram;
    dtls->input_size = size;
    ERR_clear_error();
    if (dtls->state == DTLS_HANDSHAKING)
        handshake(dtls);
    else
        read_rest(dtls);
    dtls->input = NULL;
    ERR_clear_error();
    return dtls->state;
}

enum dtls_state dtls_tick(struct dtls *dtls)
{
    if (dtls->state != DTLS_HANDSHAKING)
        return dtls->state;
    ERR_clear_error();
    long result = DTLSv1_handle_timeout(dtls->ssl);
    ERR_clear_error();
    if (result < 0 || (result > 0 && ++dtls->retransmits > RETRANSMITS_MAX))
        return fail(dtls, "timeout");
    return dtls->state;
}

uint64_t dtls_timeout_us(const struct dtls *dtls)
{
    struct timeval left;
    if (dtls->state != DTLS_HANDSHAKING || DTLSv1_get_timeout(dtls->ssl, &left) != 1)
        return UINT64_MAX;
    return (uint64_t)left.tv_sec * 1000000 + (uint64_t)left.tv_usec;
}

enum dtls_state dtls_state(const struct dtls *dtls)
{
    return dtls->state;
}

const char *dtls_failure(const struct dtls *dtls)
{
    return dtls->failure;
}

/* RFC 5764 §4.2: client key, server key, client salt, server salt. */
int dtls_export_keys(const struct dtls *dtls, struct srtp_keys *keys)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t material[2 * SRTP_MASTER_SIZE];
    if (dtls->state != DTLS_CONNECTED)
        return -ENOTCONN;
    bool gcm = SSL_get_selected_srtp_profile(dtls->ssl)->id == SRTP_AEAD_AES_128_GCM;
    size_t key = 16, salt = gcm ? 12 : 14;
    if (SSL_export_keying_material(dtls->ssl, material, 2 * (key + salt), label, sizeof label - 1, NULL, 0, 0) != 1)
        return -EIO;
    memset(keys, 0, sizeof *keys);
    keys->suite = gcm ? SRTP_SUITE_GCM_128 : SRTP_SUITE_CM_SHA1_80;
    memcpy(keys->remote, material, key);
    memcpy(keys->local, material + key, key);
    memcpy(keys->remote + key, material + 2 * key, salt);
    memcpy(keys->local + key, material + 2 * key + salt, salt);
    OPENSSL_cleanse(material, sizeof material);
    return 0;
}

void dtls_close(struct dtls *dtls)
{
    ERR_clear_error();
    if ((dtls->state == DTLS_CONNECTED || dtls->state == DTLS_UNVERIFIED) && SSL_alloc_buffers(dtls->ssl) == 1)
        SSL_shutdown(dtls->ssl);
    ERR_clear_error();
}

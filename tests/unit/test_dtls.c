#include "media/dtls.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

enum { QUEUE = 64, DATAGRAM = 2048 };

/* Datagrams on their way in one direction. */
struct queue {
    size_t first, count, largest;
    size_t sizes[QUEUE];
    uint8_t data[QUEUE][DATAGRAM];
};

static void queue_put(void *arg, const uint8_t *datagram, size_t size)
{
    struct queue *queue = arg;
    assert_true(queue->count < QUEUE && size <= DATAGRAM);
    memcpy(queue->data[queue->count], datagram, size);
    queue->sizes[queue->count++] = size;
    if (size > queue->largest)
        queue->largest = size;
}

struct client {
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    struct queue *in, *out;
    long mtu;
    char fingerprint[3 * 32 + 1];
};

static int client_read(BIO *bio, char *to, int size)
{
    struct queue *in = ((struct client *)BIO_get_data(bio))->in;
    BIO_clear_retry_flags(bio);
    if (in->first == in->count) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t length = in->sizes[in->first];
    assert_true(length <= (size_t)size);
    memcpy(to, in->data[in->first++], length);
    return (int)length;
}

static int client_write(BIO *bio, const char *from, int size)
{
    queue_put(((struct client *)BIO_get_data(bio))->out, (const uint8_t *)from, (size_t)size);
    return size;
}

static long client_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_DGRAM_QUERY_MTU)
        return ((struct client *)BIO_get_data(bio))->mtu;
    return command == BIO_CTRL_FLUSH;
}

static void client_certificate(struct client *client)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 77);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -1000);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 100000);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    unsigned char digest[32];
    unsigned size;
    X509_digest(certificate, EVP_sha256(), digest, &size);
    for (unsigned i = 0; i < size; i++)
        sprintf(client->fingerprint + 3 * (size_t)i, i + 1 < size ? "%02x:" : "%02x", digest[i]);
    SSL_CTX_use_certificate(client->context, certificate);
    SSL_CTX_use_PrivateKey(client->context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void client_open(struct client *client, const char *profiles, long mtu, struct queue *in, struct queue *out)
{
    *client = (struct client){.in = in, .out = out, .mtu = mtu};
    client->context = SSL_CTX_new(DTLS_client_method());
    client_certificate(client);
    if (profiles)
        assert_int_equal(SSL_CTX_set_tlsext_use_srtp(client->context, profiles), 0);
    client->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client");
    BIO_meth_set_read(client->method, client_read);
    BIO_meth_set_write(client->method, client_write);
    BIO_meth_set_ctrl(client->method, client_control);
    BIO *bio = BIO_new(client->method);
    BIO_set_data(bio, client);
    BIO_set_init(bio, 1);
    client->ssl = SSL_new(client->context);
    SSL_set_bio(client->ssl, bio, bio);
    SSL_set_options(client->ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(client->ssl, mtu);
    SSL_set_connect_state(client->ssl);
}

static void client_close(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    BIO_meth_free(client->method);
}

struct scene {
    struct dtls_context *context;
    struct dtls *server;
    struct client client;
    struct queue up, down;
};

static struct scene *scene_open(const char *profiles, long mtu)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_int_equal(dtls_context_create(&scene->context), 0);
    struct dtls_config config = {.context = scene->context, .send_fn = queue_put, .arg = &scene->down};
    assert_int_equal(dtls_create(&config, &scene->server), 0);
    client_open(&scene->client, profiles, mtu, &scene->down, &scene->up);
    return scene;
}

static void scene_close(struct scene *scene)
{
    dtls_destroy(scene->server);
    client_close(&scene->client);
    dtls_context_destroy(scene->context);
    free(scene);
}

static void trust(struct scene *scene, const char *value)
{
    struct dtls_fingerprint fingerprint;
    assert_int_equal(dtls_fingerprint_parse("SHA-256", value, &fingerprint), 0);
    assert_int_equal(dtls_set_fingerprints(scene->server, &fingerprint, 1), 0);
}

static void scene_run(struct scene *scene)
{
    for (int turn = 0; turn < 10; turn++) {
        SSL_do_handshake(scene->client.ssl);
        while (scene->up.first < scene->up.count) {
            size_t at = scene->up.first++;
            dtls_input(scene->server, scene->up.data[at], scene->up.sizes[at]);
        }
    }
}

static void assert_same_keys(struct scene *scene, enum srtp_suite suite)
{
    struct srtp_keys keys;
    uint8_t material[60];
    size_t salt = suite == SRTP_SUITE_GCM_128 ? 12 : 14;
    assert_int_equal(dtls_export_keys(scene->server, &keys), 0);
    assert_int_equal(keys.suite, suite);
    assert_int_equal(
        SSL_export_keying_material(scene->client.ssl, material, 2 * (16 + salt), "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
        1);
    assert_memory_equal(keys.remote, material, 16);
    assert_memory_equal(keys.local, material + 16, 16);
    assert_memory_equal(keys.remote + 16, material + 32, salt);
    assert_memory_equal(keys.local + 16, material + 32 + salt, salt);
}

static void test_dtls_connects_and_prefers_gcm(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", 1200);
    trust(scene, scene->client.fingerprint);
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_CONNECTED);
    assert_same_keys(scene, SRTP_SUITE_GCM_128);
    assert_true(scene->down.largest <= DTLS_MTU);
    scene_close(scene);
}

static void test_dtls_falls_back_to_cm(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AES128_CM_SHA1_80", 1200);
    trust(scene, scene->client.fingerprint);
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_CONNECTED);
    assert_same_keys(scene, SRTP_SUITE_CM_SHA1_80);
    scene_close(scene);
}

static void test_dtls_takes_a_client_hello_in_pieces(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 300);
    static unsigned char protocols[600];
    for (size_t i = 0; i < sizeof protocols; i += 60) {
        protocols[i] = 59;
        memset(protocols + i + 1, 'a' + (int)(i / 60), 59);
    }
    SSL_set_alpn_protos(scene->client.ssl, protocols, sizeof protocols);
    trust(scene, scene->client.fingerprint);
    SSL_do_handshake(scene->client.ssl);
    assert_true(scene->up.count >= 3);
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_CONNECTED);
    assert_same_keys(scene, SRTP_SUITE_GCM_128);
    scene_close(scene);
}

static void test_dtls_takes_pieces_in_any_order_and_twice(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 300);
    static unsigned char protocols[300];
    for (size_t i = 0; i < sizeof protocols; i += 60) {
        protocols[i] = 59;
        memset(protocols + i + 1, 'k', 59);
    }
    SSL_set_alpn_protos(scene->client.ssl, protocols, sizeof protocols);
    trust(scene, scene->client.fingerprint);
    SSL_do_handshake(scene->client.ssl);
    size_t pieces = scene->up.count;
    assert_true(pieces >= 2);
    for (size_t i = pieces; i-- > 0;)
        for (int again = 0; again < 2; again++)
            dtls_input(scene->server, scene->up.data[i], scene->up.sizes[i]);
    scene->up.first = pieces;
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_CONNECTED);
    scene_close(scene);
}

static void test_dtls_refuses_another_certificate(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    trust(scene, dtls_context_fingerprint(scene->context));
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_FAILED);
    assert_string_equal(dtls_failure(scene->server), "fingerprint");
    struct srtp_keys keys;
    assert_int_equal(dtls_export_keys(scene->server, &keys), -ENOTCONN);
    scene_close(scene);
}

static void test_dtls_refuses_a_peer_without_srtp(void **state)
{
    (void)state;
    struct scene *scene = scene_open(NULL, 1200);
    trust(scene, scene->client.fingerprint);
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_FAILED);
    assert_string_equal(dtls_failure(scene->server), "no_srtp");
    scene_close(scene);
}

static void test_dtls_waits_for_a_late_fingerprint(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_UNVERIFIED);
    struct srtp_keys keys;
    assert_int_equal(dtls_export_keys(scene->server, &keys), -ENOTCONN);
    trust(scene, scene->client.fingerprint);
    assert_int_equal(dtls_state(scene->server), DTLS_CONNECTED);
    struct dtls_fingerprint other;
    assert_int_equal(dtls_fingerprint_parse("sha-256", dtls_context_fingerprint(scene->context), &other), 0);
    assert_int_equal(dtls_set_fingerprints(scene->server, &other, 1), -EINVAL);
    scene_close(scene);
}

static void test_dtls_asks_for_retransmission_while_it_waits(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    assert_true(dtls_timeout_us(scene->server) == UINT64_MAX);
    SSL_do_handshake(scene->client.ssl);
    dtls_input(scene->server, scene->up.data[0], scene->up.sizes[0]);
    assert_in_range(dtls_timeout_us(scene->server), 1, 400000);
    scene->up.first = scene->up.count;
    trust(scene, scene->client.fingerprint);
    scene_run(scene);
    assert_true(dtls_timeout_us(scene->server) == UINT64_MAX);
    scene_close(scene);
}

static unsigned soon(SSL *ssl, unsigned timeout_us)
{
    (void)ssl;
    (void)timeout_us;
    return 20000;
}

/* The client cannot know that the server is through: it asks again, and must be answered again. */
static void test_dtls_sends_its_last_flight_again(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    trust(scene, scene->client.fingerprint);
    DTLS_set_timer_cb(scene->client.ssl, soon);
    while (dtls_state(scene->server) != DTLS_CONNECTED) {
        SSL_do_handshake(scene->client.ssl);
        while (scene->up.first < scene->up.count) {
            scene->down.first = scene->down.count; /* the answer to all before was seen; that to the last is lost */
            size_t at = scene->up.first++;
            dtls_input(scene->server, scene->up.data[at], scene->up.sizes[at]);
        }
    }
    scene->down.first = scene->down.count;
    assert_false(SSL_is_init_finished(scene->client.ssl));
    usleep(25000);
    assert_int_equal(DTLSv1_handle_timeout(scene->client.ssl), 1);
    scene_run(scene);
    assert_true(SSL_is_init_finished(scene->client.ssl));
    assert_same_keys(scene, SRTP_SUITE_GCM_128);
    scene_close(scene);
}

/* Where a tenth is lost it was lost in every tenth join, and sound waited a second and more for the browser to ask again. */
static void test_dtls_comes_up_though_one_copy_of_its_last_flight_is_lost(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    trust(scene, scene->client.fingerprint);
    size_t before = 0;
    while (dtls_state(scene->server) != DTLS_CONNECTED) {
        SSL_do_handshake(scene->client.ssl);
        while (scene->up.first < scene->up.count) {
            size_t at = scene->up.first++;
            before = scene->down.count;
            dtls_input(scene->server, scene->up.data[at], scene->up.sizes[at]);
        }
    }
    assert_int_equal(scene->down.count - before, 2);
    scene->down.first = before + 1;
    assert_int_equal(SSL_do_handshake(scene->client.ssl), 1);
    assert_same_keys(scene, SRTP_SUITE_GCM_128);
    scene_close(scene);
}

static void test_dtls_sees_close_notify(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    trust(scene, scene->client.fingerprint);
    scene_run(scene);
    SSL_shutdown(scene->client.ssl);
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_CLOSED);
    scene_close(scene);
}

static void test_dtls_survives_noise(void **state)
{
    (void)state;
    struct scene *scene = scene_open("SRTP_AEAD_AES_128_GCM", 1200);
    trust(scene, scene->client.fingerprint);
    uint8_t noise[200];
    srand(3);
    for (int i = 0; i < 500; i++) {
        for (size_t j = 0; j < sizeof noise; j++)
            noise[j] = (uint8_t)rand();
        noise[0] = (uint8_t)(20 + i % 44);
        dtls_input(scene->server, noise, (size_t)(i % (int)sizeof noise));
    }
    scene_run(scene);
    assert_int_equal(dtls_state(scene->server), DTLS_CONNECTED);
    scene_close(scene);
}

static void test_dtls_fingerprint_parsing(void **state)
{
    (void)state;
    struct dtls_fingerprint fingerprint;
    assert_int_equal(dtls_fingerprint_parse("sha-1", "AA:BB", &fingerprint), -ENOTSUP);
    assert_int_equal(dtls_fingerprint_parse("sha-256", "", &fingerprint), -EINVAL);
    assert_int_equal(dtls_fingerprint_parse("sha-256", "AA:BB", &fingerprint), -EINVAL);
    char text[3 * 32];
    for (int i = 0; i < 32; i++)
        memcpy(text + 3 * i, "aF:", 3);
    text[3 * 32 - 1] = 0;
    assert_int_equal(dtls_fingerprint_parse("sha-256", text, &fingerprint), 0);
    assert_int_equal(fingerprint.bytes[31], 0xaf);
    text[5] = 'g';
    assert_int_equal(dtls_fingerprint_parse("sha-256", text, &fingerprint), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtls_connects_and_prefers_gcm),
        cmocka_unit_test(test_dtls_falls_back_to_cm),
        cmocka_unit_test(test_dtls_takes_a_client_hello_in_pieces),
        cmocka_unit_test(test_dtls_takes_pieces_in_any_order_and_twice),
        cmocka_unit_test(test_dtls_refuses_another_certificate),
        cmocka_unit_test(test_dtls_refuses_a_peer_without_srtp),
        cmocka_unit_test(test_dtls_waits_for_a_late_fingerprint),
        cmocka_unit_test(test_dtls_asks_for_retransmission_while_it_waits),
        cmocka_unit_test(test_dtls_sends_its_last_flight_again),
        cmocka_unit_test(test_dtls_comes_up_though_one_copy_of_its_last_flight_is_lost),
        cmocka_unit_test(test_dtls_sees_close_notify),
        cmocka_unit_test(test_dtls_survives_noise),
        cmocka_unit_test(test_dtls_fingerprint_parsing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

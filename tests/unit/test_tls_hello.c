#include "server/tls_hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

/* A real ClientHello by OpenSSL that offers `alpn` (wire format, NULL for none). The caller frees. */
static unsigned char *make_hello(const char *alpn, size_t *size)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    char *data;

    if (alpn)
        SSL_set_alpn_protos(ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    SSL_do_handshake(ssl);
    *size = (size_t)BIO_get_mem_data(out, &data);
    unsigned char *hello = malloc(*size);
    memcpy(hello, data, *size);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return hello;
}

static void assert_verdict(const char *alpn, enum tls_hello expected)
{
    size_t size, wanted = 0;
    unsigned char *hello = make_hello(alpn, &size);

    for (size_t have = 0; have < size; have++) {
        assert_int_equal(tls_hello_look(hello, have, &wanted), TLS_HELLO_MORE);
        assert_true(wanted > have && wanted <= size);
    }
    assert_int_equal(tls_hello_look(hello, size, &wanted), expected);
    free(hello);
}

static void test_tls_hello_sees_the_offer(void **state)
{
    (void)state;
    assert_verdict("\x02h2\x08http/1.1", TLS_HELLO_H2);
    assert_verdict("\x08http/1.1\x02h2", TLS_HELLO_H2);
    assert_verdict("\x08http/1.1", TLS_HELLO_OTHER);
    assert_verdict("\x03h2c", TLS_HELLO_OTHER);
    assert_verdict(NULL, TLS_HELLO_OTHER);
}

/* Chromium's hello with its post-quantum key share may come in several TLS records as well. */
static void test_tls_hello_cut_into_records(void **state)
{
    size_t size, wanted, used = 0;
    unsigned char *hello = make_hello("\x02h2", &size), *cut = malloc(3 * size);

    (void)state;
    for (size_t at = 5; at < size; at += 100) {
        size_t part = size - at < 100 ? size - at : 100;
        memcpy(cut + used, (unsigned char[]){22, 3, 1, 0, (unsigned char)part}, 5);
        memcpy(cut + used + 5, hello + at, part);
        used += 5 + part;
    }
    assert_int_equal(tls_hello_look(cut, used, &wanted), TLS_HELLO_H2);
    assert_int_equal(tls_hello_look(cut, used - 1, &wanted), TLS_HELLO_MORE);
    free(hello);
    free(cut);
}

static void test_tls_hello_other_things(void **state)
{
    static const unsigned char http[] = "GET / HTTP/1.1\r\n", alert[] = {21, 3, 3, 0, 2, 1, 0},
                               empty[] = {22, 3, 1, 0, 0}, large[] = {22, 3, 1, 0xff, 0xff};
    size_t wanted;

    (void)state;
    assert_int_equal(tls_hello_look(http, sizeof http, &wanted), TLS_HELLO_OTHER);
    assert_int_equal(tls_hello_look(alert, sizeof alert, &wanted), TLS_HELLO_OTHER);
    assert_int_equal(tls_hello_look(empty, sizeof empty, &wanted), TLS_HELLO_OTHER);
    assert_int_equal(tls_hello_look(large, sizeof large, &wanted), TLS_HELLO_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_hello_sees_the_offer),
        cmocka_unit_test(test_tls_hello_cut_into_records),
        cmocka_unit_test(test_tls_hello_other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

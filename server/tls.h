/**
 * The server's certificate: made by itself at first start (ECDSA P-256, for localhost, the host's name and addresses),
 * or put in its place by the operator; read again on SIGHUP.
 *
 * Thread: main loop.
 */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include <glib.h>
#include <openssl/ssl.h>

struct tls;

/** Uses STATE_DIR/tls/cert.pem and key.pem; makes them when they are missing, or were made here and run out. */
struct tls *tls_create(const char *state_dir, GError **error);
void tls_destroy(struct tls *tls);
const char *tls_certificate_path(const struct tls *tls);
const char *tls_key_path(const struct tls *tls);

/** Sets versions, ciphers and the certificate, and remembers the context for tls_reload(). Owns: takes a reference. */
gboolean tls_adopt(struct tls *tls, SSL_CTX *context, GError **error);
/** New connections get the certificate that is on the disk now. On an error the old one stays. */
gboolean tls_reload(struct tls *tls, GError **error);

#endif

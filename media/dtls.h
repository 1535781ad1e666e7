/**
 * DTLS-SRTP, always the passive side (RFC 5764, RFC 8827): one context with the worker's certificate, one association
 * per transport. Datagrams are passed in and handed out; nothing here knows a socket.
 *
 * A ClientHello may come in several datagrams (Chromium's post-quantum one is larger than any datagram). No cookie
 * exchange: datagrams are taken only on paths that ICE has authenticated.
 */
#ifndef MEDIA_DTLS_H
#define MEDIA_DTLS_H

#include <stddef.h>
#include <stdint.h>

#include "media/srtp.h"

enum {
    DTLS_MTU = 1200,           /* of a handshake datagram */
    DTLS_FINGERPRINT_MAX = 64, /* bytes of a digest */
    DTLS_FINGERPRINTS_MAX = 8,
    DTLS_FINGERPRINT_TEXT = 3 * 32, /* "AA:BB:…" of a SHA-256, with its end */
};

struct dtls_context;
struct dtls;

/** Makes a new ECDSA P-256 certificate. Errors: -EIO. */
int dtls_context_create(struct dtls_context **out);
void dtls_context_destroy(struct dtls_context *context);
/** SHA-256 of the certificate as SDP writes it; borrowed. */
const char *dtls_context_fingerprint(const struct dtls_context *context);

/** One of the peer's fingerprints from SDP. */
struct dtls_fingerprint {
    int digest; /* an OpenSSL NID */
    size_t size;
    uint8_t bytes[DTLS_FINGERPRINT_MAX];
};

/** `algorithm` is sha-256, sha-384 or sha-512; `value` hex pairs with colons. Errors: -EINVAL, -ENOTSUP. */
int dtls_fingerprint_parse(const char *algorithm, const char *value, struct dtls_fingerprint *fingerprint);

enum dtls_state {
    DTLS_HANDSHAKING,
    DTLS_UNVERIFIED, /* handshake done, the peer's fingerprints are not known yet */
    DTLS_CONNECTED,
    DTLS_CLOSED, /* by the peer's close_notify */
    DTLS_FAILED,
};

struct dtls_config {
    struct dtls_context *context;
    void (*send_fn)(void *arg, const uint8_t *datagram, size_t size);
    void *arg;
};

int dtls_create(const struct dtls_config *config, struct dtls **out);
/** Takes NULL. */
void dtls_destroy(struct dtls *dtls);

/** The peer's certificate has to match one of them. Errors: -EINVAL when a verified peer's is none of these. */
int dtls_set_fingerprints(struct dtls *dtls, const struct dtls_fingerprint *fingerprints, size_t count);

/** One datagram from the peer. May call send_fn. The result is the state afterwards. */
enum dtls_state dtls_input(struct dtls *dtls, const uint8_t *datagram, size_t size);
/** To be called DTLS' own retransmission time later (dtls_timeout_us); sends the last flight again. */
enum dtls_state dtls_tick(struct dtls *dtls);
/** Microseconds until dtls_tick is due, UINT64_MAX when nothing waits for an answer. */
uint64_t dtls_timeout_us(const struct dtls *dtls);

enum dtls_state dtls_state(const struct dtls *dtls);
/** Why it failed, in a word: "handshake", "fingerprint", "no_srtp", "timeout"; NULL otherwise. */
const char *dtls_failure(const struct dtls *dtls);

/** The SRTP keys once connected. Owns: the caller wipes them. Errors: -ENOTCONN, -EIO. */
int dtls_export_keys(const struct dtls *dtls, struct srtp_keys *keys);

/** Sends close_notify. */
void dtls_close(struct dtls *dtls);

#endif

/**
 * The server's own signature (JWS, RFC 7515; Ed25519, RFC 8037): its word that somebody who had shown who they are signed
 * something then. It is the server's attestation, not a certificate of that person's.
 *
 * The key is made of 32 random bytes (keys.h). Pure. Thread: any.
 */
#ifndef SERVER_RECORDS_ATTEST_H
#define SERVER_RECORDS_ATTEST_H

#include <jansson.h>

enum { ATTEST_SEED_SIZE = 32 };

/** Compact serialisation; the payload is canonical (attest_canonical). Caller frees. */
char *attest_sign(const unsigned char seed[ATTEST_SEED_SIZE], const json_t *payload);
/** The public key as a JWK with its thumbprint (RFC 7638) as kid. Caller owns it. */
json_t *attest_jwk(const unsigned char seed[ATTEST_SEED_SIZE]);

/** RFC 8785 for what we put in: objects, lists, text, whole numbers, truths. Caller frees (free). */
char *attest_canonical(const json_t *value);
/** Hex SHA-256 of a text. */
enum { ATTEST_HASH_SIZE = 65 };
void attest_hash(const char *text, char hex[ATTEST_HASH_SIZE]);

#endif

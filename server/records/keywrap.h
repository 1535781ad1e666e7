/**
 * A recording's key, wrapped by the master key (libsodium secretbox) so that it may lie in the store: base64 of nonce
 * and box. Pure but for the random nonce. Thread: any.
 */
#ifndef SERVER_RECORDS_KEYWRAP_H
#define SERVER_RECORDS_KEYWRAP_H

#include <stdbool.h>

enum { KEYWRAP_KEY_SIZE = 32 };

/** Caller frees. */
char *keywrap_seal(const unsigned char master[KEYWRAP_KEY_SIZE], const unsigned char key[KEYWRAP_KEY_SIZE]);
/** false when it was altered or another master key wrapped it; `key` is untouched then. */
bool keywrap_open(const unsigned char master[KEYWRAP_KEY_SIZE], const char *wrapped,
                  unsigned char key[KEYWRAP_KEY_SIZE]);

#endif

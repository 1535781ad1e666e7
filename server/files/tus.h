/**
 * The headers of resumable uploads, tus 1.0.0 (https://tus.io/protocols/resumable-upload): what a stranger writes in them.
 * Pure; fuzzed (tests/fuzz/fuzz_tus.c).
 */
#ifndef SERVER_FILES_TUS_H
#define SERVER_FILES_TUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUS_VERSION "1.0.0"
#define TUS_TYPE    "application/offset+octet-stream"

/** Upload-Length and Upload-Offset: a whole number from 0 to 2^53. false for anything else, also for NULL. */
bool tus_number(const char *header, int64_t *number);

/**
 * A value of Upload-Metadata ("key base64, key base64"): UTF-8 without control characters that fits into `size` bytes
 * with its end. false when it is absent or not so; `into` is "" then.
 */
bool tus_metadata(const char *header, const char *key, char *into, size_t size);

#endif

/**
 * The journal's outer format: the segment header, the seal of a chunk and the chain through both. What the plain text
 * of a chunk holds is no concern of this file; journal.h describes both.
 *
 * Knows nothing else of the worker, so the control process may link it to learn where a dead worker's segment ends.
 * Sealing and hashing are OpenSSL's, which uses what the processor has for them: libsodium's SHA-256 does not, and took
 * a sixth of the worker's time while it recorded. Opening is libsodium's. Errors: 0 or a negative errno. Thread: any; no
 * state but the caller's.
 */
#ifndef MEDIA_JOURNAL_CHUNK_H
#define MEDIA_JOURNAL_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    JOURNAL_HEADER_SIZE = 128,
    JOURNAL_FRAME_SIZE = 72,             /* before the sealed bytes of a chunk */
    JOURNAL_SEAL_SIZE = 16,              /* what the seal adds behind them */
    JOURNAL_PLAIN_MAX = 32 * 1024 - 256, /* each recording holds one that fills; a block of it is 32 KiB whole */
    JOURNAL_CHUNK_MAX = JOURNAL_FRAME_SIZE + JOURNAL_PLAIN_MAX + JOURNAL_SEAL_SIZE,
    JOURNAL_CHAIN_SIZE = 32,
    JOURNAL_RECORDING_SIZE = 64,
};

struct journal_header {
    uint32_t segment;
    uint64_t clock_us;
    uint64_t epoch_us;
    char recording[JOURNAL_RECORDING_SIZE + 1];
    unsigned char chain[JOURNAL_CHAIN_SIZE]; /* the end of the segment before */
};

/** What a chunk says of itself before it is opened. */
struct journal_frame {
    uint32_t sealed_size;
    uint32_t number;
    unsigned char chain[JOURNAL_CHAIN_SIZE]; /* before this chunk */
};

/** Writes the header to `out` (JOURNAL_HEADER_SIZE) and starts `chain` (JOURNAL_CHAIN_SIZE). */
void journal_header_write(const struct journal_header *header, uint8_t *out, unsigned char *chain);
/** Errors: -EBADMSG. */
int journal_header_read(const uint8_t *in, struct journal_header *header, unsigned char *chain);

/** The key that chunks are sealed with, from the recording's key (32 bytes each). */
void journal_chunk_key(const unsigned char *recording_key, unsigned char *key);

/** What the next chunk of a segment is sealed with. */
struct journal_sealer {
    unsigned char key[32];                   /* journal_chunk_key */
    unsigned char chain[JOURNAL_CHAIN_SIZE]; /* so far */
    uint32_t number;
};

/**
 * Seals in place the `size` plain bytes that stand behind the first JOURNAL_FRAME_SIZE of `chunk` (JOURNAL_CHUNK_MAX)
 * and goes on to the next; `whole` is the chunk's size. Errors: -ENOMEM, and nothing of `chunk` may be used then.
 */
int journal_chunk_seal(struct journal_sealer *sealer, uint8_t *chunk, size_t size, bool final, size_t *whole);

/** Reads a frame from JOURNAL_FRAME_SIZE bytes. Errors: -EBADMSG when it is none. */
int journal_frame_read(const uint8_t *in, struct journal_frame *frame);

/** Opens a whole chunk into `plain` (JOURNAL_PLAIN_MAX). Errors: -EBADMSG when the seal is broken. */
int journal_chunk_open(const unsigned char *key, const uint8_t *chunk, size_t size, uint8_t *plain, size_t *plain_size,
                       bool *final);

/** Reads as much of `size` bytes at `offset` as is there; the result is how much that was, or a negative errno. */
ssize_t journal_read_at(int fd, uint8_t *out, size_t size, uint64_t offset);

/** The chain after a whole chunk. */
void journal_chunk_chain(const uint8_t *chunk, size_t size, unsigned char *chain);

/**
 * Where a segment's chain ends, without any key: follows whole chunks from the start of `fd` and stops at the first
 * that does not continue the chain. `bytes` is the offset of that end. Errors: -EBADMSG when not even the header is
 * whole.
 */
int journal_chain_end(int fd, unsigned char *chain, uint64_t *bytes);

#endif

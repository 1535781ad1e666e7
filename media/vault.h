/**
 * Sealed files: what is finished lies on disk in chunks, each sealed for itself, so that any range can be read and
 * verified without the rest, and written at any place while the file is being made (muxers go back to fill in sizes).
 *
 *     header, 128 bytes: "HCV1" | u16 version 1 | u16 128 | u32 chunk size | u32 0 | file id[16] | nonce[24]
 *                        | sealed {u64 size | SHA-256 of the plain text[32]} + 16 | zeros
 *     chunk i:           nonce[24] | up to 64 KiB sealed + 16, at 128 + i * (64 KiB + 40)
 *
 * Integers are big-endian. The seal is XChaCha20-Poly1305 with a fresh nonce at every write; additional data are the
 * first 32 bytes of the header, and for a chunk its number (u64) besides. The key is crypto_kdf's subkey 2 ("hcvault_")
 * of the recording's. Size and hash are written last: a file that was cut, or never finished, does not open. A chunk
 * put back to an earlier draft of itself does, and shows in the hash: hoichand compares before it registers a file.
 *
 * Needs no more than libsodium; hoichan-render writes with it, hoichand serves ranges with it.
 * Errors: 0 or a negative errno; -EBADMSG when a seal is broken, something is missing, or the key is wrong.
 * Thread: one vault is used by one thread at a time.
 */
#ifndef MEDIA_VAULT_H
#define MEDIA_VAULT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { VAULT_KEY_SIZE = 32, VAULT_HASH_SIZE = 32, VAULT_CHUNK_SIZE = 64 * 1024 };

struct vault;       /* a finished file, for reading */
struct vault_draft; /* one that is being made */

/** Opens a finished file. `key` is the recording's (VAULT_KEY_SIZE). Errors: also -ENOENT and the like. */
int vault_open(const char *path, const unsigned char *key, struct vault **vault);
/** Takes NULL. */
void vault_close(struct vault *vault);

/** Of the plain text. */
uint64_t vault_size(const struct vault *vault);
/** … too, as it was sealed: what was read whole has this SHA-256, or is damaged. */
const unsigned char *vault_hash(const struct vault *vault);

/** Reads up to `size` bytes at `offset`; the result is how many, less than asked only at the end. */
ssize_t vault_read(struct vault *vault, uint64_t offset, void *out, size_t size);

/** Begins a file; until it is finished it is called `path` + ".part", and an older one of that name is gone. */
int vault_draft_create(const char *path, const unsigned char *key, struct vault_draft **draft);
/** Writes anywhere; what is skipped is zeros. */
int vault_draft_write(struct vault_draft *draft, uint64_t offset, const void *data, size_t size);
uint64_t vault_draft_size(const struct vault_draft *draft);

/**
 * Hashes, seals, flushes to disk and gives the file its name. The draft is gone afterwards, whatever the result.
 * `size` and `hash` (VAULT_HASH_SIZE) may be NULL.
 */
int vault_draft_finish(struct vault_draft *draft, uint64_t *size, unsigned char *hash);
/** Gives up: nothing remains of it. Takes NULL. */
void vault_draft_abandon(struct vault_draft *draft);

#endif

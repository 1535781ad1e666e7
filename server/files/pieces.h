/**
 * An upload on disk: each part that came is a sealed file of its own (media/vault.h) under its offset, flushed before it
 * is acknowledged, so that whatever was acknowledged survives a crash; when all are there they become one sealed file.
 *
 *     DIR/ID.parts/OFFSET.sealed …  →  DIR/ID.sealed          (DIR/ID.thumbnail.sealed beside it)
 *
 * Errors: 0 or a negative errno. Thread: pool; one upload is written by one thread at a time (pieces_lock).
 */
#ifndef SERVER_FILES_PIECES_H
#define SERVER_FILES_PIECES_H

#include <stddef.h>
#include <stdint.h>

enum {
    PIECE_SIZE_MIN = 4096,
    PIECES_KEY_SIZE = 32
}; /* all but the last are at least so large: it bounds their number */

struct pieces {
    const char *directory; /* DIR */
    const char *id;        /* of the file: checked by the caller to be a name */
    const unsigned char *key;
};

/** A descriptor that holds the lock until it is closed, or -EWOULDBLOCK while another request works on this upload. */
int pieces_lock(const struct pieces *pieces);
int pieces_write(const struct pieces *pieces, int64_t offset, const void *data, size_t size);

struct pieces_joined {
    char sha1[41], sha256[65];
    unsigned char *head; /* the first bytes, at most SNIFF_SIZE; the caller frees it */
    size_t head_size;
};
/** Makes one file of `size` bytes of them; the pieces stay. -EBADMSG when one is missing or damaged. */
int pieces_join(const struct pieces *pieces, int64_t size, struct pieces_joined *joined);
/** Removes the pieces; with `all` also what was made of them. */
void pieces_discard(const struct pieces *pieces, int all);

/** A small file at once, for thumbnails. `suffix`: ".thumbnail". */
int pieces_put(const struct pieces *pieces, const char *suffix, const void *data, size_t size);
/** Path of the finished file (suffix "") or of what pieces_put wrote. Caller frees. */
char *pieces_path(const struct pieces *pieces, const char *suffix);

#endif

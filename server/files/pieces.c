#include "pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include "media/vault.h"
#include "sniff.h"

enum { READ_SIZE = 64 * 1024 };

char *pieces_path(const struct pieces *pieces, const char *suffix)
{
    return g_strdup_printf("%s/%s%s.sealed", pieces->directory, pieces->id, suffix);
}

static char *parts_directory(const struct pieces *pieces)
{
    return g_strdup_printf("%s/%s.parts", pieces->directory, pieces->id);
}

static char *piece_path(const struct pieces *pieces, int64_t offset)
{
    return g_strdup_printf("%s/%s.parts/%010" PRId64 ".sealed", pieces->directory, pieces->id, offset);
}

int pieces_lock(const struct pieces *pieces)
{
    g_autofree char *directory = parts_directory(pieces);
    if (g_mkdir_with_parents(directory, 0700) < 0)
        return -errno;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int result = -errno;
    close(fd);
    return result;
}

static int put(const char *path, const unsigned char *key, const void *data, size_t size)
{
    struct vault_draft *draft;
    int result = vault_draft_create(path, key, &draft);
    if (result < 0)
        return result;
    result = vault_draft_write(draft, 0, data, size);
    if (result == 0)
        return vault_draft_finish(draft, NULL, NULL);
    vault_draft_abandon(draft);
    return result;
}

int pieces_write(const struct pieces *pieces, int64_t offset, const void *data, size_t size)
{
    g_autofree char *directory = parts_directory(pieces), *path = piece_path(pieces, offset);
    if (g_mkdir_with_parents(directory, 0700) < 0)
        return -errno;
    return put(path, pieces->key, data, size);
}

int pieces_put(const struct pieces *pieces, const char *suffix, const void *data, size_t size)
{
    g_autofree char *path = pieces_path(pieces, suffix);
    if (g_mkdir_with_parents(pieces->directory, 0700) < 0)
        return -errno;
    return put(path, pieces->key, data, size);
}

/* ---- joining ---- */

struct join {
    const struct pieces *pieces;
    struct vault_draft *draft;
    GChecksum *sha1;
    struct pieces_joined *joined;
    int64_t at;
};

static void keep_head(struct pieces_joined *joined, const unsigned char *data, size_t size)
{
    size_t room = SNIFF_SIZE - joined->head_size, taken = MIN(size, room);
    memcpy(joined->head + joined->head_size, data, taken);
    joined->head_size += taken;
}

static int add_data(struct join *join, const unsigned char *data, size_t size)
{
    g_checksum_update(join->sha1, data, (gssize)size);
    keep_head(join->joined, data, size);
    int result = vault_draft_write(join->draft, (uint64_t)join->at, data, size);
    join->at += (int64_t)size;
    return result;
}

static int add_piece(struct join *join)
{
    g_autofree char *path = piece_path(join->pieces, join->at);
    unsigned char buffer[READ_SIZE];
    struct vault *vault;
    int result = vault_open(path, join->pieces->key, &vault);
    ssize_t got = 0;
    if (result < 0)
        return -EBADMSG;
    for (uint64_t at = 0; result == 0 && (got = vault_read(vault, at, buffer, READ_SIZE)) > 0; at += (uint64_t)got)
        result = add_data(join, buffer, (size_t)got);
    bool empty = vault_size(vault) == 0;
    vault_close(vault);
    return got < 0 || empty ? -EBADMSG : result;
}

static int join_all(struct join *join, int64_t size)
{
    int result = 0;
    while (result == 0 && join->at < size)
        result = add_piece(join);
    return result == 0 && join->at != size ? -EBADMSG : result;
}

int pieces_join(const struct pieces *pieces, int64_t size, struct pieces_joined *joined)
{
    g_autofree char *path = pieces_path(pieces, "");
    g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
    unsigned char hash[VAULT_HASH_SIZE];
    struct join join = {.pieces = pieces, .sha1 = sha1, .joined = joined};
    *joined = (struct pieces_joined){.head = g_malloc(SNIFF_SIZE)};
    int result = vault_draft_create(path, pieces->key, &join.draft);
    if (result < 0)
        return result;
    result = join_all(&join, size);
    if (result < 0) {
        vault_draft_abandon(join.draft);
        return result;
    }
    result = vault_draft_finish(join.draft, NULL, hash);
    g_strlcpy(joined->sha1, g_checksum_get_string(sha1), sizeof joined->sha1);
    sodium_bin2hex(joined->sha256, sizeof joined->sha256, hash, sizeof hash);
    return result;
}

void pieces_discard(const struct pieces *pieces, int all)
{
    g_autofree char *directory = parts_directory(pieces), *path = pieces_path(pieces, "");
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *piece = g_build_filename(directory, name, NULL);
        g_unlink(piece);
    }
    g_rmdir(directory);
    if (all)
        g_unlink(path);
}

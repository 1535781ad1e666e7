#include "media/vault.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER_SIZE = 128,
    PREFIX_SIZE = 32, /* of the header: magic to file id */
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SLOT_SIZE = NONCE_SIZE + VAULT_CHUNK_SIZE + TAG_SIZE,
    SUMMARY_SIZE = 8 + VAULT_HASH_SIZE,
    CACHE_SLOTS = 8,
    SUBKEY = 2,
};
_Static_assert(PREFIX_SIZE + NONCE_SIZE + SUMMARY_SIZE + TAG_SIZE <= HEADER_SIZE, "header");

/* What reading and writing share: a file, its key and what every seal in it is bound to. */
struct file {
    int fd;
    unsigned char key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    unsigned char prefix[PREFIX_SIZE];
    unsigned char slot[SLOT_SIZE]; /* scratch */
};

struct vault {
    struct file file;
    uint64_t size;
    unsigned char hash[VAULT_HASH_SIZE];
    uint64_t cached; /* number of the chunk in `plain`, UINT64_MAX for none */
    unsigned char plain[VAULT_CHUNK_SIZE];
};

struct cached {
    uint64_t number;
    uint64_t used_at; /* 0: the slot is free */
    bool dirty;
    unsigned char plain[VAULT_CHUNK_SIZE];
};

struct vault_draft {
    struct file file;
    uint64_t size;
    uint64_t turn;
    char *path, *part;
    struct cached cache[CACHE_SLOTS];
};

/* ---- chunks in the file ---- */

static int read_exactly(int fd, unsigned char *out, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t got = pread(fd, out, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EBADMSG;
        out += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

static int write_exactly(int fd, const unsigned char *data, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t done = pwrite(fd, data, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        data += done;
        size -= (size_t)done;
        offset += (uint64_t)done;
    }
    return 0;
}

static size_t chunk_size(uint64_t size, uint64_t number)
{
    uint64_t left = size - number * VAULT_CHUNK_SIZE;
    return left < VAULT_CHUNK_SIZE ? (size_t)left : VAULT_CHUNK_SIZE;
}

static void chunk_binding(const struct file *file, uint64_t number, unsigned char *binding)
{
    uint64_t wire = htobe64(number);
    memcpy(binding, file->prefix, PREFIX_SIZE);
    memcpy(binding + PREFIX_SIZE, &wire, sizeof wire);
}

static int load_chunk(struct file *file, uint64_t number, size_t size, unsigned char *plain)
{
    unsigned char binding[PREFIX_SIZE + 8];
    chunk_binding(file, number, binding);
    int result = read_exactly(file->fd, file->slot, NONCE_SIZE + size + TAG_SIZE, HEADER_SIZE + number * SLOT_SIZE);
    if (result < 0)
        return result;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, file->slot + NONCE_SIZE, size + TAG_SIZE, binding,
                                                   sizeof binding, file->slot, file->key) != 0)
        return -EBADMSG;
    return 0;
}

static int store_chunk(struct file *file, uint64_t number, size_t size, const unsigned char *plain)
{
    unsigned char binding[PREFIX_SIZE + 8];
    chunk_binding(file, number, binding);
    randombytes_buf(file->slot, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(file->slot + NONCE_SIZE, NULL, plain, size, binding, sizeof binding,
                                               NULL, file->slot, file->key);
    return write_exactly(file->fd, file->slot, NONCE_SIZE + size + TAG_SIZE, HEADER_SIZE + number * SLOT_SIZE);
}

static int derive(struct file *file, const unsigned char *key)
{
    if (sodium_init() < 0)
        return -EIO;
    return crypto_kdf_derive_from_key(file->key, sizeof file->key, SUBKEY, "hcvault_", key) == 0 ? 0 : -EINVAL;
}

static void write_prefix(unsigned char *prefix)
{
    uint16_t version = htobe16(1), header = htobe16(HEADER_SIZE);
    uint32_t chunk = htobe32(VAULT_CHUNK_SIZE);
    memset(prefix, 0, PREFIX_SIZE);
    memcpy(prefix, "HCV1", 4);
    memcpy(prefix + 4, &version, sizeof version);
    memcpy(prefix + 6, &header, sizeof header);
    memcpy(prefix + 8, &chunk, sizeof chunk);
}

/* ---- reading ---- */

static int read_header(struct vault *vault)
{
    unsigned char header[HEADER_SIZE], known[PREFIX_SIZE], summary[SUMMARY_SIZE];
    int result = read_exactly(vault->file.fd, header, sizeof header, 0);
    if (result < 0)
        return result;
    write_prefix(known);
    memcpy(vault->file.prefix, header, PREFIX_SIZE);
    if (memcmp(header, known, 16) != 0 ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(summary, NULL, NULL, header + PREFIX_SIZE + NONCE_SIZE,
                                                   SUMMARY_SIZE + TAG_SIZE, header, PREFIX_SIZE, header + PREFIX_SIZE,
                                                   vault->file.key) != 0)
        return -EBADMSG;
    uint64_t size;
    memcpy(&size, summary, sizeof size);
    vault->size = be64toh(size);
    memcpy(vault->hash, summary + 8, VAULT_HASH_SIZE);
    return 0;
}

/* All chunks must be there before the first byte is handed out: an answer to a client cannot be taken back. */
static int check_length(const struct vault *vault)
{
    struct stat status;
    if (fstat(vault->file.fd, &status) < 0)
        return -errno;
    uint64_t chunks = (vault->size + VAULT_CHUNK_SIZE - 1) / VAULT_CHUNK_SIZE;
    uint64_t expected = HEADER_SIZE + vault->size + chunks * (NONCE_SIZE + TAG_SIZE);
    return (uint64_t)status.st_size == expected ? 0 : -EBADMSG;
}

int vault_open(const char *path, const unsigned char *key, struct vault **vault)
{
    struct vault *v = calloc(1, sizeof *v);
    if (!v)
        return -ENOMEM;
    v->cached = UINT64_MAX;
    v->file.fd = open(path, O_RDONLY | O_CLOEXEC);
    int result = v->file.fd < 0 ? -errno : derive(&v->file, key);
    if (result == 0)
        result = read_header(v);
    if (result == 0)
        result = check_length(v);
    if (result < 0) {
        vault_close(v);
        return result;
    }
    *vault = v;
    return 0;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    if (vault->file.fd >= 0)
        close(vault->file.fd);
    sodium_memzero(vault, sizeof *vault);
    free(vault);
}

uint64_t vault_size(const struct vault *vault)
{
    return vault->size;
}

const unsigned char *vault_hash(const struct vault *vault)
{
    return vault->hash;
}

static int cache_chunk(struct vault *vault, uint64_t number)
{
    if (vault->cached == number)
        return 0;
    vault->cached = UINT64_MAX;
    int result = load_chunk(&vault->file, number, chunk_size(vault->size, number), vault->plain);
    if (result == 0)
        vault->cached = number;
    return result;
}

ssize_t vault_read(struct vault *vault, uint64_t offset, void *out, size_t size)
{
    unsigned char *to = out;
    if (offset >= vault->size)
        return 0;
    if (size > vault->size - offset)
        size = (size_t)(vault->size - offset);
    for (size_t done = 0, part; done < size; done += part) {
        uint64_t number = (offset + done) / VAULT_CHUNK_SIZE;
        size_t within = (size_t)((offset + done) % VAULT_CHUNK_SIZE);
        int result = cache_chunk(vault, number);
        if (result < 0)
            return result;
        part = chunk_size(vault->size, number) - within;
        if (part > size - done)
            part = size - done;
        memcpy(to + done, vault->plain + within, part);
    }
    return (ssize_t)size;
}

/* ---- writing ---- */

static void release_draft(struct vault_draft *draft)
{
    if (draft->file.fd >= 0)
        close(draft->file.fd);
    free(draft->path);
    free(draft->part);
    sodium_memzero(draft, sizeof *draft);
    free(draft);
}

static int begin_draft(struct vault_draft *draft)
{
    static const unsigned char blank[HEADER_SIZE];
    draft->file.fd = open(draft->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (draft->file.fd < 0)
        return -errno;
    write_prefix(draft->file.prefix);
    randombytes_buf(draft->file.prefix + 16, PREFIX_SIZE - 16);
    return write_exactly(draft->file.fd, blank, sizeof blank, 0);
}

int vault_draft_create(const char *path, const unsigned char *key, struct vault_draft **draft)
{
    struct vault_draft *d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->file.fd = -1;
    d->path = strdup(path);
    if (asprintf(&d->part, "%s.part", path) < 0)
        d->part = NULL;
    int result = d->path && d->part ? derive(&d->file, key) : -ENOMEM;
    if (result == 0)
        result = begin_draft(d);
    if (result < 0) {
        release_draft(d);
        return result;
    }
    *draft = d;
    return 0;
}

uint64_t vault_draft_size(const struct vault_draft *draft)
{
    return draft->size;
}

static int clean(struct vault_draft *draft, struct cached *cached)
{
    if (!cached->dirty)
        return 0;
    cached->dirty = false;
    return store_chunk(&draft->file, cached->number, chunk_size(draft->size, cached->number), cached->plain);
}

/* The bytes of chunk `number` as they stand, in the cache; the chunk longest unused makes way. */
static int hold(struct vault_draft *draft, uint64_t number, struct cached **held)
{
    struct cached *oldest = &draft->cache[0];
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        struct cached *cached = &draft->cache[i];
        if (cached->used_at && cached->number == number) {
            cached->used_at = ++draft->turn;
            *held = cached;
            return 0;
        }
        if (cached->used_at < oldest->used_at)
            oldest = cached;
    }
    int result = clean(draft, oldest);
    if (result < 0)
        return result;
    oldest->used_at = 0;
    memset(oldest->plain, 0, sizeof oldest->plain);
    if (number * VAULT_CHUNK_SIZE < draft->size)
        result = load_chunk(&draft->file, number, chunk_size(draft->size, number), oldest->plain);
    if (result < 0)
        return result;
    oldest->number = number;
    oldest->used_at = ++draft->turn;
    *held = oldest;
    return 0;
}

/* Makes the file `size` long. Chunks that grow are rewritten from the cache, as their seal covers their length. */
static int grow(struct vault_draft *draft, uint64_t size)
{
    while (draft->size < size) {
        uint64_t number = draft->size / VAULT_CHUNK_SIZE, end = (number + 1) * VAULT_CHUNK_SIZE;
        struct cached *held;
        int result = hold(draft, number, &held);
        if (result < 0)
            return result;
        held->dirty = true;
        draft->size = end < size ? end : size;
    }
    return 0;
}

int vault_draft_write(struct vault_draft *draft, uint64_t offset, const void *data, size_t size)
{
    const unsigned char *from = data;
    if (offset > INT64_MAX - size)
        return -EFBIG;
    int result = grow(draft, offset);
    for (size_t done = 0, part; result == 0 && done < size; done += part) {
        uint64_t at = offset + done;
        size_t within = (size_t)(at % VAULT_CHUNK_SIZE);
        struct cached *held;
        part = VAULT_CHUNK_SIZE - within < size - done ? VAULT_CHUNK_SIZE - within : size - done;
        result = hold(draft, at / VAULT_CHUNK_SIZE, &held);
        if (result < 0)
            break;
        memcpy(held->plain + within, from + done, part);
        held->dirty = true;
        if (at + part > draft->size)
            draft->size = at + part;
    }
    return result;
}

static int hash_draft(struct vault_draft *draft, unsigned char *hash)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    unsigned char *plain = draft->cache[0].plain; /* all are clean by now */
    for (uint64_t i = 0; i * VAULT_CHUNK_SIZE < draft->size; i++) {
        int result = load_chunk(&draft->file, i, chunk_size(draft->size, i), plain);
        if (result < 0)
            return result;
        crypto_hash_sha256_update(&state, plain, chunk_size(draft->size, i));
    }
    crypto_hash_sha256_final(&state, hash);
    return 0;
}

static int write_header(struct vault_draft *draft, const unsigned char *hash)
{
    unsigned char header[HEADER_SIZE] = {0}, summary[SUMMARY_SIZE];
    uint64_t size = htobe64(draft->size);
    memcpy(summary, &size, sizeof size);
    memcpy(summary + 8, hash, VAULT_HASH_SIZE);
    memcpy(header, draft->file.prefix, PREFIX_SIZE);
    randombytes_buf(header + PREFIX_SIZE, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(header + PREFIX_SIZE + NONCE_SIZE, NULL, summary, sizeof summary, header,
                                               PREFIX_SIZE, NULL, header + PREFIX_SIZE, draft->file.key);
    return write_exactly(draft->file.fd, header, sizeof header, 0);
}

/* The name is as lasting as the bytes only once the directory is on disk too. */
static int flush_directory(const char *path)
{
    char *directory = strdup(path);
    char *slash = directory ? strrchr(directory, '/') : NULL;
    if (slash)
        *slash = '\0';
    int fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    free(directory);
    return result;
}

int vault_draft_finish(struct vault_draft *draft, uint64_t *size, unsigned char *hash)
{
    unsigned char own[VAULT_HASH_SIZE];
    int result = 0;
    for (size_t i = 0; result == 0 && i < CACHE_SLOTS; i++)
        result = clean(draft, &draft->cache[i]);
    if (result == 0)
        result = hash_draft(draft, own);
    if (result == 0)
        result = write_header(draft, own);
    if (result == 0 && fsync(draft->file.fd) < 0)
        result = -errno;
    if (result == 0 && rename(draft->part, draft->path) < 0)
        result = -errno;
    if (result == 0)
        result = flush_directory(draft->path);
    if (result < 0) {
        vault_draft_abandon(draft);
        return result;
    }
    if (size)
        *size = draft->size;
    if (hash)
        memcpy(hash, own, sizeof own);
    release_draft(draft);
    return 0;
}

void vault_draft_abandon(struct vault_draft *draft)
{
    if (!draft)
        return;
    unlink(draft->part);
    release_draft(draft);
}

#include "recording_files.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "media/vault.h"

enum {
    MANIFEST_MAX = 8 * 1024 * 1024,
    FILES_MAX = 1000,
    GAPS_MAX = 100000,
    TRACKS_MAX = 1000,
    NAME_LENGTH_MAX = 100,
    READ_SIZE = 64 * 1024
};
#define MANIFEST "manifest.json"
#define SEALED   ".sealed"

struct file {
    char *name, *kind, *type, *path;
    uint64_t size;
    char sha1[41], sha256[65];
    int64_t duration_ms;
};

struct recording_files {
    GArray *files; /* of struct file */
    json_t *gaps, *tracks;
};

static void file_clear(void *arg)
{
    struct file *file = arg;
    g_free(file->name);
    g_free(file->kind);
    g_free(file->type);
    g_free(file->path);
}

void recording_files_free(struct recording_files *files)
{
    if (!files)
        return;
    g_array_unref(files->files);
    json_decref(files->gaps);
    json_decref(files->tracks);
    g_free(files);
}

bool recording_file_name_is_good(const char *name)
{
    size_t length = strnlen(name, NAME_LENGTH_MAX + 1);
    if (length == 0 || length > NAME_LENGTH_MAX || *name == '.')
        return false;
    for (; *name; name++)
        if (!g_ascii_isalnum(*name) && !strchr("._-", *name))
            return false;
    return true;
}

static bool fault(GError **error, const char *what, const char *name, int code)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s%s%s", what, name, code ? ": " : "",
                code ? g_strerror(-code) : "");
    return false;
}

/** One pass through the seal: SHA-1 for FHIR, while the SHA-256 is checked against the sealed one. */
static int hash_vault(struct vault *vault, struct file *file)
{
    g_autofree uint8_t *buffer = g_malloc(READ_SIZE);
    g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
    crypto_hash_sha256_state sha256;
    unsigned char digest[crypto_hash_sha256_BYTES];
    uint64_t offset = 0;
    ssize_t n;
    crypto_hash_sha256_init(&sha256);
    while ((n = vault_read(vault, offset, buffer, READ_SIZE)) > 0) {
        g_checksum_update(sha1, buffer, n);
        crypto_hash_sha256_update(&sha256, buffer, (unsigned long long)n);
        offset += (uint64_t)n;
    }
    crypto_hash_sha256_final(&sha256, digest);
    if (n < 0)
        return (int)n;
    if (offset != vault_size(vault) || sodium_memcmp(digest, vault_hash(vault), sizeof digest) != 0)
        return -EBADMSG;
    file->size = offset;
    g_strlcpy(file->sha1, g_checksum_get_string(sha1), sizeof file->sha1);
    sodium_bin2hex(file->sha256, sizeof file->sha256, digest, sizeof digest);
    return 0;
}

static bool measure(const char *directory, const char *recording, const unsigned char *key, struct file *file,
                    GError **error)
{
    g_autofree char *path = g_strconcat(directory, "/", file->name, SEALED, NULL);
    struct vault *vault;
    int result = vault_open(path, key, &vault);
    if (result < 0)
        return fault(error, "a finished file does not open", file->name, result);
    result = hash_vault(vault, file);
    vault_close(vault);
    file->path = g_strconcat(recording, "/", file->name, SEALED, NULL);
    return result == 0 || fault(error, "a finished file is damaged", file->name, result);
}

static json_t *read_manifest(const char *directory, const unsigned char *key, GError **error)
{
    g_autofree char *path = g_strconcat(directory, "/" MANIFEST SEALED, NULL);
    struct vault *vault;
    int result = vault_open(path, key, &vault);
    if (result < 0) {
        fault(error, "the renderer left no manifest", MANIFEST, result);
        return NULL;
    }
    size_t size = (size_t)MIN(vault_size(vault), (uint64_t)MANIFEST_MAX);
    g_autofree char *text = g_malloc(size + 1);
    ssize_t n = vault_read(vault, 0, text, size);
    json_t *manifest = n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
    vault_close(vault);
    if (!manifest)
        fault(error, "the manifest cannot be read", MANIFEST, 0);
    return manifest;
}

static bool add_file(struct recording_files *files, const char *directory, const char *recording,
                     const unsigned char *key, const json_t *entry, GError **error)
{
    static const char *const kinds[] = {"composed", "track", "poster", "manifest", NULL};
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    const char *type = json_string_value(json_object_get(entry, "type"));
    if (!name || !kind || !type || !recording_file_name_is_good(name) || !g_strv_contains(kinds, kind))
        return fault(error, "the manifest names a file wrongly", name ? name : "?", 0);
    struct file file = {.name = g_strdup(name), .kind = g_strdup(kind), .type = g_strdup(type)};
    file.duration_ms = json_integer_value(json_object_get(entry, "duration_ms"));
    bool good = measure(directory, recording, key, &file, error);
    g_array_append_val(files->files, file);
    return good;
}

static bool add_files(struct recording_files *files, const char *directory, const char *recording,
                      const unsigned char *key, const json_t *manifest, GError **error)
{
    json_t *list = json_object_get(manifest, "files"), *entry, *self;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > FILES_MAX)
        return fault(error, "the manifest names no files", MANIFEST, 0);
    json_array_foreach(list, i, entry)
    {
        const char *kind = json_string_value(json_object_get(entry, "kind"));
        if (g_strcmp0(kind, "manifest") != 0 && !add_file(files, directory, recording, key, entry, error))
            return false;
    }
    self = json_pack("{s:s, s:s, s:s}", "name", MANIFEST, "kind", "manifest", "type", "application/json");
    bool good = add_file(files, directory, recording, key, self, error);
    json_decref(self);
    return good;
}

struct recording_files *recording_files_read(const char *directory, const char *recording, const unsigned char *key,
                                             GError **error)
{
    json_t *manifest = read_manifest(directory, key, error);
    if (!manifest)
        return NULL;
    struct recording_files *files = g_new0(struct recording_files, 1);
    files->files = g_array_new(FALSE, TRUE, sizeof(struct file));
    g_array_set_clear_func(files->files, file_clear);
    files->gaps = json_incref(json_object_get(manifest, "gaps"));
    files->tracks = json_incref(json_object_get(manifest, "tracks"));
    bool good = add_files(files, directory, recording, key, manifest, error);
    json_decref(manifest);
    if (good)
        return files;
    recording_files_free(files);
    return NULL;
}

/* ---- into the store ---- */

static bool save_file(struct store *store, const char *recording, const struct file *f, int64_t now, GError **error)
{
    return store_run(
               store, error,
               "INSERT INTO recording_files (recording_id, name, kind, type, path, size, sha1, sha256, duration_ms, "
               "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               store_text(recording), store_text(f->name), store_text(f->kind), store_text(f->type),
               store_text(f->path), store_int((int64_t)f->size), store_text(f->sha1), store_text(f->sha256),
               store_time(f->duration_ms), store_int(now)) == 1;
}

static bool save_gap(struct store *store, const char *recording, const json_t *gap, GError **error)
{
    const char *track = json_string_value(json_object_get(gap, "track"));
    const char *cause = json_string_value(json_object_get(gap, "cause"));
    return store_run(store, error,
                     "INSERT INTO recording_gaps (recording_id, track, from_ms, to_ms, cause) VALUES (?, ?, ?, ?, ?)",
                     store_text(recording), store_text(track ? track : ""),
                     store_int(json_integer_value(json_object_get(gap, "from_ms"))),
                     store_int(json_integer_value(json_object_get(gap, "to_ms"))), store_text(cause ? cause : "")) == 1;
}

static bool save_track(struct store *store, const char *recording, const json_t *track, GError **error)
{
    const char *id, *participant, *kind, *source;
    const char *file = json_string_value(json_object_get(track, "file"));
    if (json_unpack((json_t *)track, "{s:s, s:s, s:s, s:s}", "track", &id, "participant", &participant, "kind", &kind,
                    "source", &source) != 0)
        return fault(error, "the manifest names a track wrongly", MANIFEST, 0);
    return store_run(store, error,
                     "INSERT INTO recording_tracks (recording_id, track, participant_id, kind, source, file) "
                     "VALUES (?, ?, ?, ?, ?, ?)",
                     store_text(recording), store_text(id), store_text(participant), store_text(kind),
                     store_text(source), store_text(file)) == 1;
}

static bool forget_former(struct store *store, const char *recording, GError **error)
{
    return store_run(store, error, "DELETE FROM recording_files WHERE recording_id = ?", store_text(recording)) >= 0 &&
           store_run(store, error, "DELETE FROM recording_gaps WHERE recording_id = ?", store_text(recording)) >= 0 &&
           store_run(store, error, "DELETE FROM recording_tracks WHERE recording_id = ?", store_text(recording)) >= 0;
}

bool recording_files_save(struct store *store, const char *recording, const struct recording_files *files, int64_t now,
                          GError **error)
{
    json_t *gap, *track;
    size_t i;
    if (!forget_former(store, recording, error))
        return false;
    for (guint n = 0; n < files->files->len; n++)
        if (!save_file(store, recording, &g_array_index(files->files, struct file, n), now, error))
            return false;
    json_array_foreach(files->tracks, i,
                       track) if (i < TRACKS_MAX && !save_track(store, recording, track, error)) return false;
    json_array_foreach(files->gaps, i, gap) if (i < GAPS_MAX && !save_gap(store, recording, gap, error)) return false;
    return true;
}

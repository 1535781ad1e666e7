#include "media/render/sealed.h"

#include <errno.h>

enum { SMALL_MAX = 64 * 1024 * 1024 };

struct sealed {
    struct vault_draft *draft;
    guint64 at;
    int error; /* the first */
};

static char *path_of(const char *directory, const char *name)
{
    return g_strdup_printf("%s/%s.sealed", directory, name);
}

int sealed_create(const char *directory, const char *name, const unsigned char *key, struct sealed **sealed)
{
    g_autofree char *path = path_of(directory, name);
    struct vault_draft *draft;
    int result = vault_draft_create(path, key, &draft);
    if (result < 0)
        return result;
    *sealed = g_new0(struct sealed, 1);
    (*sealed)->draft = draft;
    return 0;
}

static bool on_buffer(void *arg, GstBuffer *buffer)
{
    struct sealed *sealed = arg;
    GstMapInfo map;
    if (sealed->error < 0 || !gst_buffer_map(buffer, &map, GST_MAP_READ))
        return false;
    sealed->error = vault_draft_write(sealed->draft, sealed->at, map.data, map.size);
    sealed->at += map.size;
    gst_buffer_unmap(buffer, &map);
    return sealed->error == 0;
}

static void on_seek(void *arg, guint64 offset)
{
    struct sealed *sealed = arg;
    sealed->at = offset;
}

struct line_handler sealed_handler(struct sealed *sealed)
{
    return (struct line_handler){.buffer_fn = on_buffer, .seek_fn = on_seek, .arg = sealed};
}

int sealed_finish(struct sealed *sealed, uint64_t *size, unsigned char *hash)
{
    int result = sealed->error;
    if (result < 0)
        vault_draft_abandon(sealed->draft);
    else
        result = vault_draft_finish(sealed->draft, size, hash);
    g_free(sealed);
    return result;
}

void sealed_abandon(struct sealed *sealed)
{
    if (!sealed)
        return;
    vault_draft_abandon(sealed->draft);
    g_free(sealed);
}

int sealed_write(const char *directory, const char *name, const unsigned char *key, const void *data, size_t size,
                 unsigned char *hash)
{
    struct sealed *sealed;
    int result = sealed_create(directory, name, key, &sealed);
    if (result < 0)
        return result;
    sealed->error = vault_draft_write(sealed->draft, 0, data, size);
    return sealed_finish(sealed, NULL, hash);
}

int sealed_read(const char *directory, const char *name, const unsigned char *key, char **data, size_t *size)
{
    g_autofree char *path = path_of(directory, name);
    struct vault *vault;
    int result = vault_open(path, key, &vault);
    if (result < 0)
        return result;
    if (vault_size(vault) > SMALL_MAX) {
        vault_close(vault);
        return -EFBIG;
    }
    *size = (size_t)vault_size(vault);
    *data = g_malloc0(*size + 1);
    ssize_t got = vault_read(vault, 0, *data, *size);
    vault_close(vault);
    if (got < 0)
        g_clear_pointer(data, g_free);
    return got < 0 ? (int)got : 0;
}

#include "server/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static gboolean fail(GError **error, const char *path, int code)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s: %s", path, g_strerror(code));
    return FALSE;
}

/* Linked into its place only when complete, and never over a key that is there. */
static gboolean make(const char *path, size_t size, GError **error)
{
    g_autofree char *temporary = g_strdup_printf("%s.%d.new", path, getpid());
    unsigned char key[64];
    unlink(temporary); /* a crash may have left it, and in a container every life has the same number */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    g_assert(size <= sizeof key);
    if (fd < 0)
        return fail(error, temporary, errno);
    randombytes_buf(key, size);
    bool written = write(fd, key, size) == (ssize_t)size && !fsync(fd);
    sodium_memzero(key, sizeof key);
    close(fd);
    int code = !written ? EIO : link(temporary, path) && errno != EEXIST ? errno : 0;
    unlink(temporary);
    return code ? fail(error, path, code) : TRUE;
}

gboolean key_load(const char *state_dir, const char *name, unsigned char *key, size_t size, GError **error)
{
    g_autofree char *folder = g_build_filename(state_dir, "keys", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    unsigned char longer[65];

    if (g_mkdir_with_parents(folder, 0700))
        return fail(error, folder, errno);
    if (!g_file_test(path, G_FILE_TEST_EXISTS) && !make(path, size, error))
        return FALSE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(error, path, errno);
    ssize_t got = read(fd, longer, size + 1);
    close(fd);
    if (got != (ssize_t)size) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: not a key of %zu bytes", path, size);
        return FALSE;
    }
    memcpy(key, longer, size);
    sodium_memzero(longer, sizeof longer);
    return TRUE;
}

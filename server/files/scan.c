#define G_LOG_DOMAIN "files"
#include "scan.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/vault.h"

enum { READ_SIZE = 64 * 1024, LOOK_EVERY_MS = 50 };

static int scanning; /* atomic: pool threads that wait for a scanner */

/** What the scanner does not take within the time breaks the scan off. A scanner may have seen enough before the end. */
static bool write_some(int fd, const char *data, size_t size, int64_t until_us)
{
    while (size && g_get_monotonic_time() < until_us) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (poll(&ready, 1, LOOK_EVERY_MS) <= 0)
            continue;
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return size == 0;
}

static void feed(int fd, struct vault *vault, int64_t until_us)
{
    g_autofree char *buffer = g_malloc(READ_SIZE);
    uint64_t at = 0;
    ssize_t got;
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    while ((got = vault_read(vault, at, buffer, READ_SIZE)) > 0 && write_some(fd, buffer, (size_t)got, until_us))
        at += (uint64_t)got;
    close(fd);
}

static enum scan_verdict wait_for(GPid pid, int64_t until_us)
{
    int status;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (g_get_monotonic_time() > until_us)
            kill(pid, SIGKILL);
        g_usleep(LOOK_EVERY_MS * 1000 / 5);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return SCAN_FAILED;
    return WEXITSTATUS(status) ? SCAN_INFECTED : SCAN_CLEAN;
}

static enum scan_verdict scan_now(const char *command, struct vault *vault)
{
    g_auto(GStrv) arguments = NULL;
    g_autoptr(GError) error = NULL;
    GPid pid;
    int in;
    if (!g_shell_parse_argv(command, NULL, &arguments, &error) ||
        !g_spawn_async_with_pipes(NULL, arguments, NULL,
                                  G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                      G_SPAWN_STDERR_TO_DEV_NULL,
                                  NULL, NULL, &pid, &in, NULL, NULL, &error)) {
        g_warning("event=scanner_does_not_start %s", error->message);
        return SCAN_FAILED;
    }
    int64_t until_us = g_get_monotonic_time() + (int64_t)SCAN_TIMEOUT_S * G_USEC_PER_SEC;
    feed(in, vault, until_us);
    enum scan_verdict verdict = wait_for(pid, until_us);
    if (verdict == SCAN_FAILED)
        g_warning("event=scanner_failed");
    return verdict;
}

enum scan_verdict scan(const char *command, struct vault *vault)
{
    if (!*command)
        return SCAN_CLEAN;
    bool free = g_atomic_int_add(&scanning, 1) < SCANS_AT_ONCE;
    enum scan_verdict verdict = free ? scan_now(command, vault) : SCAN_FAILED;
    g_atomic_int_add(&scanning, -1);
    return verdict;
}

#include "media/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* The one piece of process-wide state: how much this process tells, set once before anything runs. */
static enum log_level threshold = LOG_LEVEL_INFO;

int log_set_level(const char *name)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            threshold = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

static size_t bounded(int written, size_t room)
{
    if (written < 0)
        return 0;
    return (size_t)written < room ? (size_t)written : room - 1;
}

void log_write(enum log_level level, const char *module, const char *id, const char *format, ...)
{
    if (level > threshold)
        return;
    char line[512];
    size_t used = bounded(snprintf(line, sizeof line - 1, "%s %s%s%s%s ", level_names[level], module, id ? " [" : "",
                                   id ? id : "", id ? "]" : ""),
                          sizeof line - 1);
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it was started on the line before */
    used += bounded(vsnprintf(line + used, sizeof line - 1 - used, format, arguments), sizeof line - 1 - used);
    va_end(arguments);
    line[used++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written; /* nobody left to tell */
}

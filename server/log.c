#include "server/log.h"

#include <glib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static GLogLevelFlags wanted_levels(const char *level)
{
    GLogLevelFlags levels = G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL;

    if (!strcmp(level, "error"))
        return levels;
    levels |= G_LOG_LEVEL_WARNING;
    if (!strcmp(level, "warning"))
        return levels;
    levels |= G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO;
    return strcmp(level, "debug") ? levels : levels | G_LOG_LEVEL_DEBUG;
}

static const char *level_name(GLogLevelFlags level)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return "error";
    if (level & G_LOG_LEVEL_WARNING)
        return "warning";
    return level & G_LOG_LEVEL_DEBUG ? "debug" : "info";
}

static const char *field_of(const GLogField *fields, gsize count, const char *key)
{
    for (gsize i = 0; i < count; i++)
        if (!strcmp(fields[i].key, key))
            return fields[i].value;
    return NULL;
}

static GLogWriterOutput write_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer arg)
{
    const char *module = field_of(fields, count, "GLIB_DOMAIN"), *text = field_of(fields, count, "MESSAGE");
    struct timespec now;
    struct tm parts;
    char time[32];

    if (!(level & (GLogLevelFlags)GPOINTER_TO_UINT(arg)))
        return G_LOG_WRITER_HANDLED;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &parts);
    g_autofree char *line = g_strdup_printf("%s.%03ldZ %s %s %s\n", time, now.tv_nsec / 1000000, level_name(level),
                                            module ? module : "main", text ? text : "");
    return write(STDERR_FILENO, line, strlen(line)) < 0 ? G_LOG_WRITER_UNHANDLED : G_LOG_WRITER_HANDLED;
}

void log_start(const char *level)
{
    g_log_set_writer_func(write_line, GUINT_TO_POINTER(wanted_levels(level)), NULL);
}

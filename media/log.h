/**
 * The worker's log: one line per message on standard error, `level module [room or transport id] message key=value …`.
 * Never a name, SDP, credential, key or an address of a participant's device.
 *
 * Thread: any; a line is one write. The level is set once at start.
 */
#ifndef MEDIA_LOG_H
#define MEDIA_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/** `name` is error, warn, info or debug. Errors: -EINVAL. */
int log_set_level(const char *name);

/** `id` may be NULL. */
void log_write(enum log_level level, const char *module, const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_error(module, id, ...) log_write(LOG_LEVEL_ERROR, module, id, __VA_ARGS__)
#define log_warn(module, id, ...)  log_write(LOG_LEVEL_WARN, module, id, __VA_ARGS__)
#define log_info(module, id, ...)  log_write(LOG_LEVEL_INFO, module, id, __VA_ARGS__)
#define log_debug(module, id, ...) log_write(LOG_LEVEL_DEBUG, module, id, __VA_ARGS__)

#endif

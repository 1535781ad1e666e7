/**
 * One line per event on stderr: time, level, module (each file's G_LOG_DOMAIN), then key=value. GLib's own g_message()
 * and so on write it: debug, info and message, warning, critical and error.
 */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

/** `level`: error, warning, info or debug. Call once, before threads. */
void log_start(const char *level);

#endif

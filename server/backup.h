/**
 * A server's whole state in one folder, and back: the database, the keys, the certificate, recordings and files.
 *
 * What has not changed since the last time is not copied again, and nothing is ever deleted in the folder; so one folder on a
 * second disk serves every night. Recordings and files are in it sealed as they are on the server, the keys are in it too:
 * whoever has the folder can read everything.
 *
 * Thread: any; both wait for rsync. Errors: false with `error` set, in words for the operator.
 */
#ifndef SERVER_BACKUP_H
#define SERVER_BACKUP_H

#include <glib.h>
#include <stdbool.h>

struct config;

/** `database` is a finished copy of it, which is moved; NULL: the database is kept elsewhere. */
bool backup_write(const struct config *config, const char *database, const char *folder, GError **error);

/** Only into a server that has no keys and no database yet, and is not running. */
bool backup_restore(const struct config *config, const char *folder, GError **error);

#endif

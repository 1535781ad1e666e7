/**
 * How hoichanctl gets in: STATE_DIR/ctl.json, readable by the server's own user only, says where the API is and holds a
 * token that is good as long as this process lives.
 */
#ifndef SERVER_LOCAL_ACCESS_H
#define SERVER_LOCAL_ACCESS_H

#include <glib.h>
#include <stdbool.h>

struct server;

bool local_access_grant(struct server *server, GError **error);
void local_access_end(struct server *server);

struct local_access {
    char *url, *token, *certificate;
};
/** For hoichanctl. False when no hoichand runs on `state_dir`, or it may not be read. */
bool local_access_read(const char *state_dir, struct local_access *access);
void local_access_clear(struct local_access *access);

#endif

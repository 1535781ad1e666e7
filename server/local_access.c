#include "server/local_access.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "server/config.h"
#include "server/identity.h"
#include "server/listener.h"
#include "server/server.h"

static char *path_in(const char *state_dir)
{
    return g_build_filename(state_dir, "ctl.json", NULL);
}

/* An address that reaches us from this machine: the one we listen on, or the loopback when that is all of them. */
static char *own_url(const struct server *server)
{
    const char *listen = server->config->server.listen;
    g_autofree char *host = g_strndup(listen, (size_t)(strrchr(listen, ':') - listen));
    const char *reachable = host;

    if (!*host || !strcmp(host, "0.0.0.0"))
        reachable = "127.0.0.1";
    else if (!strcmp(host, "[::]"))
        reachable = "[::1]";
    return g_strdup_printf("https://%s:%d", reachable, listener_port(server->listener));
}

bool local_access_grant(struct server *server, GError **error)
{
    g_autofree char *path = path_in(server->config->server.state_dir), *url = own_url(server);
    char token[IDENTITY_SECRET_SIZE];

    identity_new_secret(token);
    identity_set_local_token(server->identity, token);
    json_t *access = json_pack("{s:s, s:s}", "url", url, "token", token);
    char *text = json_dumps(access, JSON_COMPACT);
    bool written = g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
    sodium_memzero(token, sizeof token);
    sodium_memzero(text, strlen(text));
    free(text);
    json_decref(access);
    return written;
}

void local_access_end(struct server *server)
{
    g_autofree char *path = path_in(server->config->server.state_dir);
    unlink(path);
}

bool local_access_read(const char *state_dir, struct local_access *access)
{
    g_autofree char *path = path_in(state_dir);
    json_t *object = json_load_file(path, 0, NULL);
    const char *url = json_string_value(json_object_get(object, "url"));
    const char *token = json_string_value(json_object_get(object, "token"));
    bool found = url && token;

    if (found)
        *access = (struct local_access){g_strdup(url), g_strdup(token),
                                        g_build_filename(state_dir, "tls", "cert.pem", NULL)};
    json_decref(object);
    return found;
}

void local_access_clear(struct local_access *access)
{
    g_free(access->url);
    g_free(access->token);
    g_free(access->certificate);
}

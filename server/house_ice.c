/* TURN credentials as coturn takes them (use-auth-secret): a user name that says until when, and its HMAC. */
#include <string.h>

#include "config.h"
#include "house.h"

enum { GOOD_FOR_S = 24 * 3600 };

static json_t *urls_json(const char *urls)
{
    json_t *list = json_array();
    g_auto(GStrv) parts = g_strsplit(urls, ",", -1);
    for (int i = 0; parts[i]; i++)
        if (*g_strstrip(parts[i]))
            json_array_append_new(list, json_string(parts[i]));
    return list;
}

static char *credential(const char *secret, const char *user)
{
    unsigned char digest[20];
    gsize size = sizeof digest;
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA1, (const guchar *)secret, strlen(secret));
    g_hmac_update(hmac, (const guchar *)user, (gssize)strlen(user));
    g_hmac_get_digest(hmac, digest, &size);
    return g_base64_encode(digest, size);
}

json_t *house_ice_servers(const struct config *config, const char *participant, int64_t now_us)
{
    json_t *servers = json_array(), *urls = urls_json(config->turn.urls);
    if (json_array_size(urls) == 0) {
        json_decref(urls);
        return servers;
    }
    json_t *server = json_pack("{s:o}", "urls", urls);
    json_array_append_new(servers, server);
    g_autofree char *secret = NULL;
    if (!*config->turn.secret_file || !g_file_get_contents(config->turn.secret_file, &secret, NULL, NULL))
        return servers;
    g_autofree char *user = g_strdup_printf("%" G_GINT64_FORMAT ":%s", now_us / G_USEC_PER_SEC + GOOD_FOR_S,
                                            participant);
    g_autofree char *password = credential(g_strstrip(secret), user);
    json_object_set_new(server, "username", json_string(user));
    json_object_set_new(server, "credential", json_string(password));
    return servers;
}

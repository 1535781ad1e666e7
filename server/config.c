#include "server/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_FILE_MAX = 256 * 1024 };

enum kind { TEXT, NUMBER, LISTEN, URL, URL_LIST, ADDRESS_LIST, LEVEL, STORE_URL };

struct key {
    const char *section, *name, *fallback;
    enum kind kind;
    size_t offset;
    int min, max; /* of a NUMBER */
};

#define AT(member) offsetof(struct config, member)

/* Every key there is. config/hoichan.ini.example explains them; test_config.c holds the two together. */
static const struct key keys[] = {
    {"server", "listen", "0.0.0.0:8443", LISTEN, AT(server.listen), 0, 0},
    {"server", "redirect_listen", "0.0.0.0:8080", LISTEN, AT(server.redirect_listen), 0, 0},
    {"server", "public_url", "", URL, AT(server.public_url), 0, 0},
    {"server", "state_dir", "./var", TEXT, AT(server.state_dir), 0, 0},
    {"server", "web_root", "", TEXT, AT(server.web_root), 0, 0},
    {"server", "admin_password_file", "", TEXT, AT(server.admin_password_file), 0, 0},
    {"server", "log_level", "info", LEVEL, AT(server.log_level), 0, 0},
    {"media", "port", "10000", NUMBER, AT(media.port), 0, 65000},
    {"media", "workers", "0", NUMBER, AT(media.workers), 0, 256},
    {"media", "room_share", "250", NUMBER, AT(media.room_share), 1, 1000},
    {"media", "dtx", "0", NUMBER, AT(media.dtx), 0, 1},
    {"media", "announce", "", ADDRESS_LIST, AT(media.announce), 0, 0},
    {"media", "bind", "", ADDRESS_LIST, AT(media.bind), 0, 0},
    {"admission", "cpu_percent", "80", NUMBER, AT(admission.cpu_percent), 0, 100},
    {"admission", "worker_people", "1000", NUMBER, AT(admission.worker_people), 0, 100000},
    {"admission", "node_people", "4000", NUMBER, AT(admission.node_people), 0, 1000000},
    {"admission", "reserve_percent", "15", NUMBER, AT(admission.reserve_percent), 0, 90},
    {"store", "url", "", STORE_URL, AT(store.url), 0, 0},
    {"emr", "fhir_base", "", URL, AT(emr.fhir_base), 0, 0},
    {"emr", "fhir_token_file", "", TEXT, AT(emr.fhir_token_file), 0, 0},
    {"emr", "timeout_s", "30", NUMBER, AT(emr.timeout_s), 1, 600},
    {"pacs", "dicomweb", "", URL, AT(pacs.dicomweb), 0, 0},
    {"pacs", "login_file", "", TEXT, AT(pacs.login_file), 0, 0},
    {"pacs", "timeout_s", "60", NUMBER, AT(pacs.timeout_s), 1, 600},
    {"turn", "urls", "", URL_LIST, AT(turn.urls), 0, 0},
    {"turn", "secret_file", "", TEXT, AT(turn.secret_file), 0, 0},
    {"kiosk", "help_phone", "", TEXT, AT(kiosk.help_phone), 0, 0},
    {"kiosk", "emergency_phone", "", TEXT, AT(kiosk.emergency_phone), 0, 0},
    {"recording", "dir", "", TEXT, AT(recording.dir), 0, 0},
    {"recording", "max_hours", "12", NUMBER, AT(recording.max_hours), 1, 72},
    {"recording", "render_silence_s", "300", NUMBER, AT(recording.render_silence_s), 5, 3600},
    {"files", "dir", "", TEXT, AT(files.dir), 0, 0},
    {"files", "max_mib", "20", NUMBER, AT(files.max_mib), 1, 200},
    {"files", "scan_command", "", TEXT, AT(files.scan_command), 0, 0},
    {"captions", "allow", "0", NUMBER, AT(captions.allow), 0, 1},
};

G_DEFINE_QUARK(hoichan - config - error, config_error)

bool config_key_at(size_t index, struct config_key_info *info)
{
    if (index >= G_N_ELEMENTS(keys))
        return false;
    *info = (struct config_key_info){keys[index].section, keys[index].name, keys[index].fallback};
    return true;
}

/* ---- values ---- */

static bool has_prefix_of(const char *value, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (g_str_has_prefix(value, *prefixes) && value[strlen(*prefixes)])
            return true;
    return false;
}

static const char *check_listen(const char *value)
{
    const char *colon = strrchr(value, ':');
    guint64 port;

    if (!*value)
        return NULL; /* switched off */
    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL))
        return "wants address:port, for example 0.0.0.0:8443 or [::]:8443";
    g_autofree char *host = g_strndup(value, colon - value);
    if (g_str_has_prefix(host, "[") && g_str_has_suffix(host, "]")) {
        g_autofree char *inner = g_strndup(host + 1, strlen(host) - 2);
        return g_hostname_is_ip_address(inner) ? NULL : "has no valid address before the port";
    }
    return *host == '\0' || (g_hostname_is_ip_address(host) && !strchr(host, ':')) || g_str_equal(host, "localhost")
               ? NULL
               : "has no valid address before the port";
}

static const char *check_list(const char *value, const char *(*check)(const char *item))
{
    g_auto(GStrv) items = g_strsplit(value, ",", -1);
    for (char **item = items; *item; item++) {
        const char *wrong = check(g_strstrip(*item));
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *check_address(const char *item)
{
    return g_hostname_is_ip_address(item) ? NULL : "wants IP addresses, separated by commas";
}

static const char *check_turn_url(const char *item)
{
    static const char *const prefixes[] = {"turn:", "turns:", "stun:", NULL};
    return has_prefix_of(item, prefixes) ? NULL : "wants turn:, turns: or stun: addresses, separated by commas";
}

static const char *check_url(const char *value)
{
    static const char *const prefixes[] = {"https://", "http://", NULL};
    return has_prefix_of(value, prefixes) ? NULL : "wants an address that begins with https:// or http://";
}

static const char *check_level(const char *value)
{
    static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
    return g_strv_contains(levels, value) ? NULL : "wants error, warning, info or debug";
}

static const char *check_store(const char *value)
{
    static const char *const prefixes[] = {"sqlite:", "postgresql://", "postgres://", NULL};
    return has_prefix_of(value, prefixes) ? NULL : "wants sqlite:PATH or postgresql://user@host/database";
}

/* NULL when the value is good, else what is wrong with it. */
static const char *check_text(enum kind kind, const char *value)
{
    if (kind == LISTEN)
        return check_listen(value);
    if (!*value)
        return NULL;
    switch (kind) {
    case URL:
        return check_url(value);
    case URL_LIST:
        return check_list(value, check_turn_url);
    case ADDRESS_LIST:
        return check_list(value, check_address);
    case LEVEL:
        return check_level(value);
    case STORE_URL:
        return check_store(value);
    default:
        return NULL;
    }
}

static char *set_value(struct config *config, const struct key *key, const char *value)
{
    void *field = (char *)config + key->offset;
    gint64 number;

    if (key->kind == NUMBER) {
        if (!g_ascii_string_to_signed(value, 10, key->min, key->max, &number, NULL))
            return g_strdup_printf("wants a whole number from %d to %d", key->min, key->max);
        *(int *)field = (int)number;
        return NULL;
    }
    const char *wrong = check_text(key->kind, value);
    if (wrong)
        return g_strdup(wrong);
    g_free(*(char **)field);
    *(char **)field = g_strdup(value);
    return NULL;
}

/* ---- the nearest known name ---- */

static size_t distance(const char *a, const char *b)
{
    size_t columns = strlen(b) + 1;
    g_autofree size_t *row = g_new(size_t, columns);

    for (size_t j = 0; j < columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j < columns; j++) {
            size_t above = row[j];
            row[j] = MIN(MIN(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[columns - 1];
}

static const struct key *nearest(const char *section, const char *name)
{
    const struct key *best = NULL;
    size_t best_distance = SIZE_MAX;

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        size_t d = distance(name, keys[i].name) * 2 + (strcmp(section, keys[i].section) ? 1 : 0);
        if (d < best_distance) {
            best = &keys[i];
            best_distance = d;
        }
    }
    return best;
}

/* ---- lines ---- */

struct parser {
    const char *name;
    int line;
    char section[64];
    int set_at[G_N_ELEMENTS(keys)]; /* the line a key was set on */
    struct config *config;
};

static gboolean G_GNUC_PRINTF(3, 4) refuse(const struct parser *parser, GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *reason = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, CONFIG_ERROR, 0, "%s:%d: %s", parser->name, parser->line, reason);
    return FALSE;
}

static gboolean parse_section(struct parser *parser, char *line, GError **error)
{
    size_t size = strlen(line);

    if (line[size - 1] != ']' || size - 2 >= sizeof parser->section)
        return refuse(parser, error, "a section looks like [server]");
    line[size - 1] = '\0';
    g_strlcpy(parser->section, g_strstrip(line + 1), sizeof parser->section);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (!strcmp(keys[i].section, parser->section))
            return TRUE;
    const struct key *near = &keys[0];
    for (size_t i = 1; i < G_N_ELEMENTS(keys); i++)
        if (distance(parser->section, keys[i].section) < distance(parser->section, near->section))
            near = &keys[i];
    return refuse(parser, error, "unknown section [%s]; did you mean [%s]?", parser->section, near->section);
}

static gboolean parse_assignment(struct parser *parser, char *line, GError **error)
{
    char *equals = strchr(line, '=');

    if (!equals)
        return refuse(parser, error, "a line looks like key = value, or begins with # or [");
    *equals = '\0';
    const char *name = g_strstrip(line), *value = g_strstrip(equals + 1);
    if (!*parser->section)
        return refuse(parser, error, "key \"%s\" stands before the first [section]", name);
    if (strlen(name) > 64)
        return refuse(parser, error, "this key is too long to be one of ours");
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (strcmp(keys[i].section, parser->section) || strcmp(keys[i].name, name))
            continue;
        if (parser->set_at[i])
            return refuse(parser, error, "[%s] %s was set before, on line %d", parser->section, name,
                          parser->set_at[i]);
        parser->set_at[i] = parser->line;
        g_autofree char *wrong = set_value(parser->config, &keys[i], value);
        return wrong ? refuse(parser, error, "[%s] %s = %s: %s", parser->section, name, value, wrong) : TRUE;
    }
    const struct key *near = nearest(parser->section, name);
    return refuse(parser, error, "unknown key \"%s\" in [%s]; did you mean \"%s\" in [%s]?", name, parser->section,
                  near->name, near->section);
}

static gboolean parse_line(struct parser *parser, char *line, GError **error)
{
    line = g_strstrip(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return TRUE;
    return *line == '[' ? parse_section(parser, line, error) : parse_assignment(parser, line, error);
}

/* ---- whole files ---- */

static struct config *defaults(void)
{
    struct config *config = g_new0(struct config, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        char *wrong = set_value(config, &keys[i], keys[i].fallback);
        g_assert(!wrong);
    }
    return config;
}

static void derive_folder(const struct config *config, char **dir, const char *name)
{
    if (**dir)
        return;
    g_free(*dir);
    *dir = g_build_filename(config->server.state_dir, name, NULL);
}

static void derive(struct config *config)
{
    if (!*config->store.url) {
        g_free(config->store.url);
        config->store.url = g_strdup_printf("sqlite:%s/hoichan.db", config->server.state_dir);
    }
    derive_folder(config, &config->recording.dir, "recordings");
    derive_folder(config, &config->files.dir, "files");
    size_t size = strlen(config->server.public_url);
    if (size && config->server.public_url[size - 1] == '/')
        config->server.public_url[size - 1] = '\0';
}

int config_workers(const struct config *config)
{
    return config->media.workers ? config->media.workers : (int)g_get_num_processors();
}

/* Workers listen on TCP under their number too: taken by the pages, no worker would ever come up. */
static bool is_of_a_worker(const struct config *config, const char *listen)
{
    const char *colon = strrchr(listen, ':');
    int port = colon ? atoi(colon + 1) : 0;
    int last = config->media.port + config_workers(config) - 1;
    return port && port >= config->media.port && port <= last;
}

static gboolean check_whole(struct parser *parser, GError **error)
{
    const struct config *config = parser->config;
    if (!*config->server.state_dir)
        return refuse(parser, error, "[server] state_dir may not be empty");
    if (!*config->server.listen)
        return refuse(parser, error, "[server] listen may not be empty");
    if (is_of_a_worker(config, config->server.listen) || is_of_a_worker(config, config->server.redirect_listen))
        return refuse(
            parser, error,
            "[media] port = %d is a port of [server] too; each worker needs one of its own, counted from there",
            config->media.port);
    return TRUE;
}

struct config *config_parse(const char *name, const char *text, size_t size, GError **error)
{
    struct parser parser = {.name = name, .config = defaults()};
    gboolean good = TRUE;

    if (memchr(text, '\0', size) || !g_utf8_validate(text, (gssize)size, NULL)) {
        parser.line = 1;
        good = refuse(&parser, error, "this is not a text file in UTF-8");
    }
    g_autofree char *copy = g_strndup(text, size);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    for (char **line = lines; good && *line; line++) {
        parser.line++;
        good = parse_line(&parser, *line, error);
    }
    if (!good || !check_whole(&parser, error)) {
        config_destroy(parser.config);
        return NULL;
    }
    derive(parser.config);
    return parser.config;
}

struct config *config_load(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;

    if (!path)
        return config_parse("defaults", "", 0, error);
    if (!g_file_get_contents(path, &text, &size, error))
        return NULL;
    if (size > CONFIG_FILE_MAX) {
        g_set_error(error, CONFIG_ERROR, 0, "%s:1: larger than a configuration can be", path);
        return NULL;
    }
    return config_parse(path, text, size, error);
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].kind != NUMBER)
            g_free(*(char **)((char *)config + keys[i].offset));
    g_free(config);
}

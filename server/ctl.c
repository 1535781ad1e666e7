/* hoichanctl: the operator's command line, on the server's own machine, through the same API as everybody. */
#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/backup.h"
#include "server/config.h"
#include "server/local_access.h"

struct ctl {
    const struct config *config;
    struct local_access access;
    CURL *curl;
    GString *answer;
};

/* ---- the API ---- */

static size_t gather(char *data, size_t size, size_t count, void *arg)
{
    g_string_append_len(arg, data, (gssize)(size * count));
    return size * count;
}

static void complain(const json_t *problem, long status)
{
    const char *title = json_string_value(json_object_get(problem, "title"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    const char *action = json_string_value(json_object_get(problem, "action"));
    json_t *fault;
    size_t i;

    fprintf(stderr, "hoichanctl: %s (%ld)\n", title ? title : "the server refused", status);
    if (detail)
        fprintf(stderr, "  %s\n", detail);
    json_array_foreach(json_object_get(problem, "errors"), i, fault)
        fprintf(stderr, "  %s: %s\n", json_string_value(json_object_get(fault, "field")),
                json_string_value(json_object_get(fault, "message")));
    if (action)
        fprintf(stderr, "  %s\n", action);
}

static struct curl_slist *headers_of(const struct ctl *ctl)
{
    g_autofree char *authorization = g_strconcat("Authorization: Bearer ", ctl->access.token, NULL);
    struct curl_slist *headers = curl_slist_append(NULL, authorization);

    headers = curl_slist_append(headers, "Content-Type: application/json");
    return curl_slist_append(headers, "Accept-Language: en");
}

/* The answer (an empty object for 204), or NULL when it was refused and that has been said. Takes `body`. */
static json_t *call(struct ctl *ctl, const char *method, const char *path, json_t *body)
{
    g_autofree char *url = g_strconcat(ctl->access.url, "/api/v1", path, NULL);
    char *text = json_dumps(body, JSON_COMPACT);
    struct curl_slist *headers = headers_of(ctl);
    long status = 0;

    g_string_truncate(ctl->answer, 0);
    curl_easy_reset(ctl->curl);
    curl_easy_setopt(ctl->curl, CURLOPT_URL, url);
    curl_easy_setopt(ctl->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(ctl->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(ctl->curl, CURLOPT_CAINFO, ctl->access.certificate);
    curl_easy_setopt(ctl->curl, CURLOPT_SSL_VERIFYHOST, 0L); /* it is this very certificate, whatever names are in it */
    curl_easy_setopt(ctl->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(ctl->curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(ctl->curl, CURLOPT_WRITEFUNCTION, gather);
    curl_easy_setopt(ctl->curl, CURLOPT_WRITEDATA, ctl->answer);
    if (body)
        curl_easy_setopt(ctl->curl, CURLOPT_POSTFIELDS, text);
    CURLcode result = curl_easy_perform(ctl->curl);
    curl_easy_getinfo(ctl->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    json_decref(body);
    free(text);
    if (result != CURLE_OK) {
        fprintf(stderr, "hoichanctl: hoichand does not answer: %s\n", curl_easy_strerror(result));
        return NULL;
    }
    json_t *answer = ctl->answer->len ? json_loads(ctl->answer->str, 0, NULL) : json_object();
    if (answer && status < 300)
        return answer;
    complain(answer, status);
    json_decref(answer);
    return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "-";
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* ---- commands: each answers the exit status ---- */

static void show_admission(const json_t *admission)
{
    const json_t *open = json_object_get(admission, "open"), *refused = json_object_get(admission, "refused");

    printf(
        "lets in: new consultations %s, people to running ones %s, emergencies %s; refused so far: %lld at capacity, "
        "%lld while draining\n",
        is_true(open, "new") ? "yes" : "NO", is_true(open, "join") ? "yes" : "NO",
        is_true(open, "emergency") ? "yes" : "NO", number_of(refused, "at_capacity"), number_of(refused, "draining"));
}

/* ---- why ---- */

static void say_why(const char *indent, const json_t *of)
{
    const json_t *why = json_object_get(of, "why");

    if (why)
        printf("%s%s\n", indent, text_of(why, "text"));
}

static void show_line(const json_t *line)
{
    json_t *slot;
    size_t i;

    printf("  %s %s, %s, %lld ms, down %lld kbit/s, lost %.1f %% down, %.1f %% up\n", text_of(line, "kind"),
           text_of(line, "state"), text_of(json_object_get(line, "path"), "protocol"), number_of(line, "rtt_ms"),
           number_of(line, "estimate_bps") / 1000, (double)number_of(line, "down_loss_permille") / 10,
           (double)number_of(line, "up_loss_permille") / 10);
    say_why("  ! ", line);
    json_array_foreach(json_object_get(line, "slots"), i, slot) say_why("    ! ", slot);
}

static void show_person(const json_t *person)
{
    const json_t *mos = json_object_get(json_object_get(person, "report"), "mos");
    json_t *line;
    size_t i;

    printf("%s (%s): line %s", text_of(person, "name"), text_of(person, "role"), text_of(person, "connection"));
    if (mos)
        printf(", speech %.1f of 4.5", json_number_value(mos));
    printf("%s\n", json_is_true(json_object_get(person, "away")) ? ", no page open" : "");
    json_array_foreach(json_object_get(person, "lines"), i, line) show_line(line);
}

static json_t *lines_of(struct ctl *ctl, const char *consultation)
{
    g_autofree char *escaped = g_uri_escape_string(consultation, NULL, FALSE);
    g_autofree char *path = g_strdup_printf("/consultations/%s/stats", escaped);
    return call(ctl, "GET", path, NULL);
}

static int why(struct ctl *ctl, char **arguments)
{
    json_t *body = lines_of(ctl, arguments[0]), *person;
    size_t i;

    if (!body)
        return 1;
    if (json_array_size(json_object_get(body, "participants")) == 0)
        puts("nobody is there");
    json_array_foreach(json_object_get(body, "participants"), i, person) show_person(person);
    json_decref(body);
    return 0;
}

/* Of a consultation only what is wrong, a line each. */
static void show_troubles(struct ctl *ctl, const char *consultation)
{
    json_t *body = lines_of(ctl, consultation), *person, *line, *slot;
    size_t i, k, m;

    json_array_foreach(json_object_get(body, "participants"), i, person)
        json_array_foreach(json_object_get(person, "lines"), k, line)
    {
        g_autofree char *indent = g_strdup_printf("  ! %s: ", text_of(person, "name"));
        say_why(indent, line);
        json_array_foreach(json_object_get(line, "slots"), m, slot) say_why(indent, slot);
    }
    json_decref(body);
}

static int status(struct ctl *ctl, char **arguments)
{
    json_t *body = call(ctl, "GET", "/status", NULL), *item;
    size_t i;

    (void)arguments;
    if (!body)
        return 1;
    printf("hoichan %s, %s\n", text_of(body, "version"),
           is_true(body, "draining") ? "draining: opens no new consultation"
           : is_true(body, "ready")  ? "ready"
                                     : "not ready to take calls");
    show_admission(json_object_get(body, "admission"));
    json_array_foreach(json_object_get(body, "workers"), i, item)
        printf("worker %lld: %s, pid %lld, %lld rooms, %lld people, core %lld %%, waits for one %lld %%, %lld %% of "
               "its limit\n",
               number_of(item, "worker"), text_of(item, "state"), number_of(item, "pid"), number_of(item, "rooms"),
               number_of(item, "people"), number_of(item, "cpu_permille") / 10,
               number_of(item, "waiting_permille") / 10, number_of(item, "load_permille") / 10);
    json_array_foreach(json_object_get(body, "live"), i, item)
    {
        printf("live: %s, %zu people\n", text_of(item, "consultation"),
               json_array_size(json_object_get(item, "participants")));
        show_troubles(ctl, text_of(item, "consultation"));
    }
    json_t *deliveries = json_object_get(body, "deliveries");
    printf("deliveries: %lld waiting, %lld failed\n", number_of(deliveries, "waiting"),
           number_of(deliveries, "failed"));
    json_decref(body);
    return 0;
}

static int list_users(struct ctl *ctl, char **arguments)
{
    json_t *body = call(ctl, "GET", "/users?limit=500", NULL), *user;
    size_t i;

    (void)arguments;
    if (!body)
        return 1;
    json_array_foreach(json_object_get(body, "items"), i, user)
        printf("%-24s %-8s %s%s\n", text_of(user, "username"), text_of(user, "role"), text_of(user, "name"),
               json_is_true(json_object_get(user, "active")) ? "" : " (inactive)");
    json_decref(body);
    return 0;
}

static int show_one_time(json_t *user)
{
    if (!user)
        return 1;
    printf("user name  %s\npassword   %s\nIt must be changed at sign-in.\n", text_of(user, "username"),
           text_of(user, "one_time_password"));
    json_decref(user);
    return 0;
}

static int add_admin(struct ctl *ctl, char **arguments)
{
    return show_one_time(
        call(ctl, "POST", "/users",
             json_pack("{s:s, s:s, s:s}", "username", arguments[0], "name", arguments[0], "role", "admin")));
}

static int reset_password(struct ctl *ctl, char **arguments)
{
    g_autofree char *escaped = g_uri_escape_string(arguments[0], NULL, FALSE);
    g_autofree char *search = g_strconcat("/users?limit=500&q=", escaped, NULL);
    json_t *body = call(ctl, "GET", search, NULL), *user, *found = NULL;
    size_t i;

    json_array_foreach(json_object_get(body, "items"), i, user) if (!strcmp(text_of(user, "username"), arguments[0]))
        found = user;
    int result = 1;
    if (found) {
        g_autofree char *path = g_strdup_printf("/users/%s/password-reset", text_of(found, "id"));
        result = show_one_time(call(ctl, "POST", path, NULL));
    } else if (body) {
        fprintf(stderr, "hoichanctl: there is no user %s\n", arguments[0]);
    }
    json_decref(body);
    return result;
}

/* What is still there: a drain is over when nothing is. */
static int show_left(struct ctl *ctl, const char *worker)
{
    json_t *body = call(ctl, "GET", "/status", NULL), *item;
    json_int_t rooms = 0, people = 0;
    size_t i;

    if (!body)
        return 1;
    json_array_foreach(json_object_get(body, "workers"), i, item)
    {
        if (worker && g_ascii_strtoll(worker, NULL, 10) != number_of(item, "worker"))
            continue;
        rooms += number_of(item, "rooms");
        people += number_of(item, "people");
    }
    printf("left: %lld rooms, %lld people\n", rooms, people);
    json_decref(body);
    return 0;
}

static int set_drain(struct ctl *ctl, const char *worker, const char *method)
{
    g_autofree char *path = g_strdup_printf("/workers/%s/drain", worker ? worker : "all");
    json_t *body = call(ctl, method, path, NULL);

    json_decref(body);
    return body ? 0 : 1;
}

static int drain(struct ctl *ctl, char **arguments)
{
    const char *worker = arguments[0];

    if (set_drain(ctl, worker, "POST"))
        return 1;
    if (worker)
        printf("worker %s takes no new rooms\n", worker);
    else
        puts("this server opens no new consultation; /readyz says so");
    return show_left(ctl, worker);
}

static int undrain(struct ctl *ctl, char **arguments)
{
    const char *worker = arguments[0];

    if (set_drain(ctl, worker, "DELETE"))
        return 1;
    printf("%s takes new rooms again\n", worker ? worker : "this server");
    return 0;
}

static int list_deliveries(struct ctl *ctl, char **arguments)
{
    json_t *body = call(ctl, "GET", "/deliveries?limit=500", NULL), *item;
    size_t i;

    (void)arguments;
    if (!body)
        return 1;
    json_array_foreach(json_object_get(body, "items"), i, item) if (strcmp(text_of(item, "state"), "delivered"))
        printf("%s  %-10s %-8s %-24s %lld tries  %s\n", text_of(item, "id"), text_of(item, "state"),
               text_of(item, "kind"), text_of(item, "event"), number_of(item, "attempts"), text_of(item, "last_error"));
    json_decref(body);
    return 0;
}

static int retry_delivery(struct ctl *ctl, char **arguments)
{
    g_autofree char *path = g_strdup_printf("/deliveries/%s/retry", arguments[0]);
    json_t *body = call(ctl, "POST", path, NULL);

    if (!body)
        return 1;
    printf("%s is delivered again\n", arguments[0]);
    json_decref(body);
    return 0;
}

static int verify(struct ctl *ctl, char **arguments)
{
    json_t *body = call(ctl, "GET", "/audit/verify", NULL);

    (void)arguments;
    if (!body)
        return 1;
    bool intact = json_is_true(json_object_get(body, "intact"));
    if (intact)
        printf("audit log: %lld rows, intact\n", number_of(body, "rows"));
    else
        printf("audit log: BROKEN at row %lld\n", number_of(body, "broken_at"));
    json_decref(body);
    return intact ? 0 : 3;
}

/* Where PostgreSQL keeps the database, the call says so, and the rest is copied all the same. */
static int backup(struct ctl *ctl, char **arguments)
{
    g_autoptr(GError) error = NULL;
    json_t *body = call(ctl, "POST", "/backup", NULL);
    const char *database = text_of(body, "path");
    bool good = backup_write(ctl->config, body ? database : NULL, arguments[0], &error);

    if (good)
        printf("%s: %skeys, certificate, recordings and files. Whoever has this folder can read everything in it.\n",
               arguments[0], body ? "database, " : "NO DATABASE; ");
    else
        fprintf(stderr, "hoichanctl: %s\n", error->message);
    if (!good && body)
        unlink(database);
    int result = !good ? 1 : !body ? 3 : 0;
    json_decref(body);
    return result;
}

/* The one command for which no hoichand may run. */
static int restore(struct ctl *ctl, char **arguments)
{
    g_autoptr(GError) error = NULL;

    if (!backup_restore(ctl->config, arguments[0], &error)) {
        fprintf(stderr, "hoichanctl: %s\n", error->message);
        return 1;
    }
    printf("%s is as it was in %s; start hoichand, then look with: hoichanctl verify\n", ctl->config->server.state_dir,
           arguments[0]);
    return 0;
}

static const struct command {
    const char *words[2];
    const char *argument, *help; /* an argument in brackets may be left out */
    int (*run)(struct ctl *ctl, char **arguments);
} commands[] = {
    {{"status", NULL}, NULL, "workers, live consultations, deliveries", status},
    {{"why", NULL}, "CONSULTATION", "each person's line, and why a picture does not move", why},
    {{"users", "list"}, NULL, "who can sign in", list_users},
    {{"users", "add-admin"}, "NAME", "a new admin with a one-time password", add_admin},
    {{"users", "reset"}, "NAME", "a new one-time password for a user", reset_password},
    {{"drain", NULL}, "[WORKER]", "open nothing new on a media worker, or on this server; what runs goes on", drain},
    {{"undrain", NULL}, "[WORKER]", "take new consultations again", undrain},
    {{"deliveries", "list"}, NULL, "what has not arrived at the EMR, the PACS or a webhook", list_deliveries},
    {{"deliveries", "retry"}, "ID", "deliver again, now", retry_delivery},
    {{"verify", NULL}, NULL, "check the audit log's chain", verify},
    {{"backup", NULL}, "FOLDER", "database, keys, recordings and files into a folder, what is new of them", backup},
    {{"restore", NULL}, "FOLDER", "a new server's state from such a folder", restore},
};

/* ---- main ---- */

static const struct command *find_command(int argc, char **argv, int *used)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        const struct command *command = &commands[i];
        int words = command->words[1] ? 2 : 1;
        int most = words + (command->argument ? 1 : 0),
            least = command->argument && *command->argument == '[' ? words : most;
        if (argc < least || argc > most || strcmp(argv[0], command->words[0]) ||
            (words == 2 && strcmp(argv[1], command->words[1])))
            continue;
        *used = words;
        return command;
    }
    return NULL;
}

static char *summary(void)
{
    GString *text = g_string_new("Commands:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        const struct command *command = &commands[i];
        g_autofree char *name = g_strjoin(" ", command->words[0], command->words[1] ? command->words[1] : "", NULL);
        g_string_append_printf(text, "  %-22s %-12s %s\n", name, command->argument ? command->argument : "",
                               command->help);
    }
    return g_string_free(text, FALSE);
}

static int run(const struct config *config, const struct command *command, char **arguments)
{
    const char *state_dir = config->server.state_dir;
    struct ctl ctl = {.config = config};
    bool running = local_access_read(state_dir, &ctl.access);

    if (command->run == restore && !running)
        return restore(&ctl, arguments);
    if (command->run == restore) {
        fprintf(stderr, "hoichanctl: hoichand runs at %s: stop it first (systemctl stop hoichand)\n", state_dir);
        local_access_clear(&ctl.access);
        return 1;
    }
    if (!running) {
        fprintf(stderr, "hoichanctl: no running hoichand is found at %s (or you may not read it)\n", state_dir);
        return 1;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ctl.curl = curl_easy_init();
    ctl.answer = g_string_new(NULL);
    int result = command->run(&ctl, arguments);
    g_string_free(ctl.answer, TRUE);
    curl_easy_cleanup(ctl.curl);
    curl_global_cleanup();
    local_access_clear(&ctl.access);
    return result;
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "hoichand's configuration, for its state directory", "FILE"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) options = g_option_context_new("COMMAND - look after hoichand on this machine");
    g_autofree char *commands_text = summary();
    int used = 0;

    g_option_context_add_main_entries(options, entries, NULL);
    g_option_context_set_summary(options, commands_text);
    bool parsed = g_option_context_parse(options, &argc, &argv, &error);
    struct config *config = parsed ? config_load(path, &error) : NULL;
    if (!config) {
        fprintf(stderr, "hoichanctl: %s\n", error->message);
        return 2;
    }
    const struct command *command = find_command(argc - 1, argv + 1, &used);
    int result = 2;
    if (command) {
        result = run(config, command, argv + 1 + used);
    } else {
        g_autofree char *help = g_option_context_get_help(options, TRUE, NULL);
        fputs(help, stderr);
    }
    config_destroy(config);
    return result;
}

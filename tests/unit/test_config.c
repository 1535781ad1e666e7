#include "server/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct config *parse(const char *text, GError **error)
{
    return config_parse("hoichan.ini", text, strlen(text), error);
}

static void assert_refused(const char *text, const char *reason)
{
    g_autoptr(GError) error = NULL;
    struct config *config = parse(text, &error);

    assert_null(config);
    assert_non_null(error);
    if (!strstr(error->message, reason))
        fail_msg("\"%s\" does not say \"%s\"", error->message, reason);
}

static void test_config_defaults_work_without_a_file(void **state)
{
    struct config *config = config_load(NULL, NULL);

    (void)state;
    assert_non_null(config);
    assert_string_equal(config->server.listen, "0.0.0.0:8443");
    assert_string_equal(config->server.state_dir, "./var");
    assert_string_equal(config->store.url, "sqlite:./var/hoichan.db");
    assert_string_equal(config->recording.dir, "./var/recordings");
    assert_int_equal(config->media.port, 10000);
    config_destroy(config);
}

static void test_config_reads_values_comments_and_spaces(void **state)
{
    struct config *config = parse(
        "# a comment\n; another\n\n [server] \n  listen  =  [::]:443  \r\nstate_dir=/srv/hoichan\n"
        "public_url = https://hoichan.example/\n[media]\nport=20000\nannounce = 10.0.0.1, ::1\n"
        "[turn]\nurls = turn:turn.example:3478?transport=udp,turns:turn.example\n",
        NULL);

    (void)state;
    assert_non_null(config);
    assert_string_equal(config->server.listen, "[::]:443");
    assert_string_equal(config->server.public_url, "https://hoichan.example");
    assert_string_equal(config->store.url, "sqlite:/srv/hoichan/hoichan.db");
    assert_string_equal(config->recording.dir, "/srv/hoichan/recordings");
    assert_string_equal(config->media.announce, "10.0.0.1, ::1");
    assert_int_equal(config->media.port, 20000);
    config_destroy(config);
}

static void test_config_refuses_with_line_reason_and_nearest_name(void **state)
{
    (void)state;
    assert_refused("[server]\n\nlisten = here", "hoichan.ini:3: [server] listen = here: wants address:port");
    assert_refused("[server]\nlisten = 1.2.3.4.5:80", "no valid address");
    assert_refused("[server]\nlisten = 0.0.0.0:65536", "wants address:port");
    assert_refused("[server]\nlissen = 0.0.0.0:1", "unknown key \"lissen\" in [server]; did you mean \"listen\"");
    assert_refused("[server]\nfhir_base = https://x", "did you mean \"fhir_base\" in [emr]");
    assert_refused("[meda]\n", "hoichan.ini:1: unknown section [meda]; did you mean [media]?");
    assert_refused("[media]\nport = 1e4", "wants a whole number from 0 to 65000");
    assert_refused("[media]\nworkers = -1", "wants a whole number");
    assert_refused("[media]\nannounce = example.org", "IP addresses");
    assert_refused("[store]\nurl = mysql://x", "sqlite:PATH");
    assert_refused("[emr]\nfhir_base = ftp://x", "https://");
    assert_refused("[turn]\nurls = https://x", "turn:");
    assert_refused("[server]\nlog_level = loud", "debug");
    assert_refused("[server]\nstate_dir =", "may not be empty");
    assert_refused("[media]\nport = 8443", "[media] port = 8443 is a port of [server] too");
    assert_refused("[media]\nport = 8078\nworkers = 3", "[media] port = 8078");
    g_autofree char *of_the_last = g_strdup_printf("[server]\nlisten = [::]:%u\n[media]\nport = 20000\nworkers = 0",
                                                   19999 + g_get_num_processors());
    assert_refused(of_the_last, "[media] port = 20000");
    assert_refused("listen = 0.0.0.0:1", "before the first [section]");
    assert_refused("[server]\nlisten", "key = value");
    assert_refused("[server\n", "a section looks like");
    assert_refused("[media]\nport = 1\nport = 2", "hoichan.ini:3: [media] port was set before, on line 2");
    assert_refused("[server]\nlisten = \xff", "UTF-8");
}

/* The example names every key, with its default, and no other. */
static void test_config_example_and_table_agree(void **state)
{
    g_autofree char *text = NULL;
    char section[64] = "";
    size_t named = 0, known = 0;
    struct config_key_info key;

    (void)state;
    assert_true(g_file_get_contents("config/hoichan.ini.example", &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char name[64], value[128] = "";
        if (sscanf(*line, "[%63[a-z_]]", section) == 1 || sscanf(*line, "#%63[a-z_] = %127[^\n]", name, value) < 1)
            continue;
        bool found = false;
        for (size_t i = 0; config_key_at(i, &key); i++)
            if (!strcmp(key.section, section) && !strcmp(key.name, name)) {
                found = true;
                if (*key.fallback && strcmp(key.fallback, value))
                    fail_msg("[%s] %s: the example says %s, the default is %s", section, name, value, key.fallback);
            }
        if (!found)
            fail_msg("the example names [%s] %s, which is no key", section, name);
        named++;
    }
    while (config_key_at(known, &key))
        known++;
    assert_int_equal(named, known);
}

static void test_config_example_is_accepted(void **state)
{
    g_autoptr(GError) error = NULL;
    struct config *config = config_load("config/hoichan.ini.example", &error);

    (void)state;
    assert_non_null(config);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_defaults_work_without_a_file),
        cmocka_unit_test(test_config_reads_values_comments_and_spaces),
        cmocka_unit_test(test_config_refuses_with_line_reason_and_nearest_name),
        cmocka_unit_test(test_config_example_and_table_agree),
        cmocka_unit_test(test_config_example_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

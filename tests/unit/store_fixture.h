/**
 * A fresh, migrated store for each test, once on SQLite and once on a real PostgreSQL (tests/postgres.sh, one for the
 * whole program, a new database for each test). ON_BOTH(test) names a test twice, for cmocka's table.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/store/store.h"

struct fixture {
    char *url;
    char *directory; /* SQLite's */
    struct store *store;
};

/** What a test does when it must not fail; inside it `fault` is where the GError goes. */
#define GOOD(call)                                                                                                     \
    do {                                                                                                               \
        GError *fault_ = NULL;                                                                                         \
        GError **fault = &fault_;                                                                                      \
        bool good_ = (call);                                                                                           \
        if (fault_)                                                                                                    \
            fail_msg("%s: %s", #call, fault_->message);                                                                \
        assert_true(good_);                                                                                            \
    } while (0)

static inline const char *fixture_cluster(void)
{
    static char url[256];
    if (url[0])
        return url;
    char command[64];
    snprintf(command, sizeof command, "tests/postgres.sh %d", (int)getpid());
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(url, sizeof url, pipe));
    assert_int_equal(pclose(pipe), 0);
    g_strchomp(url);
    return url;
}

static inline char *fixture_postgres_url(void)
{
    static int count;
    const char *cluster = fixture_cluster();
    struct store *store = store_open(cluster, NULL);
    assert_non_null(store);
    char *name = g_strdup_printf("test%d", count++);
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE %s", name);
    assert_true(store_run(store, NULL, sql) >= 0);
    store_close(store);
    GString *url = g_string_new(cluster);
    g_string_replace(url, "/postgres?", "/@?", 1);
    g_string_replace(url, "@", name, 1);
    g_free(name);
    return g_string_free(url, FALSE);
}

/** Also for tests that open more connections: fixture->url. */
static inline int fixture_set_up(void **state)
{
    const char *backend = *state;
    struct fixture *fixture = *state = g_new0(struct fixture, 1);
    if (strcmp(backend, "sqlite") == 0) {
        fixture->directory = g_dir_make_tmp("hoichan-store.XXXXXX", NULL);
        fixture->url = g_strdup_printf("sqlite:%s/test.db", fixture->directory);
    } else {
        fixture->url = fixture_postgres_url();
    }
    GError *fault = NULL;
    fixture->store = store_open(fixture->url, &fault);
    if (!fixture->store || !store_migrate(fixture->store, &fault)) {
        print_error("%s\n", fault->message);
        return -1;
    }
    return 0;
}

static inline void fixture_remove(const char *directory)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            fixture_remove(path);
        else
            g_unlink(path);
    }
    if (dir)
        g_dir_close(dir);
    g_rmdir(directory);
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    if (fixture->directory)
        fixture_remove(fixture->directory);
    g_free(fixture->directory);
    g_free(fixture->url);
    g_free(fixture);
    return 0;
}

#define ON_BOTH(test)                                                                                                  \
    {#test " on sqlite", test, fixture_set_up, fixture_tear_down, (void *)"sqlite"},                                   \
    {                                                                                                                  \
#test " on postgresql", test, fixture_set_up, fixture_tear_down, (void *)"postgresql"                          \
    }

#endif

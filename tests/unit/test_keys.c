#include "server/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <glib/gstdio.h>

struct place {
    char *dir, *half, *whole;
};

static int set_up(void **state)
{
    struct place *place = *state = g_new0(struct place, 1);
    place->dir = g_dir_make_tmp("hoichan-keys.XXXXXX", NULL);
    place->half = g_strdup_printf("%s/keys/master.key.%d.new", place->dir, getpid());
    place->whole = g_build_filename(place->dir, "keys", "master.key", NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    g_autofree char *keys = g_build_filename(place->dir, "keys", NULL);
    g_unlink(place->half);
    g_unlink(place->whole);
    g_rmdir(keys);
    g_rmdir(place->dir);
    g_free(place->dir);
    g_free(place->half);
    g_free(place->whole);
    g_free(place);
    return 0;
}

static void test_key_is_made_once_and_stays(void **state)
{
    const struct place *place = *state;
    unsigned char first[32], second[32];
    assert_true(key_load(place->dir, "master.key", first, sizeof first, NULL));
    assert_true(key_load(place->dir, "master.key", second, sizeof second, NULL));
    assert_memory_equal(first, second, sizeof first);
    assert_false(key_load(place->dir, "master.key", first, 16, NULL));
}

static void test_key_is_made_after_a_crash_in_the_middle(void **state)
{
    const struct place *place = *state;
    unsigned char key[32];
    g_autofree char *keys = g_build_filename(place->dir, "keys", NULL);
    assert_int_equal(g_mkdir_with_parents(keys, 0700), 0);
    assert_true(g_file_set_contents(place->half, "half", 4, NULL));
    assert_true(key_load(place->dir, "master.key", key, sizeof key, NULL));
    assert_false(g_file_test(place->half, G_FILE_TEST_EXISTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_key_is_made_once_and_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_is_made_after_a_crash_in_the_middle, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "server/render.h"
#include "server/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The first death is answered at once; who keeps dying waits longer, but never for long. */
static void test_supervisor_restarts_at_once_then_slower(void **state)
{
    (void)state;
    assert_int_equal(supervisor_pause_ms(0), 0);
    assert_int_equal(supervisor_pause_ms(1), 0);
    assert_int_equal(supervisor_pause_ms(2), 100);
    assert_int_equal(supervisor_pause_ms(3), 200);
    assert_int_equal(supervisor_pause_ms(6), 1600);
    assert_int_equal(supervisor_pause_ms(9), 10000);
    assert_int_equal(supervisor_pause_ms(1000000), 10000);
}

static void test_render_reads_progress_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(render_parse_progress("progress 0"), 0);
    assert_int_equal(render_parse_progress("progress 100"), 100);
    assert_int_equal(render_parse_progress("progress 101"), -1);
    assert_int_equal(render_parse_progress("progress -1"), -1);
    assert_int_equal(render_parse_progress("progress 4x"), -1);
    assert_int_equal(render_parse_progress("progress"), -1);
    assert_int_equal(render_parse_progress("done"), -1);
    assert_int_equal(render_parse_progress(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supervisor_restarts_at_once_then_slower),
        cmocka_unit_test(test_render_reads_progress_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

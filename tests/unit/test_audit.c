#include "server/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "server/store/store.h"

static void append(struct store *store, const char *action, const char *object, json_t *detail)
{
    struct audit_entry entry = {
        .at_us = 1000, .actor = "user:u1", .action = action, .object = object, .detail = detail};

    assert_true(audit_append(store, &entry, NULL));
    json_decref(detail);
}

static struct store *open_with_rows(void)
{
    struct store *store = store_open("sqlite::memory:", NULL);

    assert_true(store_migrate(store, NULL));
    append(store, "consultation.book", "consultation:c1", NULL);
    append(store, "consultation.cancel", "consultation:c1", json_pack("{s:s}", "reason", "storm"));
    append(store, "site.create", "site:s1", NULL);
    return store;
}

static void assert_verdict(struct store *store, int64_t rows, int64_t broken_at)
{
    int64_t seen, broken;

    assert_true(audit_verify(store, &seen, &broken, NULL));
    assert_int_equal(seen, rows);
    assert_int_equal(broken, broken_at);
}

/* What somebody with the database file could do: our own triggers out of the way first. */
static void tamper(struct store *store, const char *sql)
{
    STORE_AUTO_ROWS triggers = store_query(store, NULL, "SELECT name FROM sqlite_master WHERE type = 'trigger'");

    while (store_next(triggers)) {
        g_autofree char *drop = g_strdup_printf("DROP TRIGGER %s", rows_text(triggers, "name"));
        assert_true(store_run(store, NULL, drop) >= 0);
    }
    assert_int_equal(store_run(store, NULL, sql), 1);
}

static void test_audit_chain_holds(void **state)
{
    struct store *store = open_with_rows();

    (void)state;
    assert_verdict(store, 3, 0);
    STORE_AUTO_ROWS rows = store_query(store, NULL, "SELECT consultation_id FROM audit ORDER BY seq");
    assert_true(store_next(rows));
    assert_string_equal(rows_text(rows, "consultation_id"), "c1");
    store_close(store);
}

static void test_audit_refuses_changes(void **state)
{
    struct store *store = open_with_rows();

    (void)state;
    assert_true(store_run(store, NULL, "UPDATE audit SET actor = 'user:u2' WHERE seq = 2") < 0);
    assert_true(store_run(store, NULL, "DELETE FROM audit WHERE seq = 2") < 0);
    store_close(store);
}

static void test_audit_shows_tampering(void **state)
{
    static const char *const changes[] = {
        "UPDATE audit SET actor = 'user:u2' WHERE seq = 2",
        "UPDATE audit SET detail = NULL WHERE seq = 2",
        "UPDATE audit SET at = 999 WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "UPDATE audit SET hash = previous_hash WHERE seq = 2",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        struct store *store = open_with_rows();
        tamper(store, changes[i]);
        assert_verdict(store, 1, 2);
        store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit_chain_holds),
        cmocka_unit_test(test_audit_refuses_changes),
        cmocka_unit_test(test_audit_shows_tampering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

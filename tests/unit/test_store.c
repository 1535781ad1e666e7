#include "store_fixture.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include "server/json_row.h"

static void add_site(struct store *store, const char *id, const char *parent, const char *name)
{
    g_autofree char *search = store_fold(name);
    GOOD(store_run(store, fault,
                   "INSERT INTO sites (id, parent_id, kind, name, search, created_at) VALUES (?, ?, 'clinic', ?, ?, 1)",
                   store_text(id), store_text(parent), store_text(name), store_text(search)) == 1);
}

static int64_t number(struct store *store, const char *sql)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(store, &error, sql);
    if (!rows)
        fail_msg("%s", error->message);
    assert_true(store_next(rows));
    return rows_int(rows, "n");
}

static void test_store_keeps_every_type(void **state)
{
    struct fixture *f = *state;
    GOOD(store_run(f->store, fault, "CREATE TABLE kinds (t TEXT, i BIGINT)") >= 0);
    GOOD(store_run(f->store, fault, "INSERT INTO kinds (t, i) VALUES (?, ?)", store_text("Nguyễn 'Văn' ? %s"),
                   store_int(INT64_MIN)) == 1);
    GOOD(store_run(f->store, fault, "INSERT INTO kinds (t, i) VALUES (?, ?)", store_text(NULL), store_time(0)) == 1);
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT t, i FROM kinds ORDER BY t IS NULL");
    assert_int_equal(store_count(rows), 2);
    assert_true(store_next(rows));
    assert_string_equal(rows_text(rows, "t"), "Nguyễn 'Văn' ? %s");
    assert_true(rows_int(rows, "i") == INT64_MIN);
    assert_true(store_next(rows));
    assert_null(rows_text(rows, "t"));
    assert_true(rows_null(rows, "i"));
    assert_int_equal(rows_int(rows, "i"), 0);
    assert_false(store_next(rows));
}

static void test_store_rows_are_shown_without_what_is_null(void **state)
{
    static const struct json_columns SHOWN = {
        .text = {"t", "none"}, .integer = {"i"}, .boolean = {"b"}, .time = {"at"}, .number = {"n"}, .json = {"j"}};
    struct fixture *f = *state;
    STORE_AUTO_ROWS rows = store_query(
        f->store, NULL,
        "SELECT 'An' AS t, NULL AS none, ? AS i, 1 AS b, ? AS at, 7 AS n, '[1]' AS j, 'r' AS room_id, "
        "'Phòng 1' AS room_name, NULL AS site_id, NULL AS site_name",
        store_int(-3), store_int(951782400LL * 1000 * 1000));
    assert_true(store_next(rows));
    json_t *row = json_row(rows, &SHOWN);
    json_row_set_named(row, "room", rows);
    json_row_set_named(row, "site", rows);
    json_t *expected = json_pack("{s:s, s:i, s:b, s:s, s:s, s:[i], s:{s:s, s:s}}", "t", "An", "i", -3, "b", true, "at",
                                 "2000-02-29T00:00:00Z", "n", "7", "j", 1, "room", "id", "r", "name", "Phòng 1");
    assert_true(json_equal(row, expected));
    json_decref(row);
    json_decref(expected);
}

static void test_store_statement_marks_in_literals_stay(void **state)
{
    struct fixture *f = *state;
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT '?' AS mark, COUNT(*) AS n FROM sites WHERE name = ?",
                                       store_text("x"));
    assert_true(store_next(rows));
    assert_string_equal(rows_text(rows, "mark"), "?");
    assert_int_equal(rows_int(rows, "n"), 0);
}

static void test_store_names_the_broken_rule(void **state)
{
    struct fixture *f = *state;
    add_site(f->store, "a", NULL, "A");
    GError *error = NULL;
    assert_int_equal(
        store_run(f->store, &error,
                  "INSERT INTO sites (id, kind, name, search, created_at) VALUES ('a', 'clinic', 'B', '', 1)"),
        -1);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DUPLICATE));
    g_clear_error(&error);
    assert_int_equal(
        store_run(f->store, &error,
                  "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES ('r', 'no', 'R', '', 1)"),
        -1);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_REFERENCE));
    g_clear_error(&error);
    assert_int_equal(
        store_run(f->store, &error,
                  "INSERT INTO sites (id, kind, name, search, created_at) VALUES ('b', 'moon', 'B', '', 1)"),
        -1);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_CONSTRAINT));
    g_clear_error(&error);
    assert_int_equal(store_run(f->store, &error, "SELECT nothing FROM nowhere"), -1);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_FAILED));
    g_clear_error(&error);
}

static void test_store_in_use_is_not_deleted(void **state)
{
    struct fixture *f = *state;
    add_site(f->store, "top", NULL, "Tỉnh");
    add_site(f->store, "below", "top", "Huyện");
    GError *error = NULL;
    assert_int_equal(store_run(f->store, &error, "DELETE FROM sites WHERE id = ?", store_text("top")), -1);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_REFERENCE));
    g_clear_error(&error);
    GOOD(store_run(f->store, fault, "DELETE FROM sites WHERE id = ?", store_text("below")) == 1);
    GOOD(store_run(f->store, fault, "DELETE FROM sites WHERE id = ?", store_text("below")) == 0);
}

static void test_store_ledgers_only_grow(void **state)
{
    struct fixture *f = *state;
    GOOD(store_run(
             f->store, fault,
             "INSERT INTO audit (seq, at, actor, action, previous_hash, hash) VALUES (1, 1, 'system', 'x', '', 'h')") ==
         1);
    GError *error = NULL;
    assert_int_equal(store_run(f->store, &error, "UPDATE audit SET actor = 'other'"), -1);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_CONSTRAINT));
    g_clear_error(&error);
    assert_int_equal(store_run(f->store, &error, "DELETE FROM audit"), -1);
    g_clear_error(&error);
    assert_int_equal(number(f->store, "SELECT COUNT(*) AS n FROM audit WHERE actor = 'system'"), 1);
}

static bool add_two(struct store *store, void *arg, GError **error)
{
    return store_run(store, error,
                     "INSERT INTO settings (key, value) VALUES ('one', '1') ON CONFLICT (key) DO NOTHING") >= 0 &&
           store_run(store, error, "INSERT INTO settings (key, value) VALUES (?, '2')", store_text(arg)) == 1;
}

static void test_store_failed_transaction_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    assert_false(store_transaction(f->store, add_two, "one", &error));
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DUPLICATE));
    g_clear_error(&error);
    assert_int_equal(number(f->store, "SELECT COUNT(*) AS n FROM settings"), 0);
    GOOD(store_transaction(f->store, add_two, "two", fault));
    assert_int_equal(number(f->store, "SELECT COUNT(*) AS n FROM settings"), 2);
}

static bool outer(struct store *store, void *arg, GError **error)
{
    if (!store_transaction(store, add_two, "two", error))
        return false;
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "on second thoughts");
    *(bool *)arg = true;
    return false;
}

static void test_store_inner_transaction_goes_with_the_outer(void **state)
{
    struct fixture *f = *state;
    bool inner_done = false;
    assert_false(store_transaction(f->store, outer, &inner_done, NULL));
    assert_true(inner_done);
    assert_int_equal(number(f->store, "SELECT COUNT(*) AS n FROM settings"), 0);
}

static bool look_in_vain(struct store *store, void *arg, GError **error)
{
    return store_run(store, error, "UPDATE settings SET value = '2' WHERE key = ?", store_text(arg)) == 1;
}

static void test_store_transaction_says_why_it_was_not_done(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    assert_false(store_transaction(f->store, look_in_vain, "gone", &error));
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_FAILED));
    g_clear_error(&error);
}

enum { WRITERS = 4, STEPS = 25 };

static bool count_up(struct store *store, void *arg, GError **error)
{
    (void)arg;
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT value FROM settings WHERE key = 'counter'");
    if (!store_next(rows))
        return false;
    g_autofree char *next = g_strdup_printf("%d", atoi(rows_text(rows, "value")) + 1);
    return store_run(store, error, "UPDATE settings SET value = ? WHERE key = 'counter'", store_text(next)) == 1;
}

static void *writer(void *arg)
{
    struct store *store = store_open(arg, NULL);
    int done = 0;
    for (int i = 0; store && i < STEPS; i++)
        done += store_transaction(store, count_up, NULL, NULL);
    store_close(store);
    return GINT_TO_POINTER(done);
}

static void test_store_writers_do_not_lose_one_another(void **state)
{
    struct fixture *f = *state;
    GOOD(store_run(f->store, fault, "INSERT INTO settings (key, value) VALUES ('counter', '0')") == 1);
    GThread *threads[WRITERS];
    int done = 0;
    for (int i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("writer", writer, f->url);
    for (int i = 0; i < WRITERS; i++)
        done += GPOINTER_TO_INT(g_thread_join(threads[i]));
    assert_int_equal(done, WRITERS * STEPS);
    STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT value FROM settings WHERE key = 'counter'");
    assert_true(store_next(rows));
    assert_int_equal(atoi(rows_text(rows, "value")), WRITERS * STEPS);
}

static void *migrator(void *arg)
{
    struct store *store = store_open(arg, NULL);
    bool good = store && store_migrate(store, NULL);
    store_close(store);
    return GINT_TO_POINTER(good);
}

static void test_store_several_nodes_migrate_at_once(void **state)
{
    struct fixture *f = *state;
    g_autofree char *fresh = f->directory ? g_strdup_printf("sqlite:%s/fresh.db", f->directory)
                                          : fixture_postgres_url();
    GThread *threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("migrator", migrator, fresh);
    for (int i = 0; i < WRITERS; i++)
        assert_true(GPOINTER_TO_INT(g_thread_join(threads[i])));
}

static void *opener(void *arg)
{
    struct store *store = store_open(arg, NULL);
    bool good = store != NULL;
    store_close(store);
    return GINT_TO_POINTER(good);
}

/* As another node does that has just made it and not yet changed it to WAL. */
static void test_store_waits_for_who_opens_a_fresh_database_at_the_same_time(void **state)
{
    struct fixture *f = *state;
    g_autofree char *path = g_strdup_printf("%s/shared.db", f->directory);
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE; CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    GThread *thread = g_thread_new("opener", opener, url);
    g_usleep(300000);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_true(GPOINTER_TO_INT(g_thread_join(thread)));
    sqlite3_close(other);
}

static void test_store_refuses_a_newer_database(void **state)
{
    struct fixture *f = *state;
    GOOD(store_run(f->store, fault, "INSERT INTO migrations (version, applied_at) VALUES (9999, 1)") == 1);
    GError *error = NULL;
    assert_false(store_migrate(f->store, &error));
    assert_non_null(strstr(error->message, "9999"));
    g_clear_error(&error);
}

static void test_store_every_migration_file_is_applied(void **state)
{
    struct fixture *f = *state;
    int files = 0;
    GDir *dir = g_dir_open("server/store/migrations", 0, NULL);
    assert_non_null(dir);
    for (const char *name; (name = g_dir_read_name(dir));)
        files += g_str_has_suffix(name, ".sql");
    g_dir_close(dir);
    assert_int_equal(store_version(f->store, NULL), files);
}

static void test_store_finds_vietnamese_names_as_typed(void **state)
{
    struct fixture *f = *state;
    add_site(f->store, "a", NULL, "TTYT Mù Cang Chải");
    add_site(f->store, "b", NULL, "Bệnh viện ĐỨC Giang 100%");
    static const struct {
        const char *typed, *found;
    } cases[] = {{"mu cang", "a"}, {"CHẢI", "a"}, {"duc giang", "b"}, {"0%", "b"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *pattern = store_pattern(cases[i].typed);
        STORE_AUTO_ROWS rows = store_query(f->store, NULL, "SELECT id FROM sites WHERE search LIKE ? ESCAPE '!'",
                                           store_text(pattern));
        assert_int_equal(store_count(rows), 1);
        assert_true(store_next(rows));
        assert_string_equal(rows_text(rows, "id"), cases[i].found);
    }
}

static void test_store_backup_is_a_whole_store(void **state)
{
    struct fixture *f = *state;
    add_site(f->store, "a", NULL, "A");
    g_autofree char *path = g_strdup_printf("%s/copy.db", f->directory ? f->directory : "/nowhere");
    if (!f->directory) {
        assert_false(store_backup(f->store, path, NULL));
        return;
    }
    GOOD(store_backup(f->store, path, fault));
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    struct store *copy = store_open(url, NULL);
    assert_int_equal(number(copy, "SELECT COUNT(*) AS n FROM sites"), 1);
    store_close(copy);
}

/** The same connection goes on after the server has thrown it out. */
static void test_store_connects_again_after_postgres_restarted(void **state)
{
    struct fixture *f = *state;
    add_site(f->store, "a", NULL, "A");
    struct store *other = store_open(fixture_cluster(), NULL);
    assert_non_null(other);
    assert_true(number(other, "SELECT COUNT(pg_terminate_backend(pid)) AS n FROM pg_stat_activity "
                              "WHERE datname <> 'postgres' AND pid <> pg_backend_pid()") >= 1);
    store_close(other);
    g_usleep(200000); /* the farewell is on its way through the kernel */
    add_site(f->store, "b", NULL, "B");
    assert_int_equal(number(f->store, "SELECT COUNT(*) AS n FROM sites"), 2);
}

static void test_store_says_when_it_cannot_be_reached(void **state)
{
    (void)state;
    GError *error = NULL;
    assert_null(store_open("postgresql:///x?host=/nowhere", &error));
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE));
    g_clear_error(&error);
    assert_null(store_open("sqlite:/proc/nowhere/x.db", &error));
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE));
    g_clear_error(&error);
    assert_null(store_open("mysql://x", &error));
    g_clear_error(&error);
}

static void test_store_with_a_full_disk_may_have_room_again(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    g_autofree char *long_text = g_strnfill(100000, 'x');
    GOOD(store_run(f->store, fault, "PRAGMA max_page_count = 1") >= 0); /* as many as it has now */
    assert_true(
        store_run(f->store, &error, "INSERT INTO settings (key, value) VALUES ('a', ?)", store_text(long_text)) < 0);
    assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE));
    g_clear_error(&error);
    GOOD(store_run(f->store, fault, "PRAGMA max_page_count = 100000") >= 0);
    GOOD(store_run(f->store, fault, "INSERT INTO settings (key, value) VALUES ('a', ?)", store_text(long_text)) == 1);
}

static void test_store_ids_are_many_and_plain(void **state)
{
    (void)state;
    char one[STORE_ID_SIZE], two[STORE_ID_SIZE];
    store_new_id(one);
    store_new_id(two);
    assert_string_not_equal(one, two);
    assert_int_equal(strspn(one, "0123456789abcdefghijklmnopqrstuvwxyz"), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_store_keeps_every_type),
        ON_BOTH(test_store_rows_are_shown_without_what_is_null),
        ON_BOTH(test_store_statement_marks_in_literals_stay),
        ON_BOTH(test_store_names_the_broken_rule),
        ON_BOTH(test_store_in_use_is_not_deleted),
        ON_BOTH(test_store_ledgers_only_grow),
        ON_BOTH(test_store_failed_transaction_leaves_nothing),
        ON_BOTH(test_store_inner_transaction_goes_with_the_outer),
        ON_BOTH(test_store_transaction_says_why_it_was_not_done),
        ON_BOTH(test_store_writers_do_not_lose_one_another),
        ON_BOTH(test_store_several_nodes_migrate_at_once),
        {"opens a fresh one together", test_store_waits_for_who_opens_a_fresh_database_at_the_same_time, fixture_set_up,
         fixture_tear_down, (void *)"sqlite"},
        ON_BOTH(test_store_refuses_a_newer_database),
        ON_BOTH(test_store_every_migration_file_is_applied),
        ON_BOTH(test_store_finds_vietnamese_names_as_typed),
        ON_BOTH(test_store_backup_is_a_whole_store),
        {"connects again", test_store_connects_again_after_postgres_restarted, fixture_set_up, fixture_tear_down,
         (void *)"postgresql"},
        {"has room again", test_store_with_a_full_disk_may_have_room_again, fixture_set_up, fixture_tear_down,
         (void *)"sqlite"},
        cmocka_unit_test(test_store_says_when_it_cannot_be_reached),
        cmocka_unit_test(test_store_ids_are_many_and_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

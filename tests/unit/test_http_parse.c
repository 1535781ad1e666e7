#include "server/http_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_path(const char *raw, const char *expected)
{
    char path[HTTP_PATH_MAX];
    bool good = http_parse_path(raw, strlen(raw), path);

    if (good != (expected != NULL))
        fail_msg("%s is %s", raw, good ? "taken" : "refused");
    if (expected)
        assert_string_equal(path, expected);
}

static void test_http_path_is_decoded_or_refused(void **state)
{
    (void)state;
    assert_path("/", "/");
    assert_path("/a%20b/%C3%A1", "/a b/á");
    assert_path("/a+b", "/a+b");
    assert_path("/..a/b..", "/..a/b..");
    assert_path("", NULL);
    assert_path("a", NULL);
    assert_path("/%", NULL);
    assert_path("/%4", NULL);
    assert_path("/%zz", NULL);
    assert_path("/%00", NULL);
    assert_path("/a/../b", NULL);
    assert_path("/a/%2e%2E", NULL);
    assert_path("/./a", NULL);
    assert_path("/%ff", NULL);
    assert_path("/a\\b", NULL);
}

static void test_http_query_is_decoded(void **state)
{
    const char *raw = "q=L%C3%AA+V%C4%83n&limit=10&empty=&flag&q2=a%26b&&q=last";
    GHashTable *query = http_parse_query(raw, strlen(raw));

    (void)state;
    assert_non_null(query);
    assert_string_equal(g_hash_table_lookup(query, "q"), "last");
    assert_string_equal(g_hash_table_lookup(query, "limit"), "10");
    assert_string_equal(g_hash_table_lookup(query, "empty"), "");
    assert_string_equal(g_hash_table_lookup(query, "flag"), "");
    assert_string_equal(g_hash_table_lookup(query, "q2"), "a&b");
    g_hash_table_unref(query);
    assert_null(http_parse_query("a=%", 3));
    assert_null(http_parse_query("a=%00", 5));
}

static void test_http_query_is_bounded(void **state)
{
    GString *raw = g_string_new(NULL);

    (void)state;
    for (int i = 0; i <= HTTP_QUERY_MAX; i++)
        g_string_append_printf(raw, "a%d=1&", i);
    assert_null(http_parse_query(raw->str, raw->len));
    g_string_free(raw, TRUE);
}

static void test_http_cookie_is_found_by_its_whole_name(void **state)
{
    char value[HTTP_COOKIE_MAX], large[2 * HTTP_COOKIE_MAX];

    (void)state;
    assert_true(http_parse_cookie("a=1; session=abc ; b=2", "session", value));
    assert_string_equal(value, "abc");
    assert_true(http_parse_cookie("xsession=1;session=", "session", value));
    assert_string_equal(value, "");
    assert_false(http_parse_cookie("xsession=1; sessions=2; session", "session", value));
    assert_false(http_parse_cookie(NULL, "session", value));
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    memcpy(large, "session=", 8);
    assert_false(http_parse_cookie(large, "session", value));
}

static void assert_range(const char *header, enum http_range verdict, uint64_t first, uint64_t last)
{
    uint64_t got_first = 0, got_last = 0;
    enum http_range got = http_parse_range(header, 1000, &got_first, &got_last);

    if (got != verdict || (got == RANGE_PART && (got_first != first || got_last != last)))
        fail_msg("%s: %d %lu-%lu", header, got, (unsigned long)got_first, (unsigned long)got_last);
}

/* RFC 9110 §14.1.2 and §14.2 */
static void test_http_range(void **state)
{
    (void)state;
    assert_range("bytes=0-499", RANGE_PART, 0, 499);
    assert_range("bytes=500-", RANGE_PART, 500, 999);
    assert_range("bytes=-200", RANGE_PART, 800, 999);
    assert_range("bytes=-5000", RANGE_PART, 0, 999);
    assert_range("bytes=999-99999999", RANGE_PART, 999, 999);
    assert_range("Bytes= 1-1", RANGE_PART, 1, 1);
    assert_range("bytes=1000-", RANGE_BAD, 0, 0);
    assert_range("bytes=-0", RANGE_BAD, 0, 0);
    assert_range("bytes=5-4", RANGE_NONE, 0, 0);
    assert_range("bytes=0-1,5-6", RANGE_NONE, 0, 0);
    assert_range("bytes=99999999999999999999-", RANGE_NONE, 0, 0);
    assert_range("bytes=a-b", RANGE_NONE, 0, 0);
    assert_range("items=0-1", RANGE_NONE, 0, 0);
    assert_range(NULL, RANGE_NONE, 0, 0);
}

static void test_http_language_by_weight(void **state)
{
    (void)state;
    assert_string_equal(http_parse_language(NULL), "vi");
    assert_string_equal(http_parse_language("fr"), "vi");
    assert_string_equal(http_parse_language("en-US,en;q=0.9"), "en");
    assert_string_equal(http_parse_language("en;q=0.5, vi-VN;q=0.8"), "vi");
    assert_string_equal(http_parse_language("vi;q=0.1,en;q=0.25"), "en");
    assert_string_equal(http_parse_language("enx"), "vi");
    assert_string_equal(http_parse_language("en;q=0"), "vi");
}

static void test_http_encodings(void **state)
{
    (void)state;
    assert_true(http_accepts_encoding("gzip, deflate, br", "br"));
    assert_true(http_accepts_encoding("*", "br"));
    assert_false(http_accepts_encoding("*;q=0", "br"));
    assert_false(http_accepts_encoding("br;q=0.0, *", "br"));
    assert_false(http_accepts_encoding("brotli", "br"));
    assert_false(http_accepts_encoding(NULL, "br"));
}

static void test_http_etags(void **state)
{
    (void)state;
    assert_true(http_etag_matches("\"a\"", "\"a\""));
    assert_true(http_etag_matches("\"x\", W/\"a\"", "\"a\""));
    assert_true(http_etag_matches("*", "\"a\""));
    assert_false(http_etag_matches("\"ab\"", "\"a\""));
    assert_false(http_etag_matches("", "\"a\""));
}

static void test_http_host(void **state)
{
    (void)state;
    assert_true(http_host_is_sane("localhost:8443"));
    assert_true(http_host_is_sane("[::1]:8443"));
    assert_false(http_host_is_sane("evil.example/path"));
    assert_false(http_host_is_sane("a b"));
    assert_false(http_host_is_sane(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_path_is_decoded_or_refused),
        cmocka_unit_test(test_http_query_is_decoded),
        cmocka_unit_test(test_http_query_is_bounded),
        cmocka_unit_test(test_http_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(test_http_range),
        cmocka_unit_test(test_http_language_by_weight),
        cmocka_unit_test(test_http_encodings),
        cmocka_unit_test(test_http_etags),
        cmocka_unit_test(test_http_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

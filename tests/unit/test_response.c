#include "server/http_core.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 300000 };

/* A body whose bytes are their own offsets, and what happened to it. */
struct body {
    int reads, destroyed;
    uint64_t breaks_at;
};

static unsigned char byte_at(uint64_t offset)
{
    return (unsigned char)(offset * 7 + offset / 256);
}

static ssize_t read_some(void *arg, uint64_t offset, void *data, size_t size)
{
    struct body *body = arg;

    body->reads++;
    if (body->breaks_at && offset + size > body->breaks_at)
        return -EIO;
    size = MIN(size, (size_t)50000); /* less than asked for, as files may */
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)data)[i] = byte_at(offset + i);
    return (ssize_t)size;
}

static void destroyed(void *arg)
{
    ((struct body *)arg)->destroyed++;
}

static struct response *respond(struct body *body, const char *range)
{
    struct request request = {.headers = g_hash_table_new(g_str_hash, g_str_equal)};

    if (range)
        g_hash_table_insert(request.headers, (char *)"range", (char *)range);
    struct response *response = response_source(&request, "video/webm", "\"tag\"",
                                                &(struct body_source){SIZE, read_some, destroyed, body});
    g_hash_table_unref(request.headers);
    return response;
}

static void wake(void *arg)
{
    *(bool *)arg = true;
}

/* Sends as a transport does; answers how much came, or -1 when it broke off. */
static int64_t drain(struct response *response, struct pool *pool, uint64_t first)
{
    bool woken = false;
    int64_t sent = 0;

    response_attach(response, pool, wake, &woken);
    for (;;) {
        const unsigned char *data;
        size_t size;
        switch (response_peek(response, &data, &size)) {
        case RESPONSE_WAIT:
            for (woken = false; !woken;)
                g_main_context_iteration(NULL, TRUE);
            break;
        case RESPONSE_DATA:
            size = MIN(size, (size_t)7001);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(data[i], byte_at(first + (uint64_t)sent + i));
            response_advance(response, size);
            sent += (int64_t)size;
            break;
        case RESPONSE_END:
            return sent;
        case RESPONSE_BROKEN:
            return -1;
        }
    }
}

static struct pool *make_pool(void)
{
    struct pool *pool;

    assert_int_equal(pool_create(&(struct pool_config){.threads = 2, .queue_max = 10}, &pool), 0);
    return pool;
}

static const char *header_of(const struct response *response, const char *name)
{
    for (guint i = 0; i < response->headers->len; i++)
        if (!strcmp(g_array_index(response->headers, struct header, i).name, name))
            return g_array_index(response->headers, struct header, i).value;
    return NULL;
}

static void test_response_sends_the_whole_or_the_range(void **state)
{
    static const struct {
        const char *range, *content_range;
        int status;
        uint64_t first;
        int64_t size;
    } cases[] = {
        {NULL, NULL, 200, 0, SIZE},
        {"bytes=100000-100999", "bytes 100000-100999/300000", 206, 100000, 1000},
        {"bytes=-1", "bytes 299999-299999/300000", 206, 299999, 1},
        {"bytes=0-", "bytes 0-299999/300000", 206, 0, SIZE},
        {"bytes=300000-", "bytes */300000", 416, 0, 0},
        {"nonsense", NULL, 200, 0, SIZE},
    };
    struct pool *pool = make_pool();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct body body = {0};
        struct response *response = respond(&body, cases[i].range);
        assert_int_equal(response->status, cases[i].status);
        assert_int_equal(response_size(response), cases[i].size);
        assert_int_equal(g_strcmp0(header_of(response, "content-range"), cases[i].content_range), 0);
        assert_int_equal(drain(response, pool, cases[i].first), cases[i].size);
        response_destroy(response);
        assert_int_equal(body.destroyed, 1);
    }
    pool_destroy(pool);
}

static void test_response_breaks_off_when_its_source_does(void **state)
{
    struct body body = {.breaks_at = 150000};
    struct pool *pool = make_pool();
    struct response *response = respond(&body, NULL);

    (void)state;
    assert_int_equal(drain(response, pool, 0), -1);
    response_destroy(response);
    assert_int_equal(body.destroyed, 1);
    pool_destroy(pool);
}

/* The client leaves while a pool thread reads: what it reads into lives until it is done. */
static void test_response_given_up_while_it_is_read(void **state)
{
    struct body body = {0};
    struct pool *pool = make_pool();
    struct response *response = respond(&body, NULL);
    const unsigned char *data;
    size_t size;
    bool woken = false;

    (void)state;
    response_attach(response, pool, wake, &woken);
    assert_int_equal(response_peek(response, &data, &size), RESPONSE_WAIT);
    response_destroy(response);
    assert_int_equal(body.destroyed, 0);
    pool_destroy(pool);
    assert_int_equal(body.destroyed, 1);
    assert_false(woken);
}

static void test_response_headers_are_never_split(void **state)
{
    struct response *response = response_empty(204);

    (void)state;
    response_header(response, "location", "/a\r\nset-cookie: evil=1");
    assert_null(strpbrk(header_of(response, "location"), "\r\n"));
    response_destroy(response);
}

static void test_pool_refuses_beyond_its_bound(void **state)
{
    struct body body = {0};
    struct pool *pool;
    const unsigned char *data;
    size_t size;

    (void)state;
    assert_int_equal(pool_create(&(struct pool_config){.threads = 1, .queue_max = 0}, &pool), 0);
    struct response *response = respond(&body, NULL);
    response_attach(response, pool, NULL, NULL);
    assert_int_equal(response_peek(response, &data, &size), RESPONSE_BROKEN);
    response_destroy(response);
    pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_response_sends_the_whole_or_the_range),
        cmocka_unit_test(test_response_breaks_off_when_its_source_does),
        cmocka_unit_test(test_response_given_up_while_it_is_read),
        cmocka_unit_test(test_response_headers_are_never_split),
        cmocka_unit_test(test_pool_refuses_beyond_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

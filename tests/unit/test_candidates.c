#include "media/candidates.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/path.h"

static const char *text_of(json_t *list, size_t index, const char *key)
{
    return json_string_value(json_object_get(json_array_get(list, index), key));
}

static json_int_t number_of(json_t *list, size_t index, const char *key)
{
    return json_integer_value(json_object_get(json_array_get(list, index), key));
}

static void test_candidates_udp_and_tcp_for_each_address(void **state)
{
    (void)state;
    struct candidate_addresses addresses;
    assert_int_equal(candidate_addresses_parse("192.0.2.1, 2001:db8::1,192.0.2.1", &addresses), 0);
    assert_int_equal(addresses.count, 2);
    json_t *list = candidates_json(&addresses, 10000);
    assert_int_equal(json_array_size(list), 4);
    static const char *const ips[] = {"192.0.2.1", "2001:db8::1", "192.0.2.1", "2001:db8::1"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(text_of(list, i, "ip"), ips[i]);
        assert_string_equal(text_of(list, i, "protocol"), i < 2 ? "udp" : "tcp");
        assert_string_equal(text_of(list, i, "type"), "host");
        assert_int_equal(number_of(list, i, "port"), 10000);
        assert_int_equal(number_of(list, i, "component"), 1);
        if (i > 0) /* as they are listed, so they are preferred; UDP before TCP */
            assert_true(number_of(list, i, "priority") < number_of(list, i - 1, "priority"));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text_of(list, i, "foundation"), text_of(list, j, "foundation"));
    }
    assert_int_equal(number_of(list, 0, "priority"), 2130706431); /* RFC 8445 §5.1.2.1, the usual host priority */
    assert_null(text_of(list, 0, "tcptype"));
    assert_string_equal(text_of(list, 2, "tcptype"), "passive");
    json_decref(list);
}

static void test_candidates_refuses_what_is_no_address(void **state)
{
    (void)state;
    struct candidate_addresses addresses;
    assert_int_equal(candidate_addresses_parse("example.org", &addresses), -EINVAL);
    assert_int_equal(candidate_addresses_parse("192.0.2.1,,192.0.2.256", &addresses), -EINVAL);
    assert_int_equal(candidate_addresses_parse("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", &addresses),
                     -EINVAL);
    assert_int_equal(candidate_addresses_parse("", &addresses), 0);
    assert_int_equal(addresses.count, 0);
    char many[CANDIDATE_ADDRESSES_MAX * 16 + 32] = "";
    for (int i = 0; i <= CANDIDATE_ADDRESSES_MAX; i++)
        sprintf(many + strlen(many), "192.0.2.%d,", i);
    assert_int_equal(candidate_addresses_parse(many, &addresses), -ENOSPC);
}

static void test_candidates_finds_something_on_any_machine(void **state)
{
    (void)state;
    struct candidate_addresses addresses;
    assert_int_equal(candidate_addresses_find(true, &addresses), 0);
    assert_true(addresses.count > 0);
    assert_int_equal(candidate_addresses_find(false, &addresses), 0);
    for (size_t i = 0; i < addresses.count; i++)
        assert_true(IN6_IS_ADDR_V4MAPPED(&addresses.ips[i]));
}

static void test_path_tells_families_and_peers_apart(void **state)
{
    (void)state;
    struct path a = {.remote_port = 1}, b = a;
    char text[INET6_ADDRSTRLEN];
    assert_int_equal(path_parse_ip("192.0.2.1", &a.remote), 0);
    assert_int_equal(path_parse_ip("2001:db8::1", &b.remote), 0);
    assert_int_equal(path_family(&a), 4);
    assert_int_equal(path_family(&b), 6);
    assert_false(path_equal(&a, &b));
    assert_true(path_hash(&a, 1) != path_hash(&b, 1));
    path_format_ip(&a.remote, text);
    assert_string_equal(text, "192.0.2.1");
    path_format_ip(&b.remote, text);
    assert_string_equal(text, "2001:db8::1");
    struct path same = a, elsewhere = a;
    assert_int_equal(path_parse_ip("198.51.100.1", &same.local), 0);
    elsewhere.remote_port = 2;
    assert_true(path_equal(&a, &same));
    assert_false(path_equal(&a, &elsewhere));
    struct sockaddr_storage address;
    struct path back = {0};
    path_remote_native(&a, &address);
    assert_int_equal(address.ss_family, AF_INET);
    path_set_remote(&back, (struct sockaddr *)&address);
    assert_true(path_equal(&a, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_candidates_udp_and_tcp_for_each_address),
        cmocka_unit_test(test_candidates_refuses_what_is_no_address),
        cmocka_unit_test(test_candidates_finds_something_on_any_machine),
        cmocka_unit_test(test_path_tells_families_and_peers_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

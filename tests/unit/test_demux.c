#include "media/demux.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum demux_kind kind_of(uint8_t first, uint8_t second)
{
    uint8_t packet[2] = {first, second};
    return demux_classify(packet, sizeof packet);
}

/* RFC 7983 §7, and RFC 5761 §4 for what is RTCP. */
static void test_demux_classifies_by_the_first_bytes(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        enum demux_kind expected = first < 4                     ? DEMUX_STUN
                                   : first >= 20 && first < 64   ? DEMUX_DTLS
                                   : first >= 128 && first < 192 ? DEMUX_RTP
                                                                 : DEMUX_UNKNOWN;
        assert_int_equal(kind_of((uint8_t)first, 111), expected);
    }
    for (int second = 0; second < 256; second++)
        assert_int_equal(kind_of(0x80, (uint8_t)second), second >= 192 && second < 224 ? DEMUX_RTCP : DEMUX_RTP);
    uint8_t one = 0x80;
    assert_int_equal(demux_classify(&one, 0), DEMUX_UNKNOWN);
    assert_int_equal(demux_classify(&one, 1), DEMUX_UNKNOWN);
}

static void test_demux_finds_ufrags(void **state)
{
    (void)state;
    struct demux *demux = NULL;
    int owners[2000];
    char ufrag[16];
    assert_int_equal(demux_create(&demux), 0);
    for (int i = 0; i < 2000; i++) {
        snprintf(ufrag, sizeof ufrag, "%08d", i * 7919);
        assert_int_equal(demux_add_ufrag(demux, ufrag, &owners[i]), 0);
        assert_int_equal(demux_add_ufrag(demux, ufrag, &owners[0]), -EEXIST);
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(ufrag, sizeof ufrag, "%08d", i * 7919);
        assert_ptr_equal(demux_find_ufrag(demux, ufrag, 8), &owners[i]);
        assert_null(demux_find_ufrag(demux, ufrag, 7));
        demux_remove_ufrag(demux, ufrag);
        assert_null(demux_find_ufrag(demux, ufrag, 8));
    }
    demux_destroy(demux);
}

static struct path numbered_path(int i)
{
    struct path path = {.remote_port = (uint16_t)(i % 50000)};
    char text[INET6_ADDRSTRLEN];
    snprintf(text, sizeof text, i % 2 ? "198.51.%d.%d" : "2001:db8::%x:%x", i / 256 % 256, i % 256);
    assert_int_equal(path_parse_ip(text, &path.remote), 0);
    return path;
}

static void test_demux_finds_paths(void **state)
{
    (void)state;
    struct demux *demux = NULL;
    int owners[3000];
    assert_int_equal(demux_create(&demux), 0);
    for (int i = 0; i < 3000; i++) {
        struct path path = numbered_path(i);
        assert_null(demux_find_path(demux, &path));
        assert_int_equal(demux_bind(demux, &path, &owners[i]), 0);
    }
    for (int i = 0; i < 3000; i++) {
        struct path path = numbered_path(i), other = path;
        other.remote_port++;
        assert_ptr_equal(demux_find_path(demux, &path), &owners[i]);
        assert_null(demux_find_path(demux, &other));
    }
    for (int i = 0; i < 3000; i++) {
        struct path path = numbered_path(i);
        demux_unbind(demux, &path, &owners[i]);
        assert_null(demux_find_path(demux, &path));
    }
    demux_destroy(demux);
}

static void test_demux_a_path_taken_over_is_not_unbound_by_its_former_owner(void **state)
{
    (void)state;
    struct demux *demux = NULL;
    int first, second;
    struct path path = numbered_path(1);
    assert_int_equal(demux_create(&demux), 0);
    assert_int_equal(demux_bind(demux, &path, &first), 0);
    assert_int_equal(demux_bind(demux, &path, &second), 0);
    demux_unbind(demux, &path, &first);
    assert_ptr_equal(demux_find_path(demux, &path), &second);
    demux_destroy(demux);
}

static void test_demux_streams_of_one_address_are_apart(void **state)
{
    (void)state;
    struct demux *demux = NULL;
    int owner;
    struct path udp = numbered_path(1), tcp = udp;
    tcp.stream = (struct tcp_connection *)&owner; /* never followed */
    assert_int_equal(demux_create(&demux), 0);
    assert_int_equal(demux_bind(demux, &tcp, &owner), 0);
    assert_null(demux_find_path(demux, &udp));
    assert_ptr_equal(demux_find_path(demux, &tcp), &owner);
    demux_destroy(demux);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_demux_classifies_by_the_first_bytes),
        cmocka_unit_test(test_demux_finds_ufrags),
        cmocka_unit_test(test_demux_finds_paths),
        cmocka_unit_test(test_demux_a_path_taken_over_is_not_unbound_by_its_former_owner),
        cmocka_unit_test(test_demux_streams_of_one_address_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

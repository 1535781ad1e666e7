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

static bool owns(const struct demux *demux, uint32_t ssrc, const void *owner)
{
    void *owners[DEMUX_SSRC_OWNERS_MAX];
    size_t count = demux_find_ssrc(demux, ssrc, owners);
    for (size_t i = 0; i < count; i++)
        if (owners[i] == owner)
            return true;
    return false;
}

static void test_demux_finds_all_who_have_an_ssrc(void **state)
{
    (void)state;
    struct demux *demux = NULL;
    int owners[3000], other;
    assert_int_equal(demux_create(&demux), 0);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(demux_add_ssrc(demux, i / 2, &owners[i]), 0);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_true(owns(demux, i / 2, &owners[i]));
        assert_false(owns(demux, i / 2, &other));
    }
    for (uint32_t i = 0; i < 3000; i += 2) {
        demux_remove_ssrc(demux, i / 2, &other);
        demux_remove_ssrc(demux, i / 2, &owners[i]);
        assert_false(owns(demux, i / 2, &owners[i]));
        assert_true(owns(demux, i / 2, &owners[i + 1]));
    }
    demux_destroy(demux);
}

/* SSRCs are chosen by peers, and those who only watch may all report as the same one. */
static void test_demux_bounds_who_have_the_same_ssrc(void **state)
{
    (void)state;
    struct demux *demux = NULL;
    int owners[DEMUX_SSRC_OWNERS_MAX + 1];
    assert_int_equal(demux_create(&demux), 0);
    for (int i = 0; i < DEMUX_SSRC_OWNERS_MAX; i++)
        assert_int_equal(demux_add_ssrc(demux, 1, &owners[i]), 0);
    assert_int_equal(demux_add_ssrc(demux, 1, &owners[DEMUX_SSRC_OWNERS_MAX]), -ENOSPC);
    demux_remove_ssrc(demux, 1, &owners[DEMUX_SSRC_OWNERS_MAX]);
    demux_remove_ssrc(demux, 1, &owners[0]);
    assert_int_equal(demux_add_ssrc(demux, 1, &owners[DEMUX_SSRC_OWNERS_MAX]), 0);
    assert_true(owns(demux, 1, &owners[DEMUX_SSRC_OWNERS_MAX]) && !owns(demux, 1, &owners[0]));
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
        cmocka_unit_test(test_demux_finds_all_who_have_an_ssrc),
        cmocka_unit_test(test_demux_bounds_who_have_the_same_ssrc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

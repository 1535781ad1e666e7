#include "media/srtp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/srtp_reference.h"

enum { ROOM = 2048 };

static const enum srtp_suite suites[] = {SRTP_SUITE_GCM_128, SRTP_SUITE_CM_SHA1_80};

static void fill(uint8_t *to, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(i * 31 + seed * 17 + (i >> 8));
}

static void master_key(uint8_t master[SRTP_MASTER_SIZE], unsigned seed)
{
    fill(master, SRTP_MASTER_SIZE, seed);
}

/* Sends one packet both ways; both refuse it, or both produce the same bytes. */
static void send_both(struct srtp_sender *sender, srtp_t reference, uint32_t ssrc, uint16_t sequence,
                      size_t payload_size, int csrcs, int words)
{
    uint8_t header[256], payload[ROOM], ours[ROOM + 512], theirs[ROOM + 512];
    size_t header_size = srtp_reference_header(header, ssrc, sequence, csrcs, words);
    fill(payload, payload_size, sequence);
    memcpy(theirs, header, header_size);
    memcpy(theirs + header_size, payload, payload_size);
    int size = (int)(header_size + payload_size);
    int result = srtp_sender_protect(sender, header, header_size, payload, payload_size, ours);
    srtp_err_status_t status = srtp_protect(reference, theirs, &size);
    assert_int_equal(result == 0, status == srtp_err_status_ok);
    if (result < 0) {
        assert_int_equal(result, -EALREADY);
        return;
    }
    assert_int_equal(header_size + payload_size + srtp_sender_overhead(sender), size);
    assert_memory_equal(ours, theirs, (size_t)size);
}

static void with_both(enum srtp_suite suite, void (*run)(struct srtp_sender *, srtp_t))
{
    uint8_t master[SRTP_MASTER_SIZE];
    master_key(master, 3);
    struct srtp_sender *sender = NULL;
    assert_int_equal(srtp_sender_create(suite, master, &sender), 0);
    srtp_t reference = srtp_reference_open(suite, master, ssrc_any_outbound);
    run(sender, reference);
    srtp_dealloc(reference);
    srtp_sender_destroy(sender);
}

static void run_shapes(struct srtp_sender *sender, srtp_t reference)
{
    uint16_t sequence = 1;
    for (int csrcs = 0; csrcs < 16; csrcs += 5)
        for (int words = -1; words < 6; words++)
            for (size_t size = 0; size < 1300; size = size * 3 + 1)
                send_both(sender, reference, 0xdeadbeef, sequence++, size, csrcs, words);
}

static void run_wraps(struct srtp_sender *sender, srtp_t reference)
{
    uint32_t sequence = 65000;
    for (int i = 0; i < 200000; i++, sequence++) {
        if (i % 1000 < 900 && i > 1000)
            continue; /* gaps, so that three wraps cost little */
        send_both(sender, reference, 7, (uint16_t)sequence, 20, 0, -1);
        if (i % 7 == 0)
            send_both(sender, reference, 7, (uint16_t)(sequence - (uint32_t)(i % 2000)), 20, 0, -1);
    }
}

static void run_strays(struct srtp_sender *sender, srtp_t reference)
{
    srand(11);
    for (int i = 0; i < 20000; i++) {
        uint32_t ssrc = 1000u + (uint32_t)(rand() % 5);
        uint16_t sequence = (uint16_t)(rand() % 3 ? i : rand());
        send_both(sender, reference, ssrc, sequence, (size_t)(rand() % 60), 0, 1);
    }
}

static void test_srtp_send_equals_libsrtp_for_every_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        with_both(suites[i], run_shapes);
}

static void test_srtp_send_equals_libsrtp_over_sequence_wraps(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        with_both(suites[i], run_wraps);
}

static void test_srtp_send_equals_libsrtp_for_stray_sequences(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        with_both(suites[i], run_strays);
}

static void test_srtp_send_refuses_a_second_use_of_an_index(void **state)
{
    (void)state;
    uint8_t master[SRTP_MASTER_SIZE], header[16], out[64];
    master_key(master, 1);
    for (size_t i = 0; i < 2; i++) {
        struct srtp_sender *sender = NULL;
        assert_int_equal(srtp_sender_create(suites[i], master, &sender), 0);
        size_t size = srtp_reference_header(header, 5, 100, 0, -1);
        assert_int_equal(srtp_sender_protect(sender, header, size, master, 10, out), 0);
        assert_int_equal(srtp_sender_protect(sender, header, size, master, 10, out), -EALREADY);
        size = srtp_reference_header(header, 5, 99, 0, -1);
        assert_int_equal(srtp_sender_protect(sender, header, size, master, 10, out), 0);
        size = srtp_reference_header(header, 5, 2000, 0, -1);
        assert_int_equal(srtp_sender_protect(sender, header, size, master, 10, out), 0);
        size = srtp_reference_header(header, 5, 2000 - SRTP_WINDOW, 0, -1);
        assert_int_equal(srtp_sender_protect(sender, header, size, master, 10, out), -EALREADY);
        srtp_sender_destroy(sender);
    }
}

static void test_srtp_send_bounds_its_streams(void **state)
{
    (void)state;
    uint8_t master[SRTP_MASTER_SIZE], header[16], out[64];
    master_key(master, 1);
    struct srtp_sender *sender = NULL;
    assert_int_equal(srtp_sender_create(SRTP_SUITE_GCM_128, master, &sender), 0);
    for (uint32_t ssrc = 0; ssrc < SRTP_STREAMS_MAX; ssrc++) {
        size_t size = srtp_reference_header(header, ssrc, 1, 0, -1);
        assert_int_equal(srtp_sender_protect(sender, header, size, master, 1, out), 0);
    }
    size_t size = srtp_reference_header(header, 100000, 1, 0, -1);
    assert_int_equal(srtp_sender_protect(sender, header, size, master, 1, out), -ENOSPC);
    srtp_sender_forget(sender, 17);
    assert_int_equal(srtp_sender_protect(sender, header, size, master, 1, out), 0);
    srtp_sender_destroy(sender);
}

/* ---- receiving ---- */

/* A peer that is libsrtp, libsrtp as our stand-in, and us. */
struct ends {
    srtp_t peer, reference;
    struct srtp_link *link;
};

static void with_ends(void (*run)(struct ends *))
{
    for (size_t i = 0; i < 2; i++) {
        struct srtp_keys keys = {.suite = suites[i]};
        master_key(keys.local, 8);
        master_key(keys.remote, 4);
        struct ends ends = {.peer = srtp_reference_open(suites[i], keys.remote, ssrc_any_outbound),
                            .reference = srtp_reference_open(suites[i], keys.remote, ssrc_any_inbound)};
        assert_int_equal(srtp_link_create(&keys, &ends.link), 0);
        run(&ends);
        srtp_dealloc(ends.peer);
        srtp_dealloc(ends.reference);
        srtp_link_destroy(ends.link);
    }
}

/* Both refuse it, or both make the same plain packet of it. */
static void open_both(const struct ends *ends, const uint8_t *packet, size_t packet_size)
{
    uint8_t ours[ROOM + 512], theirs[ROOM + 512];
    size_t size = packet_size;
    int their_size = (int)packet_size;
    memcpy(ours, packet, packet_size);
    memcpy(theirs, packet, packet_size);
    enum srtp_verdict verdict = srtp_link_open_rtp(ends->link, ours, &size, 1);
    srtp_err_status_t status = srtp_unprotect(ends->reference, theirs, &their_size);
    assert_int_equal(verdict == SRTP_OK, status == srtp_err_status_ok);
    assert_int_equal(verdict == SRTP_REPLAYED,
                     status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old);
    if (verdict != SRTP_OK)
        return;
    assert_int_equal(size, their_size);
    assert_memory_equal(ours, theirs, size);
}

static size_t peer_sends(const struct ends *ends, uint8_t *packet, uint32_t ssrc, uint16_t sequence, size_t payload,
                         int shape)
{
    size_t header = srtp_reference_header(packet, ssrc, sequence, shape % 4, shape % 5 - 1);
    fill(packet + header, payload, sequence);
    int size = (int)(header + payload);
    return srtp_protect(ends->peer, packet, &size) == srtp_err_status_ok ? (size_t)size : 0;
}

/* Packets of every shape, some lost, some late, some twice, some damaged, over several wraps of the sequence number. */
static void run_receiving(struct ends *ends)
{
    enum { LATE = 1500 };
    static uint8_t kept[LATE][ROOM];
    static size_t sizes[LATE];
    srand(5);
    memset(sizes, 0, sizeof sizes);
    for (uint32_t i = 0; i < 150000; i++) {
        int at = rand() % LATE;
        if (i % 6000 > 900 && i > 2000) /* gaps, so that wraps cost little */
            continue;
        size_t payload = (size_t)(rand() % 40) * (rand() % 8 ? 1u : 30u);
        sizes[at] = peer_sends(ends, kept[at], 7u + i % 2, (uint16_t)(60000 + i), payload, rand() % 20);
        if (rand() % 4 == 0 && sizes[at]) {
            uint8_t damaged[ROOM];
            memcpy(damaged, kept[at], sizes[at]);
            damaged[(size_t)rand() % sizes[at]] ^= (uint8_t)(1 << rand() % 8);
            open_both(ends, damaged, sizes[at]);
        }
        if (rand() % 8)
            open_both(ends, kept[at], sizes[at]);
        at = rand() % LATE;
        if (sizes[at])
            open_both(ends, kept[at], sizes[at]);
    }
}

static void test_srtp_link_opens_what_libsrtp_opens(void **state)
{
    (void)state;
    with_ends(run_receiving);
}

static size_t write_report(uint8_t *packet, uint32_t ssrc, size_t size)
{
    fill(packet, size, ssrc);
    memcpy(packet, (uint8_t[]){0x80, 201, 0, 1, 0, 0, 0, (uint8_t)ssrc}, 8);
    return size;
}

static void test_srtp_link_rtcp_of_and_for_libsrtp(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct srtp_keys keys = {.suite = suites[i]};
        master_key(keys.local, 8);
        master_key(keys.remote, 4);
        struct srtp_link *link;
        srtp_t out = srtp_reference_open(suites[i], keys.remote, ssrc_any_outbound);
        srtp_t in = srtp_reference_open(suites[i], keys.local, ssrc_any_inbound);
        assert_int_equal(srtp_link_create(&keys, &link), 0);
        for (size_t size = 8; size < 1200; size += 36) {
            uint8_t plain[ROOM], packet[ROOM];
            uint32_t ssrc = (uint32_t)(size % 3);
            size_t open = write_report(plain, ssrc, size);
            int length = (int)write_report(packet, ssrc, size);
            assert_int_equal(srtp_protect_rtcp(out, packet, &length), srtp_err_status_ok);
            open = (size_t)length;
            packet[length / 2] ^= 4;
            assert_int_equal(srtp_link_open_rtcp(link, packet, &open, 1), SRTP_FORGED);
            length = (int)write_report(packet, ssrc, size);
            assert_int_equal(srtp_protect_rtcp(out, packet, &length), srtp_err_status_ok);
            open = (size_t)length;
            assert_int_equal(srtp_link_open_rtcp(link, packet, &open, 1), SRTP_OK);
            assert_int_equal(open, size);
            assert_memory_equal(packet, plain, size);
            assert_int_equal(srtp_link_seal_rtcp(link, packet, &open), 0);
            length = (int)open;
            assert_int_equal(srtp_unprotect_rtcp(in, packet, &length), srtp_err_status_ok);
            assert_int_equal(length, size);
            assert_memory_equal(packet, plain, size);
        }
        srtp_dealloc(in);
        srtp_dealloc(out);
        srtp_link_destroy(link);
    }
}

/* Two links with each other's keys. */
static void link_pair(enum srtp_suite suite, struct srtp_link **a, struct srtp_link **b)
{
    struct srtp_keys keys = {.suite = suite}, mirrored = {.suite = suite};
    master_key(keys.local, 1);
    master_key(keys.remote, 2);
    master_key(mirrored.local, 2);
    master_key(mirrored.remote, 1);
    assert_int_equal(srtp_link_create(&keys, a), 0);
    assert_int_equal(srtp_link_create(&mirrored, b), 0);
}

static size_t protect(struct srtp_link *link, uint32_t ssrc, uint16_t sequence, uint8_t *out)
{
    uint8_t header[64], payload[100];
    size_t header_size = srtp_reference_header(header, ssrc, sequence, 2, 2);
    fill(payload, sizeof payload, sequence);
    assert_int_equal(srtp_sender_protect(srtp_link_sender(link), header, header_size, payload, sizeof payload, out), 0);
    return header_size + sizeof payload + srtp_sender_overhead(srtp_link_sender(link));
}

static void test_srtp_link_opens_what_the_other_end_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct srtp_link *a, *b;
        uint8_t packet[ROOM], forged[ROOM];
        link_pair(suites[i], &a, &b);
        for (uint32_t sequence = 65500; sequence < 66200; sequence++) {
            size_t size = protect(a, 9, (uint16_t)sequence, packet), forged_size = size;
            memcpy(forged, packet, size);
            forged[size - 30] ^= 1;
            assert_int_equal(srtp_link_open_rtp(b, forged, &forged_size, sequence), SRTP_FORGED);
            assert_int_equal(srtp_link_open_rtp(b, packet, &size, sequence), SRTP_OK);
            assert_int_equal(size, 12 + 8 + 12 + 100);
            assert_int_equal(packet[size - 1], (uint8_t)(99 * 31 + (uint16_t)sequence * 17));
        }
        srtp_link_destroy(a);
        srtp_link_destroy(b);
    }
}

static void test_srtp_link_rtcp_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct srtp_link *a, *b;
        uint8_t packet[256] = {0x80, 201, 0, 1, 0, 0, 0, 42};
        link_pair(suites[i], &a, &b);
        size_t size = 8;
        assert_int_equal(srtp_link_seal_rtcp(a, packet, &size), 0);
        assert_true(size > 8 && size <= 8 + 64);
        uint8_t again[256];
        memcpy(again, packet, sizeof again);
        size_t again_size = size;
        assert_int_equal(srtp_link_open_rtcp(b, packet, &size, 1), SRTP_OK);
        assert_int_equal(size, 8);
        assert_int_equal(packet[7], 42);
        assert_int_equal(srtp_link_open_rtcp(b, again, &again_size, 1), SRTP_REPLAYED);
        srtp_link_destroy(a);
        srtp_link_destroy(b);
    }
}

static void test_srtp_link_bounds_sources_and_reuses_idle_ones(void **state)
{
    (void)state;
    struct srtp_link *a, *b;
    uint8_t packet[ROOM];
    link_pair(SRTP_SUITE_GCM_128, &a, &b);
    for (uint32_t ssrc = 1; ssrc <= SRTP_INBOUND_SSRCS_MAX; ssrc++) {
        size_t size = protect(a, ssrc, 1, packet);
        assert_int_equal(srtp_link_open_rtp(b, packet, &size, 5000), SRTP_OK);
    }
    size_t size = protect(a, 1000, 1, packet);
    assert_int_equal(srtp_link_open_rtp(b, packet, &size, 5000), SRTP_TOO_MANY);
    size = protect(a, 1000, 2, packet);
    assert_int_equal(srtp_link_open_rtp(b, packet, &size, 5000000), SRTP_OK);
    size = protect(a, 3, 2, packet);
    assert_int_equal(srtp_link_open_rtp(b, packet, &size, 5000000), SRTP_OK);
    srtp_link_destroy(a);
    srtp_link_destroy(b);
}

static void test_srtp_link_tells_the_newest_of_a_source(void **state)
{
    (void)state;
    static const struct {
        uint32_t ssrc;
        uint16_t sequence;
        bool newest;
    } steps[] = {{9, 65534, true}, {9, 65533, false}, {9, 2, true}, {9, 65535, false}, {8, 40000, true}, {9, 3, true}};
    struct srtp_link *a, *b;
    uint8_t packet[ROOM];
    link_pair(SRTP_SUITE_GCM_128, &a, &b);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        size_t size = protect(a, steps[i].ssrc, steps[i].sequence, packet);
        assert_int_equal(srtp_link_open_rtp(b, packet, &size, 1), SRTP_OK);
        assert_int_equal(srtp_link_is_newest(b), steps[i].newest);
    }
    srtp_link_destroy(a);
    srtp_link_destroy(b);
}

/* Which SSRCs somebody was told to be there. */
struct told {
    bool known[2000];
    int count;
};

static void note_source(void *arg, uint32_t ssrc, bool known)
{
    struct told *told = arg;
    assert_int_not_equal(told->known[ssrc], known);
    told->known[ssrc] = known;
    told->count += known ? 1 : -1;
}

static void test_srtp_link_tells_of_sources_that_authenticated_and_of_their_end(void **state)
{
    (void)state;
    struct srtp_link *a, *b;
    struct told told = {0};
    uint8_t packet[ROOM];
    link_pair(SRTP_SUITE_GCM_128, &a, &b);
    srtp_link_watch(b, note_source, &told);
    for (uint32_t ssrc = 1; ssrc <= SRTP_INBOUND_SSRCS_MAX; ssrc++) {
        size_t size = protect(a, ssrc, 1, packet), forged_size = size;
        uint8_t forged[ROOM];
        memcpy(forged, packet, size);
        forged[size - 1] ^= 1;
        assert_int_equal(srtp_link_open_rtp(b, forged, &forged_size, ssrc), SRTP_FORGED);
        assert_false(told.known[ssrc]);
        assert_int_equal(srtp_link_open_rtp(b, packet, &size, ssrc), SRTP_OK);
        assert_true(told.known[ssrc]);
    }
    size_t size = protect(a, 1000, 1, packet);
    assert_int_equal(srtp_link_open_rtp(b, packet, &size, 5000000), SRTP_OK);
    assert_true(told.known[1000] && !told.known[1]);
    srtp_link_destroy(b);
    assert_int_equal(told.count, 0);
    srtp_link_destroy(a);
}

static void test_srtp_link_refuses_truncated_headers(void **state)
{
    (void)state;
    struct srtp_link *a, *b;
    uint8_t packet[ROOM];
    link_pair(SRTP_SUITE_GCM_128, &a, &b);
    size_t whole = protect(a, 1, 1, packet);
    for (size_t size = 0; size < 32; size++) {
        uint8_t *cut = malloc(size ? size : 1);
        size_t length = size;
        memcpy(cut, packet, size);
        assert_int_not_equal(srtp_link_open_rtp(b, cut, &length, 1), SRTP_OK);
        length = size;
        assert_int_not_equal(srtp_link_open_rtcp(b, cut, &length, 1), SRTP_OK);
        free(cut);
    }
    assert_int_equal(srtp_link_open_rtp(b, packet, &whole, 1), SRTP_OK);
    srtp_link_destroy(a);
    srtp_link_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_srtp_send_equals_libsrtp_for_every_shape),
        cmocka_unit_test(test_srtp_send_equals_libsrtp_over_sequence_wraps),
        cmocka_unit_test(test_srtp_send_equals_libsrtp_for_stray_sequences),
        cmocka_unit_test(test_srtp_send_refuses_a_second_use_of_an_index),
        cmocka_unit_test(test_srtp_send_bounds_its_streams),
        cmocka_unit_test(test_srtp_link_opens_what_libsrtp_opens),
        cmocka_unit_test(test_srtp_link_rtcp_of_and_for_libsrtp),
        cmocka_unit_test(test_srtp_link_opens_what_the_other_end_sends),
        cmocka_unit_test(test_srtp_link_rtcp_both_ways),
        cmocka_unit_test(test_srtp_link_bounds_sources_and_reuses_idle_ones),
        cmocka_unit_test(test_srtp_link_tells_the_newest_of_a_source),
        cmocka_unit_test(test_srtp_link_tells_of_sources_that_authenticated_and_of_their_end),
        cmocka_unit_test(test_srtp_link_refuses_truncated_headers),
    };
    if (srtp_init() != srtp_err_status_ok)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

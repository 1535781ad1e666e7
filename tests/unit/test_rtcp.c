/* RTCP reading and writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/rtcp.h"

struct page {
    uint8_t data[RTCP_BUFFER];
    struct rtcp_writer writer;
};

static struct page *page(void)
{
    static struct page page; /* one test at a time */
    memset(&page, 0, sizeof page);
    page.writer = (struct rtcp_writer){.data = page.data, .room = sizeof page.data};
    return &page;
}

static struct rtcp_reader reader_of(const struct page *page)
{
    return (struct rtcp_reader){.at = page->data, .left = page->writer.size};
}

static void test_rtcp_reads_a_compound_it_wrote(void **state)
{
    (void)state;
    struct page *p = page();
    struct rtcp_sender_info info = {.ssrc = 1, .ntp = 0x1122334455667788, .rtp = 9, .packets = 10, .bytes = 11}, read;
    struct rtcp_block block = {
        .ssrc = 2, .fraction = 64, .lost = -3, .highest = 70000, .jitter = 5, .last_sr = 6, .delay = 7};
    struct rtcp_block got = {0};
    struct rtcp_packet packet;
    rtcp_write_sr(&p->writer, &info);
    rtcp_write_rr(&p->writer, 8, &block, 1);
    rtcp_write_cname(&p->writer, 1, "cname");
    rtcp_write_bye(&p->writer, 1);
    struct rtcp_reader reader = reader_of(p);
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(rtcp_sender_info(&packet, &read), 0);
    assert_int_equal(read.ssrc, 1);
    assert_true(read.ntp == info.ntp);
    assert_int_equal(read.rtp, 9);
    assert_int_equal(read.packets, 10);
    assert_int_equal(read.bytes, 11);
    assert_false(rtcp_block(&packet, 0, &got));
    assert_true(rtcp_next(&reader, &packet));
    assert_true(rtcp_block(&packet, 0, &got));
    assert_int_equal(got.ssrc, 2);
    assert_int_equal(got.fraction, 64);
    assert_int_equal(got.lost, -3);
    assert_int_equal(got.highest, 70000);
    assert_int_equal(got.jitter, 5);
    assert_int_equal(got.last_sr, 6);
    assert_int_equal(got.delay, 7);
    assert_false(rtcp_block(&packet, 1, &got));
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(packet.type, RTCP_SDES);
    assert_memory_equal(packet.body + 4, "\1\5cname\0", 8);
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(packet.type, RTCP_BYE);
    assert_int_equal(packet.count, 1);
    assert_false(rtcp_next(&reader, &packet));
    assert_int_equal(reader.left, 0);
}

static void test_rtcp_nack_packs_and_unpacks(void **state)
{
    (void)state;
    struct page *p = page();
    const uint16_t lost[] = {65530, 65531, 65535, 10, 11, 500};
    uint16_t got[16];
    uint32_t ssrc;
    struct rtcp_packet packet;
    assert_int_equal(rtcp_write_nack(&p->writer, 1, 2, lost, 6), 6);
    struct rtcp_reader reader = reader_of(p);
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(packet.size, 8 + 3 * 4);
    assert_int_equal(rtcp_nack(&packet, &ssrc, got, 16), 6);
    assert_int_equal(ssrc, 2);
    assert_memory_equal(got, lost, sizeof lost);
    assert_int_equal(rtcp_nack(&packet, &ssrc, got, 2), 2);
}

static void test_rtcp_reads_key_requests(void **state)
{
    (void)state;
    struct page *p = page();
    uint32_t ssrcs[4];
    struct rtcp_packet packet;
    rtcp_write_pli(&p->writer, 1, 2);
    struct rtcp_reader reader = reader_of(p);
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(rtcp_key_requests(&packet, ssrcs, 4), 1);
    assert_int_equal(ssrcs[0], 2);
    const uint8_t fir[] = {0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0};
    reader = (struct rtcp_reader){.at = fir, .left = sizeof fir};
    assert_true(rtcp_next(&reader, &packet));
    assert_int_equal(rtcp_key_requests(&packet, ssrcs, 4), 2);
    assert_int_equal(ssrcs[1], 8);
}

static void test_rtcp_reads_remb(void **state)
{
    (void)state;
    const uint8_t remb[] = {0x8F, 206, 0,   5,   0, 0,    0,    1,    0, 0, 0, 0,
                            'R',  'E', 'M', 'B', 1, 0x0B, 0x57, 0x3B, 0, 0, 0, 2};
    struct rtcp_reader reader = {.at = remb, .left = sizeof remb};
    struct rtcp_packet packet;
    uint64_t bps;
    assert_true(rtcp_next(&reader, &packet));
    assert_true(rtcp_remb(&packet, &bps));
    assert_int_equal(bps, (uint64_t)0x3573B << 2);
}

static void test_rtcp_remb_goes_and_comes_back(void **state)
{
    (void)state;
    static const uint32_t rates[] = {0, 40000, (1 << 18) - 1, 1 << 18, 100000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint8_t data[24];
        struct rtcp_writer writer = {.data = data, .room = sizeof data};
        rtcp_write_remb(&writer, 1, 2, rates[i]);
        struct rtcp_reader reader = {.at = data, .left = writer.size};
        struct rtcp_packet packet;
        uint64_t bps;
        assert_true(rtcp_next(&reader, &packet));
        assert_true(rtcp_remb(&packet, &bps));
        assert_in_range(bps, rates[i] - rates[i] / 10000, rates[i]);
    }
}

static void test_rtcp_stops_where_it_is_malformed(void **state)
{
    (void)state;
    const uint8_t too_long[] = {0x80, 200, 0, 9, 0, 0, 0, 0};
    const uint8_t bad_padding[] = {0xA0, 201, 0, 1, 0, 0, 0, 9};
    struct rtcp_packet packet;
    struct rtcp_reader reader = {.at = too_long, .left = sizeof too_long};
    assert_false(rtcp_next(&reader, &packet));
    assert_int_equal(reader.left, sizeof too_long);
    reader = (struct rtcp_reader){.at = bad_padding, .left = sizeof bad_padding};
    assert_false(rtcp_next(&reader, &packet));
}

static void test_rtcp_leaves_out_what_does_not_fit(void **state)
{
    (void)state;
    uint8_t data[40];
    struct rtcp_writer writer = {.data = data, .room = 30};
    rtcp_write_sr(&writer, &(struct rtcp_sender_info){.ssrc = 1});
    assert_true(writer.size == 28);
    rtcp_write_pli(&writer, 1, 2);
    assert_int_equal(writer.size, 28);
    assert_true(writer.full);
}

static void test_rtcp_ntp_goes_and_comes_back(void **state)
{
    (void)state;
    for (uint64_t us = 3900000000123456; us < 3900000000123556; us++)
        assert_in_range(rtcp_ntp_to_us(rtcp_ntp_from_us(us)), us - 1, us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rtcp_reads_a_compound_it_wrote),
        cmocka_unit_test(test_rtcp_nack_packs_and_unpacks),
        cmocka_unit_test(test_rtcp_reads_key_requests),
        cmocka_unit_test(test_rtcp_reads_remb),
        cmocka_unit_test(test_rtcp_remb_goes_and_comes_back),
        cmocka_unit_test(test_rtcp_stops_where_it_is_malformed),
        cmocka_unit_test(test_rtcp_leaves_out_what_does_not_fit),
        cmocka_unit_test(test_rtcp_ntp_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

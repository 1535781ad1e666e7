/* RTP parsing and writing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/rtp.h"
#include "media/wire.h"

static void test_rtp_reads_what_it_writes(void **state)
{
    (void)state;
    uint8_t data[RTP_HEADER_MAX + 4];
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = 0xDEADBEEF, .ssrc = 77, .sequence = 65535, .pt = 111, .marker = true};
    rtp_write_fixed(&writer, data, &fixed);
    wire_put16(rtp_write_extension(&writer, 3, 2), 0x1234);
    memcpy(rtp_write_extension(&writer, 14, 16), "sixteen letters!", 16);
    *rtp_write_extension(&writer, 1, 1) = 0x80 | 30;
    size_t size = rtp_write_end(&writer);
    assert_false(writer.overflow);
    assert_int_equal(size % 4, 0);
    memcpy(data + size, "abcd", 4);
    struct rtp_packet packet;
    assert_int_equal(rtp_parse(data, size + 4, &packet), 0);
    assert_int_equal(packet.timestamp, 0xDEADBEEF);
    assert_int_equal(packet.ssrc, 77);
    assert_int_equal(packet.sequence, 65535);
    assert_int_equal(packet.pt, 111);
    assert_true(packet.marker);
    assert_int_equal(packet.payload_size, 4);
    assert_memory_equal(packet.payload, "abcd", 4);
    size_t length;
    assert_int_equal(wire_get16(rtp_extension(&packet, 3, &length)), 0x1234);
    assert_memory_equal(rtp_extension(&packet, 14, &length), "sixteen letters!", 16);
    assert_int_equal(length, 16);
    assert_null(rtp_extension(&packet, 2, &length));
    assert_null(rtp_extension(&packet, 0, &length));
    uint8_t level;
    bool voice;
    assert_true(rtp_audio_level(&packet, 1, &level, &voice));
    assert_int_equal(level, 30);
    assert_true(voice);
}

static void test_rtp_reads_two_byte_extensions(void **state)
{
    (void)state;
    uint8_t data[] = {0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x00, 0, 2, 5, 0, 7, 2, 0xAA, 0xBB, 0, 0, 'x'};
    struct rtp_packet packet;
    size_t size = 99;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), 0);
    assert_non_null(rtp_extension(&packet, 5, &size));
    assert_int_equal(size, 0);
    assert_int_equal(rtp_extension(&packet, 7, &size)[1], 0xBB);
    assert_int_equal(packet.payload_size, 1);
}

static void test_rtp_takes_padding_and_csrcs_off(void **state)
{
    (void)state;
    uint8_t data[] = {0xA1, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 'x', 'y', 0, 0, 3};
    struct rtp_packet packet;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), 0);
    assert_int_equal(packet.payload_size, 2);
    data[20] = 6;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), -EBADMSG);
    data[20] = 0;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), -EBADMSG);
}

static void test_rtp_refuses_what_overruns(void **state)
{
    (void)state;
    uint8_t data[16] = {0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1};
    struct rtp_packet packet;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), -EBADMSG);
    data[0] = 0x8F;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), -EBADMSG);
    data[0] = 0x40;
    assert_int_equal(rtp_parse(data, sizeof data, &packet), -EBADMSG);
    assert_int_equal(rtp_parse(data, 11, &packet), -EBADMSG);
}

static void test_rtp_writer_stops_at_its_room(void **state)
{
    (void)state;
    uint8_t data[RTP_HEADER_MAX];
    struct rtp_writer writer;
    rtp_write_fixed(&writer, data, &(struct rtp_fixed){.pt = 1});
    for (unsigned i = 0; i < 20; i++)
        rtp_write_extension(&writer, 1 + i % 14, 16);
    assert_true(writer.overflow);
    assert_true(rtp_write_end(&writer) <= RTP_HEADER_MAX);
}

/* RFC 8285 §4.3: what is longer than 16 bytes needs the two-byte form, and all of the block with it. */
static void test_rtp_writes_long_extensions(void **state)
{
    (void)state;
    uint8_t data[RTP_HEADER_MAX + 1], text[RTP_LONG_EXTENSION_MAX];
    struct rtp_writer writer;
    struct rtp_packet packet;
    size_t size;
    memset(text, 0x5A, sizeof text);
    rtp_write_fixed(&writer, data, &(struct rtp_fixed){.pt = 1});
    writer.two_byte = true;
    memcpy(rtp_write_extension(&writer, 9, sizeof text), text, sizeof text);
    *rtp_write_extension(&writer, 1, 1) = 42;
    assert_null(rtp_write_extension(&writer, 2, RTP_LONG_EXTENSION_MAX));
    size = rtp_write_end(&writer);
    data[size] = 1; /* a payload */
    assert_int_equal(rtp_parse(data, size + 1, &packet), 0);
    assert_memory_equal(rtp_extension(&packet, 9, &size), text, sizeof text);
    assert_int_equal(size, sizeof text);
    assert_int_equal(*rtp_extension(&packet, 1, &size), 42);
}

static void test_rtp_unwraps_around(void **state)
{
    (void)state;
    assert_int_equal(rtp_unwrap16(65535, 0), 65536);
    assert_int_equal(rtp_unwrap16(65536, 65535), 65535);
    assert_int_equal(rtp_unwrap16(0x1FFFE, 3), 0x20003);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rtp_reads_what_it_writes),
        cmocka_unit_test(test_rtp_reads_two_byte_extensions),
        cmocka_unit_test(test_rtp_takes_padding_and_csrcs_off),
        cmocka_unit_test(test_rtp_refuses_what_overruns),
        cmocka_unit_test(test_rtp_writer_stops_at_its_room),
        cmocka_unit_test(test_rtp_writes_long_extensions),
        cmocka_unit_test(test_rtp_unwraps_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

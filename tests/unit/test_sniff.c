/* What an uploaded file is, by its first bytes, and what stands in the headers of its upload. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/files/sniff.h"
#include "server/files/tus.h"

#define SNIFF(text, sniffed) sniff((const unsigned char *)(text), sizeof(text) - 1, sniffed)

/* SOI, APP0 of 16 bytes, an EXIF block, SOF2 of 4032×3024. */
#define JPEG_START "\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
#define JPEG_EXIF                                                                                                      \
    "\xff\xe1\x00\x08"                                                                                                 \
    "Exif\0\0"
#define JPEG_FRAME  "\xff\xc2\x00\x11\x08\x0b\xd0\x0f\xc0\x03\1\x22\0\2\x11\1\3\x11\1"
#define JPEG_TABLES "\xff\xc4\x00\x04\0\0"

static void test_sniff_finds_the_size_of_a_jpeg_behind_other_blocks(void **state)
{
    struct sniffed s;
    (void)state;
    assert_true(SNIFF(JPEG_START JPEG_EXIF JPEG_TABLES "\xff" JPEG_FRAME, &s));
    assert_string_equal(s.type, "image/jpeg");
    assert_true(s.picture);
    assert_int_equal(s.width, 4032);
    assert_int_equal(s.height, 3024);
}

static void test_sniff_refuses_a_jpeg_without_a_size(void **state)
{
    struct sniffed s;
    (void)state;
    assert_false(SNIFF(JPEG_START, &s));
    assert_false(SNIFF(JPEG_START "\xff\xda\x00\x08" JPEG_FRAME, &s));      /* the picture before its frame */
    assert_false(SNIFF(JPEG_START "\xff\xc0\x00\x11\x08\x0b", &s));         /* cut */
    assert_false(SNIFF(JPEG_START "\xff\xe1\x00\x00" JPEG_FRAME, &s));      /* a length that leads nowhere */
    assert_false(SNIFF(JPEG_START "\xff\xc0\x00\x11\x08\0\0\x0f\xc0", &s)); /* no lines */
}

static void test_sniff_reads_a_png_and_bounds_it(void **state)
{
    struct sniffed s;
    (void)state;
    assert_true(SNIFF("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x07\x80\0\0\x04\x38\x08\2\0\0\0", &s));
    assert_string_equal(s.type, "image/png");
    assert_int_equal(s.width, 1920);
    assert_int_equal(s.height, 1080);
    assert_false(SNIFF("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x40\x01\0\0\0\1", &s));   /* too wide */
    assert_false(SNIFF("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x40\x00\0\0\x40\0", &s)); /* a bomb */
    assert_false(SNIFF("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\0\1\0\0\0\1", &s));
}

static void test_sniff_knows_documents_and_nothing_else(void **state)
{
    struct sniffed s;
    unsigned char dicom[132] = {0};
    (void)state;
    memcpy(dicom + 128, "DICM", 4);
    assert_true(sniff(dicom, sizeof dicom, &s));
    assert_string_equal(s.type, "application/dicom");
    assert_false(s.picture);
    assert_true(SNIFF("%PDF-1.7\n", &s));
    assert_string_equal(s.type, "application/pdf");
    assert_false(SNIFF("MZ\x90\0", &s));
    assert_false(SNIFF("<html>", &s));
    assert_false(SNIFF("", &s));
}

static void test_tus_takes_whole_numbers_only(void **state)
{
    int64_t n;
    (void)state;
    assert_true(tus_number("0", &n) && n == 0);
    assert_true(tus_number("9007199254740992", &n));
    assert_false(tus_number(NULL, &n));
    assert_false(tus_number("", &n));
    assert_false(tus_number("-1", &n));
    assert_false(tus_number("12, 13", &n));
    assert_false(tus_number("9007199254740993", &n));
}

static void test_tus_finds_a_value_among_others(void **state)
{
    char name[16];
    (void)state;
    assert_true(
        tus_metadata("filetype aW1hZ2U=,filename xJDGoW4udmkucG5n, kind Y2hhdA==", "filename", name, sizeof name));
    assert_string_equal(name, "Đơn.vi.png");
    assert_true(tus_metadata("filename eA==, kind Y2hhdA==", "kind", name, sizeof name));
    assert_string_equal(name, "chat");
}

static void test_tus_refuses_what_is_no_name(void **state)
{
    char name[8];
    (void)state;
    assert_false(tus_metadata(NULL, "filename", name, sizeof name));
    assert_false(tus_metadata("filename", "filename", name, sizeof name));
    assert_false(tus_metadata("filename !!!!", "filename", name, sizeof name));
    assert_false(tus_metadata("filename YWJjZGVmZ2g=", "filename", name, sizeof name)); /* longer than there is room */
    assert_false(tus_metadata("filename YQpi", "filename", name, sizeof name));         /* a line's end */
    assert_false(tus_metadata("filename //8=", "filename", name, sizeof name));         /* not UTF-8 */
    assert_string_equal(name, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sniff_finds_the_size_of_a_jpeg_behind_other_blocks),
        cmocka_unit_test(test_sniff_refuses_a_jpeg_without_a_size),
        cmocka_unit_test(test_sniff_reads_a_png_and_bounds_it),
        cmocka_unit_test(test_sniff_knows_documents_and_nothing_else),
        cmocka_unit_test(test_tus_takes_whole_numbers_only),
        cmocka_unit_test(test_tus_finds_a_value_among_others),
        cmocka_unit_test(test_tus_refuses_what_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

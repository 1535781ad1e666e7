/* A still as DICOM, judged by DCMTK and by a validator of the standard's tables; and what a PACS answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <png.h>

#include "server/records/imaging.h"
#include "server/records/stow.h"

static const int64_t NOW = INT64_C(1795356000000000); /* 2026-11-22T14:00:00Z */

/* A frame of 640×480 in three components; whoever validates looks no deeper. */
static const unsigned char JPEG[] = "\xff\xd8\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03\1\x22\0\2\x11\1\3\x11\1\xff\xd9";

static struct imaging still(void)
{
    return (struct imaging){.consultation = "c1",
                            .title = "Hội chẩn da liễu",
                            .room = "Phòng hội chẩn 1",
                            .site = "TTYT Mù Cang Chải",
                            .patient_system = "urn:oid:2.16.840.1.113883.2.74.1",
                            .patient_id = "015203001234",
                            .name = "Giàng A Pao",
                            .birth_date = "1961-03-02",
                            .sex = "male",
                            .still = "s1",
                            .source = "dermatoscope",
                            .type = "image/jpeg",
                            .owner = "Phòng hội chẩn 1",
                            .asker = "BS. Lan",
                            .started_at = NOW,
                            .taken_at = NOW + INT64_C(5000000),
                            .number = 1,
                            .data = JPEG,
                            .size = sizeof JPEG - 1,
                            .marked_at = NOW + INT64_C(9000000)};
}

static char *output_of(const char *command)
{
    char *out = NULL, *err = NULL;
    GError *error = NULL;
    if (!g_spawn_command_line_sync(command, &out, &err, NULL, &error))
        fail_msg("%s: %s", command, error->message);
    char *both = g_strconcat(out, err, NULL);
    g_free(out);
    g_free(err);
    return both;
}

/** What dcmdump reads in it; fails when anybody finds an error. Caller frees. */
static char *judged(GByteArray *object)
{
    g_autofree char *path = NULL;
    if (!object)
        abort(); /* has been told before */
    int fd = g_file_open_tmp("hoichan-XXXXXX.dcm", &path, NULL);
    assert_true(fd >= 0 && g_close(fd, NULL));
    assert_true(g_file_set_contents(path, (const char *)object->data, object->len, NULL));
    g_autofree char *validate = g_strconcat("dciodvfy -new ", path, NULL),
                    *dump = g_strconcat("dcmdump +L ", path, NULL);
    g_autofree char *verdict = output_of(validate);
    char *text = output_of(dump);
    g_unlink(path);
    if (strstr(verdict, "Error"))
        fail_msg("%s\n%s", verdict, text);
    return text;
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no %s in\n%s", part, text);
}

static char *judged_picture(const struct imaging *imaging)
{
    const char *reason;
    GByteArray *object = imaging_picture(imaging, &reason);
    if (!object)
        fail_msg("%s", reason);
    char *text = judged(object);
    g_byte_array_unref(object);
    return text;
}

static void refused(const struct imaging *imaging, const char *why)
{
    const char *reason;
    assert_null(imaging_picture(imaging, &reason));
    expect(reason, why);
}

static void test_imaging_photograph_is_valid_and_says_whose_it_is(void **state)
{
    (void)state;
    struct imaging imaging = still();
    g_autofree char *text = judged_picture(&imaging);
    expect(text, "[Giàng A Pao]");
    expect(text, "[015203001234]");
    expect(text, "[2.16.840.1.113883.2.74.1]");
    expect(text, "[19610302]");
    expect(text, "=VLPhotographicImageStorage");
    expect(text, "=JPEGBaseline");
    expect(text, "[YBR_FULL_422]");
    expect(text, "[TTYT Mù Cang Chải]");
}

static void test_imaging_what_was_on_a_screen_is_a_capture(void **state)
{
    (void)state;
    struct imaging imaging = still();
    imaging.source = "ultrasound";
    g_autofree char *text = judged_picture(&imaging);
    expect(text, "=SecondaryCaptureImageStorage");
    expect(text, "[US]");
}

static void test_imaging_grey_jpeg_has_one_sample(void **state)
{
    (void)state;
    struct imaging imaging = still();
    unsigned char grey[] = "\xff\xd8\xff\xc0\x00\x0b\x08\x01\xe0\x02\x80\x01\1\x11\0\xff\xd9";
    imaging.data = grey;
    imaging.size = sizeof grey - 1;
    g_autofree char *text = judged_picture(&imaging);
    expect(text, "[MONOCHROME2]");
}

static void test_imaging_png_is_stored_without_loss(void **state)
{
    (void)state;
    struct imaging imaging = still();
    unsigned char pixels[8 * 4 * 3], file[4096];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (unsigned char)(i * 5);
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 8, .height = 4, .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = sizeof file;
    assert_true(png_image_write_to_memory(&image, file, &size, 0, pixels, 0, NULL));
    imaging.type = "image/png";
    imaging.data = file;
    imaging.size = size;
    g_autofree char *text = judged_picture(&imaging);
    expect(text, "[RGB]");
    const char *reason;
    GByteArray *object = imaging_picture(&imaging, &reason);
    assert_memory_equal(object->data + object->len - sizeof pixels, pixels, sizeof pixels);
    g_byte_array_unref(object);
    imaging.size -= 20;
    refused(&imaging, "decode");
}

static void test_imaging_says_why_a_picture_cannot_be_stored(void **state)
{
    (void)state;
    struct imaging imaging = still();
    unsigned char progressive[sizeof JPEG];
    memcpy(progressive, JPEG, sizeof JPEG);
    progressive[3] = 0xc2;
    imaging.data = progressive;
    refused(&imaging, "baseline JPEG");
    imaging = still();
    imaging.patient_id = "01234567890123456789012345678901234567890123456789012345678901234";
    refused(&imaging, "64 characters");
    imaging = still();
    imaging.data = (const unsigned char *)"%PDF-1.7";
    imaging.size = 8;
    refused(&imaging, "no picture");
}

static void test_imaging_names_are_the_same_for_the_same(void **state)
{
    (void)state;
    struct imaging_names one, again, other, elsewhere;
    imaging_name("c1", "s1", "exam", &one);
    imaging_name("c1", "s1", "exam", &again);
    imaging_name("c1", "s2", "camera", &other);
    imaging_name("c2", "s3", "ultrasound", &elsewhere);
    assert_string_equal(one.instance, again.instance);
    assert_string_equal(one.study, other.study);
    assert_string_equal(one.series, other.series);
    assert_string_not_equal(one.instance, other.instance);
    assert_string_not_equal(one.study, elsewhere.study);
    assert_string_not_equal(one.series, elsewhere.series);
    assert_string_equal(elsewhere.modality, "US");
    assert_true(g_str_has_prefix(one.study, "2.25.") && strlen(one.study) <= 44);
}

/** What people type must not read as more than one value. */
static void test_imaging_names_cannot_break_out_of_their_element(void **state)
{
    (void)state;
    struct imaging imaging = still();
    imaging.name = "Giang^A\\Pao=\x01"
                   "01234567890123456789012345678901234567890123456789012345678901234567890";
    g_autofree char *text = judged_picture(&imaging);
    expect(text, "[Giang A/Pao  0123456789");
}

static void test_imaging_marks_are_laid_over_the_picture(void **state)
{
    (void)state;
    struct imaging imaging = still();
    assert_null(imaging_marks(&imaging)); /* nothing is drawn */
    json_t *drawn = json_loads("{\"marks\":[{\"kind\":\"pen\",\"points\":[1,1,5,5,9,2],\"name\":\"BS. Lan\"},"
                               "{\"kind\":\"arrow\",\"points\":[10,10,90,40],\"name\":\"BS. Lan\"},"
                               "{\"kind\":\"ellipse\",\"points\":[10,10,40,90],\"name\":\"BS. Lan\",\"text\":\"bờ\"},"
                               "{\"kind\":\"text\",\"points\":[7,7],\"name\":\"BS. Sơn\",\"text\":\"xem lại\"},"
                               "{\"kind\":\"measure\",\"points\":[0,0,30,40],\"name\":\"BS. Sơn\"}],"
                               "\"calibration\":{\"points\":[0,0,100,0],\"length_um\":10000,\"name\":\"BS. Lan\"}}",
                               0, NULL);
    imaging.drawn = drawn;
    GByteArray *object = imaging_marks(&imaging);
    assert_non_null(object);
    g_autofree char *text = judged(object);
    expect(text, "=ColorSoftcopyPresentationStateStorage");
    expect(text, "[5,0 mm – BS. Sơn]");
    expect(text, "[xem lại – BS. Sơn]");
    expect(text, "[0.100000\\0.100000]");
    expect(text, "[ELLIPSE]");
    g_byte_array_unref(object);
    json_decref(drawn);
}

/* ---- what a PACS answers ---- */

static void answers(long status, const char *body, enum stow_verdict expected, const char *words)
{
    char reason[200];
    enum stow_verdict verdict = stow_read_answer(status, body, strlen(body), reason, sizeof reason);
    if (verdict != expected)
        fail_msg("%ld %s is %d, not %d", status, body, verdict, expected);
    expect(reason, words);
}

#define FAILED(code) "{\"00081198\":{\"vr\":\"SQ\",\"Value\":[{\"00081197\":{\"vr\":\"US\",\"Value\":[" code "]}}]}}"

static void test_stow_reads_what_became_of_it(void **state)
{
    (void)state;
    answers(200, "{\"00081199\":{\"vr\":\"SQ\",\"Value\":[{}]}}", STOW_STORED, "");
    answers(409, FAILED("273"), STOW_STORED, "");          /* it was there: it is filed */
    answers(200, FAILED("43264"), STOW_REFUSED, "A900");   /* a success that is none */
    answers(202, FAILED("42752"), STOW_TRY_LATER, "A700"); /* full */
    answers(409, FAILED("290"), STOW_REFUSED, "0122");     /* wants no such thing */
    answers(401, "", STOW_TRY_LATER, "401");
    answers(503, "", STOW_TRY_LATER, "503");
    answers(400, "", STOW_REFUSED, "400");
    answers(200, "<html>welcome</html>", STOW_TRY_LATER, "DICOMweb base");
    answers(200, FAILED("\"x\""), STOW_REFUSED, "0000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imaging_photograph_is_valid_and_says_whose_it_is),
        cmocka_unit_test(test_imaging_what_was_on_a_screen_is_a_capture),
        cmocka_unit_test(test_imaging_grey_jpeg_has_one_sample),
        cmocka_unit_test(test_imaging_png_is_stored_without_loss),
        cmocka_unit_test(test_imaging_says_why_a_picture_cannot_be_stored),
        cmocka_unit_test(test_imaging_names_are_the_same_for_the_same),
        cmocka_unit_test(test_imaging_names_cannot_break_out_of_their_element),
        cmocka_unit_test(test_imaging_marks_are_laid_over_the_picture),
        cmocka_unit_test(test_stow_reads_what_became_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

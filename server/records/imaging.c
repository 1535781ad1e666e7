#include "imaging.h"

#include <png.h>
#include <string.h>

#include "imaging_object.h"
#include "server/files/sniff.h"
#include "server/version.h"

#define VL_PHOTOGRAPHIC   "1.2.840.10008.5.1.4.1.1.77.1.4"
#define SECONDARY_CAPTURE "1.2.840.10008.5.1.4.1.1.7"

enum { PNG_PIXELS_MAX = 40 * 1000 * 1000 }; /* 120 MB of samples */

/* What a source is to a PACS: what a camera sees is a photograph; what was on a screen was captured from it. */
static const struct kind {
    const char *source, *label, *sop_class, *modality, *conversion;
    int series;
} KINDS[] = {
    {"camera", "Mặt", VL_PHOTOGRAPHIC, "XC", NULL, 1},
    {"room", "Camera phòng", VL_PHOTOGRAPHIC, "XC", NULL, 1},
    {"exam", "Camera khám", VL_PHOTOGRAPHIC, "XC", NULL, 1},
    {"document", "Camera vật thể", VL_PHOTOGRAPHIC, "XC", NULL, 1},
    {"dermatoscope", "Máy soi da", VL_PHOTOGRAPHIC, "XC", NULL, 1},
    {"ultrasound", "Siêu âm", SECONDARY_CAPTURE, "US", "DI", 2},
    {"screen", "Màn hình", SECONDARY_CAPTURE, "OT", "WSD", 3},
};

static const struct kind *kind_of(const char *source)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (g_strcmp0(KINDS[i].source, source) == 0)
            return &KINDS[i];
    return &KINDS[2];
}

static void name_series(const char *consultation, const char *modality, char uid[DICOM_UID_SIZE])
{
    g_autofree char *id = g_strdup_printf("%s/%s", consultation, modality);
    dicom_uid("series", id, uid);
}

void imaging_name(const char *consultation, const char *still, const char *source, struct imaging_names *names)
{
    const struct kind *kind = kind_of(source);
    names->sop_class = kind->sop_class;
    names->modality = kind->modality;
    dicom_uid("study", consultation, names->study);
    name_series(consultation, kind->modality, names->series);
    dicom_uid("still", still, names->instance);
}

/* ---- whose it is, and what it belongs to ---- */

static const char *sex_code(const char *sex)
{
    return strcmp(sex, "male") == 0 ? "M" : strcmp(sex, "female") == 0 ? "F" : strcmp(sex, "other") == 0 ? "O" : "";
}

/** An identifier counts only beside who gave it: PS3.3 §10.14, Issuer of Patient ID. */
static void add_issuer(GByteArray *out, const char *system)
{
    bool oid = g_str_has_prefix(system, "urn:oid:");
    if (g_utf8_strlen(system, -1) <= IMAGING_ID_MAX)
        dicom_text(out, 0x00100021, "LO", system);
    dicom_begin_sequence(out, 0x00100024);
    dicom_begin_item(out);
    dicom_text(out, 0x00400032, "UT", oid ? system + strlen("urn:oid:") : system);
    dicom_code(out, 0x00400033, "CS", oid ? "ISO" : "URI");
    dicom_end_item(out);
    dicom_end_sequence(out);
}

static void add_patient(GByteArray *out, const struct imaging *i)
{
    g_auto(GStrv) date = g_strsplit(i->birth_date ? i->birth_date : "", "-", -1);
    g_autofree char *digits = g_strjoinv("", date);
    dicom_text(out, 0x00100010, "PN", i->name);
    dicom_text(out, 0x00100020, "LO", i->patient_id);
    add_issuer(out, i->patient_system);
    dicom_code(out, 0x00100030, "DA", digits);
    dicom_code(out, 0x00100040, "CS", sex_code(i->sex));
}

void imaging_identity(GByteArray *out, const struct imaging *i, const struct imaging_object *o)
{
    dicom_code(out, 0x00080005, "CS", "ISO_IR 192");
    if (o->image_type)
        dicom_code(out, 0x00080008, "CS", o->image_type);
    dicom_code(out, 0x00080016, "UI", o->sop_class);
    dicom_code(out, 0x00080018, "UI", o->instance);
    dicom_date(out, 0x00080020, i->started_at);
    if (o->image_type)
        dicom_date(out, 0x00080023, o->at);
    dicom_time(out, 0x00080030, i->started_at);
    if (o->image_type)
        dicom_time(out, 0x00080033, o->at);
    dicom_code(out, 0x00080050, "SH", "");
    dicom_code(out, 0x00080060, "CS", o->modality);
    if (o->conversion)
        dicom_code(out, 0x00080064, "CS", o->conversion);
    dicom_text(out, 0x00080070, "LO", "Hội Chẩn");
    dicom_text(out, 0x00080080, "LO", i->site);
    dicom_code(out, 0x00080090, "PN", "");
    dicom_zone(out, 0x00080201, i->started_at);
    dicom_text(out, 0x00081030, "LO", i->title);
    dicom_text(out, 0x0008103e, "LO", o->description);
    dicom_text(out, 0x00081040, "LO", i->room);
    dicom_text(out, 0x00081070, "PN", i->asker ? i->asker : i->owner);
    dicom_text(out, 0x00081090, "LO", "hoichan");
}

void imaging_place(GByteArray *out, const struct imaging *i, const struct imaging_object *o)
{
    char study[DICOM_UID_SIZE], series[DICOM_UID_SIZE];
    g_autofree char *series_number = g_strdup_printf("%d", o->series), *number = g_strdup_printf("%d", o->number);
    dicom_uid("study", i->consultation, study);
    name_series(i->consultation, o->modality, series);
    add_patient(out, i);
    dicom_text(out, 0x00181020, "LO", HOICHAN_VERSION);
    dicom_code(out, 0x0020000d, "UI", study);
    dicom_code(out, 0x0020000e, "UI", series);
    dicom_text(out, 0x00200010, "SH", i->consultation);
    dicom_code(out, 0x00200011, "IS", series_number);
    dicom_code(out, 0x00200013, "IS", number);
}

/* ---- the picture ---- */

/** PS3.3 §C.7.6.3: of 8-bit samples, colour by pixel. */
static void add_pixels_head(GByteArray *out, const struct sniffed *seen, bool jpeg)
{
    bool colour = !jpeg || seen->components == 3;
    dicom_number(out, 0x00280002, colour ? 3 : 1);
    dicom_code(out, 0x00280004, "CS", !colour ? "MONOCHROME2" : jpeg ? "YBR_FULL_422" : "RGB");
    if (colour)
        dicom_number(out, 0x00280006, 0);
    dicom_number(out, 0x00280010, (uint16_t)seen->height);
    dicom_number(out, 0x00280011, (uint16_t)seen->width);
    dicom_number(out, 0x00280100, 8);
    dicom_number(out, 0x00280101, 8);
    dicom_number(out, 0x00280102, 7);
    dicom_number(out, 0x00280103, 0);
}

/** That it was compressed with loss, and how much (PS3.3 §C.7.6.1.1.5). */
static void add_loss(GByteArray *out, const struct imaging *i, const struct sniffed *seen, bool jpeg)
{
    char ratio[G_ASCII_DTOSTR_BUF_SIZE];
    double plain = (double)seen->width * seen->height * (jpeg ? seen->components : 3);
    dicom_code(out, 0x00282110, "CS", jpeg ? "01" : "00");
    if (!jpeg)
        return;
    g_ascii_formatd(ratio, sizeof ratio, "%.2f", plain / (double)i->size);
    dicom_code(out, 0x00282112, "DS", ratio);
    dicom_code(out, 0x00282114, "CS", "ISO_10918_1");
}

/** NULL when it does not decode. Caller frees. */
static unsigned char *png_samples(const struct imaging *i, size_t *size)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, i->data, i->size))
        return NULL;
    image.format = PNG_FORMAT_RGB;
    *size = PNG_IMAGE_SIZE(image);
    unsigned char *samples = g_malloc(*size);
    if (png_image_finish_read(&image, &(png_color){0, 0, 0}, samples, 0, NULL))
        return samples;
    png_image_free(&image);
    g_free(samples);
    return NULL;
}

static bool add_pixels(GByteArray *out, const struct imaging *i, bool jpeg)
{
    size_t size;
    if (jpeg) {
        dicom_encapsulated(out, i->data, i->size);
        return true;
    }
    unsigned char *samples = png_samples(i, &size);
    if (samples)
        dicom_native(out, samples, size);
    g_free(samples);
    return samples != NULL;
}

/** What cannot be stored says so to the admin; trying again will not help. */
static const char *unfit(const struct imaging *i, const struct sniffed *seen)
{
    bool jpeg = seen->type && strcmp(seen->type, "image/jpeg") == 0;
    if (g_utf8_strlen(i->patient_id, -1) > IMAGING_ID_MAX)
        return "the patient's identifier is longer than DICOM's 64 characters";
    if (!seen->picture || g_strcmp0(seen->type, i->type) != 0)
        return "the file is no picture";
    if (jpeg && (!seen->baseline || (seen->components != 1 && seen->components != 3)))
        return "the picture is no baseline JPEG, which DICOM wants";
    if (!jpeg && (int64_t)seen->width * seen->height > PNG_PIXELS_MAX)
        return "the PNG has more than 40 million pixels";
    return NULL;
}

static void begin_picture(GByteArray *out, const struct imaging *i, bool jpeg)
{
    const struct kind *kind = kind_of(i->source);
    char instance[DICOM_UID_SIZE];
    dicom_uid("still", i->still, instance);
    const struct imaging_object object = {.sop_class = kind->sop_class,
                                          .instance = instance,
                                          .modality = kind->modality,
                                          .conversion = kind->conversion,
                                          .image_type = "ORIGINAL\\PRIMARY",
                                          .description = "Ảnh hội chẩn",
                                          .series = kind->series,
                                          .number = i->number,
                                          .at = i->taken_at};
    dicom_file(out, kind->sop_class, instance, jpeg ? DICOM_JPEG_BASELINE : DICOM_EXPLICIT_LE);
    imaging_identity(out, i, &object);
    imaging_place(out, i, &object);
    dicom_code(out, 0x00200020, "CS", ""); /* how the patient lies, and which side it is, is not known */
    dicom_code(out, 0x00200060, "CS", "");
    dicom_text(out, 0x00204000, "LT", kind->label);
}

GByteArray *imaging_picture(const struct imaging *i, const char **reason)
{
    struct sniffed seen;
    sniff(i->data, MIN(i->size, (size_t)SNIFF_SIZE), &seen);
    *reason = unfit(i, &seen);
    if (*reason)
        return NULL;
    bool jpeg = strcmp(seen.type, "image/jpeg") == 0;
    GByteArray *out = g_byte_array_new();
    begin_picture(out, i, jpeg);
    add_pixels_head(out, &seen, jpeg);
    add_loss(out, i, &seen, jpeg);
    if (strcmp(kind_of(i->source)->sop_class, VL_PHOTOGRAPHIC) == 0) {
        dicom_begin_sequence(out, 0x00400555); /* no acquisition context is known */
        dicom_end_sequence(out);
    }
    if (add_pixels(out, i, jpeg))
        return out;
    *reason = "the PNG does not decode";
    g_byte_array_unref(out);
    return NULL;
}

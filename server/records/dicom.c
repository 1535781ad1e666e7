#include "dicom.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum { PREAMBLE_SIZE = 128, PIXEL_DATA = 0x7fe00010 };
#define UNDEFINED_LENGTH       0xffffffffU
#define ITEM                   0xfffee000U
#define ITEM_DELIMITATION      0xfffee00dU
#define SEQUENCE_DELIMITATION  0xfffee0ddU
#define IMPLEMENTATION_CLASS   "2.25.213776094435441663344183510774063309280"
#define IMPLEMENTATION_VERSION "HOICHAN"

/* ---- names ---- */

/** In decimal, without leading zeros. */
static void write_decimal(const unsigned char number[16], char *text, size_t size)
{
    unsigned char left[16];
    char digits[40];
    size_t count = 0, at = 0;
    memcpy(left, number, sizeof left);
    for (int rest_is_zero = 0; !rest_is_zero && count < sizeof digits;) {
        unsigned rest = 0;
        rest_is_zero = 1;
        for (size_t i = 0; i < sizeof left; i++) {
            unsigned value = rest << 8 | left[i];
            left[i] = (unsigned char)(value / 10);
            rest = value % 10;
            rest_is_zero &= left[i] == 0;
        }
        digits[count++] = (char)('0' + rest);
    }
    while (count > 0 && at + 1 < size)
        text[at++] = digits[--count];
    text[at] = '\0';
}

void dicom_uid(const char *kind, const char *id, char uid[DICOM_UID_SIZE])
{
    unsigned char h[16];
    g_autofree char *name = g_strconcat("hoichan/", kind, "/", id, NULL);
    crypto_generichash(h, sizeof h, (const unsigned char *)name, strlen(name), NULL, 0);
    h[6] = (unsigned char)((h[6] & 0x0f) | 0x80); /* a UUID of RFC 9562's version 8 */
    h[8] = (unsigned char)((h[8] & 0x3f) | 0x80);
    g_strlcpy(uid, "2.25.", DICOM_UID_SIZE);
    write_decimal(h, uid + 5, DICOM_UID_SIZE - 5);
}

/* ---- elements ---- */

static void put(GByteArray *out, const void *data, size_t size)
{
    g_byte_array_append(out, data, (guint)size);
}

static void put16(GByteArray *out, uint32_t value)
{
    const unsigned char bytes[] = {(unsigned char)value, (unsigned char)(value >> 8)};
    put(out, bytes, sizeof bytes);
}

static void put32(GByteArray *out, uint32_t value)
{
    put16(out, value & 0xffff);
    put16(out, value >> 16);
}

static void put_tag(GByteArray *out, uint32_t tag)
{
    put16(out, tag >> 16);
    put16(out, tag & 0xffff);
}

/** Some VRs have two bytes reserved and a length of four (PS3.5 §7.1.2). */
static bool is_long(const char *vr)
{
    static const char *const LONG[] = {"OB", "OW", "SQ", "UC", "UR", "UT", "UN", NULL};
    return g_strv_contains(LONG, vr);
}

static void put_header(GByteArray *out, uint32_t tag, const char *vr, uint32_t size)
{
    put_tag(out, tag);
    put(out, vr, 2);
    if (is_long(vr)) {
        put16(out, 0);
        put32(out, size);
    } else {
        put16(out, size);
    }
}

/** Values have an even length (PS3.5 §7.1.1). */
static void put_value(GByteArray *out, uint32_t tag, const char *vr, const void *data, size_t size, char pad)
{
    put_header(out, tag, vr, (uint32_t)(size + size % 2));
    put(out, data, size);
    if (size % 2)
        put(out, &pad, 1);
}

static size_t characters_max(const char *vr)
{
    static const struct {
        const char *vr;
        size_t max;
    } MAX_OF[] = {{"SH", 16}, {"CS", 16},   {"LO", 64},    {"PN", 64},
                  {"UI", 64}, {"ST", 1024}, {"LT", 10240}, {"UT", 65536}};
    for (size_t i = 0; i < G_N_ELEMENTS(MAX_OF); i++)
        if (strcmp(MAX_OF[i].vr, vr) == 0)
            return MAX_OF[i].max;
    return 64;
}

/** What DICOM would read as something else: value and name delimiters, control characters. */
static char *cleaned(const char *vr, const char *text)
{
    char *clean = g_utf8_make_valid(text, -1);
    bool name = strcmp(vr, "PN") == 0;
    for (char *at = clean; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '\\' || (name && strchr("^=", *at)))
            *at = *at == '\\' ? '/' : ' ';
    if ((size_t)g_utf8_strlen(clean, -1) <= characters_max(vr))
        return clean;
    char *cut = g_utf8_substring(clean, 0, (glong)characters_max(vr));
    g_free(clean);
    return cut;
}

void dicom_text(GByteArray *out, uint32_t tag, const char *vr, const char *text)
{
    g_autofree char *clean = cleaned(vr, text ? text : "");
    dicom_code(out, tag, vr, clean);
}

void dicom_code(GByteArray *out, uint32_t tag, const char *vr, const char *value)
{
    put_value(out, tag, vr, value, strlen(value), strcmp(vr, "UI") == 0 ? '\0' : ' ');
}

void dicom_number(GByteArray *out, uint32_t tag, uint16_t value)
{
    put_header(out, tag, "US", 2);
    put16(out, value);
}

void dicom_floats(GByteArray *out, uint32_t tag, const float *values, size_t count)
{
    put_header(out, tag, "FL", (uint32_t)(count * 4));
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        put32(out, bits);
    }
}

void dicom_longs(GByteArray *out, uint32_t tag, const int32_t *values, size_t count)
{
    put_header(out, tag, "SL", (uint32_t)(count * 4));
    for (size_t i = 0; i < count; i++)
        put32(out, (uint32_t)values[i]);
}

void dicom_bytes(GByteArray *out, uint32_t tag, const void *data, size_t size)
{
    put_value(out, tag, "OB", data, size, '\0');
}

/* ---- moments ---- */

static void put_moment(GByteArray *out, uint32_t tag, const char *vr, const char *format, int64_t us)
{
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_local(us / G_USEC_PER_SEC);
    g_autofree char *text = us && moment ? g_date_time_format(moment, format) : g_strdup("");
    dicom_code(out, tag, vr, text);
}

void dicom_date(GByteArray *out, uint32_t tag, int64_t us)
{
    put_moment(out, tag, "DA", "%Y%m%d", us);
}

void dicom_time(GByteArray *out, uint32_t tag, int64_t us)
{
    put_moment(out, tag, "TM", "%H%M%S", us);
}

void dicom_zone(GByteArray *out, uint32_t tag, int64_t us)
{
    put_moment(out, tag, "SH", "%z", us);
}

/* ---- sequences, of undefined length: they end with a delimiter ---- */

static void put_mark(GByteArray *out, uint32_t tag, uint32_t size)
{
    put_tag(out, tag);
    put32(out, size);
}

void dicom_begin_sequence(GByteArray *out, uint32_t tag)
{
    put_header(out, tag, "SQ", UNDEFINED_LENGTH);
}

void dicom_begin_item(GByteArray *out)
{
    put_mark(out, ITEM, UNDEFINED_LENGTH);
}

void dicom_end_item(GByteArray *out)
{
    put_mark(out, ITEM_DELIMITATION, 0);
}

void dicom_end_sequence(GByteArray *out)
{
    put_mark(out, SEQUENCE_DELIMITATION, 0);
}

/* ---- pixels ---- */

void dicom_encapsulated(GByteArray *out, const void *data, size_t size)
{
    put_header(out, PIXEL_DATA, "OB", UNDEFINED_LENGTH);
    put_mark(out, ITEM, 0); /* an empty table of offsets: there is one frame */
    put_mark(out, ITEM, (uint32_t)(size + size % 2));
    put(out, data, size);
    if (size % 2)
        put(out, "", 1);
    dicom_end_sequence(out);
}

void dicom_native(GByteArray *out, const void *data, size_t size)
{
    dicom_bytes(out, PIXEL_DATA, data, size);
}

/* ---- the file ---- */

void dicom_file(GByteArray *out, const char *sop_class, const char *sop_instance, const char *transfer_syntax)
{
    static const unsigned char preamble[PREAMBLE_SIZE];
    GByteArray *meta = g_byte_array_new();
    dicom_bytes(meta, 0x00020001, "\0\1", 2);
    dicom_code(meta, 0x00020002, "UI", sop_class);
    dicom_code(meta, 0x00020003, "UI", sop_instance);
    dicom_code(meta, 0x00020010, "UI", transfer_syntax);
    dicom_code(meta, 0x00020012, "UI", IMPLEMENTATION_CLASS);
    dicom_code(meta, 0x00020013, "SH", IMPLEMENTATION_VERSION);
    put(out, preamble, sizeof preamble);
    put(out, "DICM", 4);
    put_header(out, 0x00020000, "UL", 4);
    put32(out, meta->len);
    put(out, meta->data, meta->len);
    g_byte_array_unref(meta);
}

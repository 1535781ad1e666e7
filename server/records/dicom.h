/**
 * Writes DICOM data sets in the one encoding that every PACS reads: Explicit VR, little endian. Elements must be written
 * in the order of their tags. Texts are UTF-8 (ISO_IR 192), cut to what their VR may hold, and never contain what would
 * read as several values. Pure.
 *
 * DICOM PS3.5 §6.2 (value representations), §7 (data sets), §A.4 (encapsulated pixels); PS3.10 §7.1 (file meta).
 */
#ifndef SERVER_RECORDS_DICOM_H
#define SERVER_RECORDS_DICOM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum { DICOM_UID_SIZE = 65 };

#define DICOM_EXPLICIT_LE   "1.2.840.10008.1.2.1"
#define DICOM_JPEG_BASELINE "1.2.840.10008.1.2.4.50"

/** "2.25." and a number made of `kind` and `id`: the same for the same, as filing twice must name the same thing. PS3.5 §B.2 */
void dicom_uid(const char *kind, const char *id, char uid[DICOM_UID_SIZE]);

/** Preamble and file meta information; the data set follows. */
void dicom_file(GByteArray *out, const char *sop_class, const char *sop_instance, const char *transfer_syntax);

/** One value of a text VR; NULL writes it empty. */
void dicom_text(GByteArray *out, uint32_t tag, const char *vr, const char *text);
/** Codes and numbers of ours, written as they are; several values are parted by a backslash. */
void dicom_code(GByteArray *out, uint32_t tag, const char *vr, const char *value);
void dicom_number(GByteArray *out, uint32_t tag, uint16_t value);
/** FL, `count` values. */
void dicom_floats(GByteArray *out, uint32_t tag, const float *values, size_t count);
/** SL, `count` values. */
void dicom_longs(GByteArray *out, uint32_t tag, const int32_t *values, size_t count);
void dicom_bytes(GByteArray *out, uint32_t tag, const void *data, size_t size);
/** DA and TM of the same moment, in this machine's time zone. */
void dicom_date(GByteArray *out, uint32_t tag, int64_t us);
void dicom_time(GByteArray *out, uint32_t tag, int64_t us);
/** "+0700": what dicom_date and dicom_time were written in at that moment. */
void dicom_zone(GByteArray *out, uint32_t tag, int64_t us);

void dicom_begin_sequence(GByteArray *out, uint32_t tag);
void dicom_begin_item(GByteArray *out);
void dicom_end_item(GByteArray *out);
void dicom_end_sequence(GByteArray *out);

/** Pixel data: one compressed frame, or 8-bit samples as they are. `size` below 4 GiB. */
void dicom_encapsulated(GByteArray *out, const void *data, size_t size);
void dicom_native(GByteArray *out, const void *data, size_t size);

#endif

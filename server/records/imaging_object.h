/**
 * What every DICOM object of a consultation says of itself, shared by the picture (imaging.c) and by what was drawn on it
 * (imaging_marks.c). Inside records/ only.
 */
#ifndef SERVER_RECORDS_IMAGING_OBJECT_H
#define SERVER_RECORDS_IMAGING_OBJECT_H

#include "imaging.h"

struct imaging_object {
    const char *sop_class, *instance, *modality;
    const char *conversion, *image_type; /* of a picture; else NULL */
    const char *description;             /* of the series */
    int series, number;
    int64_t at; /* when the picture was taken */
};

/** Group 0008, but for references. */
void imaging_identity(GByteArray *out, const struct imaging *imaging, const struct imaging_object *object);
/** Groups 0010 to 0020: whose it is, made by what, and where in the study. */
void imaging_place(GByteArray *out, const struct imaging *imaging, const struct imaging_object *object);

#endif

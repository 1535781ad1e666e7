/**
 * A still of a consultation as DICOM: one study for each consultation, in it one series for each modality, in it the
 * picture as it was taken (the camera's own JPEG, encapsulated; a PNG as plain samples), and what was drawn on it as a
 * presentation state of its own, so that every viewer can lay it over the picture or take it away.
 *
 * All UIDs are made of our ids: the same still sent twice is the same object. Pure: no store, no network, no clock.
 * Thread: any. DICOM PS3.3 §A.8.1 (Secondary Capture), §A.32.4 (VL Photographic), §A.33.2 (Color Softcopy Presentation State).
 */
#ifndef SERVER_RECORDS_IMAGING_H
#define SERVER_RECORDS_IMAGING_H

#include <glib.h>
#include <jansson.h>

#include "dicom.h"

enum { IMAGING_ID_MAX = 64 /* characters a Patient ID has room for */ };

struct imaging {
    const char *consultation, *title, *room, *site;                    /* the last two may be NULL */
    const char *patient_system, *patient_id, *name, *birth_date, *sex; /* birth_date may be NULL */
    const char *still, *source, *type, *owner, *asker;                 /* asker may be NULL */
    int64_t started_at, taken_at;
    int number;                /* among the consultation's stills, from 1 */
    const unsigned char *data; /* the picture's file */
    size_t size;
    const json_t *drawn; /* marks as kept in files.marks, or NULL */
    int64_t marked_at;
};

/** NULL with a reason, in words for an admin, when this picture cannot be one. Caller frees with g_byte_array_unref. */
GByteArray *imaging_picture(const struct imaging *imaging, const char **reason);
/** NULL when nothing is drawn on it. Only for a still that imaging_picture takes. Caller frees. */
GByteArray *imaging_marks(const struct imaging *imaging);

/** Where it will be found; for the EMR. */
struct imaging_names {
    char study[DICOM_UID_SIZE], series[DICOM_UID_SIZE], instance[DICOM_UID_SIZE];
    const char *sop_class, *modality;
};
void imaging_name(const char *consultation, const char *still, const char *source, struct imaging_names *names);

#endif

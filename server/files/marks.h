/**
 * What was drawn on a still, as kept in files.marks: {"marks":[{kind, points, name, text?}…], "calibration"?: {points,
 * length_um, name}}. Here is what every rendition of it needs to know. Pure.
 */
#ifndef SERVER_FILES_MARKS_H
#define SERVER_FILES_MARKS_H

#include <jansson.h>
#include <stdbool.h>

/** The n-th coordinate, in pixels. */
double mark_number(const json_t *points, size_t n);
/** What stands beside a mark: its text, its length where a scale is known, its author. Caller frees (g_free). */
char *mark_label(const json_t *mark, const json_t *calibration);
/** "10,0 mm – BS. Lan". Caller frees (g_free). */
char *mark_scale_label(const json_t *calibration);
/** Of a pixel, in millimetres; 0 while no scale is known. */
double mark_pixel_mm(const json_t *calibration);

#endif

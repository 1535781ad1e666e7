/**
 * What was drawn on a still as an SVG of the picture's size, to be laid over it: the second rendition in the record.
 * Every mark with its author's name, lengths with the scale they were measured by. Pure.
 */
#ifndef SERVER_FILES_MARKS_SVG_H
#define SERVER_FILES_MARKS_SVG_H

#include <jansson.h>

/** `drawn`: {"marks":[…], "calibration"?} as kept in files.marks. NULL when nothing is drawn. Caller frees (g_free). */
char *marks_svg(const json_t *drawn, int width, int height);

#endif

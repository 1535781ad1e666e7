/**
 * What is drawn on a still: pen, arrow, ellipse, text, a measured line; and pointers, which are shown and not kept.
 * Coordinates are the picture's pixels. A mark sent again by its author under the same id takes its place, so a line is
 * seen while it is drawn. Thread: the main loop's.
 */
#ifndef SIGNALING_MARKS_H
#define SIGNALING_MARKS_H

enum { MARKS_MAX = 300, MARKS_NUMBERS_MAX = 400 };

struct message;
struct participant;

/** NULL or an error code. */
const char *marks_put(struct participant *by, const struct message *message);
/** One's own mark; without one named, all of the still's, for who may. */
const char *marks_remove(struct participant *by, const struct message *message);
const char *marks_point(struct participant *by, const struct message *message);

#endif

/**
 * Who sits where, when: participants in the order they came, each with a seat per live picture, or one without.
 *
 * Someone is there while events or packets say so; a picture is live while its frames come, and SEATS_HOLD_US longer. Who has
 * taken consent back has no seat from then on, though they stay: a name is as much theirs as a picture.
 */
#ifndef MEDIA_RENDER_SEATS_H
#define MEDIA_RENDER_SEATS_H

#include "media/render/survey.h"

enum { SEATS_MAX = 49, SEATS_HOLD_US = 3 * 1000000 };

struct seats;

struct seat {
    unsigned participant; /* number, in the order of coming */
    int track;            /* index of the survey's track whose picture is shown, -1: none */
};

/** `survey` is borrowed. */
struct seats *seats_create(const struct survey *survey);
void seats_destroy(struct seats *seats);

/**
 * The seats at a time since the recording's start. `live` tells per track index whether there is a picture.
 * The result is how many, at most SEATS_MAX.
 */
size_t seats_at(const struct seats *seats, int64_t at_us, const bool *live, struct seat *out);

/** The id behind a seat's number. Borrowed. */
const char *seats_participant(const struct seats *seats, unsigned number);

#endif

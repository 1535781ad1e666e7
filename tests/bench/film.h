/**
 * A VP8 film in memory, read from an IVF file: what the load generator publishes when somebody is to see a picture. Only its
 * first frame needs to be a key frame, so that whoever asks for one is sent the film from its beginning. Pure after film_open.
 */
#ifndef TESTS_BENCH_FILM_H
#define TESTS_BENCH_FILM_H

#include <stddef.h>
#include <stdint.h>

struct film;

/** Errors: NULL when there is no such file, or no VP8 in it. */
struct film *film_open(const char *path);
/** Takes NULL. */
void film_close(struct film *film);

/** The frame at place `number`, which begins anew after the last; borrowed. */
const uint8_t *film_frame(const struct film *film, uint32_t number, size_t *size);
/** How long a frame is shown. */
uint32_t film_frame_us(const struct film *film);

#endif

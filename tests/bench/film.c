#include "tests/bench/film.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILM_FRAMES_MAX = 4096,
    IVF_HEADER = 32, /* "DKIF", version, its size, "VP80", width, height, ticks a second as a fraction, frames */
    IVF_FRAME = 12,  /* u32 size | u64 tick; all integers little-endian */
};

struct film {
    uint8_t *data;
    uint32_t frame_us, count;
    const uint8_t *frames[FILM_FRAMES_MAX];
    size_t sizes[FILM_FRAMES_MAX];
};

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static uint8_t *read_all(const char *path, size_t *size)
{
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (*size = (size_t)ftell(file)) > IVF_HEADER && (data = malloc(*size)) != NULL) {
        rewind(file);
        *size = fread(data, 1, *size, file);
    }
    fclose(file);
    return data;
}

static void find_frames(struct film *film, size_t size)
{
    for (size_t at = IVF_HEADER; at + IVF_FRAME < size && film->count < FILM_FRAMES_MAX;) {
        size_t frame = get32(film->data + at);
        at += IVF_FRAME;
        if (frame == 0 || frame > size - at)
            return;
        film->frames[film->count] = film->data + at;
        film->sizes[film->count++] = frame;
        at += frame;
    }
}

struct film *film_open(const char *path)
{
    size_t size = 0;
    struct film *film = calloc(1, sizeof *film);
    film->data = read_all(path, &size);
    if (film->data && size > IVF_HEADER && memcmp(film->data, "DKIF", 4) == 0 &&
        memcmp(film->data + 8, "VP80", 4) == 0 && get32(film->data + 16) > 0) {
        film->frame_us = (uint32_t)(1000000ull * get32(film->data + 20) / get32(film->data + 16));
        find_frames(film, size);
    }
    if (film->count > 0 && film->frame_us > 0)
        return film;
    film_close(film);
    return NULL;
}

void film_close(struct film *film)
{
    if (!film)
        return;
    free(film->data);
    free(film);
}

const uint8_t *film_frame(const struct film *film, uint32_t number, size_t *size)
{
    *size = film->sizes[number % film->count];
    return film->frames[number % film->count];
}

uint32_t film_frame_us(const struct film *film)
{
    return film->frame_us;
}

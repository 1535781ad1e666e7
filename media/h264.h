/**
 * H.264 payloads (RFC 6184) as far as a router needs: where key frames begin and how large the picture is.
 *
 * Pure code.
 */
#ifndef MEDIA_H264_H
#define MEDIA_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h264_info {
    uint16_t width, height; /* when a parameter set is inside, else 0 */
    bool key;               /* holds, or begins, a parameter set or an IDR slice: a receiver may start here */
    bool parameters;        /* holds a sequence parameter set */
};

/** Reads a single NAL unit, a STAP-A or a FU-A. Errors: -EBADMSG. */
int h264_parse(const uint8_t *payload, size_t size, struct h264_info *info);

/** Reads the picture's size from a sequence parameter set (without NAL header). Errors: -EBADMSG. */
int h264_parse_sps(const uint8_t *sps, size_t size, uint16_t *width, uint16_t *height);

#endif

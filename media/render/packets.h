/**
 * Encoded packets in a sealed working file: what one stage leaves for the next, and for a run that goes on after a
 * crash.
 *
 *     u32 size | u8 key | u8 zeros[3] | i64 at_us | i64 duration_us | packet          (big-endian)
 *
 * The first one's packet is the format (caps as text). Errors: 0 or a negative errno.
 */
#ifndef MEDIA_RENDER_PACKETS_H
#define MEDIA_RENDER_PACKETS_H

#include <stdint.h>

#include "media/render/line.h"

enum { PACKETS_MAX = 16 * 1024 * 1024 };

struct packets_out;
struct packets_in;

struct packets_item {
    int64_t at_us, duration_us;
    bool key;
    const uint8_t *data; /* the reader's, until the next */
    size_t size;
};

int packets_create(const char *directory, const char *name, const unsigned char *key, struct packets_out **out);
/** A line's end that writes here; `shift_us` is added to all times. */
struct line_handler packets_handler(struct packets_out *out, int64_t shift_us);
int packets_finish(struct packets_out *out);
/** Takes NULL. */
void packets_abandon(struct packets_out *out);

bool packets_exist(const char *directory, const char *name, const unsigned char *key);
int packets_open(const char *directory, const char *name, const unsigned char *key, struct packets_in **in);
/** 1, or 0 at the end. */
int packets_next(struct packets_in *in, struct packets_item *item);
/** Takes NULL. */
void packets_close(struct packets_in *in);

#endif

/**
 * RFC 4571 framing, as ICE-TCP wants it (RFC 6544 §3): a length of two bytes before each packet on the stream.
 * The reader holds at most one frame of RFC4571_FRAME_MAX bytes; a longer one is nobody's packet and ends the stream.
 */
#ifndef MEDIA_RFC4571_H
#define MEDIA_RFC4571_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RFC4571_HEADER = 2, RFC4571_FRAME_MAX = 1500 };

struct rfc4571 {
    size_t used;
    uint8_t bytes[RFC4571_HEADER + RFC4571_FRAME_MAX + 2048]; /* room to read several small frames at once */
};

/** Where stream bytes are to be read to, and how many fit: never 0. */
uint8_t *rfc4571_room(struct rfc4571 *reader, size_t *size);

/** One frame, borrowed; false stops the reading (what read on would be gone). */
typedef bool (*rfc4571_fn)(void *arg, uint8_t *frame, size_t size);

/**
 * Takes in `size` bytes that were read to rfc4571_room and calls `fn` for each whole frame; empty frames are skipped.
 * Errors: -EMSGSIZE for a frame that is too long, -ECANCELED when `fn` said stop; the reader is not used any more then.
 */
int rfc4571_take(struct rfc4571 *reader, size_t size, rfc4571_fn fn, void *arg);

#endif

/**
 * Redundant audio (RFC 2198): a packet that carries the sound of one or two before it. Read, stripped for who lacks it,
 * made for who has it and loses packets.
 *
 * Pure code.
 */
#ifndef MEDIA_RED_H
#define MEDIA_RED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RED_BLOCKS_MAX = 8, RED_BLOCK_SIZE_MAX = 1023, RED_OFFSET_MAX = 16383, RED_PACKET_MAX = 1200 };

struct red_block {
    uint16_t at;      /* of its bytes in the payload */
    uint16_t type_at; /* of the byte that holds its payload type */
    uint16_t size;
    uint16_t offset; /* timestamp: how much earlier than the primary's */
};

struct red {
    int count;
    struct red_block blocks[RED_BLOCKS_MAX]; /* oldest first, the primary last */
};

/** Errors: -EBADMSG. */
int red_parse(const uint8_t *payload, size_t size, struct red *red);

/** Writes `pt` as the type of every block. */
void red_set_types(uint8_t *payload, const struct red *red, uint8_t pt);

/** One payload to be put into a packet, the primary last. */
struct red_part {
    const uint8_t *payload;
    uint16_t size;
    uint16_t offset;
};

/** Builds a payload of parts that all have type `pt`; 0 when it does not fit into `room`. */
size_t red_make(const struct red_part *parts, int count, uint8_t pt, uint8_t *out, size_t room);

#endif

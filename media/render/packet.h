/** One RTP packet out of the journal, taken apart. */
#ifndef MEDIA_RENDER_PACKET_H
#define MEDIA_RENDER_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet {
    uint8_t type; /* payload type */
    bool marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    const uint8_t *payload; /* within what was parsed */
    size_t size;            /* of the payload, padding taken off; 0 for a packet that only padded */
};

/** Errors: false for what is no RTP packet. */
bool packet_parse(const uint8_t *data, size_t size, struct packet *packet);

#endif

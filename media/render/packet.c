#include "media/render/packet.h"

#include "media/wire.h"

bool packet_parse(const uint8_t *data, size_t size, struct packet *packet)
{
    if (size < 12 || data[0] >> 6 != 2)
        return false;
    size_t header = 12 + 4 * (size_t)(data[0] & 0x0f);
    if (data[0] & 0x10) {
        if (size < header + 4)
            return false;
        header += 4 + 4 * (size_t)wire_get16(data + header + 2);
    }
    if (size < header)
        return false;
    size_t padding = data[0] & 0x20 && size > header ? data[size - 1] : 0;
    if (padding > size - header)
        return false;
    packet->type = data[1] & 0x7f;
    packet->marker = data[1] & 0x80;
    packet->sequence = wire_get16(data + 2);
    packet->timestamp = wire_get32(data + 4);
    packet->ssrc = wire_get32(data + 8);
    packet->payload = data + header;
    packet->size = size - header - padding;
    return true;
}

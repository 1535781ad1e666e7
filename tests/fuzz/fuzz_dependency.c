/* Dependency descriptors one after the other, each a byte of length before it, as the packets of one AV1 stream: read with the
 * structure that holds, and thinned at an operating point that each packet's payload byte moves. */
#include <stdlib.h>
#include <string.h>

#include "media/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct inspector *inspector, const struct media_packet *packet)
{
    const struct dependency_structure *structure = &inspector->structure;
    if (packet->marks.needed && packet->marks.sid >= DEPENDENCY_SIDS_MAX)
        abort();
    for (int point = 0; point < THIN_POINTS && inspector->has_structure; point++)
        if (inspector->target_of[point] != INSPECT_NO_TARGET && inspector->target_of[point] >= structure->target_count)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inspector inspector = {0};
    struct thin thin = {.allocated = THIN_ALL};
    int64_t sequence = 0;
    thin_begin(&thin);
    for (size_t at = 0; at + 2 <= size;) {
        size_t length = data[at] < size - at - 2 ? data[at] : size - at - 2;
        uint8_t payload[2] = {data[at + 1], 0};
        uint8_t *descriptor = malloc(length + 1);
        memcpy(descriptor, data + at + 2, length);
        struct media_packet packet = {.codec = CODEC_AV1,
                                      .payload = payload,
                                      .payload_size = sizeof payload,
                                      .sequence = sequence,
                                      .descriptor = descriptor,
                                      .descriptor_size = (uint8_t)length};
        thin.allocated = payload[0] & THIN_ALL;
        if (inspector_look(&inspector, &packet, true) == 0) {
            check(&inspector, &packet);
            if (thin_passes(&thin, &packet, true) != thin_needs(thin.point, &packet.marks))
                abort();
            thin_wants_key(&thin);
        }
        free(descriptor);
        sequence++;
        at += 2 + length;
    }
    return 0;
}

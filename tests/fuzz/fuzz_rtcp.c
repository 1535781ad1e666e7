/* Compound RTCP, every kind of packet in it, and transport-wide feedback. */
#include <stdlib.h>
#include <string.h>

#include "media/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* exact bounds, so that a byte too far shows */
    memcpy(copy, data, size);
    struct rtcp_reader reader = {.at = copy, .left = size};
    struct rtcp_packet packet;
    while (rtcp_next(&reader, &packet)) {
        struct rtcp_sender_info info;
        struct rtcp_block block;
        uint32_t ssrcs[8];
        uint16_t sequences[64];
        uint64_t bps;
        rtcp_sender_info(&packet, &info);
        for (int i = 0; rtcp_block(&packet, i, &block); i++)
            ;
        rtcp_nack(&packet, ssrcs, sequences, 64);
        rtcp_key_requests(&packet, ssrcs, 8);
        rtcp_remb(&packet, &bps);
    }
    free(copy);
    return 0;
}

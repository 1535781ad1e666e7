/* Key frames of a stranger gathered and sent slowly, in any order, with gaps, repeats and changes of layer and rate. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/still.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 6, PAYLOAD_MAX = 1200 };

static void gather(struct still *still, const uint8_t *step, uint64_t now_us)
{
    uint8_t payload[PAYLOAD_MAX];
    uint8_t flags = step[1];
    struct media_packet packet = {.payload = payload,
                                  .payload_size = (uint16_t)(1 + step[2] * 4),
                                  .start = flags & 1,
                                  .key = flags & 2,
                                  .marker = flags & 4,
                                  .generation = flags >> 6,
                                  .timestamp = step[3] >> 4,
                                  .sequence = 65536 + (step[3] & 15) * 40 + step[4] % 64,
                                  .arrival_us = now_us};
    memset(payload, step[4], packet.payload_size);
    still_gather(still, &packet, flags >> 3 & 3, now_us);
}

static void send(struct still *still, uint64_t now_us)
{
    struct media_packet packet;
    int sent = 0;
    for (; still_next(still, &packet, now_us); sent++) {
        if (sent > STILL_PACKETS_MAX || packet.sequence < still->first || packet.sequence > still->last)
            abort();
        for (uint16_t i = 1; i < packet.payload_size; i++) /* whole, as it was given */
            if (packet.payload[i] != packet.payload[0])
                abort();
    }
    still_repeats_last(still, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct still still = {0};
    uint64_t now_us = 1000000000;
    for (; size >= STEP; data += STEP, size -= STEP) {
        now_us += (uint64_t)data[5] * 4000;
        switch (data[0] % 8) {
        case 0:
            still_start(&still, data[1] & 3, data[2] * 1000u, data[3] * 500u, now_us);
            break;
        case 1:
            if (data[1] == 0)
                still_stop(&still);
            break;
        case 2:
            still_charge(&still, data[2] * 8u);
            break;
        case 3:
            send(&still, now_us);
            break;
        default:
            if (still.phase != STILL_IDLE)
                gather(&still, data, now_us);
        }
        if (still.gathered > STILL_PACKETS_MAX)
            abort();
        still_wants_key(&still, now_us);
    }
    still_finish(&still);
    return 0;
}

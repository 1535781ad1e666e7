/* Transport-wide feedback: anything may be read; whatever is written reads back as it was. */
#include <stdlib.h>
#include <string.h>

#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/twcc.h"
#include "media/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_anything(const uint8_t *data, size_t size, struct bwe_result *results)
{
    struct twcc_reference reference = {0};
    twcc_parse(&reference, data, size, results);
    twcc_parse(&reference, data, size, results);
}

/* Two bytes of sequence number and two of time step for each packet. */
static void write_and_read(const uint8_t *data, size_t size, struct bwe_result *results)
{
    struct twcc_receiver *receiver = malloc(sizeof *receiver);
    struct twcc_reference reference = {0};
    uint8_t message[1200];
    uint64_t now_us = 5000000;
    size_t written;
    twcc_receiver_init(receiver);
    for (size_t at = 0; at + 4 <= size; at += 4) {
        now_us += (uint64_t)wire_get16(data + at + 2) * 16;
        twcc_received(receiver, wire_get16(data + at), now_us);
        if (data[at + 3] % 8)
            continue;
        while ((written = twcc_write(receiver, 1, 2, message, sizeof message))) {
            struct rtcp_reader reader = {.at = message, .left = written};
            struct rtcp_packet packet;
            if (written > sizeof message || !rtcp_next(&reader, &packet) || reader.left ||
                twcc_parse(&reference, packet.body, packet.size, results) < 0)
                abort();
        }
    }
    free(receiver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bwe_result *results = malloc(TWCC_RESULTS_MAX * sizeof *results);
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    read_anything(copy, size, results);
    write_and_read(copy, size, results);
    free(copy);
    free(results);
    return 0;
}

/**
 * Streams with layers inside them, as Chromium sent them (tests/vectors/svc): a line is a packet's sequence number, timestamp,
 * marker, payload size, the payload's first bytes and the dependency descriptor, both in hex, `-` for none. The rest of a
 * payload counts as zeros.
 */
#ifndef TESTS_UNIT_SVC_SAMPLES_H
#define TESTS_UNIT_SVC_SAMPLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "media/codec.h"

enum { SAMPLES_MAX = 256, SAMPLE_PAYLOAD_MAX = 1400, SAMPLE_DESCRIPTOR_MAX = 128 };

struct sample {
    uint16_t sequence, payload_size;
    uint32_t timestamp;
    bool marker;
    uint8_t payload[SAMPLE_PAYLOAD_MAX];
    uint8_t descriptor[SAMPLE_DESCRIPTOR_MAX];
    uint8_t descriptor_size;
};

struct samples {
    int count;
    struct sample of[SAMPLES_MAX];
};

static inline size_t sample_hex(const char *text, uint8_t *into, size_t room)
{
    size_t size = 0;
    unsigned byte;
    for (; size < room && sscanf(text + 2 * size, "%2x", &byte) == 1; size++)
        into[size] = (uint8_t)byte;
    return size;
}

static inline void samples_load(struct samples *samples, const char *name)
{
    char path[128], payload[256], descriptor[256];
    unsigned sequence, timestamp, marker, size;
    snprintf(path, sizeof path, "tests/vectors/svc/%s.txt", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    memset(samples, 0, sizeof *samples);
    while (fscanf(file, "%u %u %u %u %255s %255s", &sequence, &timestamp, &marker, &size, payload, descriptor) == 6) {
        struct sample *sample = &samples->of[samples->count++];
        assert_true(samples->count < SAMPLES_MAX && size <= SAMPLE_PAYLOAD_MAX);
        sample->sequence = (uint16_t)sequence;
        sample->timestamp = timestamp;
        sample->marker = marker;
        sample->payload_size = (uint16_t)size;
        sample_hex(payload, sample->payload, SAMPLE_PAYLOAD_MAX);
        sample->descriptor_size = (uint8_t)sample_hex(descriptor, sample->descriptor, SAMPLE_DESCRIPTOR_MAX);
    }
    fclose(file);
    assert_true(samples->count > 50);
}

static inline struct media_packet sample_packet(struct sample *sample, enum codec_kind codec)
{
    return (struct media_packet){.payload = sample->payload,
                                 .payload_size = sample->payload_size,
                                 .marker = sample->marker,
                                 .codec = codec,
                                 .timestamp = sample->timestamp,
                                 .sequence = sample->sequence,
                                 .descriptor = sample->descriptor_size ? sample->descriptor : NULL,
                                 .descriptor_size = sample->descriptor_size};
}

#endif

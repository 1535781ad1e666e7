/* What strangers sent, as the renderer takes it apart: RTP, Opus in redundancy, VP8 and H.264 payloads, in any
 * order. */
#include <stdint.h>
#include <stdlib.h>

#include "media/render/capture.h"
#include "media/render/depay.h"
#include "media/render/packet.h"
#include "media/render/reorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    volatile uint8_t sum;
    int64_t before;
};

static void on_frame(void *arg, const struct depay_frame *frame)
{
    struct seen *seen = arg;
    if (frame->size == 0 || frame->size > DEPAY_FRAME_MAX || frame->width < 0 || frame->height < 0)
        abort();
    for (size_t i = 0; i < frame->size; i++)
        seen->sum = (uint8_t)(seen->sum + frame->data[i]);
}

static void pop_all(struct reorder *reorder, struct depay *depay, int64_t now_us)
{
    for (struct reordered *packet; (packet = reorder_pop(reorder, now_us));) {
        depay_push(depay, packet);
        size_t parameters;
        depay_parameters(depay, &parameters);
        free(packet);
    }
}

/* The input is a codec, and then packets: a length of one byte, a step of the clock, and so many bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum depay_codec codec = (enum depay_codec)(DEPAY_OPUS + data[0] % 3);
    struct seen seen = {0};
    struct depay *depay = depay_create(codec, data[1] & 0x7f, on_frame, &seen);
    struct reorder *reorder = reorder_create();
    struct capture *capture = capture_create(90000);
    struct unwrap unwrap = {0};
    int64_t now_us = 0;
    size_t at = 2;
    while (at + 2 < size) {
        size_t length = data[at] < size - at - 2 ? data[at] : size - at - 2;
        struct packet packet;
        int width, height;
        now_us += (int64_t)data[at + 1] * 10000;
        if (packet_parse(data + at + 2, length, &packet)) {
            capture_packet(capture, packet.timestamp, now_us);
            capture_report(capture, packet.timestamp, now_us - data[at + 1]);
            depay_is_key(codec, &packet, &width, &height);
            int64_t timestamp = unwrap_next(&unwrap, packet.timestamp);
            if (!reorder_push(reorder, &packet, timestamp, now_us)) {
                pop_all(reorder, depay, INT64_MAX);
                reorder_reset(reorder);
                reorder_push(reorder, &packet, timestamp, now_us);
            }
            capture_time(capture, timestamp);
        }
        pop_all(reorder, depay, now_us);
        at += 2 + length;
    }
    pop_all(reorder, depay, INT64_MAX);
    depay_flush(depay);
    capture_destroy(capture);
    reorder_destroy(reorder);
    depay_destroy(depay);
    return 0;
}

/*
 * What routing costs per forwarded packet, without encrypting and sending: one publisher (1 Mbit/s VP8 in 1100-byte
 * packets) to N subscribers whose packets go nowhere, ticks and feedback included. Process time, one thread.
 *
 *   route → one JSON object per line: {"what":"…","subscribers":N,"ns_per_packet":X}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "media/room.h"
#include "media/rtp.h"
#include "media/twcc.h"
#include "media/wire.h"
#include "tests/silent.h"

enum { SIZE = 1100, FRAMES = 3000, PER_FRAME = 4, SUBSCRIBERS_MAX = 200, PUBLISHED_HEADER = 20 };

struct subscriber {
    struct member *member;
    uint64_t sent;
    const uint64_t *now_us;
    uint64_t arrived_us; /* over a path of 50 Mbit/s and 5 ms */
    struct twcc_receiver feedback;
};

static int take_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    struct subscriber *subscriber = arg;
    (void)payload;
    if (payload_size == SIZE - PUBLISHED_HEADER)
        subscriber->sent++;
    uint64_t arrival_us = *subscriber->now_us + 5000;
    subscriber->arrived_us = arrival_us > subscriber->arrived_us ? arrival_us : subscriber->arrived_us;
    subscriber->arrived_us += (header_size + payload_size) * 8 / 50;
    if (header_size >= 20 && header[16] == (3 << 4 | 1)) /* the transport-wide number comes first */
        twcc_received(&subscriber->feedback, wire_get16(header + 17), subscriber->arrived_us);
    return 0;
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void feed_back(struct subscriber *subscriber, uint64_t now_us)
{
    uint8_t data[1200];
    size_t size;
    while ((size = twcc_write(&subscriber->feedback, 1, 7, data, sizeof data)))
        member_rtcp(subscriber->member, data, size, now_us);
}

static size_t write_packet(uint8_t *data, uint16_t sequence, int frame, int index)
{
    static const uint8_t descriptor[] = {0x90, 0xE0, 0x80, 0, 0, 0x20, 1};
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = (uint32_t)frame * 3000,
                              .ssrc = 1,
                              .sequence = sequence,
                              .pt = 96,
                              .marker = index == PER_FRAME - 1};
    rtp_write_fixed(&writer, data, &fixed);
    wire_put16(rtp_write_extension(&writer, 3, 2), sequence);
    size_t size = rtp_write_end(&writer);
    memcpy(data + size, descriptor, sizeof descriptor);
    data[size] = index ? 0x80 : 0x90;
    wire_put16(data + size + 2, (uint16_t)(0x8000 | (frame & 0x7FFF)));
    data[size + 4] = (uint8_t)frame;
    data[size + 6] = frame % 30 > 0; /* every thirtieth is a key frame */
    return SIZE;
}

static void open_all(struct room *room, struct subscriber *subscribers, int count, struct member *from,
                     const uint64_t *clock)
{
    uint64_t now_us = *clock;
    struct codec_list codecs = {.count = 1, .items = {{.kind = CODEC_VP8, .pt = 96, .rtx_pt = 97, .hz = 90000}}};
    struct extension_ids ids = {.twcc = 3, .abs_send_time = 2, .mid = 4};
    struct track_config track_config = {
        .name = "t", .video = true, .codecs = codecs, .extensions = ids, .ssrc_count = 1, .ssrcs = {{.ssrc = 1}}};
    struct slot_config slot_config = {
        .name = "s", .mid = "1", .video = true, .codecs = codecs, .extensions = ids, .ssrc = 7, .rtx_ssrc = 8};
    struct slot_wish wish = {.priority = 1};
    struct track *track;
    struct slot *slot;
    member_open_track(from, &track_config, &track);
    for (int i = 0; i < count; i++) {
        struct member_out out = {
            .rtp_fn = take_rtp, .rtcp_fn = silent_rtcp, .forget_fn = silent_forget, .arg = &subscribers[i]};
        subscribers[i].now_us = clock;
        twcc_receiver_init(&subscribers[i].feedback);
        room_join(room, "to", &out, now_us, &subscribers[i].member);
        member_connected(subscribers[i].member, true, now_us);
        member_open_slot(subscribers[i].member, &slot_config, &slot);
        member_assign(subscribers[i].member, slot, track, &wish, now_us);
    }
}

static void bench(int count)
{
    static struct subscriber subscribers[SUBSCRIBERS_MAX];
    static uint8_t data[SIZE + 64];
    uint64_t now_us = 1000000000, sent = 0;
    uint16_t sequence = 0;
    struct subscriber publisher = {.now_us = &now_us};
    struct room *room = room_create(&(struct room_config){.name = "r", .speaker_fn = silent_speaker});
    struct member_out out = {.rtp_fn = take_rtp, .rtcp_fn = silent_rtcp, .forget_fn = silent_forget, .arg = &publisher};
    memset(subscribers, 0, sizeof subscribers);
    room_join(room, "from", &out, now_us, &publisher.member);
    member_connected(publisher.member, true, now_us);
    open_all(room, subscribers, count, publisher.member, &now_us);
    uint64_t start = cpu_ns();
    for (int frame = 0; frame < FRAMES; frame++) {
        for (int i = 0; i < PER_FRAME; i++)
            member_rtp(publisher.member, data, write_packet(data, sequence++, frame, i), now_us);
        member_flush(publisher.member);
        for (int tick = 0; tick < 3; tick++)
            room_tick(room, now_us += 11000);
        for (int i = 0; i < count && frame % 2; i++)
            feed_back(&subscribers[i], now_us);
    }
    uint64_t spent = cpu_ns() - start;
    for (int i = 0; i < count; i++)
        sent += subscribers[i].sent;
    printf("{\"what\":\"route\",\"subscribers\":%d,\"sent_share\":%.3f,\"ns_per_packet\":%.0f}\n", count,
           (double)sent / ((double)FRAMES * PER_FRAME * count), (double)spent / (double)(sent ? sent : 1));
    room_destroy(room);
}

int main(void)
{
    bench(1);
    bench(10);
    bench(SUBSCRIBERS_MAX);
    return 0;
}

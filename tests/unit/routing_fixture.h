/**
 * A room in memory: members whose packets leave into a pocket instead of a transport, and a publisher that makes
 * packets.
 */
#ifndef TESTS_UNIT_ROUTING_FIXTURE_H
#define TESTS_UNIT_ROUTING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "media/room.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/wire.h"
#include "tests/silent.h"

enum { POCKET_MAX = 4096, SENT_MAX = 1500 };

/** What one member was sent. */
struct pocket {
    int rtp_count, rtcp_count;
    struct {
        uint8_t data[SENT_MAX];
        size_t size;
    } rtp[POCKET_MAX];
    struct {
        uint8_t data[SENT_MAX];
        size_t size;
    } rtcp[256];
};

static inline int pocket_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload,
                             size_t payload_size)
{
    struct pocket *pocket = arg;
    assert_true(pocket->rtp_count < POCKET_MAX && header_size + payload_size <= SENT_MAX);
    uint8_t *at = pocket->rtp[pocket->rtp_count].data;
    memcpy(at, header, header_size);
    memcpy(at + header_size, payload, payload_size);
    pocket->rtp[pocket->rtp_count++].size = header_size + payload_size;
    return 0;
}

static inline int pocket_rtcp(void *arg, uint8_t *packet, size_t size)
{
    struct pocket *pocket = arg;
    int at = pocket->rtcp_count++ % 256;
    memcpy(pocket->rtcp[at].data, packet, size);
    pocket->rtcp[at].size = size;
    return 0;
}

static inline struct member *fixture_join(struct room *room, const char *name, struct pocket *pocket, uint64_t now_us)
{
    struct member *member;
    struct member_out out = {.rtp_fn = pocket_rtp, .rtcp_fn = pocket_rtcp, .forget_fn = silent_forget, .arg = pocket};
    assert_int_equal(room_join(room, name, &out, now_us, &member), 0);
    member_connected(member, true, now_us);
    return member;
}

static inline struct room *fixture_room(void)
{
    return room_create(
        &(struct room_config){.name = "room", .epoch_us = 3900000000000000ull, .speaker_fn = silent_speaker});
}

/** The packet number `index` that was sent, parsed. */
static inline struct rtp_packet fixture_sent(struct pocket *pocket, int index)
{
    struct rtp_packet packet;
    assert_true(index < pocket->rtp_count);
    assert_int_equal(rtp_parse(pocket->rtp[index].data, pocket->rtp[index].size, &packet), 0);
    return packet;
}

/** How many RTCP packets of this kind were sent. */
static inline int fixture_count_rtcp(const struct pocket *pocket, uint8_t type, int format)
{
    int count = 0;
    for (int i = 0; i < pocket->rtcp_count && i < 256; i++) {
        struct rtcp_reader reader = {.at = pocket->rtcp[i].data, .left = pocket->rtcp[i].size};
        struct rtcp_packet packet;
        while (rtcp_next(&reader, &packet))
            count += packet.type == type && (format < 0 || packet.count == format);
    }
    return count;
}

/** A publisher's VP8 stream. */
struct camera {
    struct member *member;
    uint32_t ssrc;
    uint16_t sequence;
    uint32_t timestamp;
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint16_t width, height;
    uint8_t twcc_id, rid_id, mid_id;
    const char *rid, *mid; /* written when not NULL */
    uint16_t *twcc;
    uint8_t tid; /* temporal layer; those above 0 refer to layer 0 only */
};

enum { FIXTURE_PT_VP8 = 96, FIXTURE_PT_RTX = 97, FIXTURE_PT_OPUS = 111 };

/** Writes one packet of a frame; the result is its size. */
static inline size_t camera_packet(struct camera *camera, bool key, bool first, bool last, uint8_t *out)
{
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = camera->timestamp,
                              .ssrc = camera->ssrc,
                              .sequence = camera->sequence++,
                              .pt = FIXTURE_PT_VP8,
                              .marker = last};
    rtp_write_fixed(&writer, out, &fixed);
    if (camera->mid)
        memcpy(rtp_write_extension(&writer, camera->mid_id, strlen(camera->mid)), camera->mid, strlen(camera->mid));
    if (camera->rid)
        memcpy(rtp_write_extension(&writer, camera->rid_id, strlen(camera->rid)), camera->rid, strlen(camera->rid));
    if (camera->twcc)
        wire_put16(rtp_write_extension(&writer, camera->twcc_id, 2), (*camera->twcc)++);
    size_t size = rtp_write_end(&writer);
    uint8_t *payload = out + size;
    uint8_t descriptor[] = {(uint8_t)(0x80 | (first ? 0x10 : 0)),
                            0xE0,
                            (uint8_t)(0x80 | camera->picture_id >> 8),
                            (uint8_t)camera->picture_id,
                            camera->tl0picidx,
                            (uint8_t)(camera->tid << 6 | 0x20)};
    memcpy(payload, descriptor, sizeof descriptor);
    memset(payload + 6, 0x55, 200);
    payload[6] = key ? 0 : 1;
    if (key && first) {
        uint8_t start[] = {0x9D,
                           0x01,
                           0x2A,
                           (uint8_t)camera->width,
                           (uint8_t)(camera->width >> 8),
                           (uint8_t)camera->height,
                           (uint8_t)(camera->height >> 8)};
        memcpy(payload + 9, start, sizeof start);
    }
    return size + 206;
}

/** Sends one frame of `packets` packets. */
static inline void camera_frame(struct camera *camera, bool key, int packets, uint64_t now_us)
{
    camera->picture_id = (camera->picture_id + 1) & 0x7FFF;
    camera->tl0picidx = (uint8_t)(camera->tl0picidx + (camera->tid == 0));
    for (int i = 0; i < packets; i++) {
        uint8_t data[SENT_MAX];
        size_t size = camera_packet(camera, key, i == 0, i == packets - 1, data);
        member_rtp(camera->member, data, size, now_us);
    }
    member_flush(camera->member);
    camera->timestamp += 3000;
}

/** A sender report that ties the camera's present timestamp to `ntp_us`. */
static inline void camera_report(struct camera *camera, uint64_t ntp_us, uint64_t now_us)
{
    uint8_t data[64];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    rtcp_write_sr(&writer, &(struct rtcp_sender_info){
                               .ssrc = camera->ssrc, .ntp = rtcp_ntp_from_us(ntp_us), .rtp = camera->timestamp});
    member_rtcp(camera->member, data, writer.size, now_us);
}

static inline struct track_config fixture_video_track(const char *name)
{
    struct track_config config = {
        .video = true,
        .mid = "1",
        .source = "camera",
        .codecs = {.count = 1,
                   .items = {{.kind = CODEC_VP8, .pt = FIXTURE_PT_VP8, .rtx_pt = FIXTURE_PT_RTX, .hz = 90000}}},
        .extensions = {.mid = 4, .rid = 10, .rrid = 11, .twcc = 3}};
    snprintf(config.name, sizeof config.name, "%s", name);
    return config;
}

static inline struct slot_config fixture_video_slot(const char *name, uint32_t ssrc)
{
    struct slot_config config = {
        .video = true,
        .mid = "7",
        .ssrc = ssrc,
        .rtx_ssrc = ssrc + 1,
        .codecs = {.count = 1, .items = {{.kind = CODEC_VP8, .pt = 120, .rtx_pt = 121, .hz = 90000}}},
        .extensions = {.mid = 1, .abs_send_time = 2}};
    snprintf(config.name, sizeof config.name, "%s", name);
    return config;
}

#endif

/* A whole participant: packets of any kind, in any order, with time passing; a subscriber follows it. */
#include <stdlib.h>
#include <string.h>

#include "media/room.h"
#include "media/rtp.h"
#include "media/wire.h"
#include "tests/silent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int drop_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    struct rtp_packet packet;
    uint8_t whole[RTP_PACKET_MAX + RTP_HEADER_MAX];
    (void)arg;
    memcpy(whole, header, header_size);
    memcpy(whole + header_size, payload, payload_size);
    if (header_size + payload_size <= RTP_PACKET_MAX && rtp_parse(whole, header_size + payload_size, &packet) < 0)
        abort(); /* whatever comes in, what goes out is well formed */
    return 0;
}

static struct track_config track_of(bool video)
{
    struct track_config config = {.name = "t", .video = video, .rid_count = video ? 2 : 0, .rids = {"f", "q"}};
    config.extensions = (struct extension_ids){
        .mid = 1, .rid = 2, .rrid = 3, .level = 4, .twcc = 5, .abs_send_time = 6, .dependency_descriptor = 7};
    config.mid[0] = video ? 'v' : 'a';
    config.codecs = (struct codec_list){.count = 4,
                                        .items = {{.kind = CODEC_VP8, .pt = 96, .rtx_pt = 97, .hz = 90000},
                                                  {.kind = CODEC_H264, .pt = 98, .rtx_pt = 99, .hz = 90000},
                                                  {.kind = CODEC_VP9, .pt = 100, .rtx_pt = 101, .hz = 90000},
                                                  {.kind = CODEC_AV1, .pt = 102, .rtx_pt = 103, .hz = 90000}}};
    if (!video)
        config.codecs = (struct codec_list){
            .count = 2,
            .items = {{.kind = CODEC_OPUS, .pt = 111, .hz = 48000}, {.kind = CODEC_RED, .pt = 63, .hz = 48000}}};
    config.ssrc_count = 1;
    config.ssrcs[0].ssrc = video ? 0x11111111 : 0x22222222;
    return config;
}

static struct slot *slot_of(struct member *member, const struct track_config *track, uint32_t ssrc)
{
    struct slot_config config = {.name = "s", .video = track->video, .ssrc = ssrc, .mid = "9"};
    struct slot *slot;
    config.codecs = track->codecs;
    config.extensions = track->extensions;
    config.rtx_ssrc = track->video ? ssrc + 1 : 0;
    return member_open_slot(member, &config, &slot) == 0 ? slot : NULL;
}

static void flush(struct member *from, struct member *to)
{
    member_flush(from);
    member_flush(to);
}

/* Records: one byte of kind, two of length, then the packet. */
static void play(struct room *room, struct member *from, struct member *to, const uint8_t *data, size_t size)
{
    uint64_t now_us = 1000000000;
    uint8_t packet[RTP_PACKET_MAX];
    for (size_t at = 0; at + 3 <= size;) {
        size_t length = wire_get16(data + at + 1) % 1400;
        uint8_t kind = data[at];
        at += 3;
        length = length < size - at ? length : size - at;
        memcpy(packet, data + at, length);
        if (kind & 1)
            member_rtcp(kind & 2 ? to : from, packet, length, now_us);
        else
            member_rtp(kind & 2 ? to : from, packet, length, now_us);
        if (kind >> 2) /* else one more of the same batch */
            flush(from, to);
        now_us += (uint64_t)(kind >> 2) * 2000;
        room_tick(room, now_us);
        at += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct room *room = room_create(&(struct room_config){.name = "r", .speaker_fn = silent_speaker});
    struct member_out out = {.rtp_fn = drop_rtp, .rtcp_fn = silent_rtcp, .forget_fn = silent_forget};
    struct slot_wish wish = {.priority = 1};
    struct member *from, *to;
    room_join(room, "from", &out, 1, &from);
    room_join(room, "to", &out, 1, &to);
    member_connected(from, true, 1);
    member_connected(to, true, 1);
    for (int video = 0; video < 2; video++) {
        struct track_config config = track_of(video);
        struct track *track;
        member_open_track(from, &config, &track);
        member_assign(to, slot_of(to, &config, 0x33333333u + (uint32_t)video * 2), track, &wish, 1);
    }
    play(room, from, to, data, size);
    room_destroy(room);
    return 0;
}

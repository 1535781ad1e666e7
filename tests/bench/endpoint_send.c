#include "tests/bench/endpoint_inside.h"

#include <string.h>
#include <sys/socket.h>

#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/wire.h"
#include "tests/bench/film.h"
#include "tests/bench/stamp.h"

enum {
    AUDIO_BYTES = 80,
    VIDEO_PACKET = 1040,
    FPS = 30,
    LAYER_STEP = 4, /* in bytes from one layer to the next */
};

/* ---- media ---- */

static void send_rtp(struct endpoint *endpoint, struct outgoing *stream, const uint8_t *payload, size_t size,
                     bool marker)
{
    uint8_t packet[2048];
    struct rtp_writer writer;
    struct rtp_fixed fixed = {stream->timestamp, stream->ssrc, stream->sequence, stream->pt, marker};
    rtp_write_fixed(&writer, packet, &fixed);
    uint8_t *twcc = rtp_write_extension(&writer, endpoint->twcc_id, 2);
    wire_put16(twcc, endpoint->twcc_sequence++);
    const char *mid = endpoint->mids[stream->pt == VIDEO_PT];
    memcpy(rtp_write_extension(&writer, endpoint->mid_id, strlen(mid)), mid, strlen(mid));
    if (stream->rid)
        memcpy(rtp_write_extension(&writer, endpoint->rid_id, strlen(stream->rid)), stream->rid, strlen(stream->rid));
    size_t header = rtp_write_end(&writer);
    memcpy(packet + header, payload, size);
    size_t sealed = gcm_protect_rtp(&endpoint->send, packet, header, header + size, stream->roc);
    if (++stream->sequence == 0)
        stream->roc++;
    stream->packets++;
    stream->bytes += (uint32_t)size;
    if (send(endpoint->fd, packet, sealed, 0) > 0)
        endpoint->config.tally->sent++;
}

void endpoint_send_audio(struct endpoint *endpoint, uint64_t now_us)
{
    static const uint8_t silence[] = {0xf8, 0xff, 0xfe}; /* 20 ms of it in Opus */
    uint8_t payload[256];
    if (endpoint->config.film) {
        send_rtp(endpoint, &endpoint->audio, silence, sizeof silence, false);
    } else {
        stamp_write(payload, AUDIO_BYTES, (uint32_t)endpoint->config.id, endpoint->audio.number++, now_us);
        send_rtp(endpoint, &endpoint->audio, payload, AUDIO_BYTES, false);
    }
    endpoint->audio.timestamp += 960;
    endpoint->audio.next_us += 20000;
}

/* As RFC 7741 §4.2 has it, with a picture id of 15 bits. */
static void write_descriptor(uint8_t *payload, const struct outgoing *video, bool first)
{
    const uint8_t descriptor[VP8_DESCRIPTOR] = {(uint8_t)(first ? 0x90 : 0x80), 0x80,
                                                (uint8_t)(0x80 | video->picture_id >> 8), (uint8_t)video->picture_id};
    memcpy(payload, descriptor, sizeof descriptor);
}

/* A frame header that says what kind of frame it is and how large, and nothing of a picture. */
static void write_frame_header(uint8_t *at, const struct outgoing *video, bool key)
{
    const uint8_t header[VIDEO_HEAD - VP8_DESCRIPTOR] = {(uint8_t)(key ? 0x10 : 0x11),
                                                         0,
                                                         0,
                                                         0x9d,
                                                         0x01,
                                                         0x2a,
                                                         (uint8_t)video->width,
                                                         (uint8_t)(video->width >> 8),
                                                         (uint8_t)video->height,
                                                         (uint8_t)(video->height >> 8)};
    memcpy(at, header, sizeof header);
}

static void end_frame(struct outgoing *video, uint32_t frame_us)
{
    video->picture_id = (video->picture_id + 1) & 0x7fff;
    video->timestamp += (uint32_t)(frame_us * 9ull / 100);
    video->next_us += frame_us;
}

static bool take_key_frame_due(struct endpoint *endpoint, struct outgoing *video)
{
    bool due = video->key_frame_due;
    video->key_frame_due = false;
    endpoint->config.tally->key_frames += due;
    return due;
}

static void send_stamped_frame(struct endpoint *endpoint, struct outgoing *video, size_t size_of_frame, uint64_t now_us)
{
    size_t left = size_of_frame;
    bool key = take_key_frame_due(endpoint, video);
    for (bool first = true; left > 0; first = false) {
        uint8_t payload[1400];
        size_t size = left > VIDEO_PACKET ? VIDEO_PACKET : left < 64 ? 64 : left;
        write_descriptor(payload, video, first);
        write_frame_header(payload + VP8_DESCRIPTOR, video, key && first);
        stamp_write(payload + VIDEO_HEAD, size - VIDEO_HEAD, (uint32_t)endpoint->config.id, video->number++, now_us);
        left -= size < left ? size : left;
        send_rtp(endpoint, video, payload, size, left == 0);
    }
    end_frame(video, 1000000 / FPS);
}

static void send_film_frame(struct endpoint *endpoint, struct outgoing *video)
{
    size_t left;
    if (take_key_frame_due(endpoint, video))
        video->frame = 0;
    const uint8_t *frame = film_frame(endpoint->config.film, video->frame++, &left);
    for (bool first = true; left > 0; first = false) {
        uint8_t payload[VP8_DESCRIPTOR + VIDEO_PACKET];
        size_t size = left > VIDEO_PACKET ? VIDEO_PACKET : left;
        write_descriptor(payload, video, first);
        memcpy(payload + VP8_DESCRIPTOR, frame, size);
        frame += size;
        left -= size;
        send_rtp(endpoint, video, payload, VP8_DESCRIPTOR + size, left == 0);
    }
    end_frame(video, film_frame_us(endpoint->config.film));
}

void endpoint_send_video(struct endpoint *endpoint, uint64_t now_us)
{
    if (endpoint->config.film) {
        while (now_us >= endpoint->video[0].next_us)
            send_film_frame(endpoint, &endpoint->video[0]);
        return;
    }
    size_t parts = 1;
    for (int i = 1; i < endpoint->layers; i++)
        parts = parts * LAYER_STEP + 1;
    size_t size_of_frame = endpoint->config.video_bps / 8 / FPS / parts;
    for (int i = 0; i < endpoint->layers; i++, size_of_frame *= LAYER_STEP)
        while (now_us >= endpoint->video[i].next_us)
            send_stamped_frame(endpoint, &endpoint->video[i], size_of_frame, now_us);
}

void endpoint_send_feedback(struct endpoint *endpoint)
{
    uint8_t buffer[RTCP_BUFFER + 64];
    size_t size;
    while ((size = twcc_write(&endpoint->twcc, endpoint->audio.ssrc, endpoint->streams[0].ssrc, buffer, RTCP_BUFFER)) >
           0)
        send(endpoint->fd, buffer, gcm_protect_rtcp(&endpoint->send, buffer, size), 0);
}

static void report_sent(struct rtcp_writer *writer, const struct outgoing *stream, uint64_t ntp)
{
    struct rtcp_sender_info info = {stream->ssrc, ntp, stream->timestamp, stream->packets, stream->bytes};
    rtcp_write_sr(writer, &info);
}

void endpoint_send_report(struct endpoint *endpoint, uint64_t now_us)
{
    uint8_t buffer[RTCP_BUFFER + 64];
    struct rtcp_writer writer = {.data = buffer, .room = RTCP_BUFFER};
    if (endpoint->config.publishes) {
        uint64_t ntp = rtcp_ntp_from_us(now_us + 2208988800ull * 1000000);
        report_sent(&writer, &endpoint->audio, ntp);
        for (int i = 0; i < endpoint->layers; i++)
            report_sent(&writer, &endpoint->video[i], ntp);
    } else {
        struct rtcp_block blocks[STREAMS] = {0};
        for (int i = 0; i < endpoint->stream_count; i++) {
            blocks[i].ssrc = endpoint->streams[i].ssrc;
            blocks[i].highest = (uint32_t)endpoint->streams[i].highest;
        }
        rtcp_write_rr(&writer, endpoint->audio.ssrc, blocks, endpoint->stream_count);
    }
    rtcp_write_cname(&writer, endpoint->audio.ssrc, "b");
    send(endpoint->fd, buffer, gcm_protect_rtcp(&endpoint->send, buffer, writer.size), 0);
}

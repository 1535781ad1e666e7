#include "tests/bench/endpoint_inside.h"

#include <sys/socket.h>

#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/wire.h"
#include "tests/bench/stamp.h"

enum { RTP_PADDING = 0x20 };

/* ---- what came ---- */

static struct incoming *stream_of(struct endpoint *endpoint, uint32_t ssrc, bool video)
{
    for (int i = 0; i < endpoint->stream_count; i++)
        if (endpoint->streams[i].ssrc == ssrc)
            return &endpoint->streams[i];
    if (endpoint->stream_count == STREAMS)
        return NULL;
    struct incoming *stream = &endpoint->streams[endpoint->stream_count++];
    *stream = (struct incoming){.ssrc = ssrc, .video = video};
    return stream;
}

static void ask_again(struct endpoint *endpoint, const struct incoming *stream, int64_t from, int64_t to)
{
    uint8_t buffer[256];
    uint16_t missing[32];
    int count = 0;
    for (int64_t at = from; at < to && count < 32; at++)
        missing[count++] = (uint16_t)at;
    struct rtcp_writer writer = {.data = buffer, .room = 200};
    rtcp_write_nack(&writer, endpoint->audio.ssrc, stream->ssrc, missing, count);
    size_t size = gcm_protect_rtcp(&endpoint->send, buffer, writer.size);
    send(endpoint->fd, buffer, size, 0);
    endpoint->config.tally->nacked += (uint64_t)count;
}

static void check_payload(struct endpoint *endpoint, const struct rtp_packet *packet, bool video, uint64_t now_us)
{
    struct tally *tally = endpoint->config.tally;
    size_t skip = video ? VIDEO_HEAD : 0;
    if (packet->payload_size < skip + STAMP_SIZE)
        return; /* padding, a probe */
    int64_t age_us = stamp_age_us(packet->payload + skip, packet->payload_size - skip, now_us);
    if (age_us < 0) {
        tally->corrupt++;
        return;
    }
    int64_t delay = age_us / DELAY_STEP_US;
    tally->delays[delay < DELAY_BUCKETS ? delay : DELAY_BUCKETS - 1]++;
}

static void count_sequence(struct endpoint *endpoint, struct incoming *stream, int64_t sequence)
{
    if (!stream->started) {
        stream->started = true;
        stream->highest = stream->base = sequence;
    } else if (sequence > stream->highest) {
        if (sequence - stream->highest > 1 && stream->video)
            ask_again(endpoint, stream, stream->highest + 1, sequence);
        endpoint->config.tally->lost += (uint64_t)(sequence - stream->highest - 1);
        stream->highest = sequence;
    } else {
        endpoint->config.tally->lost -= endpoint->config.tally->lost > 0; /* late, or sent again */
    }
    stream->received++;
}

/* The header of a packet that is still encrypted: how much padding it has, its last byte does not tell yet. */
static int parse_sealed(uint8_t *data, size_t size, struct rtp_packet *packet)
{
    uint8_t first = data[0];
    data[0] = first & ~RTP_PADDING;
    int result = rtp_parse(data, size, packet);
    data[0] = first;
    return result;
}

void endpoint_receive_rtp(struct endpoint *endpoint, uint8_t *data, size_t size, uint64_t now_us)
{
    struct tally *tally = endpoint->config.tally;
    struct rtp_packet packet;
    if (parse_sealed(data, size, &packet) < 0)
        return;
    bool video = packet.pt == VIDEO_PT || packet.pt == RTX_PT;
    struct incoming *stream = stream_of(endpoint, packet.ssrc, video);
    if (!stream)
        return;
    int64_t sequence = stream->started ? rtp_unwrap16(stream->highest, packet.sequence) : packet.sequence;
    size_t header = (size_t)(packet.payload - packet.data);
    int plain = gcm_unprotect_rtp(&endpoint->receive, data, header, size, (uint32_t)(sequence >> 16));
    if (plain < 0 || rtp_parse(data, (size_t)plain, &packet) < 0) {
        tally->undecrypted++;
        return;
    }
    if (endpoint->first_packet_us == 0)
        endpoint->first_packet_us = now_us;
    size_t extension_size;
    const uint8_t *extension = rtp_extension(&packet, endpoint->twcc_id, &extension_size);
    if (extension && extension_size == 2)
        twcc_received(&endpoint->twcc, wire_get16(extension), now_us);
    if (packet.pt == RTX_PT) {
        stream->highest = stream->started && stream->highest > sequence ? stream->highest : sequence;
        stream->started = true;
        tally->retransmitted++;
        return;
    }
    tally->received++;
    tally->bytes += size;
    count_sequence(endpoint, stream, sequence);
    check_payload(endpoint, &packet, video, now_us);
}

static void owe_key_frame(struct endpoint *endpoint, uint32_t ssrc)
{
    for (int i = 0; i < endpoint->layers; i++)
        endpoint->video[i].key_frame_due |= endpoint->layers == 1 || endpoint->video[i].ssrc == ssrc;
}

void endpoint_receive_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size)
{
    int plain = gcm_unprotect_rtcp(&endpoint->receive, data, size);
    if (plain < 0) {
        endpoint->config.tally->undecrypted++;
        return;
    }
    struct rtcp_reader reader = {data, (size_t)plain};
    struct rtcp_packet packet;
    uint32_t asked[8];
    while (rtcp_next(&reader, &packet)) {
        int count = rtcp_key_requests(&packet, asked, 8);
        for (int i = 0; i < count; i++)
            owe_key_frame(endpoint, asked[i]);
    }
}

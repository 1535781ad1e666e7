/**
 * A publisher with three layers and a subscriber behind a bottleneck that drops, delays and loses, in virtual time. The
 * subscriber does what a browser does: repairs pictures by NACK, plays sound out of redundancy, reports once a second.
 */
#ifndef TESTS_UNIT_THIN_FIXTURE_H
#define TESTS_UNIT_THIN_FIXTURE_H

#include "routing_fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "media/nack.h"
#include "media/red.h"
#include "media/twcc.h"
#include "media/vp8.h"

enum {
    LAYERS = 3,
    FLIGHT_MAX = 8192,
    STEP_US = 10000,
    FRAME_US = 30000,
    SOUND_US = 20000,
    SOUND_TICKS = 960,
    PACKET = 1000,
    OWN_US = 8000,      /* between packets of what the subscriber sends */
    PLAYED_BEHIND = 15, /* frames of sound: later than that is too late */
    THIN_PT_RED = 63,
    SOUND_BLOCKS = 3,
    SPEECH_SSRC = 11,    /* as it is published … */
    AUDIO_SSRC = 6000,   /* … and received */
    LOSS_CORRECTED = 13, /* 5 % in 1/256 */
    SOUND_LATE_US = 200000,
    OVERTAKEN_US = 5000,
    PICTURE_SSRC = 5000,
    RTX_SSRC = 5001,
};

static const uint32_t layer_bps[LAYERS] = {1600000, 500000, 150000};
static const uint16_t widths[LAYERS] = {1280, 640, 320};

/* One packet on its way through the bottleneck. */
struct flight {
    uint64_t arrival_us;
    uint16_t seq; /* transport-wide */
    bool lost, picture, start, marker, sound;
    uint16_t sequence;             /* of the picture, RTX undone; or of the sound */
    uint32_t blocks[SOUND_BLOCKS]; /* of sound: timestamps, each of so many frames */
    int block_count, block_frames;
    bool repairs; /* each holds, in poorer quality, what went before it: Opus' error correction */
};

/* A receiver of the picture that asks for what it lacks and shows a frame when all of it is there. */
struct viewer {
    struct nack nack;
    int64_t highest;
    bool has[65536];
    struct span {
        uint16_t first, last;
        bool first_known, last_known;
    } newest, before; /* what is being repaired while the next one comes */
    int frames;
    uint64_t shown_us, longest_us; /* without a new picture */
};

/* A listener: which frames of sound came in time, in themselves or inside a later packet. */
struct listener {
    bool started, has[256];
    uint32_t first; /* timestamp */
    int newest, concealed, played;
    uint16_t highest, reported_highest;
    int received; /* packets since the last report */
    uint32_t last_sr;
    uint64_t last_sr_us, report_us;
    uint64_t heard_us, longest_us; /* without a packet */
};

/* The bottleneck: a rate, a delay, a queue that drops what does not fit, and loss by chance. */
struct link {
    uint64_t now_us, free_us, delay_us;
    uint64_t jitter_us, arrival_us; /* the latest */
    unsigned reordered_percent;
    uint32_t bps;
    uint64_t queue_max_us, queued_us, queued_worst_us;
    int dropped, sounds, sounds_lost, sounds_late; /* … that stood in the queue for longer than SOUND_LATE_US */
    int head, tail;
    struct flight flight[FLIGHT_MAX];
    struct twcc_receiver receiver;
    bool closed;                  /* not connected yet: nothing leaves */
    unsigned loss_percent, burst; /* packets lost in a row, in the mean; 0: each by itself */
    unsigned choked_percent;      /* of what comes back is lost besides: the far end's own picture fills the way … */
    uint64_t limit_bps;           /* … until it is told of this one, which it heeds */
    uint32_t dice;
    bool in_burst;
    struct listener listener;
    int sound_frames; /* in a packet */
    bool sound_repairs;
    struct viewer viewer;
};

struct scene {
    struct link link;
    struct pocket from_pocket;
    struct room *room;
    struct member *from, *to;
    struct camera own; /* what the subscriber sends itself … */
    uint16_t own_seq;
    uint64_t own_us;
    struct track *video, *sound;
    struct slot *picture;
    struct camera cameras[LAYERS];
    double detail; /* of the picture: what each layer takes of its rate */
    uint16_t sound_sequence;
    uint32_t sound_frame;
    uint64_t frame_us, sound_us, feedback_us;
    bool key_wanted;
    unsigned frame;
    int layer, changes;
};

static double dice(struct link *link)
{
    link->dice = link->dice * 1664525 + 1013904223;
    return (link->dice >> 8) / (double)(1 << 24);
}

/* As the laboratory's shaper does it: Gilbert's model. */
static bool is_lost(struct link *link)
{
    double loss = link->loss_percent / 100.0;
    if (link->burst <= 1)
        return dice(link) < loss;
    double leave = 1.0 / link->burst;
    link->in_burst = link->in_burst ? dice(link) >= leave : dice(link) < leave * loss / (1 - loss);
    return link->in_burst;
}

static void describe_sound(struct flight *flight, const struct rtp_packet *packet, const uint8_t *payload, size_t size,
                           int frames)
{
    struct red red = {.count = 1};
    flight->sound = true;
    flight->sequence = packet->sequence;
    if (packet->pt == THIN_PT_RED)
        assert_int_equal(red_parse(payload, size, &red), 0);
    for (int i = 0; i < red.count && i < SOUND_BLOCKS; i++)
        flight->blocks[flight->block_count++] = packet->timestamp - red.blocks[i].offset;
    flight->block_frames = frames;
}

static void describe(struct flight *flight, const struct rtp_packet *packet, const uint8_t *payload, size_t size,
                     int frames)
{
    struct vp8_descriptor vp8;
    bool rtx = packet->ssrc == RTX_SSRC;
    if (packet->ssrc == AUDIO_SSRC)
        describe_sound(flight, packet, payload, size, frames);
    if (packet->ssrc != PICTURE_SSRC && !rtx)
        return;
    flight->sequence = rtx ? wire_get16(payload) : packet->sequence;
    flight->marker = packet->marker;
    assert_int_equal(vp8_parse(payload + (rtx ? 2 : 0), size - (rtx ? 2 : 0), &vp8), 0);
    flight->picture = true;
    flight->start = vp8.start;
}

/* … and the jitter: what is held up holds up what follows, but for a few that are overtaken. */
static uint64_t travel(struct link *link)
{
    uint64_t arrival_us = link->free_us + link->delay_us;
    if (link->reordered_percent && dice(link) < link->reordered_percent / 100.0)
        return arrival_us + OVERTAKEN_US;
    if (link->jitter_us)
        arrival_us += (uint64_t)(2 * dice(link) * (double)link->jitter_us);
    if (arrival_us < link->arrival_us)
        arrival_us = link->arrival_us;
    return link->arrival_us = arrival_us;
}

static int link_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    struct link *link = arg;
    if (link->closed)
        return -ENOTCONN;
    struct rtp_packet packet;
    uint8_t copy[RTP_HEADER_MAX];
    size_t size;
    bool empty = header[0] & 0x20;
    memcpy(copy, header, header_size);
    copy[0] &= (uint8_t)~0x20; /* padding is in the payload, which is not here */
    assert_int_equal(rtp_parse(copy, header_size, &packet), 0);
    const uint8_t *twcc = rtp_extension(&packet, 7, &size);
    assert_non_null(twcc);
    uint64_t start_us = link->free_us > link->now_us ? link->free_us : link->now_us;
    link->queued_us = start_us - link->now_us;
    link->sounds += packet.ssrc == AUDIO_SSRC;
    link->sounds_late += packet.ssrc == AUDIO_SSRC && link->queued_us > SOUND_LATE_US;
    if (link->queued_us > link->queue_max_us) {
        link->dropped++;
        link->sounds_lost += packet.ssrc == AUDIO_SSRC;
        return 0;
    }
    if (link->queued_us > link->queued_worst_us)
        link->queued_worst_us = link->queued_us;
    link->free_us = start_us + (header_size + payload_size + RTP_WIRE_BYTES) * 8 * 1000000 / link->bps;
    struct flight *flight = &link->flight[link->tail % FLIGHT_MAX];
    *flight = (struct flight){.arrival_us = travel(link), .seq = wire_get16(twcc)};
    flight->lost = is_lost(link);
    flight->repairs = link->sound_repairs;
    link->sounds_lost += flight->lost && packet.ssrc == AUDIO_SSRC;
    if (!empty)
        describe(flight, &packet, payload, payload_size, link->sound_frames);
    assert_true(++link->tail - link->head < FLIGHT_MAX);
    return 0;
}

static int link_rtcp(void *arg, uint8_t *data, size_t size)
{
    struct link *link = arg;
    struct rtcp_reader reader = {.at = data, .left = size};
    struct rtcp_packet packet;
    struct rtcp_sender_info info;
    if (link->closed || link->free_us > link->now_us + link->queue_max_us || is_lost(link))
        return 0;
    while (rtcp_next(&reader, &packet)) {
        rtcp_remb(&packet, &link->limit_bps);
        if (rtcp_sender_info(&packet, &info) == 0 && info.ssrc == AUDIO_SSRC) {
            link->listener.last_sr = (uint32_t)(info.ntp >> 16);
            link->listener.last_sr_us = link->now_us;
        }
    }
    return 0;
}

static void play(struct listener *listener, uint32_t timestamp)
{
    if (!listener->started)
        listener->first = timestamp;
    listener->started = true;
    int frame = (int32_t)(timestamp - listener->first) / SOUND_TICKS;
    for (; listener->newest < frame; listener->newest++) { /* one more is played, one more may come */
        int played = listener->newest + 1 - PLAYED_BEHIND;
        listener->played += played >= 0;
        listener->concealed += played >= 0 && !listener->has[played & 255];
        listener->has[(listener->newest + 1) & 255] = false;
    }
    if (frame > listener->newest - PLAYED_BEHIND)
        listener->has[frame & 255] = true;
}

static void hear(struct listener *listener, const struct flight *flight)
{
    if (!listener->started)
        listener->highest = listener->reported_highest = (uint16_t)(flight->sequence - 1);
    if ((int16_t)(flight->sequence - listener->highest) > 0)
        listener->highest = flight->sequence;
    listener->received++;
    for (int i = 0; i < flight->block_count; i++)
        for (int frame = flight->repairs ? -flight->block_frames : 0; frame < flight->block_frames; frame++)
            play(listener, flight->blocks[i] + (uint32_t)frame * SOUND_TICKS);
}

static void note_gap(struct listener *listener, uint64_t arrival_us)
{
    if (listener->heard_us && arrival_us > listener->heard_us + listener->longest_us)
        listener->longest_us = arrival_us - listener->heard_us;
    listener->heard_us = arrival_us;
}

static bool is_whole(const struct viewer *viewer, const struct span *span)
{
    if (!span->first_known || !span->last_known)
        return false;
    for (uint16_t at = span->first; at != (uint16_t)(span->last + 1); at++)
        if (!viewer->has[at])
            return false;
    return true;
}

static void note_ends(struct viewer *viewer, const struct flight *flight)
{
    struct span *newest = &viewer->newest;
    bool repaired = newest->first_known && (int16_t)(flight->sequence - newest->first) < 0;
    struct span *span = repaired ? &viewer->before : newest;
    if (flight->start && !repaired) {
        if (newest->first_known)
            viewer->before = *newest;
        newest->last_known &= !newest->first_known && (int16_t)(newest->last - flight->sequence) >= 0;
    }
    if (flight->start) {
        span->first = flight->sequence;
        span->first_known = true;
    }
    if (flight->marker) {
        span->last = flight->sequence;
        span->last_known = true;
    }
}

static void view(struct viewer *viewer, const struct flight *flight, uint64_t now_us)
{
    viewer->highest = viewer->nack.started ? rtp_unwrap16(viewer->highest, flight->sequence) : flight->sequence + 65536;
    if (nack_input(&viewer->nack, viewer->highest, now_us) == NACK_DUPLICATE)
        return;
    viewer->has[flight->sequence] = true;
    viewer->has[(uint16_t)(flight->sequence + 30000)] = false;
    note_ends(viewer, flight);
    if (is_whole(viewer, &viewer->newest))
        viewer->newest = viewer->before = (struct span){0};
    else if (is_whole(viewer, &viewer->before))
        viewer->before = (struct span){0};
    else
        return;
    viewer->frames++;
    if (viewer->shown_us && now_us - viewer->shown_us > viewer->longest_us)
        viewer->longest_us = now_us - viewer->shown_us;
    viewer->shown_us = now_us;
}

static void ask(struct scene *scene)
{
    uint16_t missing[100];
    uint8_t data[600];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    struct link *link = &scene->link;
    int count = nack_due(&link->viewer.nack, link->now_us, (uint32_t)(2 * link->delay_us), missing, 100);
    if (count == 0 || is_lost(link))
        return;
    rtcp_write_nack(&writer, 1, PICTURE_SSRC, missing, count);
    member_rtcp(scene->to, data, writer.size, link->now_us);
}

static void report(struct scene *scene)
{
    struct link *link = &scene->link;
    struct listener *listener = &link->listener;
    if (!listener->started || link->now_us - listener->report_us < 1000000)
        return;
    int expected = (uint16_t)(listener->highest - listener->reported_highest), lost = expected - listener->received;
    uint64_t rtt_us = 2 * link->delay_us + link->queued_us, since_us = link->now_us - listener->last_sr_us;
    struct rtcp_block block = {.ssrc = AUDIO_SSRC,
                               .fraction = (uint8_t)(lost > 0 && expected ? lost * 255 / expected : 0),
                               .last_sr = since_us > rtt_us ? listener->last_sr : 0,
                               .delay = (uint32_t)((since_us - rtt_us) * 65536 / 1000000)};
    uint8_t data[100];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    listener->report_us = link->now_us;
    listener->reported_highest = listener->highest;
    listener->received = 0;
    rtcp_write_rr(&writer, 1, &block, 1);
    if (!is_lost(link))
        member_rtcp(scene->to, data, writer.size, link->now_us);
}

static void feed_back(struct scene *scene)
{
    struct link *link = &scene->link;
    uint8_t data[1200];
    size_t size;
    for (; link->head < link->tail; link->head++) {
        uint64_t arrival_us = link->flight[link->head % FLIGHT_MAX].arrival_us;
        if (arrival_us + link->delay_us > link->now_us) /* it takes as long back */
            break;
        const struct flight *flight = &link->flight[link->head % FLIGHT_MAX];
        if (flight->lost)
            continue;
        twcc_received(&link->receiver, flight->seq, arrival_us);
        if (flight->sound) {
            hear(&link->listener, flight);
            note_gap(&link->listener, arrival_us);
        }
        if (flight->picture)
            view(&link->viewer, flight, link->now_us);
    }
    ask(scene);
    report(scene);
    while ((size = twcc_write(&link->receiver, 1, 5000, data, sizeof data)))
        if (!is_lost(link) && (!link->choked_percent || dice(link) >= link->choked_percent / 100.0))
            member_rtcp(scene->to, data, size, link->now_us);
}

/* Three temporal layers as Chromium has them: of eight bits three are the quarter rate's, five the half rate's. */
static size_t frame_bytes(const struct scene *scene, int layer, uint8_t tid, bool key)
{
    static const unsigned eighths_of_four[] = {12, 8, 6};
    size_t mean = (size_t)(layer_bps[layer] * scene->detail) / 8 * (uint64_t)FRAME_US / 1000000;
    return key ? mean * 5 : mean * eighths_of_four[tid] / 8;
}

static void send_frames(struct scene *scene)
{
    static const uint8_t tids[] = {0, 2, 1, 2};
    bool key = scene->key_wanted;
    scene->key_wanted = false;
    scene->frame = key ? 0 : scene->frame + 1;
    for (int i = 0; i < LAYERS; i++) {
        struct camera *camera = &scene->cameras[i];
        camera->tid = tids[scene->frame % 4];
        size_t bytes = frame_bytes(scene, i, camera->tid, key);
        camera->picture_id = (camera->picture_id + 1) & 0x7FFF;
        camera->tl0picidx = (uint8_t)(camera->tl0picidx + (camera->tid == 0));
        for (bool first = true; first || bytes > 0; first = false) {
            uint8_t data[SENT_MAX] = {0};
            size_t payload = bytes < PACKET ? bytes : PACKET;
            size_t size = camera_packet(camera, key, first, bytes <= PACKET, data);
            size_t least = payload + 20 > size ? payload + 20 : size;
            member_rtp(scene->from, data, least, scene->link.now_us);
            bytes -= payload;
        }
        member_flush(scene->from);
        camera->timestamp += 90 * FRAME_US / 1000;
    }
}

/* 32 kbit/s; where it is told that the path is thin it takes 20 kbit/s in longer packets, as browsers do. */
static void send_sound(struct scene *scene)
{
    uint8_t data[12 + 150] = {0};
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = scene->sound_frame * SOUND_TICKS,
                              .ssrc = SPEECH_SSRC,
                              .sequence = scene->sound_sequence++,
                              .pt = FIXTURE_PT_OPUS};
    bool thin = track_is_thin(scene->sound, scene->link.now_us);
    scene->link.sound_frames = thin ? 3 : 1;
    scene->sound_frame += (uint32_t)scene->link.sound_frames;
    rtp_write_fixed(&writer, data, &fixed);
    member_rtp(scene->from, data, 12 + (thin ? 150 : 80), scene->link.now_us);
}

/* An encoder that is told of loss corrects errors. */
static void watch_reports(struct scene *scene)
{
    for (int i = 0; i < scene->from_pocket.rtcp_count; i++) {
        struct rtcp_reader reader = {.at = scene->from_pocket.rtcp[i].data, .left = scene->from_pocket.rtcp[i].size};
        struct rtcp_packet packet;
        struct rtcp_block block;
        while (rtcp_next(&reader, &packet))
            for (int k = 0; packet.type == RTCP_RR && rtcp_block(&packet, k, &block); k++)
                if (block.ssrc == SPEECH_SSRC)
                    scene->link.sound_repairs = block.fraction >= LOSS_CORRECTED;
    }
}

/* A browser answers a request 50 ms later, with key frames on all layers; the frame after this one will do. */
static void watch_requests(struct scene *scene)
{
    int plis = scene->from_pocket.rtcp_count ? fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI) : 0;
    scene->key_wanted |= plis > 0;
    watch_reports(scene);
    scene->from_pocket.rtcp_count = 0;
}

/* … through the same line, 1.1 Mbit/s until that is choked and then as much as comes through. */
static void send_own(struct scene *scene, uint64_t now_us)
{
    uint8_t data[SENT_MAX] = {0};
    struct link *link = &scene->link;
    if (now_us - scene->own_us < OWN_US)
        return;
    scene->own_us = now_us;
    size_t size = camera_packet(&scene->own, false, true, true, data);
    if (!is_lost(link) && (!link->choked_percent || dice(link) >= link->choked_percent / 100.0))
        member_rtp(scene->to, data, size + PACKET - 200, now_us);
    member_flush(scene->to);
}

static void run(struct scene *scene, double seconds)
{
    for (uint64_t end = scene->link.now_us + (uint64_t)(seconds * 1e6); scene->link.now_us < end;) {
        uint64_t now_us = scene->link.now_us += STEP_US;
        struct slot_status status;
        if (now_us - scene->frame_us >= FRAME_US) {
            scene->frame_us = now_us;
            send_frames(scene);
        }
        send_own(scene, now_us);
        if (now_us - scene->sound_us >=
            SOUND_US * (uint64_t)(scene->link.sound_frames ? scene->link.sound_frames : 1)) {
            scene->sound_us = now_us;
            send_sound(scene);
        }
        if (now_us - scene->feedback_us >= 50000) {
            scene->feedback_us = now_us;
            feed_back(scene);
        }
        room_tick(scene->room, now_us);
        watch_requests(scene);
        slot_status(scene->picture, &status);
        int layer = status.state == SLOT_LIVE || status.state == SLOT_WAITING ? status.layer : -1;
        if (layer != scene->layer && getenv("THIN_TRACE")) {
            struct member_stats stats;
            member_stats(scene->to, &stats);
            printf("%.2f layer %d -> %d estimate %u queue %llu ms\n", (double)now_us / 1e6 - 1000, scene->layer, layer,
                   stats.estimate_bps, (unsigned long long)scene->link.queued_us / 1000);
        }
        scene->changes += layer != scene->layer;
        scene->layer = layer;
    }
}

/* Begins to count anew. */
static void settle(struct scene *scene, double seconds)
{
    run(scene, seconds);
    scene->changes = 0;
    scene->link.queued_worst_us = 0;
    scene->link.dropped = scene->link.sounds = scene->link.sounds_lost = scene->link.sounds_late = 0;
    scene->link.listener.played = scene->link.listener.concealed = 0;
    scene->link.viewer.longest_us = scene->link.listener.longest_us = 0;
    scene->link.viewer.frames = 0;
}

static void open_sound(struct scene *scene)
{
    struct track_config track = {.name = "sound", .mid = "0", .ssrc_count = 1, .ssrcs = {{.ssrc = SPEECH_SSRC}}};
    struct slot_config slot = {.name = "ear", .mid = "0", .ssrc = AUDIO_SSRC, .extensions = {.twcc = 7}};
    struct slot_wish wish = {0};
    struct slot *ear;
    track.codecs = (struct codec_list){.count = 1, .items = {{.kind = CODEC_OPUS, .pt = FIXTURE_PT_OPUS, .hz = 48000}}};
    slot.codecs = (struct codec_list){.count = 2,
                                      .items = {{.kind = CODEC_OPUS, .pt = FIXTURE_PT_OPUS, .hz = 48000},
                                                {.kind = CODEC_RED, .pt = THIN_PT_RED, .hz = 48000}}};
    assert_int_equal(member_open_track(scene->from, &track, &scene->sound), 0);
    assert_int_equal(member_open_slot(scene->to, &slot, &ear), 0);
    assert_int_equal(member_assign(scene->to, ear, scene->sound, &wish, scene->link.now_us), 0);
}

static void open_own(struct scene *scene)
{
    struct track_config track = fixture_video_track("own");
    struct track *own;
    track.ssrc_count = 1;
    track.ssrcs[0].ssrc = 200;
    scene->own = (struct camera){
        .ssrc = 200, .member = scene->to, .width = 640, .height = 360, .twcc = &scene->own_seq, .twcc_id = 3};
    assert_int_equal(member_open_track(scene->to, &track, &own), 0);
}

static void begin(struct scene *scene)
{
    struct track_config track = fixture_video_track("video");
    struct slot_config slot = fixture_video_slot("eye", 5000);
    struct slot_wish wish = {.priority = 2};
    memset(scene, 0, sizeof *scene);
    scene->link = (struct link){.now_us = 1000000000, .delay_us = 40000, .bps = 10000000, .queue_max_us = 400000};
    twcc_receiver_init(&scene->link.receiver);
    nack_init(&scene->link.viewer.nack, NACK_TRIES_VIDEO);
    scene->room = fixture_room();
    scene->from = fixture_join(scene->room, "from", &scene->from_pocket, scene->link.now_us);
    struct member_out out = {.rtp_fn = link_rtp, .rtcp_fn = link_rtcp, .forget_fn = silent_forget, .arg = &scene->link};
    assert_int_equal(room_join(scene->room, "to", &out, scene->link.now_us, &scene->to), 0);
    member_connected(scene->to, true, scene->link.now_us);
    track.rid_count = track.ssrc_count = LAYERS;
    slot.extensions.twcc = 7;
    for (int i = 0; i < LAYERS; i++) {
        track.rids[i][0] = (char)('a' + i);
        track.ssrcs[i].ssrc = 100 + (uint32_t)i;
        scene->cameras[i] = (struct camera){.ssrc = 100 + (uint32_t)i,
                                            .member = scene->from,
                                            .width = widths[i],
                                            .height = (uint16_t)(widths[i] * 9 / 16),
                                            .timestamp = (uint32_t)i * 12345};
    }
    assert_int_equal(member_open_track(scene->from, &track, &scene->video), 0);
    assert_int_equal(member_open_slot(scene->to, &slot, &scene->picture), 0);
    open_sound(scene);
    open_own(scene);
    assert_int_equal(member_assign(scene->to, scene->picture, scene->video, &wish, scene->link.now_us), 0);
    scene->key_wanted = true;
    scene->detail = 1;
    scene->layer = -1;
}

static int set_up(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);
    begin(scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    room_destroy(scene->room);
    test_free(scene);
    return 0;
}

/* Per cent of the sound that was made up since scene_settle. */
static inline int concealed_percent(const struct scene *scene)
{
    const struct listener *listener = &scene->link.listener;
    return listener->played ? listener->concealed * 100 / listener->played : 100;
}

#endif

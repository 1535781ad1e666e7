#include "media/member_private.h"

#include "media/shape.h"

enum {
    FEEDBACK_US = 60000,
    FEEDBACK_THIN_US = 200000, /* each costs as much as a packet of speech */
    REPORT_US = 1000000,
    LIMIT_US = 100000, /* from one telling a flood's sender of its limit to the next: most are lost on the way */
    ESTIMATE_US = 25000,
    CALM_TICK_US = 20000, /* of who is heard and seen, and loses nothing; FEEDBACK_US is three of them */
    ALLOCATE_US = 250000,
    NACKS_PER_TICK = 100,
    PACKET_SIZE = 1100,       /* of a picture, until some were seen */
    NACK_SPACING_US = 100000, /* at most, from one request to the next: each is a packet on a line that may be thin */
    SOUND_REPAIR_US = 250000, /* over this round trip a repeat of sound comes too late to be heard */
    LOSS_COUNTS = 10,         /* 4 % in 1/256 */
    LOSS_REPAIRED = 100,      /* of a thousand: redundancy begins by feedback alone */
    LOSS_ON_THIN = 26,        /* 10 %: what is told of a thin path, whose own reports are late or lost … */
    LOSS_TOLD_MAX = 38,       /* 15 % in 1/256: enough for an encoder to keep its error correction on */
    AUDIO_LEAST_BPS = 32000,  /* set aside for sound, whatever flows now */
    CALM_US = 5000000,
    PACED_US = 60000000,
    LONG_LATE_US = 150000, /* word was: it may be another path now */
    PACE_LEAST_BPS = 64000,
    PACE_PERCENT = 105,
    PROBE_PACKETS = 6,
    SMALL_PROBE_BPS = 200000,
    PROBE_FIRST_US = 10000,
    PROBE_PACKET_US = 8000,  /* at its rate: six of a picture's largest fill a thin line */
    THIN_BPS = 110000,       /* below, hardly more than sound goes either way … */
    WIDE_BPS = 180000,       /* … until there is this much again */
    NARROW_BPS = 200000,     /* below, sound comes in longer packets: headers take as much as speech … */
    AMPLE_BPS = 280000,      /* … until there is this much again */
    REDUNDANCY_BPS = 400000, /* below, one packet is repeated and not two, so that a picture finds room beside it … */
    REDUNDANCY_LOSS = 120, /* … unless one would not help: so many of a thousand packets are lost; and one fits … */
    THIN_SHARE = 60, /* … into this per cent of a thin estimate: the encoder's own repair takes the place of one, … */
    THIN_LOSS = 200, /* … but not where so many are lost that two in a row are often among them; there it may take … */
    THIN_LOSS_SHARE = 200, /* … this per cent, since loss alone makes the estimate too low */
};

/* What one of its packets takes on the line, in the mean. */
static size_t packet_size(const struct layer *layer)
{
    struct layer_stats stats;
    layer_stats(layer, &stats);
    return (stats.pps ? stats.bps / 8 / stats.pps : PACKET_SIZE) + RTP_WIRE_BYTES;
}

/* A line that has just become thin has become slow too, and reports say so only seconds later. */
bool member_repairs_sound(const struct member *member)
{
    return member->rtt_us <= SOUND_REPAIR_US && !member->thin;
}

/* Sound is asked for as long as it can be heard; a picture as far as its line has room beside what is new. */
static int repeats(const struct member *member, const struct track *track, const struct layer *layer)
{
    if (track_config(track)->video)
        return uplink_repeats(&member->uplink, packet_size(layer), NACKS_PER_TICK);
    return member_repairs_sound(member) ? NACKS_PER_TICK : 0;
}

static void ask_for_missing(struct member *member, struct track *track, int index, uint64_t now_us)
{
    uint16_t sequences[NACKS_PER_TICK];
    struct layer *layer = track_layer(track, index);
    struct nack *nack = layer_nack(layer);
    bool flooded = track_config(track)->video && uplink_is_flooded(&member->uplink);
    if (flooded)
        nack_give_up(nack); /* … and a key frame later: now it would be lost, too */
    if (nack->count) {
        int count = nack_due(nack, now_us, member->rtt_us, sequences, repeats(member, track, layer));
        member->nacks_sent += (uint64_t)count;
        uplink_asked(&member->uplink, packet_size(layer), count);
        if (count)
            rtcp_write_nack(member_rtcp_room(member, 12 + 4u * NACKS_PER_TICK), member->ssrc, track_ssrc(track, index),
                            sequences, count);
    }
    member->missing |= nack->count > 0;
    if (!flooded && nack_take_unrepaired(nack))
        track_request_key(track, index, now_us);
}

static void ask_for_all_missing_of(struct member *member, bool video, uint64_t now_us)
{
    for (int i = 0; i < member->track_count; i++)
        for (int k = 0; k < track_layer_count(member->tracks[i]); k++)
            if (track_config(member->tracks[i])->video == video && track_layer(member->tracks[i], k))
                ask_for_missing(member, member->tracks[i], k, now_us);
}

/* What is missing is asked for in one packet for all, and a tenth of a round trip more matters to nobody. */
static void ask_for_all_missing(struct member *member, uint64_t now_us)
{
    uint64_t spacing_us = member->rtt_us / 8 < NACK_SPACING_US ? member->rtt_us / 8 : NACK_SPACING_US;
    if (now_us - member->nack_us < spacing_us)
        return;
    member->nack_us = now_us;
    member->missing = false;
    ask_for_all_missing_of(member, false, now_us);
    ask_for_all_missing_of(member, true, now_us);
}

static void send_feedback(struct member *member)
{
    uint8_t packet[RTCP_BUFFER + RTCP_ROOM];
    size_t size;
    while ((size = twcc_write(&member->twcc_in, member->ssrc, member->twcc_media_ssrc, packet, RTCP_BUFFER)))
        member->out.rtcp_fn(member->out.arg, packet, size);
}

static int collect_blocks(struct member *member, struct rtcp_block *blocks, uint64_t now_us)
{
    int count = 0;
    for (int i = 0; i < member->track_count; i++) {
        struct track *track = member->tracks[i];
        uint8_t told = track_take_loss(track);
        for (int k = 0; k < track_layer_count(track) && count < RTCP_BLOCKS_MAX; k++) {
            struct layer *layer = track_layer(track, k);
            if (!layer || !layer_block(layer, now_us, &blocks[count]))
                continue;
            struct rtcp_block *block = &blocks[count++];
            block->ssrc = track_ssrc(track, k);
            told = told < LOSS_TOLD_MAX ? told : LOSS_TOLD_MAX;
            if (!track_config(track)->video && told > block->fraction)
                block->fraction = told;
        }
    }
    return count;
}

/* The end of a limit may be lost like anything: it is told with every report. */
static void tell_limit(struct member *member, uint64_t now_us)
{
    uint32_t bps = uplink_limit_bps(&member->uplink, now_us);
    bool urgent = uplink_is_flooded(&member->uplink) || uplink_is_crowded(&member->uplink);
    uint64_t spacing_us = urgent ? LIMIT_US : REPORT_US;
    if (!bps || now_us - member->limit_us < spacing_us)
        return;
    member->limit_us = now_us;
    rtcp_write_remb(member_rtcp_room(member, 32), member->ssrc, member->twcc_media_ssrc, bps);
}

static void send_receiver_report(struct member *member, uint64_t now_us)
{
    struct rtcp_block blocks[RTCP_BLOCKS_MAX];
    int count = collect_blocks(member, blocks, now_us);
    rtcp_write_rr(member_rtcp_room(member, 32 + 24u * RTCP_BLOCKS_MAX), member->ssrc, blocks, count);
    rtcp_write_cname(member_rtcp_room(member, 32), member->ssrc, member->cname);
}

static void send_sender_reports(struct member *member, uint64_t now_us)
{
    for (int i = 0; i < member->slot_count; i++) {
        struct rtcp_sender_info info;
        if (!slot_report_due(member->slots[i], now_us))
            continue;
        slot_report(member->slots[i], now_us, member->epoch_us, &info);
        rtcp_write_sr(member_rtcp_room(member, 64), &info);
        rtcp_write_cname(&member->writer, info.ssrc, member->cname);
    }
}

/*
 * A path that has shown a queue is paced for a while, at a little above what it carries. What waited for late word may meet another path than
 * it was meant for: it goes no faster than twice what has just come through.
 */
static uint32_t pace_bps(const struct member *member, uint64_t now_us)
{
    bool thin = member->queued_us && now_us - member->queued_us < PACED_US;
    if (!thin && !member->resuming)
        return 0;
    uint64_t bps = (uint64_t)bwe_target_bps(member->bwe) * PACE_PERCENT / 100;
    if (member->resuming && 2ull * bwe_recent_bps(member->bwe) < bps)
        bps = 2ull * bwe_recent_bps(member->bwe);
    return bps > PACE_LEAST_BPS ? (uint32_t)bps : PACE_LEAST_BPS;
}

static void pace(struct member *member, uint64_t now_us)
{
    struct pacer_entry entry;
    member->late = bwe_is_late(member->bwe, now_us) && !bwe_is_silent(member->bwe);
    if (!member->late)
        member->in_time_us = now_us;
    member->resuming = now_us - member->in_time_us > LONG_LATE_US || (member->resuming && pacer_waits(member->pacer));
    pacer_set_rate(member->pacer, pace_bps(member, now_us), now_us);
    while (!member->late && pacer_next(member->pacer, now_us, &entry))
        slot_send_held(entry.owner, entry.sequence, now_us);
    member->paced = pacer_is_on(member->pacer);
}

/* A small probe in large packets is a handful that come all at once, and holds sound up; a large one in small packets measures
 * headers. */
static size_t send_padding(struct member *member, uint64_t now_us)
{
    uint8_t size = member->probe.bps < SMALL_PROBE_BPS ? 96 : 224;
    size_t most = (uint64_t)member->probe.bps * PROBE_PACKET_US / 8000000, sent = 0;
    for (int i = 0; i < member->slot_count && !sent; i++)
        if (slot_config(member->slots[i])->video)
            sent = slot_send_padding(member->slots[i], member->probe.cluster, size, most, now_us);
    return sent;
}

/* At least one byte is left while there are too few packets. */
static void count_probe(struct member *member, uint64_t bytes)
{
    uint32_t least = member->probe_packets < PROBE_PACKETS;
    member->probe.bytes = bytes + least < member->probe.bytes ? member->probe.bytes - (uint32_t)bytes : least;
}

/* A cluster leaves at its rate, a tick's worth at a time, and is never fewer than PROBE_PACKETS. */
static void send_probe(struct member *member, uint64_t now_us)
{
    if (!member->probe.bytes) {
        if (!bwe_next_probe(member->bwe, now_us, &member->probe))
            return;
        member->probe_us = now_us - PROBE_FIRST_US;
        member->probe_packets = 0;
        member->probe_media_bytes = 0;
    }
    int64_t budget = (int64_t)((now_us - member->probe_us) * member->probe.bps / 8000000);
    budget -= (int64_t)member->probe_media_bytes;
    member->probe_us = now_us;
    count_probe(member, member->probe_media_bytes);
    member->probe_media_bytes = 0;
    while (budget > 0 && member->probe.bytes) {
        size_t sent = send_padding(member, now_us);
        member->probe_packets++;
        budget -= (int64_t)sent + RTP_WIRE_BYTES;
        if (sent)
            count_probe(member, sent + RTP_WIRE_BYTES);
        else
            member->probe.bytes = 0;
    }
}

/* As it flows; somebody silent may begin to speak any time. */
static uint32_t audio_rate(const struct member *member)
{
    uint32_t bps = 0;
    bool any = false;
    for (int i = 0; i < member->slot_count; i++) {
        any |= !slot_config(member->slots[i])->video && slot_track(member->slots[i]);
        bps += slot_sound_bps(member->slots[i]);
    }
    return any && bps < AUDIO_LEAST_BPS ? AUDIO_LEAST_BPS : bps;
}

/*
 * A REMB without transport-wide feedback follows what arrives: taken at its word it would starve a picture that was
 * paused once. It counts below the start rate only when packets are lost too. Who tells nothing is sent what it asks
 * for.
 */
static uint32_t rate_without_feedback(const struct member *member)
{
    if (member->remb_bps == 0)
        return BWE_MAX_BPS;
    uint64_t rate = member->remb_bps;
    if (member->told_loss < LOSS_COUNTS && rate < BWE_START_BPS)
        rate = BWE_START_BPS;
    return rate < BWE_MAX_BPS ? (uint32_t)rate : BWE_MAX_BPS;
}

static uint32_t usable_rate(const struct member *member)
{
    bool feedback = false;
    for (int i = 0; i < member->slot_count; i++)
        feedback |= slot_config(member->slots[i])->extensions.twcc != 0;
    return feedback ? bwe_target_bps(member->bwe) : rate_without_feedback(member);
}

/* Nothing waits and nothing is lost: an estimate rises only as far as something tried it. */
static bool is_calm(const struct member *member, uint64_t now_us)
{
    return !bwe_is_silent(member->bwe) && now_us - member->strained_us > CALM_US;
}

/* Whatever is lost: what flows finds room. */
static bool is_empty(const struct member *member, uint64_t now_us)
{
    return !bwe_is_silent(member->bwe) && now_us - member->queued_us > CALM_US;
}

/* Sound that is lost hurts more than a picture that is not there; but sound that fills a thin path is late, and then lost. */
static uint32_t redundancy_share(const struct member *member)
{
    if (!member->thin)
        return 100;
    return bwe_chance_permille(member->bwe) < THIN_LOSS ? THIN_SHARE : THIN_LOSS_SHARE;
}

static uint8_t redundancy(const struct member *member, uint32_t rate)
{
    uint32_t once = 0, most = 0;
    for (int i = 0; i < member->slot_count; i++) {
        once += slot_sound_bps_at(member->slots[i], 1);
        most += slot_sound_bps_at(member->slots[i], SHAPE_DISTANCE_MAX);
    }
    bool heavy = bwe_chance_permille(member->bwe) >= REDUNDANCY_LOSS;
    if (!member->thin && rate >= (heavy ? most / 4 * 5 : REDUNDANCY_BPS))
        return SHAPE_DISTANCE_MAX;
    return rate / 100 * redundancy_share(member) >= once ? 1 : 0;
}

/* What it hears, and what it says itself: a line that is thin one way is mostly thin the other way too. */
static void tell_tracks_thin(struct member *member, uint32_t rate, uint64_t now_us)
{
    member->thin = member->connected && rate < (member->thin ? WIDE_BPS : THIN_BPS);
    member->narrow = member->connected && rate < (member->narrow ? AMPLE_BPS : NARROW_BPS);
    if (bwe_is_gone(member->bwe))
        return; /* for who is not there nobody else has to save */
    for (int i = 0; i < member->slot_count && member->narrow; i++) {
        struct track *heard = slot_config(member->slots[i])->video ? NULL : slot_track(member->slots[i]);
        if (heard)
            track_note_thin(heard, now_us);
        if (heard && member->thin)
            track_note_loss(heard, LOSS_ON_THIN);
    }
    uint32_t limit_bps = uplink_limit_bps(&member->uplink, now_us);
    bool is_thin_up = (limit_bps && limit_bps < THIN_BPS) || uplink_is_crowded(&member->uplink);
    for (int i = 0; i < member->track_count && (member->thin || is_thin_up); i++)
        track_note_thin(member->tracks[i], now_us);
}

/* Sound is repaired from the first loss on, in itself and by its encoder. */
static void note_loss(struct member *member)
{
    uint32_t permille = bwe_chance_permille(member->bwe);
    for (int i = 0; i < member->slot_count && permille >= LOSS_REPAIRED; i++)
        if (!slot_config(member->slots[i])->video)
            slot_note_loss(member->slots[i], (uint8_t)(permille * 255 / 1000));
}

static void allocate(struct member *member, uint64_t now_us)
{
    struct allocator_slot wishes[MEMBER_SLOTS_MAX];
    struct slot *slots[MEMBER_SLOTS_MAX];
    int count = 0;
    uint32_t rate = member->rate_bps = usable_rate(member);
    tell_tracks_thin(member, rate, now_us);
    note_loss(member);
    uint8_t distance = redundancy(member, rate);
    for (int i = 0; i < member->slot_count; i++)
        slot_allow_redundancy(member->slots[i], distance);
    for (int i = 0; i < member->slot_count; i++)
        if (slot_describe(member->slots[i], now_us, &wishes[count]))
            slots[count++] = member->slots[i];
    uint32_t sound_bps = audio_rate(member);
    bool silent = bwe_is_silent(member->bwe); /* then a picture may be what chokes the far end */
    struct allocator_input input = {.estimate_bps = silent && sound_bps < rate ? sound_bps : rate,
                                    .reserved_bps = sound_bps,
                                    .ceiling_bps = member->ceiling_bps,
                                    .calm = is_calm(member, now_us),
                                    .empty = is_empty(member, now_us),
                                    .silent = silent,
                                    .now_us = now_us};
    allocator_run(&input, wishes, count);
    member->settled = true;
    for (int i = 0; i < count; i++) {
        slot_apply(slots[i], &wishes[i], now_us);
        member->settled &= slot_is_settled(slots[i]);
    }
    bwe_want(member->bwe, allocator_wanted_bps(wishes, count) + input.reserved_bps);
    member->allocate_us = now_us;
    member->allocation_due = false;
}

int member_assign(struct member *member, struct slot *slot, struct track *track, const struct slot_wish *wish,
                  uint64_t now_us)
{
    int result = slot_assign(slot, track, now_us);
    slot_set_wish(slot, wish);
    allocate(member, now_us);
    return result;
}

void member_set_ceiling(struct member *member, uint32_t bps, uint64_t now_us)
{
    member->ceiling_bps = bps;
    allocate(member, now_us);
}

static void tick_estimate(struct member *member, uint64_t now_us)
{
    if (now_us - member->estimate_us >= ESTIMATE_US) {
        member->estimate_us = now_us;
        if (bwe_tick(member->bwe, now_us))
            member->allocation_due = true;
    }
    if (member->allocation_due || now_us - member->allocate_us >= ALLOCATE_US)
        allocate(member, now_us);
    pace(member, now_us);
    send_probe(member, now_us);
}

/* On a good path there is nothing to do but to estimate and to tell what came. Of hundreds, each look finds its memory cold. */
static bool may_sleep(const struct member *member, uint64_t now_us)
{
    return !member->missing && member->settled && !member->probe.bytes && !member->allocation_due && !member->paced &&
           now_us - member->ticked_us < (member->track_count ? CALM_TICK_US : ESTIMATE_US);
}

void member_tick(struct member *member, uint64_t now_us)
{
    if (!member->connected || may_sleep(member, now_us))
        return;
    member->ticked_us = now_us;
    for (int i = 0; i < member->track_count; i++)
        track_tick(member->tracks[i], now_us, member->rtt_us);
    uplink_tick(&member->uplink, member->rtt_us, now_us);
    bwe_choked(member->bwe, uplink_is_flooded(&member->uplink));
    ask_for_all_missing(member, now_us);
    for (int i = 0; i < member->slot_count; i++)
        member->allocation_due |= slot_tick(member->slots[i], now_us);
    tick_estimate(member, now_us);
    send_sender_reports(member, now_us);
    if (now_us - member->report_us >= REPORT_US) {
        member->report_us = now_us;
        send_receiver_report(member, now_us);
    }
    tell_limit(member, now_us);
    member_flush_rtcp(member);
    if (now_us - member->feedback_us >= (member->thin ? FEEDBACK_THIN_US : FEEDBACK_US)) {
        member->feedback_us = now_us;
        send_feedback(member);
    }
}

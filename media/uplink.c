#include "media/uplink.h"

enum {
    FLOOD_PACKETS = 16, /* in a window: fewer say little … */
    FLOOD_PERCENT = 70, /* … of which so many were lost; loss in the air does not come so thick */
    FLOOD_WINDOWS = 2,  /* the first after an outage counts what was lost in it */
    CROWD_PERCENT = 40, /* … and what goes on for a second at twice what fits heeds no feedback, or cannot send less */
    CROWD_WINDOWS = 5,
    WINDOW_MAX_US = 500000,
    SLOW_RTT_US = 250000,
    SHARE_PERCENT = 75, /* of what arrives: enough for three packets in ten lost, and their repeats with them … */
    SLOW_SHARE_PERCENT =
        25, /* … but where a repeat takes that long the path is full already, or it comes late anyway */
    SAVED_US = 250000,
    SAVED_LEAST_BYTES = 3000,
    DEBT_MAX_BYTES = 3000,
};

static void count(uint8_t *windows, bool lossy, uint8_t most)
{
    *windows = lossy ? (uint8_t)(*windows + (*windows < most)) : 0;
}

static void note_loss(struct uplink *uplink)
{
    bool many = uplink->expected >= FLOOD_PACKETS;
    count(&uplink->floods, many && uplink->arrived * 100u <= uplink->expected * (100u - FLOOD_PERCENT), FLOOD_WINDOWS);
    count(&uplink->crowds, many && uplink->arrived * 100u <= uplink->expected * (100u - CROWD_PERCENT), CROWD_WINDOWS);
}

/* Where little comes it stays open longer. */
static bool is_over(const struct uplink *uplink, uint64_t now_us)
{
    uint64_t passed_us = uplink->since_us ? now_us - uplink->since_us : 0;
    bool few = uplink->numbered && uplink->expected < FLOOD_PACKETS;
    return passed_us >= (few ? WINDOW_MAX_US : UPLINK_WINDOW_US);
}

static void note_limit(struct uplink *uplink, uint32_t bps, uint64_t now_us)
{
    if (!uplink_is_flooded(uplink) && !uplink_is_crowded(uplink))
        return;
    uplink->flooded_us = now_us;
    uplink->limit_bps = bps > UPLINK_LIMIT_LEAST_BPS ? bps : UPLINK_LIMIT_LEAST_BPS;
}

static void close_window(struct uplink *uplink, uint64_t now_us)
{
    uint64_t passed_us = now_us - uplink->since_us;
    uint32_t bps = (uint32_t)(uplink->bytes * 8000000ull / passed_us);
    uplink->bps = uplink->bps / 2 < bps ? bps : uplink->bps / 2;
    note_loss(uplink);
    note_limit(uplink, bps, now_us);
    uplink->since_us = now_us;
    uplink->bytes = uplink->arrived = uplink->expected = 0;
}

void uplink_received(struct uplink *uplink, size_t size, uint64_t now_us)
{
    if (!uplink->since_us)
        uplink->since_us = now_us;
    uplink->bytes += (uint32_t)size;
}

void uplink_numbered(struct uplink *uplink, uint16_t seq)
{
    int16_t step = (int16_t)(seq - uplink->newest);
    uplink->arrived++;
    if (!uplink->numbered || step > 0) {
        uplink->expected += uplink->numbered ? (uint32_t)step : 1;
        uplink->newest = seq;
    }
    uplink->numbered = true;
}

void uplink_tick(struct uplink *uplink, uint32_t rtt_us, uint64_t now_us)
{
    if (is_over(uplink, now_us))
        close_window(uplink, now_us);
    uint32_t percent = rtt_us > SLOW_RTT_US ? SLOW_SHARE_PERCENT : SHARE_PERCENT;
    struct bucket_size size = {.bps = uplink->bps / 100 * percent};
    size.most_bytes = (int64_t)size.bps * SAVED_US / 8000000;
    if (size.most_bytes < SAVED_LEAST_BYTES)
        size.most_bytes = SAVED_LEAST_BYTES;
    bucket_fill(&uplink->repeats, size, now_us);
}

bool uplink_is_flooded(const struct uplink *uplink)
{
    return uplink->floods == FLOOD_WINDOWS;
}

bool uplink_is_crowded(const struct uplink *uplink)
{
    return uplink->crowds == CROWD_WINDOWS;
}

uint32_t uplink_limit_bps(const struct uplink *uplink, uint64_t now_us)
{
    bool over = !uplink_is_flooded(uplink) && !uplink_is_crowded(uplink) &&
                now_us - uplink->flooded_us > UPLINK_LIMITED_US;
    return uplink->limit_bps && over ? UPLINK_UNLIMITED_BPS : uplink->limit_bps;
}

int uplink_repeats(const struct uplink *uplink, size_t size, int most)
{
    int64_t count = uplink->repeats.bytes / (int64_t)(size ? size : 1);
    if (uplink_is_flooded(uplink) || count < 0)
        return 0;
    return count < most ? (int)count : most;
}

void uplink_asked(struct uplink *uplink, size_t size, int count)
{
    uplink->repeats.bytes -= (int64_t)size * count;
    if (uplink->repeats.bytes < -DEBT_MAX_BYTES)
        uplink->repeats.bytes = -DEBT_MAX_BYTES;
}

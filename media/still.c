#include "media/still.h"

#include <string.h>

enum {
    CACHE_BYTES = 64 * 1024,
    CACHE_ENTRIES = 128,
    REPEATS = 2,
    REPEAT_US = 200000,
    PASSED_MAX_US = 200000,
    LAST_MAX_US = 150000
};

/* The path carries less than it did when this one was begun. */
static bool takes_too_long(const struct still *still)
{
    uint64_t left = (uint64_t)(still->last + 1 - still->next) * still->bytes / (uint64_t)still->gathered;
    return still->bps == 0 || left * 8 * 1000000 / still->bps > STILL_GIVEN_UP_US;
}

void still_start(struct still *still, int layer, uint32_t bps, uint32_t share_bps, uint64_t now_us)
{
    bool idle = still->phase == STILL_IDLE, other = idle || layer != still->layer;
    still->bps = bps;
    still->share_bps = share_bps;
    if (!other || (still->phase == STILL_SENDING && !takes_too_long(still)))
        return; /* one that is being sent first: the next start finds it done */
    if (idle)
        still->gathered = 0; /* its end was repeated long ago */
    still->phase = STILL_WANTED;
    still->layer = layer;
    if (still->due_us < now_us)
        still->due_us = now_us;
}

void still_set_point(struct still *still, uint8_t point)
{
    if (still->phase == STILL_SENDING || still->point == point)
        return;
    if (still->phase == STILL_GATHERING)
        still->phase = STILL_WANTED;
    still->point = point;
}

/* What was sent stays for repairs. */
void still_stop(struct still *still)
{
    still->phase = STILL_IDLE;
}

void still_finish(struct still *still)
{
    uint64_t due_us = still->due_us;
    cache_destroy(still->kept.cache);
    cache_destroy(still->before.cache);
    memset(still, 0, sizeof *still);
    still->due_us = due_us;
}

bool still_wants_key(const struct still *still, uint64_t now_us)
{
    bool stuck = still->phase == STILL_GATHERING && now_us - still->gathering_us > STILL_GATHER_US;
    return (still->phase == STILL_WANTED && now_us >= still->due_us) || stuck;
}

/* One that stayed torn makes room; one that was sent may still have to be repaired. */
static bool make_room(struct still *still)
{
    struct cache *cache = cache_create(CACHE_BYTES, CACHE_ENTRIES);
    if (!cache)
        return false;
    if (still->phase == STILL_GATHERING) {
        cache_destroy(still->kept.cache);
    } else {
        cache_destroy(still->before.cache);
        still->before = still->kept;
    }
    still->kept = (struct still_kept){cache, still->layer};
    return true;
}

static void begin(struct still *still, const struct media_packet *packet, uint64_t now_us)
{
    still->phase = STILL_GATHERING;
    still->generation = packet->generation;
    still->timestamp = packet->timestamp;
    still->first = still->next = packet->sequence;
    still->last = packet->sequence - 1;
    still->gathered = 0;
    still->bytes = 0;
    still->gathering_us = now_us;
}

static bool is_of_frame(const struct still *still, const struct media_packet *packet)
{
    return packet->generation == still->generation && packet->timestamp == still->timestamp &&
           packet->sequence >= still->first && packet->sequence < still->first + STILL_PACKETS_MAX;
}

/* What the operating point does not need is gathered, and left out when it is sent. */
static uint16_t size_shown(const struct still *still, const struct media_packet *packet)
{
    return thin_needs(still->point, &packet->marks) ? packet->payload_size : 0;
}

static uint64_t cycle_us(const struct still *still)
{
    uint64_t bits = (uint64_t)still->bytes * 8;
    uint64_t cycle = still->share_bps ? bits * 1000000 / still->share_bps : STILL_CYCLE_MAX_US;
    cycle = cycle > STILL_CYCLE_US ? cycle : STILL_CYCLE_US;
    return cycle < STILL_CYCLE_MAX_US ? cycle : STILL_CYCLE_MAX_US;
}

static void begin_sending(struct still *still, uint64_t now_us)
{
    still->phase = STILL_SENDING;
    still->pace_bps = still->bps;
    still->budget_bytes = 1;
    still->updated_us = now_us;
    still->due_us = now_us + cycle_us(still);
    still->repeats = 0;
}

bool still_gather(struct still *still, const struct media_packet *packet, int layer, uint64_t now_us)
{
    if (layer != still->layer || (still->phase != STILL_WANTED && still->phase != STILL_GATHERING))
        return false;
    bool follows = still->phase == STILL_GATHERING && is_of_frame(still, packet);
    bool starts = packet->start && packet->key && now_us >= still->due_us;
    if (!follows && !starts)
        return false;
    if (!follows && !make_room(still))
        return false; /* short of memory: none now */
    if (!follows)
        begin(still, packet, now_us);
    cache_put(still->kept.cache, packet);
    still->gathered++;
    still->bytes += size_shown(still, packet);
    if (packet->marker) {
        still->last = packet->sequence;
        still->last_bytes = size_shown(still, packet);
    }
    if (still->last < still->first || still->gathered <= still->last - still->first)
        return false;
    begin_sending(still, now_us);
    return true;
}

uint64_t still_duration_us(const struct still *still)
{
    if (!still->bps)
        return 0;
    uint64_t last_us = (uint64_t)still->last_bytes * 8000000 / still->bps;
    uint64_t before_us = (uint64_t)(still->bytes - still->last_bytes) * 8000000 / still->bps;
    return before_us + (last_us < LAST_MAX_US ? last_us : LAST_MAX_US);
}

static void refill(struct still *still, uint64_t now_us)
{
    uint64_t passed_us = now_us - still->updated_us;
    passed_us = passed_us < PASSED_MAX_US ? passed_us : PASSED_MAX_US;
    uint32_t bps = still->bps < still->pace_bps ? still->bps : still->pace_bps;
    still->budget_bytes += (int64_t)(bps * passed_us / 8000000);
    still->updated_us = now_us;
}

bool still_next(struct still *still, struct media_packet *packet, uint64_t now_us)
{
    if (still->phase != STILL_SENDING)
        return false;
    refill(still, now_us);
    if (still->budget_bytes <= 0)
        return false;
    if (still->next > still->last || !cache_get(still->kept.cache, still->next, packet)) {
        still->phase = STILL_WANTED;
        if (still->due_us < now_us + STILL_REST_US)
            still->due_us = now_us + STILL_REST_US;
        return false;
    }
    still->budget_bytes -= size_shown(still, packet);
    still->next++;
    return true;
}

static bool is_in(const struct still_kept *kept, int layer, int64_t sequence, struct media_packet *packet)
{
    return kept->cache && kept->layer == layer && cache_get(kept->cache, sequence, packet);
}

bool still_find(const struct still *still, int layer, int64_t sequence, struct media_packet *packet)
{
    return is_in(&still->kept, layer, sequence, packet) || is_in(&still->before, layer, sequence, packet);
}

bool still_repeats_last(struct still *still, uint64_t now_us)
{
    bool after = still->phase == STILL_WANTED && still->next > still->last && still->gathered;
    if (!after || still->repeats == REPEATS || now_us - still->updated_us < REPEAT_US)
        return false;
    refill(still, now_us);
    still->repeats++;
    return true;
}

void still_charge(struct still *still, size_t bytes)
{
    still->budget_bytes -= (int64_t)bytes;
}

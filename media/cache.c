#include "media/cache.h"

#include <stdlib.h>
#include <string.h>

#include "media/rtp.h"

enum { HEADROOM = 2 }; /* for an RTX packet's original sequence number */

struct entry {
    struct media_packet packet; /* payload is set when it is read */
    uint64_t at;                /* of its headroom in the flow of all bytes ever stored */
    bool used;
};

struct cache {
    uint8_t *bytes;
    struct entry *entries;
    uint32_t size, count; /* powers of two */
    uint64_t head;        /* bytes ever stored, the gaps at the end of the ring counted */
    int64_t newest;
};

static bool init(struct cache *cache, uint32_t bytes, uint32_t entries)
{
    *cache = (struct cache){.size = bytes, .count = entries};
    cache->bytes = malloc(bytes);
    cache->entries = calloc(entries, sizeof *cache->entries);
    return cache->bytes && cache->entries;
}

static void finish(struct cache *cache)
{
    free(cache->bytes);
    free(cache->entries);
}

struct cache *cache_create(uint32_t bytes, uint32_t entries)
{
    struct cache *cache = malloc(sizeof *cache);
    if (!cache || init(cache, bytes, entries))
        return cache;
    cache_destroy(cache);
    return NULL;
}

void cache_destroy(struct cache *cache)
{
    if (!cache)
        return;
    finish(cache);
    free(cache);
}

static struct entry *entry_of(struct cache *cache, int64_t sequence)
{
    return &cache->entries[(uint64_t)sequence & (cache->count - 1)];
}

static bool is_live(const struct cache *cache, const struct entry *entry)
{
    return entry->used && cache->head - entry->at <= cache->size;
}

/* The descriptor lies behind the payload. */
static uint32_t need_of(const struct media_packet *packet)
{
    return HEADROOM + packet->payload_size + (packet->descriptor ? packet->descriptor_size : 0u);
}

static void store(struct cache *cache, const struct media_packet *packet)
{
    uint32_t need = need_of(packet);
    uint32_t offset = (uint32_t)(cache->head & (cache->size - 1));
    if (offset + need > cache->size)
        cache->head += cache->size - offset;
    struct entry *entry = entry_of(cache, packet->sequence);
    entry->packet = *packet;
    entry->packet.payload = NULL;
    entry->at = cache->head;
    entry->used = true;
    uint8_t *at = cache->bytes + (cache->head & (cache->size - 1)) + HEADROOM;
    memcpy(at, packet->payload, packet->payload_size);
    if (packet->descriptor)
        memcpy(at + packet->payload_size, packet->descriptor, packet->descriptor_size);
    cache->head += need;
    if (packet->sequence > cache->newest)
        cache->newest = packet->sequence;
}

static void move_all(struct cache *from, struct cache *to)
{
    to->newest = from->newest;
    for (int64_t at = from->newest - from->count + 1; at <= from->newest; at++) {
        struct media_packet packet;
        if (cache_get(from, at, &packet))
            store(to, &packet);
    }
}

/* Doubles; when memory is short the old size does. */
static void grow(struct cache *cache, uint32_t bytes, uint32_t entries)
{
    if (bytes > CACHE_BYTES_MAX || entries > CACHE_ENTRIES_MAX)
        return;
    struct cache larger;
    if (!init(&larger, bytes, entries)) {
        finish(&larger);
        return;
    }
    move_all(cache, &larger);
    finish(cache);
    cache->bytes = larger.bytes; /* one by one: the analyser does not follow the struct as a whole */
    cache->entries = larger.entries;
    cache->size = bytes;
    cache->count = entries;
    cache->head = larger.head;
}

/* What the next packet would push out is still young: not enough room. */
static void make_room(struct cache *cache, const struct media_packet *packet)
{
    const struct entry *victim = entry_of(cache, packet->sequence);
    if (!is_live(cache, victim) || victim->packet.sequence >= packet->sequence ||
        packet->arrival_us - victim->packet.arrival_us >= CACHE_HOLD_US)
        return;
    grow(cache, cache->size, cache->count * 2);
}

static void make_room_bytes(struct cache *cache, const struct media_packet *packet)
{
    uint32_t need = need_of(packet);
    if (cache->head < cache->size || (cache->head & (cache->size - 1)) + need <= cache->size)
        return;
    /* Once per turn of the ring: the oldest whole packet tells how long a turn takes. */
    for (int64_t at = packet->sequence - cache->count; at < packet->sequence; at++) {
        const struct entry *oldest = entry_of(cache, at);
        if (!is_live(cache, oldest) || oldest->packet.sequence != at)
            continue;
        if (packet->arrival_us - oldest->packet.arrival_us < CACHE_HOLD_US)
            grow(cache, cache->size * 2, cache->count);
        return;
    }
}

void cache_put(struct cache *cache, const struct media_packet *packet)
{
    if (packet->payload_size > RTP_PACKET_MAX)
        return;
    make_room(cache, packet);
    make_room_bytes(cache, packet);
    store(cache, packet);
}

bool cache_get(struct cache *cache, int64_t sequence, struct media_packet *packet)
{
    const struct entry *entry = entry_of(cache, sequence);
    if (!is_live(cache, entry) || entry->packet.sequence != sequence)
        return false;
    *packet = entry->packet;
    packet->payload = cache->bytes + (entry->at & (cache->size - 1)) + HEADROOM;
    packet->descriptor = packet->descriptor ? packet->payload + packet->payload_size : NULL;
    return true;
}

uint32_t cache_bytes(const struct cache *cache)
{
    return cache->size + cache->count * (uint32_t)sizeof(struct entry);
}

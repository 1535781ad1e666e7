#include "media/demux.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/ice.h"

enum { BUCKETS_FIRST = 256 };

/* A ufrag's, a path's or an SSRC's; chained. */
struct entry {
    struct entry *next;
    uint64_t hash;
    void *owner;
    struct path path;
    char ufrag[ICE_UFRAG_SIZE];
    uint32_t ssrc;
};

/* The head of a chain. */
struct bucket {
    struct entry *first;
};

struct table {
    struct bucket *buckets;
    size_t size, count; /* size is a power of two */
};

struct demux {
    uint64_t seed;
    struct table ufrags, paths, ssrcs;
};

enum demux_kind demux_classify(const uint8_t *packet, size_t size)
{
    if (size < 2)
        return DEMUX_UNKNOWN;
    uint8_t first = packet[0];
    if (first < 4)
        return DEMUX_STUN;
    if (first >= 20 && first < 64)
        return DEMUX_DTLS;
    if (first < 128 || first >= 192)
        return DEMUX_UNKNOWN;
    return packet[1] >= 192 && packet[1] < 224 ? DEMUX_RTCP : DEMUX_RTP;
}

/* ---- the tables ---- */

static int table_init(struct table *table)
{
    table->size = BUCKETS_FIRST;
    table->buckets = calloc(table->size, sizeof *table->buckets);
    return table->buckets ? 0 : -ENOMEM;
}

static void table_finish(struct table *table)
{
    for (size_t i = 0; table->buckets && i < table->size; i++) {
        while (table->buckets[i].first) {
            struct entry *next = table->buckets[i].first->next;
            free(table->buckets[i].first);
            table->buckets[i].first = next;
        }
    }
    free(table->buckets);
}

static struct entry **bucket_of(const struct table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->size - 1)].first;
}

/* Without memory for more buckets the chains grow instead. */
static void table_grow(struct table *table)
{
    struct table larger = {.size = 2 * table->size, .count = table->count};
    larger.buckets = calloc(larger.size, sizeof *larger.buckets);
    if (!larger.buckets)
        return;
    for (size_t i = 0; i < table->size; i++) {
        while (table->buckets[i].first) {
            struct entry *entry = table->buckets[i].first;
            table->buckets[i].first = entry->next;
            struct entry **bucket = bucket_of(&larger, entry->hash);
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    free(table->buckets);
    *table = larger;
}

static struct entry *table_add(struct table *table, uint64_t hash)
{
    if (table->count >= table->size)
        table_grow(table);
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    struct entry **bucket = bucket_of(table, hash);
    entry->hash = hash;
    entry->next = *bucket;
    *bucket = entry;
    table->count++;
    return entry;
}

static void table_remove(struct table *table, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    table->count--;
    free(entry);
}

/* ---- ufrags ---- */

static uint64_t hash_ufrag(const struct demux *demux, const char *ufrag)
{
    struct path key = {0};
    memcpy(&key.remote, ufrag, ICE_UFRAG_SIZE);
    return path_hash(&key, demux->seed);
}

static struct entry **seek_ufrag(const struct demux *demux, const char *ufrag)
{
    struct entry **at = bucket_of(&demux->ufrags, hash_ufrag(demux, ufrag));
    while (*at && memcmp((*at)->ufrag, ufrag, ICE_UFRAG_SIZE) != 0)
        at = &(*at)->next;
    return at;
}

int demux_add_ufrag(struct demux *demux, const char *ufrag, void *owner)
{
    if (*seek_ufrag(demux, ufrag))
        return -EEXIST;
    struct entry *entry = table_add(&demux->ufrags, hash_ufrag(demux, ufrag));
    if (!entry)
        return -ENOMEM;
    memcpy(entry->ufrag, ufrag, ICE_UFRAG_SIZE);
    entry->owner = owner;
    return 0;
}

void demux_remove_ufrag(struct demux *demux, const char *ufrag)
{
    struct entry **at = seek_ufrag(demux, ufrag);
    if (*at)
        table_remove(&demux->ufrags, at);
}

void *demux_find_ufrag(const struct demux *demux, const char *ufrag, size_t size)
{
    struct entry *entry = size == ICE_UFRAG_SIZE ? *seek_ufrag(demux, ufrag) : NULL;
    return entry ? entry->owner : NULL;
}

/* ---- paths ---- */

static uint64_t hash_of_path(const struct demux *demux, const struct path *path)
{
    return path_hash(path, demux->seed ^ (uintptr_t)path->stream);
}

static struct entry **seek_path(const struct demux *demux, const struct path *path)
{
    uint64_t hash = hash_of_path(demux, path);
    struct entry **at = bucket_of(&demux->paths, hash);
    while (*at && !((*at)->hash == hash && path_equal(&(*at)->path, path)))
        at = &(*at)->next;
    return at;
}

int demux_bind(struct demux *demux, const struct path *path, void *owner)
{
    struct entry *entry = *seek_path(demux, path);
    if (!entry)
        entry = table_add(&demux->paths, hash_of_path(demux, path));
    if (!entry)
        return -ENOMEM;
    entry->path = *path;
    entry->owner = owner;
    return 0;
}

void demux_unbind(struct demux *demux, const struct path *path, const void *owner)
{
    struct entry **at = seek_path(demux, path);
    if (*at && (*at)->owner == owner)
        table_remove(&demux->paths, at);
}

void *demux_find_path(const struct demux *demux, const struct path *path)
{
    struct entry *entry = *seek_path(demux, path);
    return entry ? entry->owner : NULL;
}

/* ---- SSRCs ---- */

static uint64_t hash_ssrc(const struct demux *demux, uint32_t ssrc)
{
    struct path key = {0};
    memcpy(&key.remote, &ssrc, sizeof ssrc);
    return path_hash(&key, demux->seed);
}

int demux_add_ssrc(struct demux *demux, uint32_t ssrc, void *owner)
{
    void *owners[DEMUX_SSRC_OWNERS_MAX];
    if (demux_find_ssrc(demux, ssrc, owners) == DEMUX_SSRC_OWNERS_MAX)
        return -ENOSPC;
    struct entry *entry = table_add(&demux->ssrcs, hash_ssrc(demux, ssrc));
    if (!entry)
        return -ENOMEM;
    entry->ssrc = ssrc;
    entry->owner = owner;
    return 0;
}

void demux_remove_ssrc(struct demux *demux, uint32_t ssrc, const void *owner)
{
    struct entry **at = bucket_of(&demux->ssrcs, hash_ssrc(demux, ssrc));
    while (*at && !((*at)->ssrc == ssrc && (*at)->owner == owner))
        at = &(*at)->next;
    if (*at)
        table_remove(&demux->ssrcs, at);
}

size_t demux_find_ssrc(const struct demux *demux, uint32_t ssrc, void *owners[DEMUX_SSRC_OWNERS_MAX])
{
    size_t count = 0;
    struct entry *entry = *bucket_of(&demux->ssrcs, hash_ssrc(demux, ssrc));
    for (; entry && count < DEMUX_SSRC_OWNERS_MAX; entry = entry->next)
        if (entry->ssrc == ssrc)
            owners[count++] = entry->owner;
    return count;
}

/* ---- life ---- */

int demux_create(struct demux **out)
{
    struct demux *demux = calloc(1, sizeof *demux);
    if (!demux)
        return -ENOMEM;
    int result = table_init(&demux->ufrags);
    if (result == 0)
        result = table_init(&demux->paths);
    if (result == 0)
        result = table_init(&demux->ssrcs);
    if (result == 0 && RAND_bytes((unsigned char *)&demux->seed, sizeof demux->seed) != 1)
        result = -EIO;
    if (result < 0) {
        demux_destroy(demux);
        return result;
    }
    *out = demux;
    return 0;
}

void demux_destroy(struct demux *demux)
{
    if (!demux)
        return;
    table_finish(&demux->ufrags);
    table_finish(&demux->paths);
    table_finish(&demux->ssrcs);
    free(demux);
}

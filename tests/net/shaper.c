#include "tests/net/shaper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 2048, QUEUE_MAX = 8192 };

struct waiting {
    uint64_t due_us;
    uint64_t order; /* ties leave in the order they came */
    size_t size;
    uint8_t *bytes;
};

struct shaper {
    struct shaper_config config;
    struct shaper_counts counts;
    uint64_t random;
    uint64_t busy_until_us;
    uint64_t last_due_us;
    uint64_t next_order;
    bool in_burst;
    struct waiting heap[QUEUE_MAX];
    size_t count;
    uint8_t popped[PACKET_MAX];
};

struct shaper *shaper_create(uint32_t seed)
{
    struct shaper *shaper = calloc(1, sizeof *shaper);
    if (shaper)
        shaper->random = seed * 0x9E3779B97F4A7C15u + 1;
    return shaper;
}

void shaper_destroy(struct shaper *shaper)
{
    if (!shaper)
        return;
    for (size_t i = 0; i < shaper->count; i++)
        free(shaper->heap[i].bytes);
    free(shaper);
}

void shaper_configure(struct shaper *shaper, const struct shaper_config *config)
{
    shaper->config = *config;
}

const struct shaper_config *shaper_config(const struct shaper *shaper)
{
    return &shaper->config;
}

const struct shaper_counts *shaper_counts(const struct shaper *shaper)
{
    return &shaper->counts;
}

/* splitmix64: small, seeded, good enough to throw dice. */
static double dice(struct shaper *shaper)
{
    uint64_t z = (shaper->random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Gilbert: in the bad state every packet is lost; the state lasts `burst` packets in the mean. */
static bool is_lost(struct shaper *shaper)
{
    const struct shaper_config *config = &shaper->config;
    if (config->loss <= 0)
        return false;
    if (config->burst <= 1)
        return dice(shaper) < config->loss;
    double leave = 1 / config->burst;
    double enter = config->loss < 1 ? leave * config->loss / (1 - config->loss) : 1;
    shaper->in_burst = shaper->in_burst ? dice(shaper) >= leave : dice(shaper) < enter;
    return shaper->in_burst;
}

static bool is_blocked(const struct shaper_config *config, const uint8_t *packet, size_t size)
{
    if (config->down)
        return true;
    uint8_t protocol = 0;
    if (size >= 20 && packet[0] >> 4 == 4)
        protocol = packet[9];
    else if (size >= 40 && packet[0] >> 4 == 6)
        protocol = packet[6];
    return (config->block_udp && protocol == 17) || (config->block_tcp && protocol == 6);
}

static bool before(const struct waiting *a, const struct waiting *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void heap_swap(struct shaper *shaper, size_t a, size_t b)
{
    struct waiting kept = shaper->heap[a];
    shaper->heap[a] = shaper->heap[b];
    shaper->heap[b] = kept;
}

static void heap_up(struct shaper *shaper, size_t i)
{
    /* cppcheck-suppress arrayIndexOutOfBoundsCond; count is at most QUEUE_MAX */
    while (i > 0 && before(&shaper->heap[i], &shaper->heap[(i - 1) / 2])) {
        heap_swap(shaper, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

static void heap_down(struct shaper *shaper)
{
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < shaper->count; child++)
            if (before(&shaper->heap[child], &shaper->heap[least]))
                least = child;
        if (least == i)
            return;
        heap_swap(shaper, i, least);
        i = least;
    }
}

/* When the packet has left the rate-limited queue; false when it would have waited too long. */
static bool serialise(struct shaper *shaper, size_t size, uint64_t now_us, uint64_t *sent_us)
{
    const struct shaper_config *config = &shaper->config;
    *sent_us = now_us;
    if (config->rate_bps == 0)
        return true;
    uint64_t start = shaper->busy_until_us > now_us ? shaper->busy_until_us : now_us;
    uint64_t limit_us = (config->queue_ms ? config->queue_ms : 200) * 1000ull;
    if (start - now_us > limit_us)
        return false;
    *sent_us = shaper->busy_until_us = start + size * 8 * 1000000ull / config->rate_bps;
    return true;
}

static uint64_t travel(struct shaper *shaper, uint64_t sent_us)
{
    const struct shaper_config *config = &shaper->config;
    if (config->reorder > 0 && dice(shaper) < config->reorder) {
        uint64_t held = config->delay_us / 10 > 5000 ? config->delay_us / 10 : 5000;
        return sent_us + config->delay_us + held;
    }
    double wobble = config->jitter_us * (2 * dice(shaper) - 1);
    int64_t delay = (int64_t)config->delay_us + (int64_t)wobble;
    uint64_t due = sent_us + (uint64_t)(delay > 0 ? delay : 0);
    if (due < shaper->last_due_us)
        due = shaper->last_due_us;
    return shaper->last_due_us = due;
}

bool shaper_push(struct shaper *shaper, const uint8_t *packet, size_t size, uint64_t now_us)
{
    shaper->counts.in++;
    if (size == 0 || size > PACKET_MAX || is_blocked(&shaper->config, packet, size)) {
        shaper->counts.blocked++;
        return false;
    }
    uint64_t sent_us;
    if (shaper->count == QUEUE_MAX || !serialise(shaper, size, now_us, &sent_us)) {
        shaper->counts.queue_full++;
        return false;
    }
    if (is_lost(shaper)) { /* lost in the air: it has used the rate all the same */
        shaper->counts.lost++;
        return false;
    }
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return false;
    memcpy(bytes, packet, size);
    shaper->heap[shaper->count] = (struct waiting){travel(shaper, sent_us), shaper->next_order++, size, bytes};
    heap_up(shaper, shaper->count++);
    return true; /* cppcheck-suppress memleak; shaper_pop frees it */
}

const uint8_t *shaper_pop(struct shaper *shaper, uint64_t now_us, size_t *size)
{
    if (shaper->count == 0 || shaper->heap[0].due_us > now_us)
        return NULL;
    struct waiting first = shaper->heap[0];
    shaper->heap[0] = shaper->heap[--shaper->count];
    heap_down(shaper);
    memcpy(shaper->popped, first.bytes, first.size);
    *size = first.size;
    free(first.bytes);
    shaper->counts.delivered++;
    return shaper->popped;
}

uint64_t shaper_due_us(const struct shaper *shaper)
{
    return shaper->count ? shaper->heap[0].due_us : UINT64_MAX;
}

static int set_word(struct shaper_config *config, const char *key, double value)
{
    if (strcmp(key, "rate") == 0)
        config->rate_bps = (uint64_t)value;
    else if (strcmp(key, "delay") == 0)
        config->delay_us = (uint32_t)(value * 1000);
    else if (strcmp(key, "jitter") == 0)
        config->jitter_us = (uint32_t)(value * 1000);
    else if (strcmp(key, "loss") == 0)
        config->loss = value / 100;
    else if (strcmp(key, "burst") == 0)
        config->burst = value;
    else if (strcmp(key, "reorder") == 0)
        config->reorder = value / 100;
    else if (strcmp(key, "queue") == 0)
        config->queue_ms = (uint32_t)value;
    else if (strcmp(key, "down") == 0)
        config->down = value > 0;
    else if (strcmp(key, "block_udp") == 0)
        config->block_udp = value > 0;
    else if (strcmp(key, "block_tcp") == 0)
        config->block_tcp = value > 0;
    else
        return -EINVAL;
    return 0;
}

int shaper_parse(struct shaper_config *config, const char *words)
{
    struct shaper_config changed = *config;
    char copy[256];
    if (snprintf(copy, sizeof copy, "%s", words) >= (int)sizeof copy)
        return -EINVAL;
    char *rest = NULL;
    for (char *word = strtok_r(copy, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
        char *equals = strchr(word, '=');
        if (!equals)
            return -EINVAL;
        *equals = '\0';
        char *end;
        double value = strtod(equals + 1, &end);
        if (end == equals + 1 || value < 0)
            return -EINVAL;
        if (*end == 'k')
            value *= 1e3;
        else if (*end == 'M')
            value *= 1e6;
        if (set_word(&changed, word, value) < 0)
            return -EINVAL;
    }
    *config = changed;
    return 0;
}

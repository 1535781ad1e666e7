#include "media/render/reorder.h"

#include <glib.h>
#include <string.h>

struct reorder {
    bool begun, popped;
    int64_t next;    /* unwrapped sequence that is awaited */
    int64_t highest; /* seen */
    unsigned held;
    struct reordered *slots[REORDER_SLOTS];
};

struct reorder *reorder_create(void)
{
    return g_new0(struct reorder, 1);
}

void reorder_reset(struct reorder *reorder)
{
    for (size_t i = 0; i < REORDER_SLOTS; i++)
        g_free(reorder->slots[i]);
    memset(reorder, 0, sizeof *reorder);
}

void reorder_destroy(struct reorder *reorder)
{
    if (!reorder)
        return;
    reorder_reset(reorder);
    g_free(reorder);
}

static struct reordered **slot_of(struct reorder *reorder, int64_t sequence)
{
    return &reorder->slots[(uint64_t)sequence % REORDER_SLOTS];
}

static struct reordered *copy(const struct packet *packet, int64_t timestamp, int64_t arrival_us)
{
    struct reordered *made = g_malloc(sizeof *made + packet->size);
    uint8_t *payload = (uint8_t *)(made + 1);
    memcpy(payload, packet->payload, packet->size);
    made->packet = *packet;
    made->packet.payload = payload;
    made->timestamp = timestamp;
    made->arrival_us = arrival_us;
    made->lost = 0;
    return made;
}

bool reorder_push(struct reorder *reorder, const struct packet *packet, int64_t timestamp, int64_t arrival_us)
{
    int64_t sequence = packet->sequence;
    if (reorder->begun)
        sequence = reorder->highest + (int16_t)(packet->sequence - (uint16_t)reorder->highest);
    else
        reorder->next = reorder->highest = sequence += 65536; /* so that what was sent before it may still come */
    int64_t jump = sequence - reorder->highest;
    if (jump > REORDER_JUMP || jump < -REORDER_JUMP)
        return false;
    if (!reorder->begun)
        reorder->next -= 16; /* the first to arrive need not be the first that was sent */
    reorder->begun = true;
    struct reordered **slot = slot_of(reorder, sequence);
    if (sequence - reorder->next >= REORDER_SLOTS)
        return false;
    if (sequence < reorder->next || *slot)
        return true; /* too late, or there already */
    *slot = copy(packet, timestamp, arrival_us);
    reorder->held++;
    reorder->highest = sequence > reorder->highest ? sequence : reorder->highest;
    return true;
}

/* How far it is from the awaited packet to the first that is there, which has waited long enough; -1 for none. */
static int64_t hole(struct reorder *reorder, int64_t now_us)
{
    for (int64_t at = reorder->next; at <= reorder->highest; at++) {
        struct reordered *packet = *slot_of(reorder, at);
        if (packet)
            return now_us - packet->arrival_us >= REORDER_WAIT_US || reorder->held > REORDER_SLOTS / 2
                       ? at - reorder->next
                       : -1;
    }
    return -1;
}

struct reordered *reorder_pop(struct reorder *reorder, int64_t now_us)
{
    if (reorder->held == 0)
        return NULL;
    int64_t skipped = 0;
    if (!*slot_of(reorder, reorder->next))
        skipped = hole(reorder, now_us);
    if (skipped < 0)
        return NULL;
    struct reordered **slot = slot_of(reorder, reorder->next + skipped);
    struct reordered *packet = *slot;
    *slot = NULL;
    packet->lost = reorder->popped ? (unsigned)skipped : 0;
    reorder->popped = true;
    reorder->held--;
    reorder->next += skipped + 1;
    return packet;
}

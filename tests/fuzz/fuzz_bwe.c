/* The estimator: whatever a far end says of what was sent, the rate stays within its bounds, probes stay small, and a
 * path that is good in the end is found to be good. */
#include <stdlib.h>

#include "media/bwe.h"
#include "media/rtp.h"
#include "media/wire.h"

enum { RESULTS_MAX = 64, WANTED_BPS = 2000000, PACKET = 1000, PADDING = 250, STEP_US = 10000, GOOD_S = 60 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct path {
    struct bwe *bwe;
    uint64_t now_us;
    int64_t receiver_us; /* its clock, which may jump */
    uint16_t next, answered;
    struct bwe_probe probe;
    uint32_t probe_left;
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct path *path)
{
    must(bwe_target_bps(path->bwe) >= BWE_MIN_BPS && bwe_target_bps(path->bwe) <= BWE_MAX_BPS);
    must(bwe_loss_permille(path->bwe) <= 1000);
}

static void send(struct path *path, size_t size)
{
    bool probes = path->probe_left > 0;
    bwe_sent(path->bwe, path->next++, size, probes ? path->probe.cluster : 0, path->now_us);
    path->probe_left -= probes ? (path->probe_left < size ? path->probe_left : (uint32_t)size) : 0;
}

static void probe(struct path *path)
{
    if (path->probe_left || !bwe_next_probe(path->bwe, path->now_us, &path->probe))
        return;
    must(path->probe.bps <= BWE_MAX_BPS && path->probe.bytes <= BWE_MAX_BPS / 8 / 10);
    path->probe_left = path->probe.bytes;
}

/* Feedback as anybody may make it up: a bit for each packet, steps of the clock either way. */
static void answer(struct path *path, const uint8_t at[4])
{
    struct bwe_result results[RESULTS_MAX];
    size_t count = at[0] % RESULTS_MAX;
    uint16_t first = (uint16_t)(at[1] & 1 ? path->answered : path->next - at[1]);
    path->receiver_us += (int64_t)(int8_t)at[2] * (at[1] & 2 ? 100000000 : 1000);
    for (size_t i = 0; i < count; i++) {
        path->receiver_us += (int64_t)(int8_t)at[3] * 250;
        results[i] = (struct bwe_result){(uint16_t)(first + i), (at[3] >> i % 8 & 1) != 0, path->receiver_us};
    }
    path->answered = (uint16_t)(first + count);
    bwe_feedback(path->bwe, results, count, path->now_us);
}

static void act(struct path *path, const uint8_t at[5])
{
    path->now_us += (uint64_t)(at[0] >> 4) * 5000;
    switch (at[0] % 8) {
    case 0:
    case 1:
        for (int i = 0; i < at[1] % 32; i++)
            send(path, wire_get16(at + 2) % 1500);
        break;
    case 2:
    case 3:
        answer(path, at + 1);
        break;
    case 4:
        bwe_remb(path->bwe, (uint64_t)wire_get16(at + 1) << at[3] % 48, path->now_us);
        break;
    case 5:
        bwe_rtt(path->bwe, (uint32_t)wire_get16(at + 1) << at[3] % 16);
        break;
    case 6:
        bwe_want(path->bwe, (uint32_t)wire_get16(at + 1) << at[3] % 16);
        break;
    default:
        probe(path);
    }
    bwe_tick(path->bwe, path->now_us);
    check(path);
}

/* A path without loss or queue, used as far as the target allows. */
static void be_good(struct path *path)
{
    double credit = 0;
    bwe_want(path->bwe, WANTED_BPS);
    for (int step = 0; step < GOOD_S * 1000000 / STEP_US; step++) {
        struct bwe_result results[RESULTS_MAX];
        size_t count = 0;
        uint32_t rate = bwe_target_bps(path->bwe);
        path->now_us += STEP_US;
        path->receiver_us += STEP_US;
        bwe_rtt(path->bwe, 20000);
        probe(path);
        credit += (double)(rate < WANTED_BPS ? rate : WANTED_BPS) * STEP_US / 8e6;
        for (; (credit >= PACKET || path->probe_left) && count < RESULTS_MAX; credit -= PACKET, count++) {
            results[count] = (struct bwe_result){path->next, true, path->receiver_us + (int64_t)count * 10};
            send(path, path->probe_left ? PADDING : PACKET);
        }
        if (count)
            bwe_feedback(path->bwe, results, count, path->now_us + 1000);
        bwe_tick(path->bwe, path->now_us + 1000);
        check(path);
    }
    must(bwe_target_bps(path->bwe) > WANTED_BPS / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct path path = {.bwe = bwe_create(1000000), .now_us = 1000000};
    for (size_t at = 0; at + 5 <= size; at += 5)
        act(&path, data + at);
    if (size && data[0] % 16 == 0) /* it takes its time */
        be_good(&path);
    bwe_destroy(path.bwe);
    return 0;
}

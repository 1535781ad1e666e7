/*
 * Records what a worker's estimators are told: linked around media/bwe.c (ld --wrap) into a worker for the laboratory, so
 * that what happened on a real line can be replayed in tests/unit/test_bwe.c. One file per subscriber,
 * $HOICHAN_BWE_TRACE.N.csv, microseconds:
 *   c,now            created                           s,now,seq,size,probe   a packet left
 *   r,seq,arrival    arrived (-1: lost) …              f,now,target           … end of that feedback
 *   t,now,target,acknowledged,loss_permille (when the target moved)           w,bps  wanted      q,us  round trip
 */
#include "media/bwe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILES = 64 };

static struct {
    const struct bwe *bwe;
    FILE *file;
} traces[FILES];
static int next;

struct bwe *__real_bwe_create(uint64_t now_us);
void __real_bwe_destroy(struct bwe *bwe);
void __real_bwe_sent(struct bwe *bwe, uint16_t seq, size_t size, int probe, uint64_t now_us);
void __real_bwe_feedback(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us);
void __real_bwe_rtt(struct bwe *bwe, uint32_t rtt_us);
void __real_bwe_want(struct bwe *bwe, uint32_t bps);
bool __real_bwe_tick(struct bwe *bwe, uint64_t now_us);
struct bwe *__wrap_bwe_create(uint64_t now_us);
void __wrap_bwe_destroy(struct bwe *bwe);
void __wrap_bwe_sent(struct bwe *bwe, uint16_t seq, size_t size, int probe, uint64_t now_us);
void __wrap_bwe_feedback(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us);
void __wrap_bwe_rtt(struct bwe *bwe, uint32_t rtt_us);
void __wrap_bwe_want(struct bwe *bwe, uint32_t bps);
bool __wrap_bwe_tick(struct bwe *bwe, uint64_t now_us);

static FILE *file_of(const struct bwe *bwe)
{
    for (int i = 0; i < FILES; i++)
        if (traces[i].bwe == bwe)
            return traces[i].file;
    return NULL;
}

#define TELL(bwe, ...)                                                                                                 \
    do {                                                                                                               \
        FILE *file = file_of(bwe);                                                                                     \
        if (file)                                                                                                      \
            fprintf(file, __VA_ARGS__);                                                                                \
    } while (0)

struct bwe *__wrap_bwe_create(uint64_t now_us)
{
    struct bwe *bwe = __real_bwe_create(now_us);
    const char *prefix = getenv("HOICHAN_BWE_TRACE");
    if (!bwe || !prefix || next == FILES)
        return bwe;
    char path[512];
    snprintf(path, sizeof path, "%s.%d.csv", prefix, next);
    traces[next].bwe = bwe;
    traces[next++].file = fopen(path, "w");
    TELL(bwe, "c,%" PRIu64 "\n", now_us);
    return bwe;
}

void __wrap_bwe_destroy(struct bwe *bwe)
{
    for (int i = 0; i < FILES; i++)
        if (bwe && traces[i].bwe == bwe) {
            if (traces[i].file)
                fclose(traces[i].file);
            traces[i].bwe = NULL;
            traces[i].file = NULL;
        }
    __real_bwe_destroy(bwe);
}

void __wrap_bwe_sent(struct bwe *bwe, uint16_t seq, size_t size, int probe, uint64_t now_us)
{
    TELL(bwe, "s,%" PRIu64 ",%u,%zu,%d\n", now_us, (unsigned)seq, size, probe);
    __real_bwe_sent(bwe, seq, size, probe, now_us);
}

void __wrap_bwe_feedback(struct bwe *bwe, const struct bwe_result *results, size_t count, uint64_t now_us)
{
    for (size_t i = 0; i < count; i++)
        TELL(bwe, "r,%u,%" PRId64 "\n", (unsigned)results[i].seq, results[i].received ? results[i].arrival_us : -1);
    __real_bwe_feedback(bwe, results, count, now_us);
    TELL(bwe, "f,%" PRIu64 ",%u\n", now_us, bwe_target_bps(bwe));
}

void __wrap_bwe_rtt(struct bwe *bwe, uint32_t rtt_us)
{
    TELL(bwe, "q,%u\n", rtt_us);
    __real_bwe_rtt(bwe, rtt_us);
}

void __wrap_bwe_want(struct bwe *bwe, uint32_t bps)
{
    TELL(bwe, "w,%u\n", bps);
    __real_bwe_want(bwe, bps);
}

bool __wrap_bwe_tick(struct bwe *bwe, uint64_t now_us)
{
    bool changed = __real_bwe_tick(bwe, now_us);
    if (changed)
        TELL(bwe, "t,%" PRIu64 ",%u,%u,%u\n", now_us, bwe_target_bps(bwe), bwe_acknowledged_bps(bwe),
             bwe_loss_permille(bwe));
    return changed;
}

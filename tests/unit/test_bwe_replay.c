/*
 * What happened on real lines, replayed: tests/vectors/bwe/NAME.csv, recorded in the laboratory (tests/net/README.md) and cut out by
 * tests/net/trace_cut.mjs, which also puts in what is expected: `x,now,least,most` holds for the target at that time.
 * The recorded sender does not follow this estimator, so what is asked is only that it reads the signs aright.
 */
#include "media/bwe.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RESULTS = 8192, TICK_US = 25000 };

struct replay {
    struct bwe *bwe;
    uint64_t now_us;
    struct bwe_result results[RESULTS];
    size_t count;
    unsigned cluster; /* as recorded */
    struct bwe_probe probe;
    int checked;
};

static void advance(struct replay *replay, uint64_t now_us)
{
    while (replay->now_us + TICK_US <= now_us) {
        replay->now_us += TICK_US;
        bwe_tick(replay->bwe, replay->now_us);
    }
}

/* A recorded probe counts as one of ours when we would have sent one. */
static int probe_of(struct replay *replay, unsigned cluster, uint64_t now_us)
{
    if (cluster == 0)
        return 0;
    if (cluster != replay->cluster && !bwe_next_probe(replay->bwe, now_us, &replay->probe))
        replay->probe.cluster = 0;
    replay->cluster = cluster;
    return replay->probe.cluster;
}

static void check(struct replay *replay, uint64_t now_us, unsigned least, unsigned most)
{
    uint32_t target = bwe_target_bps(replay->bwe);
    if (target < least || target > most)
        print_error("at %.2f s the target is %u, not %u to %u\n", (double)now_us / 1e6, target, least, most);
    assert_in_range(target, least, most);
    replay->checked++;
}

static void take(struct replay *replay, const char *line)
{
    uint64_t now_us;
    int64_t arrival_us;
    unsigned seq, size, probe, least, most;
    if (sscanf(line, "s,%" SCNu64 ",%u,%u,%u", &now_us, &seq, &size, &probe) == 4) {
        advance(replay, now_us);
        bwe_sent(replay->bwe, (uint16_t)seq, size, probe_of(replay, probe, now_us), now_us);
    } else if (sscanf(line, "r,%u,%" SCNd64, &seq, &arrival_us) == 2) {
        assert_true(replay->count < RESULTS);
        replay->results[replay->count++] = (struct bwe_result){(uint16_t)seq, arrival_us >= 0, arrival_us};
    } else if (sscanf(line, "f,%" SCNu64, &now_us) == 1) {
        advance(replay, now_us);
        bwe_feedback(replay->bwe, replay->results, replay->count, now_us);
        replay->count = 0;
    } else if (sscanf(line, "x,%" SCNu64 ",%u,%u", &now_us, &least, &most) == 3) {
        advance(replay, now_us);
        check(replay, now_us, least, most);
    } else if (sscanf(line, "w,%u", &size) == 1) {
        bwe_want(replay->bwe, size);
    } else if (sscanf(line, "q,%u", &size) == 1) {
        bwe_rtt(replay->bwe, size);
    }
}

static void play(const char *name)
{
    static struct replay replay;
    char path[256], line[128];
    snprintf(path, sizeof path, "tests/vectors/bwe/%s.csv", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    replay = (struct replay){.now_us = 1000000, .bwe = bwe_create(1000000)};
    while (fgets(line, sizeof line, file))
        take(&replay, line);
    fclose(file);
    bwe_destroy(replay.bwe);
    assert_true(replay.checked > 0);
}

static void test_bwe_replay_of_a_cut_to_200_kbit(void **state)
{
    (void)state;
    play("cut");
}

static void test_bwe_replay_of_30_percent_loss(void **state)
{
    (void)state;
    play("lossy");
}

static void test_bwe_replay_of_an_outage(void **state)
{
    (void)state;
    play("outage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bwe_replay_of_a_cut_to_200_kbit),
        cmocka_unit_test(test_bwe_replay_of_30_percent_loss),
        cmocka_unit_test(test_bwe_replay_of_an_outage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Makes the journal of a call to measure hoichan-render with: `render_call DIR MINUTES PEOPLE`. A minute of real media
 * is encoded and then repeated with sequence and time going on, so that three hours are made in a minute. Prints what
 * journaling cost: CPU per packet in the caller's thread, and in all.
 */
#include <arpa/inet.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/unit/render_fixture.h"

enum { MINUTE_MS = 60000, PEOPLE_MAX = 9 };

static double cpu_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The packet as it would be `round` minutes later. */
static void move_on(struct parcel *parcel, uint32_t clock_hz, uint16_t packets)
{
    uint16_t sequence;
    uint32_t timestamp;
    memcpy(&sequence, parcel->data + 2, 2);
    memcpy(&timestamp, parcel->data + 4, 4);
    sequence = htons((uint16_t)(ntohs(sequence) + packets));
    timestamp = htonl(ntohl(timestamp) + clock_hz * 60);
    memcpy(parcel->data + 2, &sequence, 2);
    memcpy(parcel->data + 4, &timestamp, 4);
}

/* A call takes its time, this does not: waits until the disk has nothing more to write. */
static void let_disk_catch_up(const struct journal *journal)
{
    uint64_t before, now = 0;
    do {
        before = now;
        g_usleep(3000);
    } while (journal_status(journal, &now) == 0 && now != before);
}

static void write_minute(struct call *call, struct journal *journal, int *numbers, const uint16_t *packets,
                         uint64_t base_us)
{
    for (guint i = 0; i < call->parcels->len; i++) {
        struct parcel *parcel = &g_array_index(call->parcels, struct parcel, i);
        uint32_t clock_hz = is_video(&call->acts[parcel->track]) ? 90000 : 48000;
        write_parcel(call, journal, numbers, parcel, base_us);
        if (parcel->data)
            move_on(parcel, clock_hz, packets[parcel->track]);
        else
            parcel->rtp += clock_hz * 60;
        if (i % 2000 == 0)
            let_disk_catch_up(journal);
    }
}

static void make_acts(struct act *acts, int people, char names[][2][16])
{
    for (int i = 0; i < people; i++) {
        snprintf(names[i][0], sizeof names[i][0], "cam-%d", i);
        snprintf(names[i][1], sizeof names[i][1], "mic-%d", i);
        acts[2 * i] = (struct act){.track = names[i][0],
                                   .participant = names[i][0] + 4,
                                   .codec = "VP8",
                                   .to_ms = MINUTE_MS,
                                   .width = 640,
                                   .height = 360,
                                   .luma = 90,
                                   .u = 100 + 10 * i,
                                   .v = 140,
                                   .busy = true,
                                   .delay_ms = 40,
                                   .jitter_ms = 20,
                                   .ssrc = 100 + (uint32_t)i};
        acts[2 * i + 1] = (struct act){.track = names[i][1],
                                       .participant = names[i][0] + 4,
                                       .codec = "opus",
                                       .to_ms = MINUTE_MS,
                                       .tone_hz = 300 + 100 * i,
                                       .delay_ms = 30,
                                       .ssrc = 200 + (uint32_t)i};
    }
}

int main(int argc, char **argv)
{
    static struct act acts[2 * PEOPLE_MAX];
    static char names[PEOPLE_MAX][2][16];
    uint16_t packets[2 * PEOPLE_MAX] = {0};
    int numbers[32];
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    struct call call;
    int minutes = argc == 4 ? atoi(argv[2]) : 0, people = argc == 4 ? atoi(argv[3]) : 0;
    if (minutes < 1 || people < 1 || people > PEOPLE_MAX || mkdir(argv[1], 0700) < 0) {
        fprintf(stderr, "usage: render_call NEW-DIRECTORY MINUTES PEOPLE\n");
        return 2;
    }
    gst_init(NULL, NULL);
    memset(numbers, -1, sizeof numbers);
    make_acts(acts, people, names);
    call_begin(&call, acts, (size_t)people * 2);
    rmdir(call.out); /* the one that tests would use */
    rmdir(call.directory);
    strcpy(call.directory, argv[1]);
    g_array_sort(call.parcels, by_arrival);
    for (guint i = 0; i < call.parcels->len; i++)
        if (g_array_index(call.parcels, struct parcel, i).data)
            packets[g_array_index(call.parcels, struct parcel, i).track]++;
    struct journal *journal = open_segment(&call, 0, chain, 0);
    double own_s = cpu_s(CLOCK_THREAD_CPUTIME_ID), all_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < minutes; i++)
        write_minute(&call, journal, numbers, packets, (uint64_t)(CLOCK_US + i * 60000000ll));
    own_s = cpu_s(CLOCK_THREAD_CPUTIME_ID) - own_s;
    uint64_t bytes;
    int result = journal_close(journal, (uint64_t)(CLOCK_US + minutes * 60000000ll), chain, &bytes);
    all_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID) - all_s;
    double count = (double)call.parcels->len * minutes;
    printf("%.0f records, %.0f MB, %.0f ns each in the caller's thread, %.0f ns in all\n", count, (double)bytes / 1e6,
           own_s / count * 1e9, all_s / count * 1e9);
    return result < 0;
}

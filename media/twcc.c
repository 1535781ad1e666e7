#include "media/twcc.h"

#include <errno.h>
#include <string.h>

#include "media/rtp.h"
#include "media/wire.h"

enum {
    TICK_US = 250,
    REFERENCE_US = 64000,
    BODY_FIXED = 16, /* two SSRCs, base sequence, count, reference time, feedback count */
    STATUS_NONE = 0,
    STATUS_SMALL = 1,
    STATUS_LARGE = 2,
    CHUNK_SYMBOLS = 7,
    REPORT_MAX = 350, /* packets one message tells of: 50 chunks and 700 bytes of deltas */
};

void twcc_receiver_init(struct twcc_receiver *receiver)
{
    memset(receiver, 0, sizeof *receiver);
}

static uint64_t *slot_of(struct twcc_receiver *receiver, int64_t sequence)
{
    return &receiver->arrival_us[(uint64_t)sequence % TWCC_WINDOW];
}

static void start(struct twcc_receiver *receiver, int64_t sequence)
{
    memset(receiver->arrival_us, 0, sizeof receiver->arrival_us);
    receiver->started = true;
    receiver->next = receiver->highest = sequence;
}

void twcc_received(struct twcc_receiver *receiver, uint16_t low, uint64_t arrival_us)
{
    if (!receiver->started)
        start(receiver, low + 65536);
    int64_t sequence = rtp_unwrap16(receiver->highest, low);
    int64_t step = sequence - receiver->highest;
    if (step >= TWCC_WINDOW / 2 || step <= -2 * TWCC_WINDOW)
        start(receiver, sequence); /* too far either way to be late or lost: the sender began anew */
    for (int64_t gap = receiver->highest + 1; gap <= sequence; gap++)
        *slot_of(receiver, gap) = 0;
    if (sequence > receiver->highest)
        receiver->highest = sequence;
    if (sequence < receiver->next && sequence > receiver->highest - TWCC_WINDOW / 2)
        receiver->next = sequence; /* late: told of in the next message */
    if (receiver->highest - receiver->next >= TWCC_WINDOW)
        receiver->next = receiver->highest - TWCC_WINDOW + 1;
    if (sequence >= receiver->next)
        *slot_of(receiver, sequence) = arrival_us;
}

struct report {
    uint8_t *data;
    size_t at, room; /* chunks grow from the front … */
    uint8_t deltas[2 * REPORT_MAX];
    size_t delta_size; /* … and deltas behind them */
    unsigned symbols[CHUNK_SYMBOLS];
    int symbol_count;
};

/* A status vector chunk of seven two-bit symbols. */
static void flush_chunk(struct report *report)
{
    unsigned chunk = 3u << 14;
    for (int i = 0; i < report->symbol_count; i++)
        chunk |= report->symbols[i] << (2 * (CHUNK_SYMBOLS - 1 - i));
    wire_put16(report->data + report->at, (uint16_t)chunk);
    report->at += 2;
    report->symbol_count = 0;
}

static void add_symbol(struct report *report, unsigned symbol)
{
    report->symbols[report->symbol_count++] = symbol;
    if (report->symbol_count == CHUNK_SYMBOLS)
        flush_chunk(report);
}

/* False when the delta does not fit 16 bits: the message ends before it. */
static bool add_received(struct report *report, int64_t ticks)
{
    if (ticks < INT16_MIN || ticks > INT16_MAX)
        return false;
    bool is_small = ticks >= 0 && ticks <= 255;
    add_symbol(report, is_small ? STATUS_SMALL : STATUS_LARGE);
    if (!is_small)
        report->deltas[report->delta_size++] = (uint8_t)((uint16_t)ticks >> 8);
    report->deltas[report->delta_size++] = (uint8_t)ticks;
    return true;
}

static bool report_fits(const struct report *report)
{
    return report->at + report->delta_size + 8 <= report->room;
}

static int64_t skip_lost(struct twcc_receiver *receiver)
{
    int64_t first = receiver->next;
    while (first <= receiver->highest && *slot_of(receiver, first) == 0)
        first++;
    return first;
}

/* Fills the report from receiver->next on; answers the sequence after the last one told of. */
static int64_t fill(struct twcc_receiver *receiver, struct report *report, uint64_t reference_us)
{
    int64_t base = receiver->next, at = base, last = (int64_t)(reference_us / TICK_US);
    for (; at <= receiver->highest && at - base < REPORT_MAX && report_fits(report); at++) {
        uint64_t arrival = *slot_of(receiver, at);
        if (arrival == 0) {
            add_symbol(report, STATUS_NONE);
            continue;
        }
        int64_t now = (int64_t)(arrival / TICK_US);
        if (!add_received(report, now - last))
            break;
        last = now;
    }
    if (report->symbol_count)
        flush_chunk(report);
    return at;
}

static size_t finish(struct report *report)
{
    memcpy(report->data + report->at, report->deltas, report->delta_size);
    size_t size = report->at + report->delta_size;
    size_t padding = (4 - size % 4) % 4;
    memset(report->data + size, 0, padding);
    if (padding) {
        report->data[size + padding - 1] = (uint8_t)padding;
        report->data[0] |= 1 << 5;
    }
    size += padding;
    wire_put16(report->data + 2, (uint16_t)(size / 4 - 1));
    return size;
}

size_t twcc_write(struct twcc_receiver *receiver, uint32_t sender, uint32_t media, uint8_t *data, size_t room)
{
    if (!receiver->started || room < 64)
        return 0;
    int64_t first = skip_lost(receiver);
    if (first > receiver->highest)
        return 0;
    uint64_t reference_us = *slot_of(receiver, first) / REFERENCE_US * REFERENCE_US;
    struct report report = {.data = data, .at = 4 + BODY_FIXED, .room = room};
    int64_t base = receiver->next, end = fill(receiver, &report, reference_us);
    if (end == base)
        end++; /* its delta fits no message: given up, so that what follows is told */
    data[0] = 2 << 6 | 15;
    data[1] = 205;
    wire_put32(data + 4, sender);
    wire_put32(data + 8, media);
    wire_put16(data + 12, (uint16_t)base);
    wire_put16(data + 14, (uint16_t)(end - base));
    wire_put24(data + 16, (uint32_t)(reference_us / REFERENCE_US) & 0xFFFFFF);
    data[19] = receiver->feedback_count++;
    receiver->next = end;
    return finish(&report);
}

/* Fills in statuses (as `received`, with the symbol in arrival_us); answers where the deltas begin, 0 when
 * malformed. */
static size_t parse_chunks(const uint8_t *body, size_t size, struct bwe_result *results, int count)
{
    size_t at = BODY_FIXED;
    int done = 0;
    while (done < count) {
        if (at + 2 > size)
            return 0;
        unsigned chunk = wire_get16(body + at);
        bool vector = chunk >> 15, wide = chunk >> 14 & 1;
        int symbols = !vector ? (int)(chunk & 0x1FFF) : wide ? 7 : 14;
        for (int i = 0; i < symbols && done < count; i++, done++) {
            unsigned symbol = !vector ? chunk >> 13 & 3 : wide ? chunk >> (12 - 2 * i) & 3 : chunk >> (13 - i) & 1;
            results[done].arrival_us = (int64_t)symbol;
        }
        at += 2;
        if (symbols == 0)
            return 0;
    }
    return at;
}

#define LAST_MAX (1ll << 40) /* two thousand years */

static int64_t unroll(struct twcc_reference *reference, uint32_t low)
{
    int64_t value = low;
    if (reference->known) {
        int64_t step = (int64_t)((low - (uint64_t)reference->last) & 0xFFFFFF);
        value = reference->last + (step >= 1 << 23 ? step - (1 << 24) : step);
    }
    if (value < 0 || value > LAST_MAX)
        value = low; /* no clock that runs comes here: made up, and it may begin anew */
    reference->known = true;
    reference->last = value;
    return value;
}

/* Turns the symbols into times. */
static int parse_deltas(const uint8_t *body, size_t size, size_t at, struct bwe_result *results, int count)
{
    uint16_t base = wire_get16(body + 8);
    int64_t time_us = 0; /* after the reference time */
    for (int i = 0; i < count; i++) {
        int64_t symbol = results[i].arrival_us;
        size_t width = symbol == STATUS_SMALL ? 1 : symbol == STATUS_LARGE ? 2 : 0;
        if (at + width > size)
            return -EBADMSG;
        results[i].seq = (uint16_t)(base + i);
        results[i].received = width != 0;
        time_us += width == 1 ? body[at] * TICK_US : width == 2 ? (int16_t)wire_get16(body + at) * TICK_US : 0;
        results[i].arrival_us = time_us;
        at += width;
    }
    return 0;
}

int twcc_parse(struct twcc_reference *reference, const uint8_t *body, size_t size, struct bwe_result *results)
{
    if (size < BODY_FIXED)
        return -EBADMSG;
    int count = wire_get16(body + 10);
    if (count == 0 || count > TWCC_RESULTS_MAX)
        return -EBADMSG;
    size_t at = parse_chunks(body, size, results, count);
    if (at == 0)
        return -EBADMSG;
    if (parse_deltas(body, size, at, results, count) < 0)
        return -EBADMSG;
    int64_t reference_us = unroll(reference, wire_get24(body + 12)) * REFERENCE_US;
    for (int i = 0; i < count; i++)
        results[i].arrival_us += reference_us;
    return count;
}

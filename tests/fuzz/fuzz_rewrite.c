/* One receiver's stream out of sources that change, lose, reorder and are thinned: each packet has one place of its own, in
 * the order of its source, and what follows a switch comes after all that was sent. */
#include <stdlib.h>
#include <string.h>

#include "media/rewrite.h"

enum { SEEN = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What went out of the present source. */
struct seen {
    int count;
    int64_t in[SEEN];
    uint16_t out[SEEN];
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(struct seen *seen, int64_t in, uint16_t out)
{
    for (int i = 0; i < seen->count; i++) {
        int16_t step = (int16_t)(out - seen->out[i]);
        must(in == seen->in[i] ? step == 0 : in > seen->in[i] ? step > 0 : step < 0);
    }
    if (seen->count == SEEN)
        return;
    seen->in[seen->count] = in;
    seen->out[seen->count++] = out;
}

struct stream {
    struct rewrite rewrite;
    struct rewrite_in in;
    struct picture_fields picture;
    struct seen seen;
    uint16_t newest;
    bool used;
};

static void forward(struct stream *stream)
{
    struct rewrite_out out;
    if (!rewrite_forward(&stream->rewrite, &stream->in, &out))
        return;
    check(&stream->seen, stream->in.sequence, out.sequence);
    must(out.counters.picture_id < 1 << 15 || !stream->in.picture);
    if (!stream->used || (int16_t)(out.sequence - stream->newest) > 0)
        stream->newest = out.sequence;
    stream->used = true;
}

/* Another source's counters begin anywhere. */
static void change(struct stream *stream, const uint8_t at[3])
{
    struct rewrite_out out;
    uint32_t before = stream->rewrite.last_timestamp;
    stream->in.sequence = 65536 + at[1] * 257;
    stream->in.timestamp = at[2] * 16843009u;
    stream->picture.bits = at[1] & 1 ? 15 : 7;
    stream->picture.picture_id = (uint16_t)(at[2] & 0x7F);
    stream->in.picture = at[1] & 2 ? &stream->picture : NULL;
    rewrite_switch(&stream->rewrite, &stream->in);
    must(rewrite_forward(&stream->rewrite, &stream->in, &out));
    must(!stream->used || (uint16_t)(out.sequence - stream->newest) == 1);
    must(!stream->used || (int32_t)(out.timestamp - before) > 0);
    stream->seen.count = 0;
    check(&stream->seen, stream->in.sequence, out.sequence);
    stream->newest = out.sequence;
    stream->used = true;
}

static void act(struct stream *stream, const uint8_t at[3])
{
    stream->in.capture_us += (uint64_t)at[2] * 1000;
    if (at[0] % 16 == 0) {
        change(stream, at);
        return;
    }
    stream->in.sequence += at[0] & 1 ? 1 : (int8_t)at[1];
    stream->in.timestamp += at[2] * 90u;
    stream->picture.picture_id = (uint16_t)((stream->picture.picture_id + (at[0] >> 6)) &
                                            ((1 << stream->picture.bits) - 1));
    stream->picture.tl0picidx = (uint8_t)(stream->picture.tl0picidx + (at[0] >> 7));
    if ((at[0] >> 1) % 4 == 0)
        rewrite_drop(&stream->rewrite, &stream->in);
    else
        forward(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream *stream = calloc(1, sizeof *stream);
    stream->in.capture_us = 1000000;
    rewrite_init(&stream->rewrite, 90000, size > 1 ? (uint16_t)(data[0] << 8 | data[1]) : 0, 77);
    if (size >= 3)
        change(stream, (uint8_t[]){0, data[0], data[1]});
    for (size_t at = 0; at + 3 <= size; at += 3)
        act(stream, data + at);
    free(stream);
    return 0;
}

#include "server/ws_deflate.h"

#include <string.h>
#include <zlib.h>

enum { CHUNK = 16 * 1024, WORTH_IT = 256, TAIL_SIZE = 4 };

/* RFC 7692 §7.2.1: the end of every message, which is not sent. */
static const unsigned char tail[TAIL_SIZE] = {0, 0, 0xff, 0xff};

struct ws_inflater {
    z_stream stream;
};

struct ws_inflater *ws_inflater_create(void)
{
    struct ws_inflater *inflater = g_new0(struct ws_inflater, 1);

    if (inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK)
        g_error("no memory for an inflater");
    return inflater;
}

void ws_inflater_destroy(struct ws_inflater *inflater)
{
    if (!inflater)
        return;
    inflateEnd(&inflater->stream);
    g_free(inflater);
}

static enum ws_inflate inflate_part(z_stream *stream, const unsigned char *data, size_t size, GByteArray *out,
                                    size_t max)
{
    unsigned char chunk[CHUNK];

    stream->next_in = (unsigned char *)data;
    stream->avail_in = (unsigned)size;
    for (;;) {
        stream->next_out = chunk;
        stream->avail_out = CHUNK;
        int result = inflate(stream, Z_SYNC_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
            return WS_INFLATE_BROKEN;
        size_t made = CHUNK - stream->avail_out;
        if (out->len + made > max)
            return WS_INFLATE_TOO_LARGE;
        g_byte_array_append(out, chunk, (guint)made);
        if (result == Z_STREAM_END) /* a final block: what follows begins a new stream (§7.2.3.5) */
            inflateReset(stream);
        if (!stream->avail_in && stream->avail_out)
            return WS_INFLATED;
        if (result == Z_BUF_ERROR && !made)
            return stream->avail_in ? WS_INFLATE_BROKEN : WS_INFLATED;
    }
}

enum ws_inflate ws_inflate(struct ws_inflater *inflater, const unsigned char *data, size_t size, GByteArray *out,
                           size_t max)
{
    enum ws_inflate verdict = inflate_part(&inflater->stream, data, size, out, max);
    return verdict == WS_INFLATED ? inflate_part(&inflater->stream, tail, sizeof tail, out, max) : verdict;
}

GBytes *ws_deflate(const char *text, size_t size)
{
    z_stream stream = {0};
    GBytes *compressed = NULL;

    if (size < WORTH_IT ||
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    unsigned char *out = g_malloc(size);
    stream.next_in = (unsigned char *)text;
    stream.avail_in = (unsigned)size;
    stream.next_out = out;
    stream.avail_out = (unsigned)size; /* what does not fit is not worth it */
    int result = deflate(&stream, Z_SYNC_FLUSH);
    size_t made = size - stream.avail_out;
    if (result == Z_OK && !stream.avail_in && stream.avail_out && made > TAIL_SIZE)
        compressed = g_bytes_new(out, made - TAIL_SIZE);
    deflateEnd(&stream);
    g_free(out);
    return compressed;
}

#include "media/srtp_send.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "media/srtp_window.h"

enum { STREAMS_FIRST = 8 };

struct stream {
    uint32_t ssrc;
    struct srtp_window sent;
};

struct srtp_sender {
    struct srtp_crypt crypt;
    struct stream *streams; /* in order of first use; few, so a scan from the last hit is quickest */
    size_t stream_count, stream_room, last_hit;
};

int srtp_sender_create(enum srtp_suite suite, const uint8_t master[SRTP_MASTER_SIZE], struct srtp_sender **out)
{
    struct srtp_sender *sender = calloc(1, sizeof *sender);
    if (!sender)
        return -ENOMEM;
    int result = srtp_crypt_init(&sender->crypt, suite, SRTP_USE_RTP, master, true);
    if (result < 0) {
        srtp_sender_destroy(sender);
        return result;
    }
    *out = sender;
    return 0;
}

void srtp_sender_destroy(struct srtp_sender *sender)
{
    if (!sender)
        return;
    srtp_crypt_finish(&sender->crypt);
    free(sender->streams);
    free(sender);
}

size_t srtp_sender_overhead(const struct srtp_sender *sender)
{
    return srtp_crypt_tag_size(sender->crypt.suite);
}

/* ---- streams ---- */

static struct stream *find_stream(struct srtp_sender *sender, uint32_t ssrc)
{
    size_t count = sender->stream_count;
    for (size_t i = 0, at = sender->last_hit; i < count; i++, at++) {
        at = at < count ? at : 0;
        if (sender->streams[at].ssrc == ssrc) {
            sender->last_hit = at;
            return &sender->streams[at];
        }
    }
    return NULL;
}

static int add_stream(struct srtp_sender *sender, uint32_t ssrc, struct stream **stream)
{
    if (sender->stream_count == SRTP_STREAMS_MAX)
        return -ENOSPC;
    if (sender->stream_count == sender->stream_room) {
        size_t room = sender->stream_room ? 2 * sender->stream_room : STREAMS_FIRST;
        struct stream *larger = realloc(sender->streams, room * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        sender->streams = larger;
        sender->stream_room = room;
    }
    *stream = &sender->streams[sender->stream_count++];
    **stream = (struct stream){.ssrc = ssrc};
    return 0;
}

void srtp_sender_forget(struct srtp_sender *sender, uint32_t ssrc)
{
    struct stream *stream = find_stream(sender, ssrc);
    if (!stream)
        return;
    *stream = sender->streams[--sender->stream_count];
    sender->last_hit = 0;
}

/* ---- packets ---- */

int srtp_sender_protect(struct srtp_sender *sender, const uint8_t *header, size_t header_size, const uint8_t *payload,
                        size_t payload_size, uint8_t *out)
{
    if (header_size < 12 || header_size + payload_size > UINT16_MAX)
        return -EINVAL;
    uint32_t ssrc = (uint32_t)header[8] << 24 | (uint32_t)header[9] << 16 | (uint32_t)header[10] << 8 | header[11];
    struct stream *stream = find_stream(sender, ssrc);
    int result = stream ? 0 : add_stream(sender, ssrc, &stream);
    if (result < 0)
        return result;
    uint64_t index = srtp_window_index(&stream->sent, (uint16_t)(header[2] << 8 | header[3]));
    if (srtp_window_is_used(&stream->sent, index))
        return -EALREADY;
    memcpy(out, header, header_size);
    struct srtp_unit unit = {.ssrc = ssrc,
                             .index = index,
                             .header = out,
                             .header_size = header_size,
                             .in = payload,
                             .size = payload_size,
                             .out = out + header_size,
                             .trailer = (uint32_t)(index >> 16)};
    result = srtp_crypt_seal(&sender->crypt, &unit, unit.out + payload_size);
    if (result == 0)
        srtp_window_mark(&stream->sent, index);
    return result;
}

#include "media/render/depay.h"

#include "media/render/depay_codec.h"

enum depay_codec depay_codec_of(const char *name)
{
    if (g_ascii_strcasecmp(name, "opus") == 0 || g_ascii_strcasecmp(name, "red") == 0)
        return DEPAY_OPUS;
    if (g_ascii_strcasecmp(name, "VP8") == 0)
        return DEPAY_VP8;
    if (g_ascii_strcasecmp(name, "H264") == 0)
        return DEPAY_H264;
    return DEPAY_NONE;
}

struct depay *depay_create(enum depay_codec codec, uint8_t red_pt, depay_frame_fn frame, void *arg)
{
    struct depay *depay = g_new0(struct depay, 1);
    depay->codec = codec;
    depay->red_pt = red_pt;
    depay->frame_fn = frame;
    depay->arg = arg;
    depay->frame = g_byte_array_new();
    depay->parameters = g_byte_array_new();
    depay->awaiting = true;
    depay->picture = depay->base = -1;
    return depay;
}

void depay_destroy(struct depay *depay)
{
    if (!depay)
        return;
    g_byte_array_unref(depay->frame);
    g_byte_array_unref(depay->parameters);
    g_free(depay);
}

bool depay_add(struct depay *depay, const uint8_t *data, size_t size)
{
    if (size > DEPAY_FRAME_MAX - depay->frame->len)
        return false;
    g_byte_array_append(depay->frame, data, (guint)size);
    return true;
}

void depay_drop(struct depay *depay)
{
    g_byte_array_set_size(depay->frame, 0);
    depay->making = depay->fragment = false;
}

void depay_emit(struct depay *depay)
{
    if (depay->making && depay->frame->len > 0 && (depay->key || !depay->awaiting)) {
        struct depay_frame frame = {.data = depay->frame->data,
                                    .size = depay->frame->len,
                                    .timestamp = depay->timestamp,
                                    .key = depay->key,
                                    .after_loss = depay->lost,
                                    .width = depay->width,
                                    .height = depay->height};
        depay->awaiting = depay->lost = false;
        depay->frame_fn(depay->arg, &frame);
    }
    depay_drop(depay);
}

void depay_push(struct depay *depay, const struct reordered *packet)
{
    if (packet->lost)
        depay->lost = true;
    if (packet->packet.size == 0)
        return; /* padding: a probe of the line */
    if (depay->codec == DEPAY_OPUS)
        depay_opus(depay, packet);
    else if (depay->codec == DEPAY_VP8)
        depay_vp8(depay, packet);
    else if (depay->codec == DEPAY_H264)
        depay_h264(depay, packet);
}

void depay_flush(struct depay *depay)
{
    depay_drop(depay);
    depay->awaiting = true;
    depay->sounded = false;
    depay->picture = depay->base = -1;
}

const uint8_t *depay_parameters(const struct depay *depay, size_t *size)
{
    *size = depay->parameters->len;
    return depay->parameters->len ? depay->parameters->data : NULL;
}

bool depay_is_key(enum depay_codec codec, const struct packet *packet, int *width, int *height)
{
    *width = *height = 0;
    if (packet->size == 0)
        return false;
    if (codec == DEPAY_VP8)
        return depay_vp8_key(packet, width, height);
    if (codec == DEPAY_H264)
        return depay_h264_key(packet, width, height);
    return codec == DEPAY_OPUS;
}

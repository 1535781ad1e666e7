#include "media/render/packets.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "media/vault.h"

struct head {
    uint32_t size;
    uint8_t key;
    uint8_t zeros[3];
    int64_t at_us, duration_us;
} __attribute__((packed));

struct packets_out {
    struct vault_draft *draft;
    int64_t shift_us;
    bool formatted;
    int error;
};

struct packets_in {
    struct vault *vault;
    uint64_t at;
    uint8_t *data;
    size_t room;
};

static char *path_of(const char *directory, const char *name)
{
    return g_strdup_printf("%s/%s.sealed", directory, name);
}

int packets_create(const char *directory, const char *name, const unsigned char *key, struct packets_out **out)
{
    g_autofree char *path = path_of(directory, name);
    struct vault_draft *draft;
    int result = vault_draft_create(path, key, &draft);
    if (result < 0)
        return result;
    *out = g_new0(struct packets_out, 1);
    (*out)->draft = draft;
    return 0;
}

static void append(struct packets_out *out, const struct packets_item *item)
{
    struct head head = {.size = htobe32((uint32_t)item->size),
                        .key = item->key,
                        .at_us = (int64_t)htobe64((uint64_t)item->at_us),
                        .duration_us = (int64_t)htobe64((uint64_t)item->duration_us)};
    uint64_t end = vault_draft_size(out->draft);
    if (out->error == 0)
        out->error = vault_draft_write(out->draft, end, &head, sizeof head);
    if (out->error == 0)
        out->error = vault_draft_write(out->draft, end + sizeof head, item->data, item->size);
}

static void on_caps(void *arg, GstCaps *caps)
{
    struct packets_out *out = arg;
    if (out->formatted)
        return;
    out->formatted = true;
    g_autofree char *text = gst_caps_to_string(caps);
    append(out, &(struct packets_item){.data = (const uint8_t *)text, .size = strlen(text)});
}

static bool on_buffer(void *arg, GstBuffer *buffer)
{
    struct packets_out *out = arg;
    GstMapInfo map;
    if (!out->formatted || !gst_buffer_map(buffer, &map, GST_MAP_READ))
        return false;
    int64_t duration_us = GST_BUFFER_DURATION_IS_VALID(buffer) ? (int64_t)GST_BUFFER_DURATION(buffer) / 1000 : 0;
    struct packets_item item = {.at_us = (int64_t)GST_BUFFER_PTS(buffer) / 1000 + out->shift_us,
                                .duration_us = duration_us,
                                .key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT),
                                .data = map.data,
                                .size = map.size};
    if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)) /* those are in the format */
        append(out, &item);
    gst_buffer_unmap(buffer, &map);
    return out->error == 0;
}

struct line_handler packets_handler(struct packets_out *out, int64_t shift_us)
{
    out->shift_us = shift_us;
    return (struct line_handler){.buffer_fn = on_buffer, .caps_fn = on_caps, .arg = out};
}

int packets_finish(struct packets_out *out)
{
    int result = out->error;
    if (result < 0)
        vault_draft_abandon(out->draft);
    else
        result = vault_draft_finish(out->draft, NULL, NULL);
    g_free(out);
    return result;
}

void packets_abandon(struct packets_out *out)
{
    if (!out)
        return;
    vault_draft_abandon(out->draft);
    g_free(out);
}

/* ---- reading ---- */

bool packets_exist(const char *directory, const char *name, const unsigned char *key)
{
    g_autofree char *path = path_of(directory, name);
    struct vault *vault;
    if (vault_open(path, key, &vault) < 0)
        return false;
    vault_close(vault);
    return true;
}

int packets_open(const char *directory, const char *name, const unsigned char *key, struct packets_in **in)
{
    g_autofree char *path = path_of(directory, name);
    struct vault *vault;
    struct packets_item item;
    int result = vault_open(path, key, &vault);
    if (result < 0)
        return result;
    struct packets_in *i = g_new0(struct packets_in, 1);
    i->vault = vault;
    result = packets_next(i, &item); /* the format, which comes first */
    if (result < 1) {
        packets_close(i);
        return result < 0 ? result : -EBADMSG;
    }
    *in = i;
    return 0;
}

int packets_next(struct packets_in *in, struct packets_item *item)
{
    struct head head;
    ssize_t got = vault_read(in->vault, in->at, &head, sizeof head);
    if (got <= 0)
        return (int)got;
    item->size = be32toh(head.size);
    if (got < (ssize_t)sizeof head || item->size > PACKETS_MAX)
        return -EBADMSG;
    if (item->size > in->room) {
        in->room = item->size;
        in->data = g_realloc(in->data, in->room);
    }
    got = vault_read(in->vault, in->at + sizeof head, in->data, item->size);
    if (got < (ssize_t)item->size)
        return got < 0 ? (int)got : -EBADMSG;
    in->at += sizeof head + item->size;
    item->data = in->data;
    item->key = head.key;
    item->at_us = (int64_t)be64toh((uint64_t)head.at_us);
    item->duration_us = (int64_t)be64toh((uint64_t)head.duration_us);
    return 1;
}

void packets_close(struct packets_in *in)
{
    if (!in)
        return;
    vault_close(in->vault);
    g_free(in->data);
    g_free(in);
}

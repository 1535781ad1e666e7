#include "media/codec.h"

#include <string.h>
#include <strings.h>

static const char *const names[] = {
    [CODEC_NONE] = "",     [CODEC_OPUS] = "opus", [CODEC_RED] = "red", [CODEC_VP8] = "VP8",
    [CODEC_H264] = "H264", [CODEC_VP9] = "VP9",   [CODEC_AV1] = "AV1",
};

enum codec_kind codec_kind_of(const char *name)
{
    for (unsigned i = 1; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return (enum codec_kind)i;
    return CODEC_NONE;
}

const char *codec_name(enum codec_kind kind)
{
    return names[kind];
}

const struct codec *codec_by_pt(const struct codec_list *list, uint8_t pt, bool *rtx)
{
    for (int i = 0; i < list->count; i++) {
        *rtx = list->items[i].rtx_pt == pt && pt != 0;
        if (*rtx || list->items[i].pt == pt)
            return &list->items[i];
    }
    return NULL;
}

/* The value of `key` in an fmtp line like "a=1;b=2", "" when absent. */
static void fmtp_value(const char *fmtp, const char *key, char *value, size_t size)
{
    size_t length = strlen(key);
    value[0] = '\0';
    for (const char *at = fmtp; at && *at; at = strchr(at, ';'), at = at ? at + 1 : NULL) {
        while (*at == ' ')
            at++;
        if (strncasecmp(at, key, length) != 0 || at[length] != '=')
            continue;
        size_t count = strcspn(at + length + 1, "; ");
        count = count < size - 1 ? count : size - 1;
        memcpy(value, at + length + 1, count);
        value[count] = '\0';
    }
}

/* Packetization must agree; of the profile (RFC 6184 §8.1) its first two bytes' sense is left to the negotiation. */
static bool h264_agrees(const struct codec *one, const struct codec *other)
{
    char a[8], b[8];
    fmtp_value(one->fmtp, "packetization-mode", a, sizeof a);
    fmtp_value(other->fmtp, "packetization-mode", b, sizeof b);
    if ((a[0] == '1') != (b[0] == '1'))
        return false;
    fmtp_value(one->fmtp, "profile-level-id", a, sizeof a);
    fmtp_value(other->fmtp, "profile-level-id", b, sizeof b);
    return a[0] == '\0' || b[0] == '\0' || strncasecmp(a, b, 2) == 0;
}

const struct codec *codec_match(const struct codec_list *list, const struct codec *codec)
{
    for (int i = 0; i < list->count; i++) {
        const struct codec *item = &list->items[i];
        if (item->kind == codec->kind && (item->kind != CODEC_H264 || h264_agrees(item, codec)))
            return item;
    }
    return NULL;
}

#include "media/render/tags.h"

#include <stdint.h>
#include <string.h>

#define MARK      "HOICHAN" /* and a digit: letters that no muxer escapes */
#define MARK_SIZE (sizeof MARK)

char *tags_place(struct tags *tags, const char *words)
{
    if (!*words || tags->count == TAGS_WORDS_MAX)
        return g_strdup("");
    size_t size = MAX(strlen(words), MARK_SIZE);
    tags->words[tags->count] = g_malloc0(size + 1); /* zeros end a string in either container */
    strcpy(tags->words[tags->count], words);
    char *place = g_strnfill(size, 'x');
    memcpy(place, MARK, strlen(MARK));
    place[strlen(MARK)] = (char)('0' + tags->count++);
    return place;
}

/* The words whose mark is at `at`; NULL when it is none of ours, or more than there is room for. */
static const char *words_of(const struct tags *tags, const uint8_t *at, size_t left, size_t *size)
{
    unsigned number = left >= MARK_SIZE ? (unsigned)(at[strlen(MARK)] - '0') : TAGS_WORDS_MAX;
    const char *words = number < TAGS_WORDS_MAX ? tags->words[number] : NULL;
    *size = words ? MAX(strlen(words), MARK_SIZE) : 0;
    return *size <= left ? words : NULL;
}

static void replace(const struct tags *tags, uint8_t *data, size_t size)
{
    uint8_t *end = data + size;
    while ((data = memmem(data, (size_t)(end - data), MARK, strlen(MARK)))) {
        const char *words = words_of(tags, data, (size_t)(end - data), &size);
        if (words)
            memcpy(data, words, size);
        data += words ? size : 1;
    }
}

static bool holds_mark(GstBuffer *buffer)
{
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return false;
    bool found = memmem(map.data, map.size, MARK, strlen(MARK)) != NULL;
    gst_buffer_unmap(buffer, &map);
    return found;
}

/* Each string comes within one buffer: muxers write an element, or all of their head, at once. */
static bool on_buffer(void *arg, GstBuffer *buffer)
{
    const struct tags *tags = arg;
    GstMapInfo map;
    if (!holds_mark(buffer))
        return tags->file.buffer_fn(tags->file.arg, buffer);
    GstBuffer *mine = gst_buffer_copy_deep(buffer);
    if (gst_buffer_map(mine, &map, GST_MAP_READWRITE)) {
        replace(tags, map.data, map.size);
        gst_buffer_unmap(mine, &map);
    }
    bool taken = tags->file.buffer_fn(tags->file.arg, mine);
    gst_buffer_unref(mine);
    return taken;
}

static void on_seek(void *arg, guint64 offset)
{
    const struct tags *tags = arg;
    tags->file.seek_fn(tags->file.arg, offset);
}

struct line_handler tags_handler(struct tags *tags, struct line_handler file)
{
    tags->file = file;
    return (struct line_handler){.buffer_fn = on_buffer, .seek_fn = on_seek, .arg = tags};
}

void tags_finish(struct tags *tags)
{
    for (unsigned i = 0; i < tags->count; i++)
        g_clear_pointer(&tags->words[i], g_free);
    tags->count = 0;
}

#include "sniff.h"

#include <string.h>

static unsigned be16(const unsigned char *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static uint32_t be32(const unsigned char *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static bool set_size(struct sniffed *sniffed, uint32_t width, uint32_t height)
{
    if (!width || !height || width > SNIFF_SIDE_MAX || height > SNIFF_SIDE_MAX ||
        (uint64_t)width * height > SNIFF_PIXELS_MAX)
        return false;
    sniffed->picture = true;
    sniffed->width = (int)width;
    sniffed->height = (int)height;
    return true;
}

/* C0 to CF begin a frame and carry its size, but for C4 (Huffman tables), C8 and CC (arithmetic coding). */
static bool is_frame(unsigned char marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool has_no_length(unsigned char marker)
{
    return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/* ITU T.81, B.2.2: precision, size, components. */
static bool frame(const unsigned char *at, struct sniffed *sniffed)
{
    sniffed->baseline = at[1] == 0xc0 && at[4] == 8;
    sniffed->components = at[9];
    return set_size(sniffed, be16(at + 7), be16(at + 5));
}

/* ITU T.81, B.1: markers with their lengths, until a frame or the coded picture begins. */
static bool jpeg(const unsigned char *data, size_t size, struct sniffed *sniffed)
{
    size_t at = 2;
    while (at + 4 <= size && data[at] == 0xff) {
        unsigned char marker = data[at + 1];
        if (marker == 0xff) { /* a fill byte */
            at++;
        } else if (has_no_length(marker)) {
            at += 2;
        } else if (is_frame(marker)) {
            return at + 10 <= size && frame(data + at, sniffed);
        } else if (marker == 0xd9 || marker == 0xda || be16(data + at + 2) < 2) {
            return false;
        } else {
            at += 2 + be16(data + at + 2);
        }
    }
    return false;
}

/* IHDR must come first. */
static bool png(const unsigned char *data, size_t size, struct sniffed *sniffed)
{
    return size >= 24 && memcmp(data + 12, "IHDR", 4) == 0 && set_size(sniffed, be32(data + 16), be32(data + 20));
}

static bool begins(const unsigned char *data, size_t size, size_t at, const char *magic, size_t length)
{
    return size >= at + length && memcmp(data + at, magic, length) == 0;
}

bool sniff(const unsigned char *data, size_t size, struct sniffed *sniffed)
{
    *sniffed = (struct sniffed){0};
    if (begins(data, size, 0, "\xff\xd8\xff", 3)) {
        sniffed->type = "image/jpeg";
        return jpeg(data, size, sniffed);
    }
    if (begins(data, size, 0, "\x89PNG\r\n\x1a\n", 8)) {
        sniffed->type = "image/png";
        return png(data, size, sniffed);
    }
    if (begins(data, size, 0, "%PDF-", 5))
        sniffed->type = "application/pdf";
    else if (begins(data, size, 128, "DICM", 4))
        sniffed->type = "application/dicom";
    return sniffed->type != NULL;
}

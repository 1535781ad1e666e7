/**
 * What a file really is, by its first bytes and never by its name: the few types that a consultation takes.
 * Pure; fuzzed (tests/fuzz/fuzz_sniff.c).
 */
#ifndef SERVER_FILES_SNIFF_H
#define SERVER_FILES_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNIFF_SIZE = 256 * 1024, /* of the beginning: a camera may put a large EXIF block before the picture's size */
    SNIFF_SIDE_MAX = 16384,  /* pixels */
    SNIFF_PIXELS_MAX = 100 * 1000 * 1000,
};

struct sniffed {
    const char *type; /* "image/jpeg", "image/png", "application/pdf", "application/dicom" */
    bool picture;
    int width, height; /* of a picture, within the bounds above */
    bool baseline;     /* a JPEG that every decoder knows: sequential, Huffman, 8 bits (ITU T.81, SOF0) */
    int components;    /* of a JPEG: 1 grey, 3 colour */
};

/** false when it is none of these, or a picture whose size is not to be found, zero, or beyond the bounds. */
bool sniff(const unsigned char *data, size_t size, struct sniffed *sniffed);

#endif

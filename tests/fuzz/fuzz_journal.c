/* The journal reader against arbitrary files, arbitrary plain text under a good seal, and damage to a good file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "media/journal_chunk.h"
#include "media/journal_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char KEY[32] = "fuzz"; /* the corpus has segments that media/journal.c wrote with it */

static size_t seal_all(const uint8_t *plain, size_t size, size_t chunk, uint8_t *out)
{
    struct journal_header header = {.clock_us = 1, .epoch_us = 1000000, .recording = "r"};
    struct journal_sealer sealer = {.number = 0};
    journal_chunk_key(KEY, sealer.key);
    journal_header_write(&header, out, sealer.chain);
    size_t written = JOURNAL_HEADER_SIZE;
    while (size > 0) {
        size_t part = size < chunk ? size : chunk, whole;
        memcpy(out + written + JOURNAL_FRAME_SIZE, plain, part);
        if (journal_chunk_seal(&sealer, out + written, part, part == size, &whole) < 0)
            abort();
        written += whole;
        plain += part;
        size -= part;
    }
    return written;
}

static void read_through(const uint8_t *file, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct journal_reader *reader;
    struct journal_record record;
    unsigned char chain[JOURNAL_CHAIN_SIZE];
    uint64_t bytes;
    if (write(fd, file, size) != (ssize_t)size)
        abort();
    journal_chain_end(fd, chain, &bytes);
    if (journal_reader_open_fd(fd, KEY, &reader) < 0)
        abort();
    volatile uint8_t sum = 0;
    size_t records = 0;
    while (journal_reader_next(reader, &record) == 1) {
        for (size_t i = 0; i < record.size; i++)
            sum = (uint8_t)(sum + record.data[i]);
        if (++records > 2 * size + 16)
            abort(); /* it must come to an end */
    }
    journal_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 4096)
        return 0;
    uint8_t *file = malloc(256 * 1024);
    if (data[0] % 3 == 0) {
        read_through(data + 1, size - 1);
    } else {
        size_t written = seal_all(data + 3, size - 3, (size_t)data[1] + 1 + size / 64, file);
        if (data[0] % 3 == 2) { /* swaps bytes of a good file about */
            for (size_t i = 3; i + 2 < size && i < 20; i += 3)
                file[(size_t)(data[i] << 8 | data[i + 1]) % written] = data[i + 2];
            written -= data[2] % (written / 2);
        }
        read_through(file, written);
    }
    free(file);
    return 0;
}

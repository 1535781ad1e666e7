#include "media/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

static void fail(struct journal_file *file, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&file->failed, &none, error);
}

static void write_all(struct journal_file *file, const uint8_t *data, size_t size)
{
    while (size > 0 && atomic_load(&file->failed) == 0) {
        ssize_t done = write(file->fd, data, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            fail(file, -errno);
            return;
        }
        data += done;
        size -= (size_t)done;
        file->written += (uint64_t)done;
    }
}

void journal_file_begin(struct journal_file *file)
{
    uint8_t header[JOURNAL_HEADER_SIZE];
    journal_header_write(&file->header, header, file->sealer.chain);
    write_all(file, header, sizeof header);
}

void journal_file_write(struct journal_file *file, uint8_t *chunk, size_t size, bool final)
{
    size_t whole;
    /* After a failure nothing more: a hole would only look like tampering, so the segment ends where the disk did. */
    int result = atomic_load(&file->failed);
    if (result == 0)
        result = journal_chunk_seal(&file->sealer, chunk, size, final, &whole);
    if (result == 0) {
        write_all(file, chunk, whole);
        return;
    }
    sodium_memzero(chunk + JOURNAL_FRAME_SIZE, size);
    fail(file, result);
}

void journal_file_start_flush(struct journal_file *file)
{
    if (atomic_load(&file->failed) == 0)
        sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* what goes wrong the flush will tell */
}

void journal_file_flush(struct journal_file *file)
{
    if (atomic_load(&file->failed) != 0)
        return;
    if (fdatasync(file->fd) < 0 && errno != EINVAL && errno != EROFS) /* those two: not a thing that can be flushed */
        fail(file, -errno);
    else
        atomic_store(&file->flushed, file->written);
}

void journal_file_close(struct journal_file *file)
{
    if (close(file->fd) < 0)
        fail(file, -errno);
}

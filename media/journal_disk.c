#include "media/journal_disk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPARE_MAX = 16, STACK_BYTES = 256 * 1024 };

/* What one recording's disk has just written the next block of any is made of, so that each holds but the one it fills. */
static struct {
    pthread_mutex_t lock;
    struct journal_block *first;
    int count;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct journal_disk {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* under the lock */
    struct journal_block *first, *last;
    bool stop;
    /* read by the worker, written by both (waiting) or by the thread alone */
    _Atomic size_t waiting;
    _Atomic uint64_t flushed;
    _Atomic int failed;
    /* the thread's own once it runs */
    int fd;
    uint64_t written;
    struct journal_sealer sealer;
    struct journal_header header;
};

static void fail(struct journal_disk *disk, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&disk->failed, &none, error);
}

static void write_all(struct journal_disk *disk, const uint8_t *data, size_t size)
{
    while (size > 0 && atomic_load(&disk->failed) == 0) {
        ssize_t done = write(disk->fd, data, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            fail(disk, -errno);
            return;
        }
        data += done;
        size -= (size_t)done;
        disk->written += (uint64_t)done;
    }
}

static void flush(struct journal_disk *disk)
{
    if (atomic_load(&disk->failed) != 0)
        return;
    if (fdatasync(disk->fd) < 0 && errno != EINVAL && errno != EROFS) /* those two: not a thing that can be flushed */
        fail(disk, -errno);
    else
        atomic_store(&disk->flushed, disk->written);
}

static void forget(struct journal_block *block)
{
    sodium_memzero(block->chunk + JOURNAL_FRAME_SIZE, block->used);
}

static void write_block(struct journal_disk *disk, struct journal_block *block)
{
    size_t whole;
    if (atomic_load(&disk->failed) != 0) {
        forget(block);
        return; /* a hole would only look like tampering: the segment ends where the disk did */
    }
    int result = journal_chunk_seal(&disk->sealer, block->chunk, block->used, block->final, &whole);
    if (result < 0) {
        forget(block);
        fail(disk, result);
        return;
    }
    write_all(disk, block->chunk, whole);
    if (block->flush || block->final)
        flush(disk);
}

static void recycle(struct journal_disk *disk, struct journal_block *block)
{
    atomic_fetch_sub(&disk->waiting, block->used);
    pthread_mutex_lock(&spare.lock);
    bool keep = spare.count < SPARE_MAX;
    if (keep) {
        block->next = spare.first;
        spare.first = block;
        spare.count++;
    }
    pthread_mutex_unlock(&spare.lock);
    if (!keep)
        free(block);
}

static struct journal_block *next_block(struct journal_disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    while (!disk->first && !disk->stop)
        pthread_cond_wait(&disk->wake, &disk->lock);
    struct journal_block *block = disk->first;
    if (block)
        disk->first = block->next;
    if (!disk->first)
        disk->last = NULL;
    pthread_mutex_unlock(&disk->lock);
    return block;
}

static void *run(void *arg)
{
    struct journal_disk *disk = arg;
    uint8_t header[JOURNAL_HEADER_SIZE];
    journal_header_write(&disk->header, header, disk->sealer.chain);
    write_all(disk, header, sizeof header);
    flush(disk);
    for (struct journal_block *block; (block = next_block(disk));) {
        write_block(disk, block);
        recycle(disk, block);
    }
    flush(disk);
    if (close(disk->fd) < 0)
        fail(disk, -errno);
    return NULL;
}

/* Signals are the worker's business: its thread alone shall be interrupted. */
static int start_thread(struct journal_disk *disk)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    int result = pthread_attr_init(&attributes);
    if (result != 0)
        return -result;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&disk->thread, &attributes, run, disk);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -result;
}

static void release(struct journal_disk *disk)
{
    pthread_cond_destroy(&disk->wake);
    pthread_mutex_destroy(&disk->lock);
    sodium_memzero(disk, sizeof *disk);
    free(disk);
}

int journal_disk_start(const struct journal_disk_config *config, struct journal_disk **disk)
{
    struct journal_disk *d = sodium_init() < 0 ? NULL : calloc(1, sizeof *d);
    if (!d) {
        close(config->fd);
        return -ENOMEM;
    }
    d->fd = config->fd;
    d->header = config->header;
    journal_chunk_key(config->key, d->sealer.key);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    int result = start_thread(d);
    if (result < 0) {
        close(d->fd);
        release(d);
        return result;
    }
    *disk = d;
    return 0;
}

struct journal_block *journal_disk_take(void)
{
    pthread_mutex_lock(&spare.lock);
    struct journal_block *block = spare.first;
    if (block) {
        spare.first = block->next;
        spare.count--;
    }
    pthread_mutex_unlock(&spare.lock);
    if (!block)
        block = malloc(sizeof *block);
    if (!block)
        return NULL;
    block->next = NULL;
    block->used = 0;
    block->flush = false;
    block->final = false;
    return block;
}

void journal_disk_give(struct journal_disk *disk, struct journal_block *block)
{
    atomic_fetch_add(&disk->waiting, block->used);
    pthread_mutex_lock(&disk->lock);
    if (disk->last)
        disk->last->next = block;
    else
        disk->first = block;
    disk->last = block;
    pthread_cond_signal(&disk->wake);
    pthread_mutex_unlock(&disk->lock);
}

size_t journal_disk_waiting(const struct journal_disk *disk)
{
    return atomic_load(&disk->waiting);
}

int journal_disk_status(const struct journal_disk *disk, uint64_t *bytes)
{
    if (bytes)
        *bytes = atomic_load(&disk->flushed);
    return atomic_load(&disk->failed);
}

int journal_disk_stop(struct journal_disk *disk, unsigned char *chain, uint64_t *bytes)
{
    pthread_mutex_lock(&disk->lock);
    disk->stop = true;
    pthread_cond_signal(&disk->wake);
    pthread_mutex_unlock(&disk->lock);
    pthread_join(disk->thread, NULL);
    int result = journal_disk_status(disk, bytes);
    if (chain)
        memcpy(chain, disk->sealer.chain, JOURNAL_CHAIN_SIZE);
    release(disk);
    return result;
}

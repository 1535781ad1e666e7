#include "media/journal_disk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/journal_file.h"

enum {
    SPARE_MAX = 16,
    STACK_BYTES = 256 * 1024,
    WAKE_BYTES = 12 * JOURNAL_PLAIN_MAX, /* that wait, of all recordings */
};

struct journal_disk {
    struct journal_file file; /* the thread's */
    _Atomic size_t waiting;
    bool flush; /* the thread's own: it is in the list of those to be flushed */
    bool done;  /* under the lock */
    struct journal_disk *next_new, *next_ending, *next_flush;
};

/* What the thread is to do. */
struct work {
    struct journal_block *blocks;
    struct journal_disk *new, *ending;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    pthread_t thread;
    int recordings; /* the worker's own; the thread runs while there are any */
    /* under the lock */
    struct work work;
    struct journal_block **last; /* where the next block is hung; NULL: none waits */
    size_t bytes;                /* of those that wait */
    bool due, end;
    /* What one recording's disk has just written the next block of any is made of, so that each holds but the one it fills. */
    struct journal_block *spare;
    int spare_count;
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* ---- the thread ---- */

static bool take_work(struct work *work)
{
    pthread_mutex_lock(&writer.lock);
    while (!writer.due && !writer.end)
        pthread_cond_wait(&writer.wake, &writer.lock);
    bool more = writer.due;
    *work = writer.work;
    writer.work = (struct work){0};
    writer.last = NULL;
    writer.bytes = 0;
    writer.due = false;
    pthread_mutex_unlock(&writer.lock);
    return more;
}

static void want_flush(struct journal_disk **list, struct journal_disk *disk)
{
    if (disk->flush)
        return;
    disk->flush = true;
    disk->next_flush = *list;
    *list = disk;
}

static void recycle(struct journal_block *block)
{
    pthread_mutex_lock(&writer.lock);
    bool keep = writer.spare_count < SPARE_MAX;
    if (keep) {
        block->next = writer.spare;
        writer.spare = block;
        writer.spare_count++;
    }
    pthread_mutex_unlock(&writer.lock);
    if (!keep)
        free(block);
}

static void write_blocks(struct journal_block *blocks, struct journal_disk **flush)
{
    for (struct journal_block *block = blocks, *next; block; block = next) {
        next = block->next;
        journal_file_write(&block->disk->file, block->chunk, block->used, block->final);
        if (block->flush || block->final)
            want_flush(flush, block->disk);
        atomic_fetch_sub(&block->disk->waiting, block->used);
        recycle(block);
    }
}

static void flush_all(struct journal_disk *list)
{
    bool several = list && list->next_flush;
    for (struct journal_disk *disk = list; disk && several; disk = disk->next_flush)
        journal_file_start_flush(&disk->file);
    for (struct journal_disk *disk = list; disk; disk = disk->next_flush) {
        journal_file_flush(&disk->file);
        disk->flush = false;
    }
}

static void finish(struct journal_disk *disk)
{
    journal_file_close(&disk->file);
    pthread_mutex_lock(&writer.lock);
    disk->done = true;
    pthread_cond_signal(&writer.done);
    pthread_mutex_unlock(&writer.lock);
}

static void *run(void *arg)
{
    for (struct work work; take_work(&work);) {
        struct journal_disk *flush = NULL;
        for (struct journal_disk *disk = work.new; disk; disk = disk->next_new) {
            journal_file_begin(&disk->file);
            want_flush(&flush, disk);
        }
        write_blocks(work.blocks, &flush);
        for (struct journal_disk *disk = work.ending; disk; disk = disk->next_ending)
            want_flush(&flush, disk);
        flush_all(flush);
        for (struct journal_disk *disk = work.ending, *next; disk; disk = next) {
            next = disk->next_ending; /* whoever waits for it frees it */
            finish(disk);
        }
    }
    return arg;
}

/* Signals are the worker's business: its thread alone shall be interrupted. */
static int start_thread(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    int result = pthread_attr_init(&attributes);
    if (result != 0)
        return -result;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&writer.thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -result;
}

/* ---- the worker's side ---- */

/* Under the lock. */
static void wake(void)
{
    writer.due = true;
    pthread_cond_signal(&writer.wake);
}

static void release(struct journal_disk *disk)
{
    sodium_memzero(disk, sizeof *disk);
    free(disk);
}

int journal_disk_start(const struct journal_disk_config *config, struct journal_disk **disk)
{
    struct journal_disk *d = sodium_init() < 0 ? NULL : calloc(1, sizeof *d);
    int result = !d ? -ENOMEM : writer.recordings ? 0 : start_thread();
    if (result < 0) {
        close(config->fd);
        free(d);
        return result;
    }
    d->file.fd = config->fd;
    d->file.header = config->header;
    journal_chunk_key(config->key, d->file.sealer.key);
    writer.recordings++;
    pthread_mutex_lock(&writer.lock);
    d->next_new = writer.work.new;
    writer.work.new = d;
    wake();
    pthread_mutex_unlock(&writer.lock);
    *disk = d;
    return 0;
}

static struct journal_block *take_spare(void)
{
    pthread_mutex_lock(&writer.lock);
    struct journal_block *block = writer.spare;
    if (block) {
        writer.spare = block->next;
        writer.spare_count--;
    }
    pthread_mutex_unlock(&writer.lock);
    return block;
}

struct journal_block *journal_disk_take(void)
{
    struct journal_block *block = take_spare();
    if (!block)
        block = malloc(sizeof *block);
    if (!block)
        return NULL;
    block->next = NULL;
    block->disk = NULL;
    block->used = 0;
    block->flush = false;
    block->final = false;
    return block;
}

void journal_disk_give(struct journal_disk *disk, struct journal_block *block)
{
    block->disk = disk;
    atomic_fetch_add(&disk->waiting, block->used);
    pthread_mutex_lock(&writer.lock);
    *(writer.last ? writer.last : &writer.work.blocks) = block;
    writer.last = &block->next;
    writer.bytes += block->used;
    if (block->flush || writer.bytes >= WAKE_BYTES)
        wake();
    pthread_mutex_unlock(&writer.lock);
}

size_t journal_disk_waiting(const struct journal_disk *disk)
{
    return atomic_load(&disk->waiting);
}

int journal_disk_status(const struct journal_disk *disk, uint64_t *bytes)
{
    if (bytes)
        *bytes = atomic_load(&disk->file.flushed);
    return atomic_load(&disk->file.failed);
}

static void end_thread(void)
{
    pthread_mutex_lock(&writer.lock);
    writer.end = true;
    pthread_cond_signal(&writer.wake);
    pthread_mutex_unlock(&writer.lock);
    pthread_join(writer.thread, NULL);
    writer.end = false;
}

void journal_disk_end(struct journal_disk *disk)
{
    pthread_mutex_lock(&writer.lock);
    disk->next_ending = writer.work.ending;
    writer.work.ending = disk;
    wake();
    pthread_mutex_unlock(&writer.lock);
}

bool journal_disk_has_ended(const struct journal_disk *disk)
{
    pthread_mutex_lock(&writer.lock);
    bool done = disk->done;
    pthread_mutex_unlock(&writer.lock);
    return done;
}

int journal_disk_stop(struct journal_disk *disk, unsigned char *chain, uint64_t *bytes)
{
    pthread_mutex_lock(&writer.lock);
    while (!disk->done)
        pthread_cond_wait(&writer.done, &writer.lock);
    pthread_mutex_unlock(&writer.lock);
    if (--writer.recordings == 0)
        end_thread();
    int result = journal_disk_status(disk, bytes);
    if (chain)
        memcpy(chain, disk->file.sealer.chain, JOURNAL_CHAIN_SIZE);
    release(disk);
    return result;
}

#define G_LOG_DOMAIN "pool"
#include "server/pool.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
    pool_work_fn work;
    pool_done_fn done;
    void *arg;
};

struct pool {
    GAsyncQueue *waiting;  /* of struct job; `stop` ends one thread */
    GAsyncQueue *finished; /* of struct job, for the main loop */
    size_t queue_max;
    size_t in_flight; /* submitted and not yet delivered; main loop only */
    int count;
    GThread **threads;
    void **contexts;
    void (*context_destroy)(void *context);
    int wake_fd; /* rung by threads, heard by the main loop */
    guint wake_source;
    bool closing;
    struct job stop;
};

struct thread_arg {
    struct pool *pool;
    void *context;
};

static void deliver(struct pool *pool, struct job *job)
{
    pool->in_flight--;
    if (job->done)
        job->done(job->arg);
    g_free(job);
}

static void deliver_all(struct pool *pool)
{
    struct job *job;

    while ((job = g_async_queue_try_pop(pool->finished)))
        deliver(pool, job);
}

static gboolean woken(int fd, GIOCondition condition, void *arg)
{
    eventfd_t count;
    (void)condition;

    (void)eventfd_read(fd, &count);
    deliver_all(arg);
    return G_SOURCE_CONTINUE;
}

static void *run(void *arg)
{
    struct thread_arg *thread = arg;
    struct pool *pool = thread->pool;
    struct job *job;

    while ((job = g_async_queue_pop(pool->waiting)) != &pool->stop) {
        job->work(job->arg, thread->context);
        g_async_queue_push(pool->finished, job);
        (void)eventfd_write(pool->wake_fd, 1);
    }
    g_free(thread);
    return NULL;
}

int pool_create(const struct pool_config *config, struct pool **result)
{
    struct pool *pool = g_new0(struct pool, 1);
    int error = 0;

    pool->waiting = g_async_queue_new();
    pool->finished = g_async_queue_new();
    pool->queue_max = config->queue_max;
    pool->context_destroy = config->context_destroy;
    pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake_fd < 0)
        g_error("no eventfd: %s", g_strerror(errno));
    pool->wake_source = g_unix_fd_add(pool->wake_fd, G_IO_IN, woken, pool);
    pool->threads = g_new0(GThread *, config->threads);
    pool->contexts = g_new0(void *, config->threads);
    for (; pool->count < config->threads; pool->count++) {
        void **context = &pool->contexts[pool->count];
        if (config->context_create && (error = config->context_create(config->arg, context)))
            break;
        struct thread_arg *thread = g_new(struct thread_arg, 1);
        *thread = (struct thread_arg){pool, *context};
        pool->threads[pool->count] = g_thread_new("pool", run, thread);
    }
    if (error) {
        pool_destroy(pool);
        return error;
    }
    *result = pool;
    return 0;
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    pool->closing = true;
    for (int i = 0; i < pool->count; i++)
        g_async_queue_push(pool->waiting, &pool->stop);
    for (int i = 0; i < pool->count; i++)
        g_thread_join(pool->threads[i]);
    deliver_all(pool);
    for (int i = 0; i < pool->count; i++)
        if (pool->context_destroy)
            pool->context_destroy(pool->contexts[i]);
    g_source_remove(pool->wake_source);
    close(pool->wake_fd);
    g_async_queue_unref(pool->waiting);
    g_async_queue_unref(pool->finished);
    g_free(pool->threads);
    g_free(pool->contexts);
    g_free(pool);
}

int pool_submit(struct pool *pool, pool_work_fn work, pool_done_fn done, void *arg)
{
    if (pool->closing)
        return -ESHUTDOWN;
    if (pool->in_flight >= pool->queue_max)
        return -EBUSY;
    struct job *job = g_new(struct job, 1);
    *job = (struct job){work, done, arg};
    pool->in_flight++;
    g_async_queue_push(pool->waiting, job);
    return 0; /* cppcheck-suppress memleak; the job is the queue's now, deliver() frees it */
}

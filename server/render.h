/**
 * The queue of render jobs: hoichan-render makes files out of a finished journal, one at a time and below everything
 * else in priority. A job that is running when hoichand ends is ended too; whoever asked for it asks again after the
 * next start. One that does not get on is ended, and has failed like any other: it would hold all that come after it.
 *
 * Thread: main loop.
 */
#ifndef SERVER_RENDER_H
#define SERVER_RENDER_H

#include <stdbool.h>

struct renderer;

struct render_job {
    const char *recording; /* its id */
    const char *journal;   /* the directory with its segments */
    const char *out;       /* the directory for the files, made by hoichan-render */
    unsigned char key[32];
    const char *legend; /* what the film says of itself, one line of JSON; NULL: nothing */
};

typedef void (*render_progress_fn)(void *arg, int percent);
/** Called once. `error` is NULL on success, else what hoichan-render said last (a JSON line) or a few plain words. */
typedef void (*render_done_fn)(void *arg, const char *error);

/** `silence_s`: a job that makes no progress for so long is ended. */
struct renderer *renderer_create(int silence_s);
/** Takes NULL. Ends the running job; no callback comes any more. */
void renderer_destroy(struct renderer *renderer);

/** Queues a job. Owns: copies what it needs of `job` and wipes the key when it has been handed over. */
void render_start(struct renderer *renderer, const struct render_job *job, render_progress_fn progress,
                  render_done_fn done, void *arg);

/** How many were ended because they made no progress. */
unsigned renderer_stalled(const struct renderer *renderer);

/** One line of hoichan-render's output: "progress 42" gives 42, anything else -1. Pure. */
int render_parse_progress(const char *line);

#endif

/**
 * A listening socket that rests when no descriptor is left: whoever waits at it keeps it readable, and a loop that asked
 * again and again would do nothing else.
 */
#ifndef MEDIA_ACCEPTOR_H
#define MEDIA_ACCEPTOR_H

#include <sys/socket.h>

#include "media/loop.h"

enum { ACCEPTOR_REST_US = 500 * 1000 };

/** Embedded in its owner; `watch.fd` is -1 while it is not open. */
struct acceptor {
    struct loop *loop;
    struct loop_watch watch;
    struct timer rest;
};

/** Says whom to tell that somebody waits: `fn` as of loop_watch. */
void acceptor_init(struct acceptor *acceptor, struct loop *loop, void (*fn)(void *, uint32_t, uint64_t), void *arg);
/** Owns: takes `fd`, which listens. Errors: of loop_watch_add. */
int acceptor_open(struct acceptor *acceptor, int fd);
/** Closes the socket, if it is open. */
void acceptor_finish(struct acceptor *acceptor);

/** The next who waits, non-blocking; `peer` may be NULL. Caller owns it. Errors: -errno; it rests when nothing is left for another. */
int acceptor_take(struct acceptor *acceptor, struct sockaddr_storage *peer);

#endif

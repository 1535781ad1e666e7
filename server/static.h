/**
 * The built web applications, found at start (and again on SIGHUP). Small files are kept in memory, so that serving them never
 * touches the disk; large ones, which few ask for (blurring the background: 5.7 MB), stay open and are read in chunks by
 * the pool while they are sent. What is replaced on the disk in between is served as it was.
 *
 * `x.js` is served from `x.js.br` or `x.js.gz` where the client accepts it. What lies under assets/ has the hash of its
 * content in its name and is cached for ever; everything else is asked for again each time, with an ETag.
 * Thread: main loop.
 */
#ifndef SERVER_STATIC_H
#define SERVER_STATIC_H

#include "http.h"

struct static_files;

/** `root` may be missing: then the pages say how to build them. */
struct static_files *static_create(const char *root);
void static_destroy(struct static_files *files);
/** Never NULL: a file, a redirect or a problem. */
struct response *static_respond(const struct static_files *files, const struct request *request);

#endif

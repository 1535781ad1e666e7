/**
 * What a media worker gives up once it is set up: root, new privileges, and every system call its loop does not need.
 * It opens no file, makes no socket and starts no program from here on; descriptors come from hoichand.
 */
#ifndef MEDIA_SANDBOX_H
#define MEDIA_SANDBOX_H

/**
 * Locks the process in. Started as root it becomes `user` (NULL: nobody). Under a sanitizer, whose runtime needs more
 * calls, only the privileges go.
 * Errors: negative errno; the process must not go on then.
 */
int sandbox_enter(const char *user);

#endif

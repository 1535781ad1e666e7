/**
 * Random keys in files of their own (0600), made when they are missing.
 */
#ifndef SERVER_KEYS_H
#define SERVER_KEYS_H

#include <glib.h>

/** STATE_DIR/keys/NAME of `size` bytes. Errors: FALSE with `error` set, also when the file is not as long as it should
 * be. */
gboolean key_load(const char *state_dir, const char *name, unsigned char *key, size_t size, GError **error);

#endif

/**
 * Where a muxer's file goes: straight into a sealed draft (media/vault.h), in whatever order the muxer writes. No plain
 * text touches the disk, and no file has to fit into memory.
 */
#ifndef MEDIA_RENDER_SEALED_H
#define MEDIA_RENDER_SEALED_H

#include "media/render/line.h"
#include "media/vault.h"

struct sealed;

/** Begins DIRECTORY/NAME.sealed. */
int sealed_create(const char *directory, const char *name, const unsigned char *key, struct sealed **sealed);
/** What to give to line_create for a muxer. */
struct line_handler sealed_handler(struct sealed *sealed);
/** Errors: also what went wrong while the muxer wrote. Gone afterwards. */
int sealed_finish(struct sealed *sealed, uint64_t *size, unsigned char *hash);
/** Takes NULL. */
void sealed_abandon(struct sealed *sealed);

/** Writes a whole small file. */
int sealed_write(const char *directory, const char *name, const unsigned char *key, const void *data, size_t size,
                 unsigned char *hash);
/** Reads one; g_free it. It is terminated by a zero behind its end. */
int sealed_read(const char *directory, const char *name, const unsigned char *key, char **data, size_t *size);

#endif

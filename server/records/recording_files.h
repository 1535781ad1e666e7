/**
 * What the renderer has left behind: sealed files (media/vault.h) and, among them, manifest.json, which names the
 * others and the gaps: {"files":[{name, kind, type, duration_ms?, …}], "gaps":[{track, from_ms, to_ms, cause}]}. Size
 * and hash are taken from the seals, not from what the manifest says.
 *
 * Thread: pool; reads every file through once.
 */
#ifndef SERVER_RECORDS_RECORDING_FILES_H
#define SERVER_RECORDS_RECORDING_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

struct recording_files;

/** NULL with `error` set: something is missing, broken, or not named as it should be. */
struct recording_files *recording_files_read(const char *directory, const char *recording, const unsigned char *key,
                                             GError **error);
/** Takes NULL. */
void recording_files_free(struct recording_files *files);
/** Replaces what was registered before. Inside a transaction. */
bool recording_files_save(struct store *store, const char *recording, const struct recording_files *files, int64_t now,
                          GError **error);
/** A plain file name: letters, digits, . _ - only, no leading dot, at most 100. Pure. */
bool recording_file_name_is_good(const char *name);

#endif

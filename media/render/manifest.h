/**
 * What was made of a recording and what is missing from it: manifest.json, sealed like the files it names.
 *
 *     {"version":1, "tool", "recording", "started_at", "ended_at", "duration_ms", "fingerprint",
 *      "files":[{"name", "kind":"composed|track|poster", "type", "size", "sha256", "codec"?,
 *                "duration_ms"?, "track"?}],
 *      "tracks":[{"track", "participant", "kind", "source", "codec", "file", "start_ms", "end_ms", "packets", "frames",
 *                 "width"?, "height"?, "problem"?}],
 *      "gaps":[{"track", "from_ms", "to_ms", "cause", "count"}],
 *      "journal":{"complete":bool, "segments":[{"segment", "closed", "chunks", "chain", "from_ms", "to_ms",
 *                 "faults":[{"fault", "count", "at_ms"}]}]}}
 *
 * Milliseconds count from `started_at`, the first capture. A file NAME lies beside it as NAME.sealed; size and hash are
 * of the plain file. Causes: loss, mute, paused (the sender sent nothing and said nothing), withdrawn-consent,
 * publisher-left, worker-death, worker-change, no-key-frame, journal-damaged, disk-stalled, or what the worker told.
 */
#ifndef MEDIA_RENDER_MANIFEST_H
#define MEDIA_RENDER_MANIFEST_H

#include <jansson.h>

#include "media/render/render.h"

#define MANIFEST_FILE "manifest.json"

/** An entry of "files". The caller owns it. */
json_t *manifest_file(const char *name, const char *kind, const char *type, uint64_t size, const unsigned char *hash);

/** The whole. `tracks` is tracks_write's result, `film` and `poster` entries; all borrowed. The caller owns the
 *  result. */
json_t *manifest_make(const struct render *render, json_t *tracks, json_t *film, json_t *poster);

/** Bytes as lower-case hex. g_free it. */
char *manifest_hex(const unsigned char *bytes, size_t size);

/** JSON in a sealed file. Errors: 0 or a negative errno. */
int manifest_store(const char *directory, const char *name, const unsigned char *key, const json_t *json);
int manifest_load(const char *directory, const char *name, const unsigned char *key, json_t **json);

#endif

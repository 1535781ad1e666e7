/**
 * Files of a consultation: stills taken at the far end and what is sent in the chat, from the first byte to ready.
 *
 *     announced (a still whose thumbnail is known) ─► uploading ─► ready
 *                                                        └──────► refused (not an allowed type, infected)
 *
 * The row knows how much has come; the bytes are pieces.h's. Thread: pool. Errors: false with `error` set is the store's
 * or the disk's fault, and the same may be tried again.
 */
#ifndef SERVER_FILES_FILE_H
#define SERVER_FILES_FILE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "pieces.h"
#include "server/store/store.h"

struct server;

/** Where they are: the caller's connection, and our keys and directories. */
struct files {
    struct store *store;
    const struct server *server;
};

enum {
    FILE_ID_SIZE = 65,
    FILE_NAME_MAX = 200, /* bytes */
    FILES_PER_CONSULTATION_MAX = 200,
    FILE_UPLOAD_S = 7 * 24 * 3600, /* from its beginning; a storm may cut a clinic off for days */
};

enum file_state { FILE_ANNOUNCED, FILE_UPLOADING, FILE_READY, FILE_REFUSED };
/** "announced", … */
const char *file_state_name(enum file_state state);

struct file {
    char id[FILE_ID_SIZE], consultation[FILE_ID_SIZE], participant[FILE_ID_SIZE];
    bool chat; /* else a still */
    enum file_state state;
    int64_t size, received, created_at;
    bool expired; /* refused, because it was not finished in time */
    unsigned char key[PIECES_KEY_SIZE];
    const char *directory; /* of the configuration */
};

/** `*found` false: there is none of that name in this consultation. Owns: file_clear when found. */
bool file_load(const struct files *files, const char *consultation, const char *id, struct file *file, bool *found,
               GError **error);
void file_clear(struct file *file);
struct pieces file_pieces(const struct file *file);

struct file_chat {
    const char *consultation, *participant, *name;
    int64_t size, at;
};
/** A new one in the chat. `*problem`: NULL, or "files-full". */
bool file_begin_chat(const struct files *files, const struct file_chat *chat, char id[STORE_ID_SIZE],
                     const char **problem, GError **error);
/** The full picture of an announced still is about to come. Asked again with the same size it goes on. */
bool file_begin_still(struct store *store, struct file *file, int64_t size, GError **error);
/** A still has been taken: its row, and its thumbnail sealed. The same told twice changes nothing. */
struct file_still {
    const char *id, *consultation, *participant, *requested_by, *source;
    int width, height;
    const unsigned char *thumbnail; /* JPEG */
    size_t thumbnail_size;
    int64_t at;
};
bool file_announce_still(const struct files *files, const struct file_still *still, const char **problem,
                         GError **error);

/** Takes bytes at file->received, which moves on. */
bool file_take(struct store *store, struct file *file, const void *data, size_t size, GError **error);
/**
 * All has come: joins, judges, and makes it ready. `*problem`: NULL, "file-type", "file-infected", or "busy" when the
 * scanner could not say. `address` of who sent it, for the audit log.
 */
bool file_finish(const struct files *files, struct file *file, const char *address, int64_t now, const char **problem,
                 GError **error);

/** What signaling_file wants to know of it now. Caller owns it; NULL with `error` set. */
json_t *file_news(struct store *store, const struct file *file, GError **error);
#define FILE_COLUMNS                                                                                                   \
    "f.id, f.consultation_id, f.participant_id AS participant, f.kind, f.state, f.requested_by, f.source, f.name, "    \
    "f.type, f.width, "                                                                                                \
    "f.height, f.size, f.received, f.sha256, f.marks, f.refusal, f.created_at, f.ready_at"

#endif

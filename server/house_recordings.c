/* What the pool does for signaling's recordings: rows, keys, and the files of segments. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "house_call.h"
#include "media/journal_chunk.h"
#include "records/keywrap.h"
#include "server.h"

static bool set_errno(GError **error, const char *what)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", what, g_strerror(errno));
    return false;
}

static char *recording_directory(const struct house_call *call)
{
    return g_build_filename(call->server->config->recording.dir, call->recording.id, NULL);
}

/** Creates the segment's file and flushes its name to disk; one left by a crash right here is empty and is used. */
static bool create_segment(struct house_call *call, GError **error)
{
    g_autofree char *directory = recording_directory(call);
    g_autofree char *name = g_strdup_printf("%d.hcj", call->recording.segment.number);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (g_mkdir_with_parents(directory, 0700) < 0)
        return set_errno(error, "recording directory");
    if (call->recording.segment.fd >= 0)
        close(call->recording.segment.fd);
    call->recording.segment.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (call->recording.segment.fd < 0)
        return set_errno(error, "recording segment");
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    return true;
}

static bool insert_segment(struct house_call *call, struct store *store, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%d.hcj", call->recording.id, call->recording.segment.number);
    return store_run(store, error,
                     "INSERT INTO recording_segments (recording_id, number, path, chain, created_at) "
                     "VALUES (?, ?, ?, ?, ?)",
                     store_text(call->recording.id), store_int(call->recording.segment.number), store_text(path),
                     store_text(call->recording.segment.chain), store_int(call->at)) == 1;
}

static bool begin_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    char *wrapped = keywrap_seal(call->server->master_key, call->recording.segment.key);
    bool good = store_run(store, error,
                          "INSERT INTO recordings (id, consultation_id, state, started_by, started_at, key) "
                          "VALUES (?, ?, 'recording', ?, ?, ?)",
                          store_text(call->recording.id), store_text(call->consultation), store_text(call->participant),
                          store_int(call->at), store_text(wrapped)) == 1;
    g_free(wrapped);
    return good && insert_segment(call, store, error) &&
           house_append_audit(call, store, &(struct house_deed){.action = "recording.begin"}, error);
}

bool house_recording_begin(struct house_call *call, struct store *store, GError **error)
{
    char id[STORE_ID_SIZE];
    store_new_id(id);
    g_free(call->recording.id);
    call->recording.id = g_strdup(id);
    call->recording.segment.number = 0;
    memset(call->recording.segment.chain, '0', sizeof call->recording.segment.chain - 1);
    call->recording.segment.chain[sizeof call->recording.segment.chain - 1] = '\0';
    randombytes_buf(call->recording.segment.key, sizeof call->recording.segment.key);
    return create_segment(call, error) && store_transaction(store, begin_work, call, error);
}

/** Where the last segment's chain ends; a segment that never got its header leaves the chain where it was. */
static bool continue_chain(struct house_call *call, const char *before, GError **error)
{
    g_autofree char *directory = recording_directory(call);
    g_autofree char *name = g_strdup_printf("%d.hcj", call->recording.segment.number - 1);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    unsigned char chain[JOURNAL_CHAIN_SIZE];
    uint64_t bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return set_errno(error, "the segment before");
    int result = journal_chain_end(fd, chain, &bytes);
    close(fd);
    if (result == 0)
        sodium_bin2hex(call->recording.segment.chain, sizeof call->recording.segment.chain, chain, sizeof chain);
    else
        g_strlcpy(call->recording.segment.chain, before, sizeof call->recording.segment.chain);
    return true;
}

bool house_recording_continue(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT r.consultation_id, r.state, r.key, s.number, s.chain FROM recordings r "
                                       "JOIN recording_segments s ON s.recording_id = r.id WHERE r.id = ? "
                                       "ORDER BY s.number DESC LIMIT 1",
                                       store_text(call->recording.id));
    if (!rows)
        return false;
    if (!store_next(rows) || strcmp(rows_text(rows, "state"), "recording") != 0) {
        call->problem = "not_found";
        return true;
    }
    if (!keywrap_open(call->server->master_key, rows_text(rows, "key"), call->recording.segment.key)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "the recording's key does not open: another master key?");
        return false;
    }
    call->recording.segment.number = (int)rows_int(rows, "number") + 1;
    return continue_chain(call, rows_text(rows, "chain"), error) && create_segment(call, error) &&
           insert_segment(call, store, error);
}

bool house_recording_end(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error,
                     "UPDATE recordings SET state = 'rendering', ended_at = ?, next_attempt_at = ? "
                     "WHERE id = ? AND state = 'recording'",
                     store_int(call->at), store_int(call->at), store_text(call->recording.id)) >= 0;
}

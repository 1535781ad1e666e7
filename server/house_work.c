/* What the pool does for signaling's calls. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "config.h"
#include "consultation.h"
#include "house_call.h"
#include "json_set.h"
#include "media/journal_chunk.h"
#include "records/keywrap.h"
#include "server.h"

static bool append_audit(struct house_call *call, struct store *store, const char *action, GError **error)
{
    g_autofree char *actor = call->said_by       ? g_strdup(call->said_by)
                             : call->participant ? g_strconcat("participant:", call->participant, NULL)
                                                 : NULL;
    g_autofree char *object = call->consultation ? g_strconcat("consultation:", call->consultation, NULL) : NULL;
    struct audit_entry entry = {.at_us = call->at,
                                .actor = actor ? actor : "system",
                                .action = action,
                                .object = object ? object : "",
                                .address = "",
                                .detail = call->detail};
    return audit_append(store, &entry, error);
}

/* ---- coming and going ---- */

static json_t *admitted(struct house_call *call, struct store_rows *rows)
{
    json_t *c = json_pack("{s:s, s:s, s:s, s:s}", "id", call->consultation, "title", rows_text(rows, "title"), "kind",
                          rows_text(rows, "kind"), "state", rows_text(rows, "state"));
    json_set_time(c, "starts_at", rows_int(rows, "starts_at"));
    json_set_time(c, "ends_at", rows_int(rows, "ends_at"));
    json_set_time(c, "started_at", rows_int(rows, "started_at"));
    json_set_text(c, "room", rows_text(rows, "room"));
    json_set_text(c, "site", rows_text(rows, "site"));
    json_t *p = json_pack("{s:s, s:s, s:s, s:s}", "id", call->participant, "name", rows_text(rows, "name"), "role",
                          rows_text(rows, "role"), "language", rows_text(rows, "language"));
    json_set_text(p, "place", rows_text(rows, "place"));
    return json_pack("{s:o, s:o, s:b, s:o}", "consultation", c, "participant", p, "waiting_room",
                     rows_bool(rows, "waiting_room"), "ice_servers",
                     house_ice_servers(call->server->config, call->participant, call->at));
}

/** The stay that goes on, for a signaling that was restarted in the middle of it. */
static bool add_stay(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT id, quality FROM stays WHERE consultation_id = ? AND participant_id = ? "
                                       "AND left_at IS NULL AND quality IS NOT NULL ORDER BY joined_at DESC LIMIT 1",
                                       store_text(call->consultation), store_text(call->participant));
    if (!rows)
        return false;
    if (store_next(rows))
        json_object_set_new(call->result, "stay",
                            json_pack("{s:s, s:o*}", "id", rows_text(rows, "id"), "quality",
                                      json_loads(rows_text(rows, "quality"), 0, NULL)));
    return true;
}

/** The last word of each voice on each purpose. */
static bool add_consents(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT purpose, granted, for_patient FROM consents c WHERE c.consultation_id = "
                                       "? AND c.participant_id = ? AND c.seq = (SELECT MAX(l.seq) FROM consents l "
                                       "WHERE l.consultation_id = c.consultation_id AND l.participant_id = "
                                       "c.participant_id AND l.purpose = c.purpose AND l.for_patient = c.for_patient) "
                                       "ORDER BY c.seq",
                                       store_text(call->consultation), store_text(call->participant));
    json_t *words = json_array();
    while (store_next(rows))
        json_array_append_new(words, json_pack("{s:s, s:b, s:b}", "purpose", rows_text(rows, "purpose"), "granted",
                                               (int)rows_bool(rows, "granted"), "for_patient",
                                               (int)rows_bool(rows, "for_patient")));
    json_object_set_new(call->result, "consents", words);
    return rows != NULL;
}

bool house_admit(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.title, c.kind, c.state, c.starts_at, c.ends_at, c.started_at, c.waiting_room, "
        "r.name AS room, s.name AS site, p.name, p.role, p.place, COALESCE(u.language, c.language) AS language "
        "FROM participants p JOIN consultations c ON c.id = p.consultation_id "
        "LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id "
        "LEFT JOIN users u ON u.id = p.user_id "
        "WHERE p.id = ? AND c.id = ? AND p.removed_at IS NULL",
        store_text(call->participant), store_text(call->consultation));
    if (!rows)
        return false;
    if (!store_next(rows)) {
        call->problem = "not_found";
        return true;
    }
    enum consultation_state state = consultation_state_of(rows_text(rows, "state"));
    if (state == CONSULTATION_ENDED)
        call->problem = "ended";
    else if (state == CONSULTATION_CANCELLED)
        call->problem = "not_open";
    else
        call->result = admitted(call, rows);
    return !call->result ||
           (add_stay(call, store, error) && add_consents(call, store, error) && house_add_stills(call, store, error));
}

/** The same stay may be told of twice: before and after a restart. */
bool house_joined(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error,
                     "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (id) DO UPDATE SET away_at = NULL",
                     store_text(call->session), store_text(call->consultation), store_text(call->participant),
                     store_int(call->at)) >= 0;
}

bool house_away(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error, "UPDATE stays SET away_at = ? WHERE id = ? AND left_at IS NULL",
                     store_time(call->at), store_text(call->session)) >= 0;
}

bool house_quality(struct house_call *call, struct store *store, GError **error)
{
    g_autofree char *quality = json_dumps(call->detail, JSON_COMPACT);
    return store_run(store, error, "UPDATE stays SET quality = ? WHERE id = ? AND left_at IS NULL", store_text(quality),
                     store_text(call->session)) >= 0;
}

bool house_left(struct house_call *call, struct store *store, GError **error)
{
    g_autofree char *quality = call->detail ? json_dumps(call->detail, JSON_COMPACT) : NULL;
    return store_run(store, error,
                     "UPDATE stays SET left_at = COALESCE(left_at, ?), reason = COALESCE(reason, ?), "
                     "quality = COALESCE(?, quality) WHERE id = ?",
                     store_int(call->at), store_text(call->text), store_text(quality), store_text(call->session)) >= 0;
}

bool house_started(struct house_call *call, struct store *store, GError **error)
{
    bool moved;
    return consultation_start(store, call->consultation, call->at, &moved, error);
}

static bool end_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    bool moved;
    if (!consultation_end(store, call->consultation, call->at, &moved, error))
        return false;
    return !moved || append_audit(call, store, "consultation.end", error);
}

bool house_ended(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, end_work, call, error);
}

/* ---- what was said ---- */

static bool consent_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    if (call->said_by && !call->detail)
        call->detail = json_pack("{s:s}", "participant", call->participant);
    return store_run(store, error,
                     "INSERT INTO consents (consultation_id, participant_id, purpose, granted, for_patient, language, "
                     "said_by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     store_text(call->consultation), store_text(call->participant), store_text(call->text),
                     store_int(call->granted), store_int(call->for_patient),
                     store_text(call->language ? call->language : "vi"), store_text(call->said_by),
                     store_int(call->at)) == 1 &&
           append_audit(call, store, call->granted ? "consent.give" : "consent.refuse", error);
}

bool house_consent(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, consent_work, call, error);
}

bool house_chat(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error, "INSERT INTO chat (consultation_id, participant_id, text, at) VALUES (?, ?, ?, ?)",
                     store_text(call->consultation), store_text(call->participant), store_text(call->text),
                     store_int(call->at)) == 1;
}

static bool audit_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    return append_audit(call, store, call->text, error);
}

bool house_audit(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, audit_work, call, error);
}

/* ---- recordings ---- */

static bool set_errno(GError **error, const char *what)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", what, g_strerror(errno));
    return false;
}

static char *recording_directory(const struct house_call *call)
{
    return g_build_filename(call->server->config->recording.dir, call->recording, NULL);
}

/** Creates the segment's file and flushes its name to disk; one left by a crash right here is empty and is used. */
static bool create_segment(struct house_call *call, GError **error)
{
    g_autofree char *directory = recording_directory(call);
    g_autofree char *name = g_strdup_printf("%d.hcj", call->segment.number);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (g_mkdir_with_parents(directory, 0700) < 0)
        return set_errno(error, "recording directory");
    if (call->segment.fd >= 0)
        close(call->segment.fd);
    call->segment.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (call->segment.fd < 0)
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
    g_autofree char *path = g_strdup_printf("%s/%d.hcj", call->recording, call->segment.number);
    return store_run(store, error,
                     "INSERT INTO recording_segments (recording_id, number, path, chain, created_at) "
                     "VALUES (?, ?, ?, ?, ?)",
                     store_text(call->recording), store_int(call->segment.number), store_text(path),
                     store_text(call->segment.chain), store_int(call->at)) == 1;
}

static bool begin_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    char *wrapped = keywrap_seal(call->server->master_key, call->segment.key);
    bool good = store_run(store, error,
                          "INSERT INTO recordings (id, consultation_id, state, started_by, started_at, key) "
                          "VALUES (?, ?, 'recording', ?, ?, ?)",
                          store_text(call->recording), store_text(call->consultation), store_text(call->participant),
                          store_int(call->at), store_text(wrapped)) == 1;
    g_free(wrapped);
    return good && insert_segment(call, store, error) && append_audit(call, store, "recording.begin", error);
}

bool house_recording_begin(struct house_call *call, struct store *store, GError **error)
{
    char id[STORE_ID_SIZE];
    store_new_id(id);
    g_free(call->recording);
    call->recording = g_strdup(id);
    call->segment.number = 0;
    memset(call->segment.chain, '0', sizeof call->segment.chain - 1);
    call->segment.chain[sizeof call->segment.chain - 1] = '\0';
    randombytes_buf(call->segment.key, sizeof call->segment.key);
    return create_segment(call, error) && store_transaction(store, begin_work, call, error);
}

/** Where the last segment's chain ends; a segment that never got its header leaves the chain where it was. */
static bool continue_chain(struct house_call *call, const char *before, GError **error)
{
    g_autofree char *directory = recording_directory(call);
    g_autofree char *name = g_strdup_printf("%d.hcj", call->segment.number - 1);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    unsigned char chain[JOURNAL_CHAIN_SIZE];
    uint64_t bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return set_errno(error, "the segment before");
    int result = journal_chain_end(fd, chain, &bytes);
    close(fd);
    if (result == 0)
        sodium_bin2hex(call->segment.chain, sizeof call->segment.chain, chain, sizeof chain);
    else
        g_strlcpy(call->segment.chain, before, sizeof call->segment.chain);
    return true;
}

bool house_recording_continue(struct house_call *call, struct store *store, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT r.consultation_id, r.state, r.key, s.number, s.chain FROM recordings r "
                                       "JOIN recording_segments s ON s.recording_id = r.id WHERE r.id = ? "
                                       "ORDER BY s.number DESC LIMIT 1",
                                       store_text(call->recording));
    if (!rows)
        return false;
    if (!store_next(rows) || strcmp(rows_text(rows, "state"), "recording") != 0) {
        call->problem = "not_found";
        return true;
    }
    if (!keywrap_open(call->server->master_key, rows_text(rows, "key"), call->segment.key)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "the recording's key does not open: another master key?");
        return false;
    }
    call->segment.number = (int)rows_int(rows, "number") + 1;
    return continue_chain(call, rows_text(rows, "chain"), error) && create_segment(call, error) &&
           insert_segment(call, store, error);
}

bool house_recording_end(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error,
                     "UPDATE recordings SET state = 'rendering', ended_at = ?, next_attempt_at = ? "
                     "WHERE id = ? AND state = 'recording'",
                     store_int(call->at), store_int(call->at), store_text(call->recording)) >= 0;
}

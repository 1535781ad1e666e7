#define G_LOG_DOMAIN "records"
#include "recording.h"

#include <sodium.h>
#include <string.h>

#include "keywrap.h"
#include "outbox.h"
#include "recording_files.h"
#include "server/consultation.h"

enum {
    TRIES_MAX = 5,
    FIRST_PAUSE_S = 10,
    CLOSE_AFTER_S = 60,
    EMPTY_FOR_S = 1800,
    OVERDUE_S = 4 * 3600,
    SWEEP_MAX = 50
};

/* ---- the lease ---- */

struct lease {
    const unsigned char *master_key;
    const char *node;
    int64_t now;
    struct recording_job *job;
};

static int64_t lease_end(int64_t now)
{
    return now + (int64_t)RECORDING_LEASE_S * G_USEC_PER_SEC;
}

static bool lease_work(struct store *store, void *arg, GError **error)
{
    const struct lease *lease = arg;
    struct recording_job *job = lease->job;
    job->id[0] = '\0';
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, key FROM recordings WHERE state = 'rendering' AND next_attempt_at <= ? AND "
        "(lease_until IS NULL OR lease_until < ?) ORDER BY next_attempt_at, id LIMIT 1",
        store_int(lease->now), store_int(lease->now));
    if (!store_next(rows))
        return rows != NULL;
    const char *id = rows_text(rows, "id");
    if (!keywrap_open(lease->master_key, rows_text(rows, "key"), job->key))
        return recording_fail(store, id, "the recording's key does not open: another master key?", true, lease->now,
                              error);
    g_strlcpy(job->id, id, sizeof job->id);
    return store_run(store, error,
                     "UPDATE recordings SET lease_owner = ?, lease_until = ?, attempts = attempts + 1, progress = 0 "
                     "WHERE id = ?",
                     store_text(lease->node), store_int(lease_end(lease->now)), store_text(id)) == 1;
}

bool recording_lease(struct store *store, const unsigned char *master_key, const char *node, int64_t now,
                     struct recording_job *job, GError **error)
{
    return store_transaction(store, lease_work, &(struct lease){master_key, node, now, job}, error);
}

bool recording_progress(struct store *store, const char *id, const char *node, int percent, int64_t now, GError **error)
{
    return store_run(store, error,
                     "UPDATE recordings SET progress = ?, lease_until = ? WHERE id = ? AND lease_owner = ? AND "
                     "state = 'rendering'",
                     store_int(CLAMP(percent, 0, 100)), store_int(lease_end(now)), store_text(id),
                     store_text(node)) >= 0;
}

/* ---- the end of it ---- */

static bool consultation_of(struct store *store, const char *id, char consultation[STORE_ID_SIZE], GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT consultation_id FROM recordings WHERE id = ?",
                                       store_text(id));
    consultation[0] = '\0';
    if (store_next(rows))
        g_strlcpy(consultation, rows_text(rows, "consultation_id"), STORE_ID_SIZE);
    return rows != NULL;
}

struct failure {
    const char *id, *reason;
    bool hopeless;
    int64_t now;
};

static bool fail_work(struct store *store, void *arg, GError **error)
{
    const struct failure *f = arg;
    STORE_AUTO_ROWS rows = store_query(
        store, error, "SELECT attempts, consultation_id FROM recordings WHERE id = ? AND state = 'rendering'",
        store_text(f->id));
    if (!store_next(rows))
        return rows != NULL;
    int64_t attempts = rows_int(rows, "attempts");
    bool given_up = f->hopeless || attempts >= TRIES_MAX;
    int64_t pause_s = (int64_t)FIRST_PAUSE_S << MIN(2 * attempts, 12);
    return store_run(store, error,
                     "UPDATE recordings SET state = ?, last_error = ?, next_attempt_at = ?, lease_owner = NULL, "
                     "lease_until = NULL WHERE id = ?",
                     store_text(given_up ? "failed" : "rendering"), store_text(f->reason),
                     store_time(given_up ? 0 : f->now + pause_s * G_USEC_PER_SEC), store_text(f->id)) == 1 &&
           (!given_up || outbox_file(store, rows_text(rows, "consultation_id"), f->now, error));
}

bool recording_fail(struct store *store, const char *id, const char *reason, bool hopeless, int64_t now, GError **error)
{
    return store_transaction(store, fail_work, &(struct failure){id, reason, hopeless, now}, error);
}

bool recording_retry(struct store *store, const char *id, int64_t now, bool *found, GError **error)
{
    int64_t changed = store_run(store, error,
                                "UPDATE recordings SET state = 'rendering', attempts = 0, next_attempt_at = ? "
                                "WHERE id = ? AND state = 'failed'",
                                store_int(now), store_text(id));
    *found = changed > 0;
    return changed >= 0;
}

/* ---- what a crash left open ---- */

static bool close_recordings(struct store *store, int64_t now, GError **error)
{
    return store_run(store, error,
                     "UPDATE recordings SET state = 'rendering', next_attempt_at = ?, ended_at = COALESCE(ended_at, "
                     "(SELECT c.ended_at FROM consultations c WHERE c.id = consultation_id)) "
                     "WHERE state = 'recording' AND EXISTS (SELECT 1 FROM consultations c WHERE c.id = consultation_id "
                     "AND c.state = 'ended' AND c.ended_at < ?)",
                     store_int(now), store_int(now - (int64_t)CLOSE_AFTER_S * G_USEC_PER_SEC)) >= 0;
}

static bool end_consultations(struct store *store, int64_t now, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT c.id FROM consultations c WHERE c.state = 'open' AND (c.ends_at < ? OR (c.ends_at < ? AND NOT EXISTS "
        "(SELECT 1 FROM stays s WHERE s.consultation_id = c.id AND (s.left_at IS NULL OR s.left_at > ?)))) LIMIT ?",
        store_int(now - (int64_t)OVERDUE_S * G_USEC_PER_SEC), store_int(now),
        store_int(now - (int64_t)EMPTY_FOR_S * G_USEC_PER_SEC), store_int(SWEEP_MAX));
    while (store_next(rows)) {
        bool moved;
        if (!consultation_end(store, rows_text(rows, "id"), now, &moved, error))
            return false;
        if (moved)
            g_message("event=consultation_closed consultation=%s", rows_text(rows, "id"));
    }
    return rows != NULL;
}

bool recording_sweep(struct store *store, int64_t now, GError **error)
{
    return end_consultations(store, now, error) && close_recordings(store, now, error);
}

/* ---- registering what was made ---- */

struct finish {
    const struct recording_job *job;
    const struct recording_files *files;
    int64_t now;
};

static bool finish_work(struct store *store, void *arg, GError **error)
{
    const struct finish *f = arg;
    const char *id = f->job->id;
    char consultation[STORE_ID_SIZE];
    int64_t changed = store_run(
        store, error,
        "UPDATE recordings SET state = 'ready', ready_at = ?, progress = 100, last_error = NULL, "
        "lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL WHERE id = ? AND state = 'rendering'",
        store_int(f->now), store_text(id));
    if (changed <= 0)
        return changed == 0; /* another node was faster, and has told everybody */
    return recording_files_save(store, id, f->files, f->now, error) &&
           consultation_of(store, id, consultation, error) &&
           outbox_event(store, "recording.ready", consultation, id, f->now, error) &&
           outbox_file(store, consultation, f->now, error);
}

bool recording_finish(struct store *store, const struct recording_job *job, const char *directory, int64_t now,
                      GError **error)
{
    struct recording_files *files = recording_files_read(directory, job->id, job->key, error);
    if (!files)
        return false;
    bool good = store_transaction(store, finish_work, &(struct finish){job, files, now}, error);
    recording_files_free(files);
    return good;
}

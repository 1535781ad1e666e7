#include "roster.h"

const char *shift_time_fault(int64_t starts_at, int64_t ends_at, const char **field)
{
    static const int64_t DAY_US = (int64_t)24 * 3600 * G_USEC_PER_SEC;
    *field = "ends_at";
    if (ends_at <= starts_at)
        return "end-before-start";
    return ends_at - starts_at > SHIFT_DAYS_MAX * DAY_US ? "shift-too-long" : NULL;
}

struct store_rows *roster_on_call(struct store *store, const char *site, int64_t at, GError **error)
{
    return store_query(store, error,
                       "WITH RECURSIVE above (id) AS (SELECT CAST(? AS TEXT) UNION SELECT s.parent_id FROM sites s "
                       "JOIN above a ON s.id = a.id WHERE s.parent_id IS NOT NULL) "
                       "SELECT u.id AS user_id, COALESCE(u.title || ' ', '') || u.name AS name, MAX(h.specialty) AS "
                       "specialty, MIN(CASE WHEN h.site_id IS NULL OR h.site_id IN (SELECT id FROM above) THEN 0 ELSE "
                       "1 END) AS elsewhere FROM shifts h JOIN users u ON u.id = h.user_id "
                       "WHERE u.active = 1 AND h.starts_at <= ? AND h.ends_at > ? "
                       "GROUP BY u.id, u.title, u.name ORDER BY elsewhere, name LIMIT ?",
                       store_text(site), store_int(at), store_int(at), store_int(ROSTER_ON_CALL_MAX));
}

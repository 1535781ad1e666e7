#include "store.h"

#include <sodium.h>
#include <string.h>

#include "backend.h"

enum { MAX_TRIES = 12, FIRST_PAUSE_US = 2000, LONGEST_PAUSE_US = 200000 };

struct store {
    const struct store_backend *backend;
    void *connection;
    int depth; /* transactions inside one another: only the outermost is the database's */
};

G_DEFINE_QUARK(hoichan - store - error, store_error)

bool store_passes(const GError *error)
{
    return g_error_matches(error, STORE_ERROR, STORE_ERROR_BUSY) ||
           g_error_matches(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE);
}

static const struct store_backend *backend_for(const char *url)
{
    if (g_str_has_prefix(url, "sqlite:"))
        return &store_sqlite;
    if (g_str_has_prefix(url, "postgresql://") || g_str_has_prefix(url, "postgres://"))
        return &store_postgres;
    return NULL;
}

struct store *store_open(const char *url, GError **error)
{
    const struct store_backend *backend = backend_for(url);
    if (!backend) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "the store's url must begin with sqlite: or postgresql://");
        return NULL;
    }
    void *connection = backend->open(url, error);
    if (!connection)
        return NULL;
    struct store *store = g_new0(struct store, 1);
    store->backend = backend;
    store->connection = connection;
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store->backend->close(store->connection);
    g_free(store);
}

const struct store_backend *store_backend_of(struct store *store)
{
    return store->backend;
}

void *store_connection_of(struct store *store)
{
    return store->connection;
}

bool store_backup(struct store *store, const char *path, GError **error)
{
    return store->backend->backup(store->connection, path, error);
}

int64_t store_run_values(struct store *store, GError **error, const char *sql, const struct store_value *values)
{
    return store->backend->run(store->connection, sql, values, NULL, error);
}

struct store_rows *store_query_values(struct store *store, GError **error, const char *sql,
                                      const struct store_value *values)
{
    struct store_rows *rows = store_rows_create();
    if (store->backend->run(store->connection, sql, values, rows, error) >= 0)
        return rows;
    store_rows_free(rows);
    return NULL;
}

static bool try_once(struct store *store, store_work_fn work, void *arg, GError **error)
{
    if (!store->backend->begin(store->connection, error))
        return false;
    store->depth++;
    bool done = work(store, arg, error);
    store->depth--;
    if (done && store->backend->commit(store->connection, error))
        return true;
    store->backend->rollback(store->connection);
    if (!*error)
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "what was to be changed is not there any more");
    return false;
}

/** A race for a unique value shows as a duplicate in one database and as a serialization failure in the other: the
 * second try sees what the other wrote, and tells. */
static bool worth_repeating(const GError *error, int tries)
{
    if (error->domain != STORE_ERROR || tries >= MAX_TRIES)
        return false;
    return error->code == STORE_ERROR_BUSY || (error->code == STORE_ERROR_DUPLICATE && tries == 1);
}

static void pause_before(int tries)
{
    uint32_t longest = MIN((uint32_t)FIRST_PAUSE_US << MIN(tries, 8), (uint32_t)LONGEST_PAUSE_US);
    g_usleep(longest / 2 + randombytes_uniform(longest / 2));
}

bool store_transaction(struct store *store, store_work_fn work, void *arg, GError **error)
{
    if (store->depth > 0)
        return work(store, arg, error);
    for (int tries = 1;; tries++) {
        GError *problem = NULL;
        if (try_once(store, work, arg, &problem))
            return true;
        if (!worth_repeating(problem, tries)) {
            g_propagate_error(error, problem);
            return false;
        }
        g_error_free(problem);
        pause_before(tries);
    }
}

void store_new_id(char id[STORE_ID_SIZE])
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i < STORE_ID_SIZE - 1; i++)
        id[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    id[STORE_ID_SIZE - 1] = '\0';
}

char *store_fold(const char *text)
{
    char *lower = g_utf8_casefold(text, -1);
    char *apart = g_utf8_normalize(lower, -1, G_NORMALIZE_ALL);
    g_free(lower);
    if (!apart)
        return g_strdup("");
    GString *folded = g_string_new(NULL);
    for (const char *p = apart; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == 0x111) /* đ does not come apart */
            c = 'd';
        if (!g_unichar_ismark(c))
            g_string_append_unichar(folded, c);
    }
    g_free(apart);
    return g_string_free(folded, FALSE);
}

char *store_pattern(const char *typed)
{
    char *folded = store_fold(typed);
    GString *pattern = g_string_new("%");
    for (const char *p = folded; *p; p++) {
        if (strchr("%_!", *p))
            g_string_append_c(pattern, '!');
        g_string_append_c(pattern, *p);
    }
    g_free(folded);
    g_string_append_c(pattern, '%');
    return g_string_free(pattern, FALSE);
}

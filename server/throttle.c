#define G_LOG_DOMAIN "identity"
#include "server/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "server/store/store.h"

/** Longer than any rule remembers: what is older is of no more use. */
#define KEPT_S INT64_C(86400)

const struct throttle_rule throttle_account = {5, 5, 300, 900};
const struct throttle_rule throttle_address = {20, 5, 900, 900};

int64_t throttle_pause_s(const struct throttle_rule *rule, int64_t count)
{
    int64_t pause_s = rule->first_s;

    if (count < rule->free)
        return 0;
    for (int64_t i = rule->free; i < count && pause_s < rule->longest_s; i++)
        pause_s *= 2;
    return MIN(pause_s, rule->longest_s);
}

void throttle_address_key(const char *address, char key[96])
{
    struct in6_addr six;

    if (inet_pton(AF_INET6, address, &six) == 1) {
        memset(&six.s6_addr[8], 0, 8);
        char text[INET6_ADDRSTRLEN];
        inet_ntop(AF_INET6, &six, text, sizeof text);
        snprintf(key, 96, "address:%s/64", text);
    } else {
        snprintf(key, 96, "address:%s", address);
    }
}

int64_t throttle_wait_s(struct store *store, const char *key, int64_t now_us)
{
    /* What a clock said that was ahead would last until it is that late. */
    STORE_AUTO_ROWS rows = store_query(store, NULL, "SELECT until FROM throttles WHERE key = ? AND since <= ?",
                                       store_text(key), store_int(now_us));

    if (!store_next(rows) || rows_int(rows, "until") <= now_us)
        return 0;
    return (rows_int(rows, "until") - now_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
}

struct failure {
    const char *key;
    const struct throttle_rule *rule;
    int64_t now_us;
};

static bool count_failure(struct store *store, void *arg, GError **error)
{
    const struct failure *failure = arg;
    int64_t stale_us = failure->now_us - (int64_t)failure->rule->forget_s * G_USEC_PER_SEC, count = 1;
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT count, since FROM throttles WHERE key = ?",
                                       store_text(failure->key));

    if (!rows)
        return false;
    if (store_next(rows) && rows_int(rows, "since") > stale_us && rows_int(rows, "since") <= failure->now_us)
        count += rows_int(rows, "count");
    int64_t pause_us = throttle_pause_s(failure->rule, count) * G_USEC_PER_SEC;
    return store_run(store, error,
                     "INSERT INTO throttles (key, count, since, until) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (key) DO UPDATE SET count = excluded.count, since = excluded.since, "
                     "until = excluded.until",
                     store_text(failure->key), store_int(count), store_int(failure->now_us),
                     store_time(pause_us ? failure->now_us + pause_us : 0)) >= 0;
}

void throttle_failed(struct store *store, const char *key, const struct throttle_rule *rule, int64_t now_us)
{
    struct failure failure = {key, rule, now_us};
    store_transaction(store, count_failure, &failure, NULL);
}

void throttle_forgive(struct store *store, const char *key)
{
    store_run(store, NULL, "DELETE FROM throttles WHERE key = ?", store_text(key));
}

bool throttle_sweep(struct store *store, int64_t now_us, GError **error)
{
    return store_run(store, error, "DELETE FROM throttles WHERE since < ?",
                     store_int(now_us - KEPT_S * G_USEC_PER_SEC)) >= 0;
}

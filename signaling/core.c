#include "core.h"

#include <unistd.h>

int64_t core_now_us(void)
{
    return g_get_real_time();
}

int64_t core_uptime_s(void)
{
    return g_get_monotonic_time() / G_USEC_PER_SEC;
}

double core_seconds_since(int64_t began_us)
{
    return (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
}

void core_new_id(char into[ID_SIZE])
{
    static const char DIGITS[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char random[26];
    if (getentropy(random, sizeof random) != 0)
        g_error("core: no entropy");
    for (size_t i = 0; i < sizeof random; i++)
        into[i] = DIGITS[random[i] & 31];
    into[sizeof random] = '\0';
}

GPtrArray *core_calls(const struct signaling *signaling)
{
    GPtrArray *calls = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, signaling->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(calls, value);
    return calls;
}

GArray *core_peer_serials(const struct signaling *signaling)
{
    GArray *serials = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, signaling->peers);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_array_append_vals(serials, key, 1);
    return serials;
}

struct ask *ask_begin(struct signaling *signaling)
{
    struct ask *ask = g_new0(struct ask, 1);
    ask->signaling = signaling;
    ask->began_us = g_get_monotonic_time();
    g_hash_table_add(signaling->asks, ask);
    return ask;
}

void ask_end(void *arg)
{
    struct ask *ask = arg;
    if (ask->signaling)
        g_hash_table_remove(ask->signaling->asks, ask);
    if (ask->data_free)
        ask->data_free(ask->data);
    g_free(ask);
}

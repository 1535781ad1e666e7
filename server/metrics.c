#include "server/metrics.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "server/version.h"

static void family(GString *out, const char *name, const char *type, const char *unit, const char *help)
{
    g_string_append_printf(out, "# TYPE %s %s\n", name, type);
    if (unit)
        g_string_append_printf(out, "# UNIT %s %s\n", name, unit);
    g_string_append_printf(out, "# HELP %s %s\n", name, help);
}

static json_int_t whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* One number of every worker. `divisor` turns thousandths into ratios. */
static void per_worker(GString *out, const json_t *workers, const char *name, const char *suffix, const char *member,
                       double divisor)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    json_t *worker;
    size_t i;

    json_array_foreach(workers, i, worker) if (json_object_get(worker, member)) g_string_append_printf(
        out, "%s%s{worker=\"%" JSON_INTEGER_FORMAT "\"} %s\n", name, suffix, whole(worker, "worker"),
        g_ascii_formatd(number, sizeof number, "%.10g", (double)whole(worker, member) / divisor));
}

static void workers(GString *out, const json_t *list)
{
    json_t *worker;
    size_t i;

    family(out, "hoichan_worker_up", "gauge", NULL, "Whether a media worker is running.");
    json_array_foreach(list, i, worker)
    {
        const char *state = json_string_value(json_object_get(worker, "state"));
        bool up = state && (!strcmp(state, "running") || !strcmp(state, "draining"));
        g_string_append_printf(out, "hoichan_worker_up{worker=\"%" JSON_INTEGER_FORMAT "\"} %d\n",
                               whole(worker, "worker"), up);
    }
    family(out, "hoichan_worker_starts", "counter", NULL, "How often a media worker was started.");
    per_worker(out, list, "hoichan_worker_starts", "_total", "starts", 1);
    family(out, "hoichan_worker_cpu_ratio", "gauge", "ratio", "Share of one core that a media worker uses.");
    per_worker(out, list, "hoichan_worker_cpu_ratio", "", "cpu_permille", 1000);
    family(out, "hoichan_worker_rooms", "gauge", NULL, "Rooms on a media worker.");
    per_worker(out, list, "hoichan_worker_rooms", "", "rooms", 1);
    family(out, "hoichan_worker_transports", "gauge", NULL, "Transports on a media worker.");
    per_worker(out, list, "hoichan_worker_transports", "", "transports", 1);
    family(out, "hoichan_worker_resident_bytes", "gauge", "bytes", "Memory of a media worker.");
    per_worker(out, list, "hoichan_worker_resident_bytes", "", "rss_bytes", 1);
    family(out, "hoichan_worker_received_packets", "counter", NULL, "Packets a media worker received.");
    per_worker(out, list, "hoichan_worker_received_packets", "_total", "rx_packets", 1);
    family(out, "hoichan_worker_sent_packets", "counter", NULL, "Packets a media worker sent.");
    per_worker(out, list, "hoichan_worker_sent_packets", "_total", "tx_packets", 1);
}

static void live(GString *out, const json_t *rooms)
{
    size_t participants = 0, recorded = 0, i;
    json_t *room;

    json_array_foreach(rooms, i, room)
    {
        json_t *recording = json_object_get(room, "recording");
        const char *state = json_string_value(json_is_object(recording) ? json_object_get(recording, "state")
                                                                        : recording);
        participants += json_array_size(json_object_get(room, "participants"));
        recorded += json_is_true(recording) || (state && !strcmp(state, "on"));
    }
    family(out, "hoichan_consultations_live", "gauge", NULL, "Consultations with somebody in them.");
    g_string_append_printf(out, "hoichan_consultations_live %zu\n", json_array_size(rooms));
    family(out, "hoichan_consultations_recorded", "gauge", NULL, "Live consultations that are being recorded.");
    g_string_append_printf(out, "hoichan_consultations_recorded %zu\n", recorded);
    family(out, "hoichan_participants", "gauge", NULL, "People in live consultations.");
    g_string_append_printf(out, "hoichan_participants %zu\n", participants);
}

char *metrics_text(const json_t *status)
{
    GString *out = g_string_new(NULL);
    const json_t *deliveries = json_object_get(status, "deliveries");

    family(out, "hoichan_build", "info", NULL, "The version that is running.");
    g_string_append_printf(out, "hoichan_build_info{version=\"%s\"} 1\n", HOICHAN_VERSION);
    family(out, "hoichan_ready", "gauge", NULL, "Whether a call can be taken.");
    g_string_append_printf(out, "hoichan_ready %d\n", json_is_true(json_object_get(status, "ready")));
    workers(out, json_object_get(status, "workers"));
    live(out, json_object_get(status, "live"));
    family(out, "hoichan_deliveries", "gauge", NULL, "Deliveries that have not arrived.");
    g_string_append_printf(out,
                           "hoichan_deliveries{state=\"waiting\"} %" JSON_INTEGER_FORMAT
                           "\nhoichan_deliveries{state=\"failed\"} %" JSON_INTEGER_FORMAT "\n",
                           whole(deliveries, "waiting"), whole(deliveries, "failed"));
    family(out, "hoichan_recordings_rendering", "gauge", NULL, "Recordings whose files are still to be made.");
    g_string_append_printf(out, "hoichan_recordings_rendering %" JSON_INTEGER_FORMAT "\n", whole(status, "rendering"));
    g_string_append(out, "# EOF\n");
    return g_string_free(out, FALSE);
}

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

/* Whether it runs is the one number that is no number in `workers`. */
static void up(GString *out, const json_t *workers)
{
    json_t *worker;
    size_t i;

    family(out, "hoichan_worker_up", "gauge", NULL, "Whether a media worker is running.");
    json_array_foreach(workers, i, worker)
    {
        const char *state = json_string_value(json_object_get(worker, "state"));
        bool running = state && (!strcmp(state, "running") || !strcmp(state, "draining"));
        g_string_append_printf(out, "hoichan_worker_up{worker=\"%" JSON_INTEGER_FORMAT "\"} %d\n",
                               whole(worker, "worker"), running);
    }
}

static void workers(GString *out, const json_t *list)
{
    static const struct {
        const char *name, *type, *unit, *member, *help;
    } FAMILIES[] = {
        {"starts", "counter", NULL, "starts", "How often a media worker was started."},
        {"cpu_ratio", "gauge", "ratio", "cpu_permille", "Share of one core that a media worker uses."},
        {"waiting_ratio", "gauge", "ratio", "waiting_permille",
         "Share of the time it waits for a core that others have."},
        {"rooms", "gauge", NULL, "rooms", "Rooms on a media worker."},
        {"transports", "gauge", NULL, "transports", "Transports on a media worker."},
        {"timers", "gauge", NULL, "timers", "Timers that are set in a media worker."},
        {"resident_bytes", "gauge", "bytes", "rss_bytes", "Memory of a media worker."},
        {"received_packets", "counter", NULL, "rx_packets", "Packets a media worker received."},
        {"sent_packets", "counter", NULL, "tx_packets", "Packets a media worker sent."},
        {"relayed_bytes", "counter", "bytes", "relayed_bytes",
         "Media handed to other workers, for those who watch there."},
        {"uplink_packets", "counter", NULL, "up_packets", "Media packets that participants sent and that came."},
        {"uplink_lost_packets", "counter", NULL, "up_lost", "Media packets lost on the way up, before repair."},
        {"nacks_sent", "counter", NULL, "nacks_sent", "Packets that participants were asked for again."},
        {"nacks_received", "counter", NULL, "nacks", "Packets that participants asked for again."},
        {"retransmitted_packets", "counter", NULL, "retransmitted", "Packets sent again."},
        {"key_requests_sent", "counter", NULL, "key_requests_sent", "Key frames (PLI) asked of participants."},
        {"key_requests_received", "counter", NULL, "key_requests", "Key frames (PLI) that participants asked for."},
    };
    up(out, list);
    for (size_t i = 0; i < G_N_ELEMENTS(FAMILIES); i++) {
        g_autofree char *name = g_strconcat("hoichan_worker_", FAMILIES[i].name, NULL);
        family(out, name, FAMILIES[i].type, FAMILIES[i].unit, FAMILIES[i].help);
        per_worker(out, list, name, strcmp(FAMILIES[i].type, "counter") ? "" : "_total", FAMILIES[i].member,
                   FAMILIES[i].unit && !strcmp(FAMILIES[i].unit, "ratio") ? 1000 : 1);
    }
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

/* ---- the lines ---- */

static void number(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.10g", value));
}

static void sample(GString *out, const char *name, const char *suffix, double value)
{
    g_string_append_printf(out, "%s%s ", name, suffix);
    number(out, value);
    g_string_append_c(out, '\n');
}

/* `counts` are of each bucket alone; OpenMetrics wants all below each bound. */
static void histogram(GString *out, const char *name, const json_t *histogram)
{
    json_t *bounds = json_object_get(histogram, "bounds"), *counts = json_object_get(histogram, "counts");
    json_int_t below = 0;
    for (size_t i = 0; i < json_array_size(counts); i++) {
        below += json_integer_value(json_array_get(counts, i));
        g_string_append_printf(out, "%s_bucket{le=\"", name);
        if (i < json_array_size(bounds))
            number(out, json_real_value(json_array_get(bounds, i)));
        else
            g_string_append(out, "+Inf");
        g_string_append_printf(out, "\"} %" JSON_INTEGER_FORMAT "\n", below);
    }
    g_string_append_printf(out, "%s_count %" JSON_INTEGER_FORMAT "\n", name, below);
    sample(out, name, "_sum", json_number_value(json_object_get(histogram, "sum")));
}

static void by_label(GString *out, const char *name, const char *suffix, const char *label, json_t *counts)
{
    const char *value;
    json_t *count;
    json_object_foreach(counts, value, count) g_string_append_printf(
        out, "%s%s{%s=\"%s\"} %" JSON_INTEGER_FORMAT "\n", name, suffix, label, value, json_integer_value(count));
}

static void heard(GString *out, const json_t *lines)
{
    const json_t *histograms = json_object_get(lines, "histograms");

    family(out, "hoichan_speech_mos", "histogram", NULL, "Mean opinion score of speech by report, ITU-T G.107.");
    histogram(out, "hoichan_speech_mos", json_object_get(histograms, "mos"));
    family(out, "hoichan_speech_concealed_ratio", "histogram", "ratio", "Share of sound made up, by report.");
    histogram(out, "hoichan_speech_concealed_ratio", json_object_get(histograms, "concealed_ratio"));
    family(out, "hoichan_round_trip_seconds", "histogram", "seconds", "Round trip to a participant, by report.");
    histogram(out, "hoichan_round_trip_seconds", json_object_get(histograms, "round_trip_s"));
    family(out, "hoichan_downlink_estimate", "histogram", NULL, "What a way down carries, bit/s, every five seconds.");
    histogram(out, "hoichan_downlink_estimate", json_object_get(histograms, "estimate_bps"));
}

static void seen(GString *out, const json_t *lines)
{
    family(out, "hoichan_picture_freezes", "counter", NULL, "Freezes that browsers reported.");
    sample(out, "hoichan_picture_freezes", "_total", (double)whole(lines, "freezes"));
    family(out, "hoichan_picture_frozen_seconds", "counter", "seconds", "Frozen time that browsers reported.");
    sample(out, "hoichan_picture_frozen_seconds", "_total", (double)whole(lines, "frozen_ms") / 1000);
    family(out, "hoichan_frames_decoded", "counter", NULL, "Frames that browsers decoded.");
    sample(out, "hoichan_frames_decoded", "_total", (double)whole(lines, "frames_decoded"));
    family(out, "hoichan_frames_dropped", "counter", NULL, "Frames that browsers received and did not show.");
    sample(out, "hoichan_frames_dropped", "_total", (double)whole(lines, "frames_dropped"));
    family(out, "hoichan_picture_held_seconds", "counter", "seconds", "Time a viewer was shown less than asked for.");
    by_label(out, "hoichan_picture_held_seconds", "_total", "reason", json_object_get(lines, "held_s"));
    family(out, "hoichan_picture_lowered", "counter", NULL, "Steps down of a picture.");
    by_label(out, "hoichan_picture_lowered", "_total", "reason", json_object_get(lines, "lowered"));
    family(out, "hoichan_pictures_impaired", "gauge", NULL, "Pictures that show less than asked for, by cause.");
    by_label(out, "hoichan_pictures_impaired", "", "cause", json_object_get(lines, "causes"));
    family(out, "hoichan_lines", "gauge", NULL, "Connected lines by the rung of their path.");
    by_label(out, "hoichan_lines", "", "rung", json_object_get(lines, "rungs"));
    family(out, "hoichan_people_by_line", "gauge", NULL, "People by the word for their line.");
    by_label(out, "hoichan_people_by_line", "", "line", json_object_get(lines, "people"));
}

static void joining(GString *out, const json_t *lines)
{
    const json_t *histograms = json_object_get(lines, "histograms");

    family(out, "hoichan_admit_seconds", "histogram", "seconds", "From a page's join to the store's word on it.");
    histogram(out, "hoichan_admit_seconds", json_object_get(histograms, "admit_s"));
    family(out, "hoichan_answer_seconds", "histogram", "seconds", "From an SDP offer to the answer.");
    histogram(out, "hoichan_answer_seconds", json_object_get(histograms, "answer_s"));
}

/* ---- who is let in ---- */

static void admission(GString *out, const json_t *admission, const json_t *list)
{
    const char *name;
    json_t *value;
    size_t i;

    family(out, "hoichan_admission_open", "gauge", NULL, "Whether arrivals of a kind are let in.");
    json_object_foreach(json_object_get(admission, "open"), name, value)
        g_string_append_printf(out, "hoichan_admission_open{kind=\"%s\"} %d\n", name, json_is_true(value));
    family(out, "hoichan_admission_refused", "counter", NULL, "Arrivals that were not let in.");
    by_label(out, "hoichan_admission_refused", "_total", "reason", json_object_get(admission, "refused"));
    family(out, "hoichan_worker_load_ratio", "gauge", "ratio", "How near a media worker is to its limit of admission.");
    per_worker(out, list, "hoichan_worker_load_ratio", "", "load_permille", 1000);
    family(out, "hoichan_worker_draining", "gauge", NULL, "Whether nothing new is placed on a media worker.");
    json_array_foreach(list, i, value)
        g_string_append_printf(out, "hoichan_worker_draining{worker=\"%" JSON_INTEGER_FORMAT "\"} %d\n",
                               whole(value, "worker"), json_is_true(json_object_get(value, "draining")));
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
    family(out, "hoichan_objects", "gauge", NULL, "What signaling holds, by kind.");
    by_label(out, "hoichan_objects", "", "kind", json_object_get(status, "objects"));
    admission(out, json_object_get(status, "admission"), json_object_get(status, "workers"));
    joining(out, json_object_get(status, "lines"));
    heard(out, json_object_get(status, "lines"));
    seen(out, json_object_get(status, "lines"));
    family(out, "hoichan_deliveries", "gauge", NULL, "Deliveries that have not arrived.");
    g_string_append_printf(out,
                           "hoichan_deliveries{state=\"waiting\"} %" JSON_INTEGER_FORMAT
                           "\nhoichan_deliveries{state=\"failed\"} %" JSON_INTEGER_FORMAT "\n",
                           whole(deliveries, "waiting"), whole(deliveries, "failed"));
    family(out, "hoichan_recordings_rendering", "gauge", NULL, "Recordings whose files are still to be made.");
    g_string_append_printf(out, "hoichan_recordings_rendering %" JSON_INTEGER_FORMAT "\n", whole(status, "rendering"));
    family(out, "hoichan_renderings_stalled", "counter", NULL,
           "Renderings that were ended because they made no progress.");
    sample(out, "hoichan_renderings_stalled", "_total", (double)whole(status, "renderings_stalled"));
    g_string_append(out, "# EOF\n");
    return g_string_free(out, FALSE);
}

#include "quality.h"

#include "emodel.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { SILLY = 100000000 }; /* no honest figure is larger; sums of a day stay far from overflow */

static const char *const HELD[QUALITY_HELD_COUNT] = {"bandwidth", "source", "viewer"};

const char *quality_held_name(enum quality_held reason)
{
    return HELD[reason];
}

bool quality_held_named(const char *name, enum quality_held *reason)
{
    for (int i = 0; i < QUALITY_HELD_COUNT; i++) {
        if (g_strcmp0(name, HELD[i]) != 0)
            continue;
        *reason = (enum quality_held)i;
        return true;
    }
    return false;
}

/* ---- a report ---- */

static int64_t number(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    return json_is_integer(value) ? CLAMP(json_integer_value(value), 0, SILLY) : -1;
}

static void word(char *into, size_t size, const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    g_strlcpy(into, text ? text : "", size);
}

void quality_report_read(const json_t *message, struct quality_report *report)
{
    *report = (struct quality_report){.concealed_permille = MIN(number(message, "concealed_permille"), 1000),
                                      .loss_permille = MIN(number(message, "loss_permille"), 1000),
                                      .rtt_ms = number(message, "rtt_ms"),
                                      .jitter_ms = number(message, "jitter_ms"),
                                      .buffer_ms = number(message, "buffer_ms"),
                                      .freezes = number(message, "freezes"),
                                      .frozen_ms = number(message, "frozen_ms"),
                                      .frames_decoded = number(message, "frames_decoded"),
                                      .frames_dropped = number(message, "frames_dropped"),
                                      .estimate_bps = number(message, "estimate_bps")};
    word(report->protocol, sizeof report->protocol, message, "protocol");
    word(report->limited, sizeof report->limited, message, "limited");
}

static void add(int64_t *sum, int64_t value)
{
    *sum += MAX(value, 0);
}

/* Without sound in the report there is nothing to hear, well or badly. */
static void note_mos(struct quality *quality, const struct quality_report *report, int64_t far_rtt_ms)
{
    if (report->concealed_permille < 0)
        return;
    double buffer_ms = (double)(report->buffer_ms >= 0 ? report->buffer_ms : MAX(report->jitter_ms, 0) * 2);
    struct emodel_input heard = {
        .delay_ms = emodel_delay_ms((double)MAX(report->rtt_ms, 0), (double)far_rtt_ms, buffer_ms),
        .concealed_percent = (double)report->concealed_permille / 10};
    quality->mos = emodel_mos(emodel_rating(&heard));
    quality->mos_min = quality->mos_reports ? MIN(quality->mos_min, quality->mos) : quality->mos;
    quality->mos_sum += quality->mos;
    quality->mos_reports++;
    quality->mos_low_reports += quality->mos < QUALITY_MOS_LOW;
}

void quality_note(struct quality *quality, const struct quality_report *report, int64_t far_rtt_ms)
{
    quality->reports++;
    add(&quality->concealed_permille, report->concealed_permille);
    add(&quality->loss_permille, report->loss_permille);
    add(&quality->rtt_ms, report->rtt_ms);
    add(&quality->jitter_ms, report->jitter_ms);
    add(&quality->buffer_ms, report->buffer_ms);
    add(&quality->freezes, report->freezes);
    add(&quality->frozen_ms, report->frozen_ms);
    add(&quality->frames_decoded, report->frames_decoded);
    add(&quality->frames_dropped, report->frames_dropped);
    quality->worst_concealed_permille = MAX(quality->worst_concealed_permille, report->concealed_permille);
    note_mos(quality, report, far_rtt_ms);
    quality->last = *report;
    quality->changed = true;
}

void quality_note_held(struct quality *quality, enum quality_held reason)
{
    quality->held_s[reason]++;
    quality->changed = true;
}

/* ---- kept with the stay ---- */

static const struct field {
    const char *name;
    size_t at;
} MEANS[] = {{"concealed_permille", offsetof(struct quality, concealed_permille)},
             {"loss_permille", offsetof(struct quality, loss_permille)},
             {"rtt_ms", offsetof(struct quality, rtt_ms)},
             {"jitter_ms", offsetof(struct quality, jitter_ms)},
             {"buffer_ms", offsetof(struct quality, buffer_ms)}},
  COUNTS[] = {{"reports", offsetof(struct quality, reports)},
              {"freezes", offsetof(struct quality, freezes)},
              {"frozen_ms", offsetof(struct quality, frozen_ms)},
              {"frames_decoded", offsetof(struct quality, frames_decoded)},
              {"frames_dropped", offsetof(struct quality, frames_dropped)}};

static int64_t value_at(const struct quality *quality, const struct field *field)
{
    int64_t value;
    memcpy(&value, (const char *)quality + field->at, sizeof value);
    return value;
}

static void add_at(struct quality *quality, const struct field *field, int64_t more)
{
    int64_t value = value_at(quality, field) + more;
    memcpy((char *)quality + field->at, &value, sizeof value);
}

static double hundredths(double value)
{
    return round(value * 100) / 100;
}

static json_t *mos_json(const struct quality *quality)
{
    return json_pack("{s:I, s:f, s:f, s:I}", "reports", (json_int_t)quality->mos_reports, "mean",
                     hundredths(quality->mos_sum / (double)quality->mos_reports), "min", hundredths(quality->mos_min),
                     "low_permille", (json_int_t)(quality->mos_low_reports * 1000 / quality->mos_reports));
}

static json_t *held_json(const struct quality *quality)
{
    json_t *held = json_object();
    for (int i = 0; i < QUALITY_HELD_COUNT; i++)
        if (quality->held_s[i])
            json_object_set_new(held, HELD[i], json_integer(quality->held_s[i]));
    return held;
}

json_t *quality_json(const struct quality *quality)
{
    int64_t reports = MAX(quality->reports, 1);
    json_t *object = json_pack("{s:I, s:o}", "worst_concealed_permille", (json_int_t)quality->worst_concealed_permille,
                               "held_s", held_json(quality));
    for (size_t i = 0; i < G_N_ELEMENTS(MEANS); i++)
        json_object_set_new(object, MEANS[i].name, json_integer(value_at(quality, &MEANS[i]) / reports));
    for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++)
        json_object_set_new(object, COUNTS[i].name, json_integer(value_at(quality, &COUNTS[i])));
    if (quality->mos_reports)
        json_object_set_new(object, "mos", mos_json(quality));
    if (quality->last.protocol[0])
        json_object_set_new(object, "protocol", json_string(quality->last.protocol));
    return object;
}

static void continue_mos(struct quality *quality, const json_t *mos)
{
    int64_t reports = MAX(number(mos, "reports"), 0);
    if (reports == 0)
        return;
    double min = json_number_value(json_object_get(mos, "min"));
    quality->mos_min = quality->mos_reports ? MIN(quality->mos_min, min) : min;
    quality->mos_reports += reports;
    quality->mos_sum += json_number_value(json_object_get(mos, "mean")) * (double)reports;
    quality->mos_low_reports += (MAX(number(mos, "low_permille"), 0) * reports + 500) / 1000;
}

void quality_continue(struct quality *quality, const json_t *written)
{
    int64_t reports = MAX(number(written, "reports"), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(MEANS); i++)
        add_at(quality, &MEANS[i], MAX(number(written, MEANS[i].name), 0) * reports);
    for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++)
        add_at(quality, &COUNTS[i], MAX(number(written, COUNTS[i].name), 0));
    for (int i = 0; i < QUALITY_HELD_COUNT; i++)
        add(&quality->held_s[i], number(json_object_get(written, "held_s"), HELD[i]));
    quality->worst_concealed_permille = MAX(quality->worst_concealed_permille,
                                            number(written, "worst_concealed_permille"));
    continue_mos(quality, json_object_get(written, "mos"));
}

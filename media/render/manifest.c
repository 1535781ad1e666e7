#include "media/render/manifest.h"

#include <errno.h>
#include <gst/gst.h>
#include <string.h>

#include "media/render/sealed.h"

char *manifest_hex(const unsigned char *bytes, size_t size)
{
    char *hex = g_malloc(2 * size + 1);
    for (size_t i = 0; i < size; i++)
        g_snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    hex[2 * size] = '\0';
    return hex;
}

json_t *manifest_file(const char *name, const char *kind, const char *type, uint64_t size, const unsigned char *hash)
{
    g_autofree char *hex = manifest_hex(hash, VAULT_HASH_SIZE);
    return json_pack("{s:s, s:s, s:s, s:I, s:s}", "name", name, "kind", kind, "type", type, "size", (json_int_t)size,
                     "sha256", hex);
}

/* RFC 3339 with milliseconds. */
static json_t *date(int64_t unix_us)
{
    GDateTime *whole = g_date_time_new_from_unix_utc(unix_us / 1000000);
    g_autofree char *text = g_date_time_format(whole, "%Y-%m-%dT%H:%M:%S");
    g_date_time_unref(whole);
    g_autofree char *exact = g_strdup_printf("%s.%03dZ", text, (int)(unix_us / 1000 % 1000));
    return json_string(exact);
}

static json_int_t ms_since_start(const struct render *render, int64_t unix_us)
{
    return unix_us ? (unix_us - render->survey->start_us) / 1000 : 0;
}

static json_t *describe_segment(const struct render *render, const struct survey_segment *segment)
{
    g_autofree char *chain = manifest_hex(segment->chain, sizeof segment->chain);
    json_t *faults = json_array();
    for (guint i = 0; i < segment->faults->len; i++) {
        const struct survey_fault *fault = &g_array_index(segment->faults, struct survey_fault, i);
        json_array_append_new(faults,
                              json_pack("{s:s, s:I, s:I}", "fault", journal_fault_name(fault->fault), "count",
                                        (json_int_t)fault->count, "at_ms", ms_since_start(render, fault->at_us)));
    }
    return json_pack("{s:I, s:b, s:I, s:s, s:I, s:I, s:o}", "segment", (json_int_t)segment->number, "closed",
                     segment->closed, "chunks", (json_int_t)segment->chunks, "chain", chain, "from_ms",
                     ms_since_start(render, segment->first_us), "to_ms", ms_since_start(render, segment->last_us),
                     "faults", faults);
}

/* Complete: nothing is missing from what was journaled, though workers may have died. */
static json_t *describe_journal(const struct render *render)
{
    json_t *segments = json_array();
    bool complete = true;
    for (guint i = 0; i < render->survey->segments->len; i++) {
        const struct survey_segment *segment = &g_array_index(render->survey->segments, struct survey_segment, i);
        json_array_append_new(segments, describe_segment(render, segment));
        for (guint k = 0; k < segment->faults->len; k++) {
            enum journal_fault fault = g_array_index(segment->faults, struct survey_fault, k).fault;
            complete = complete && (fault == JOURNAL_FAULT_UNCLOSED || fault == JOURNAL_FAULT_CUT);
        }
    }
    return json_pack("{s:b, s:o}", "complete", complete, "segments", segments);
}

json_t *manifest_make(const struct render *render, json_t *tracks, json_t *film, json_t *poster)
{
    const struct survey *survey = render->survey;
    unsigned char fingerprint[32];
    guint major, minor, micro, nano;
    survey_fingerprint(survey, fingerprint);
    gst_version(&major, &minor, &micro, &nano);
    g_autofree char *mark = manifest_hex(fingerprint, sizeof fingerprint);
    g_autofree char *tool = g_strdup_printf("hoichan-render %s, GStreamer %u.%u.%u", RENDER_VERSION, major, minor,
                                            micro);
    json_t *files = json_array();
    json_array_append(files, film);
    json_array_append(files, poster);
    json_array_extend(files, json_object_get(tracks, "files"));
    return json_pack("{s:i, s:s, s:s, s:o, s:o, s:I, s:s, s:o, s:O, s:O, s:o}", "version", 1, "tool", tool, "recording",
                     render->recording, "started_at", date(survey->start_us), "ended_at", date(survey->end_us),
                     "duration_ms", (json_int_t)(survey->end_us - survey->start_us) / 1000, "fingerprint", mark,
                     "files", files, "tracks", json_object_get(tracks, "tracks"), "gaps",
                     json_object_get(tracks, "gaps"), "journal", describe_journal(render));
}

int manifest_store(const char *directory, const char *name, const unsigned char *key, const json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(1));
    if (!text)
        return -ENOMEM;
    int result = sealed_write(directory, name, key, text, strlen(text), NULL);
    free(text);
    return result;
}

int manifest_load(const char *directory, const char *name, const unsigned char *key, json_t **json)
{
    g_autofree char *text = NULL;
    size_t size;
    int result = sealed_read(directory, name, key, &text, &size);
    if (result < 0)
        return result;
    *json = json_loadb(text, size, 0, NULL);
    return *json ? 0 : -EBADMSG;
}

#include "media/control_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "media/rtp.h"

/* "audio" or "video". */
static int take_kind(struct control_request *request, bool *video)
{
    const char *kind = json_string_value(json_object_get(request->body, "kind"));
    *video = kind && strcmp(kind, "video") == 0;
    if (!kind || (!*video && strcmp(kind, "audio") != 0))
        return control_fail(request, -EINVAL, "kind is neither audio nor video");
    return 0;
}

/* Copies a text field; an absent one is empty. */
static int take_text(struct control_request *request, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(request->body, key));
    if (value && strlen(value) >= size)
        return control_fail(request, -EINVAL, "%s is longer than %zu", key, size - 1);
    snprintf(text, size, "%s", value ? value : "");
    return 0;
}

static int take_codec(struct control_request *request, const json_t *item, struct codec *codec)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    const char *fmtp = json_string_value(json_object_get(item, "fmtp"));
    json_int_t pt = json_integer_value(json_object_get(item, "pt"));
    json_int_t rtx_pt = json_integer_value(json_object_get(item, "rtx_pt"));
    json_int_t clock = json_integer_value(json_object_get(item, "clock"));
    if (!name || pt <= 0 || pt > 127 || rtx_pt < 0 || rtx_pt > 127 || clock < 1000 || clock > 1000000)
        return control_fail(request, -EINVAL, "a codec needs name, pt, clock");
    codec->kind = codec_kind_of(name);
    codec->pt = (uint8_t)pt;
    codec->rtx_pt = (uint8_t)rtx_pt;
    codec->hz = (uint32_t)clock;
    snprintf(codec->fmtp, sizeof codec->fmtp, "%s", fmtp ? fmtp : "");
    return 0;
}

static int take_codecs(struct control_request *request, struct codec_list *list)
{
    const json_t *items = json_object_get(request->body, "codecs");
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (list->count == CODECS_MAX)
            break;
        int error = take_codec(request, json_array_get(items, i), &list->items[list->count]);
        if (error < 0)
            return error;
        if (list->items[list->count].kind != CODEC_NONE)
            list->count++;
    }
    return list->count ? 0 : control_fail(request, -EINVAL, "no codec that is known");
}

static int take_extensions(struct control_request *request, struct extension_ids *ids)
{
    const json_t *object = json_object_get(request->body, "ext");
    const struct {
        const char *key;
        uint8_t *id;
    } fields[] = {
        {"mid", &ids->mid},
        {"rid", &ids->rid},
        {"rrid", &ids->rrid},
        {"level", &ids->level},
        {"twcc", &ids->twcc},
        {"abs_send_time", &ids->abs_send_time},
        {"dependency_descriptor", &ids->dependency_descriptor},
        {"playout_delay", &ids->playout_delay},
        {"toffset", &ids->toffset},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        json_int_t id = json_integer_value(json_object_get(object, fields[i].key));
        if (id < 0 || id > 255)
            return control_fail(request, -EINVAL, "ext.%s is no id", fields[i].key);
        *fields[i].id = id < RTP_EXTENSION_IDS ? (uint8_t)id : 0;
    }
    return 0;
}

static int take_rids(struct control_request *request, struct track_config *config)
{
    const json_t *rids = json_object_get(request->body, "rids");
    if (json_array_size(rids) > TRACK_LAYERS_MAX)
        return control_fail(request, -EINVAL, "more than %d rids", TRACK_LAYERS_MAX);
    for (size_t i = 0; i < json_array_size(rids); i++) {
        const char *rid = json_string_value(json_array_get(rids, i));
        if (!rid || strlen(rid) > TRACK_RID_MAX)
            return control_fail(request, -EINVAL, "a rid is no text of at most %d", TRACK_RID_MAX);
        snprintf(config->rids[config->rid_count++], sizeof config->rids[0], "%s", rid);
    }
    return 0;
}

static void take_ssrcs(struct control_request *request, struct track_config *config)
{
    const json_t *ssrcs = json_object_get(request->body, "ssrcs");
    for (size_t i = 0; i < json_array_size(ssrcs) && config->ssrc_count < TRACK_SSRCS_MAX; i++) {
        const json_t *item = json_array_get(ssrcs, i);
        uint32_t ssrc = (uint32_t)json_integer_value(json_object_get(item, "ssrc"));
        if (!ssrc)
            continue;
        config->ssrcs[config->ssrc_count].ssrc = ssrc;
        config->ssrcs[config->ssrc_count++].rtx = (uint32_t)json_integer_value(json_object_get(item, "rtx"));
    }
}

int control_parse_track(struct control_request *request, struct track_config *config)
{
    const char *name;
    memset(config, 0, sizeof *config);
    int error = control_name(request, "track", &name);
    if (error == 0)
        error = take_kind(request, &config->video);
    if (error == 0)
        error = take_text(request, "mid", config->mid, sizeof config->mid);
    if (error == 0)
        error = take_text(request, "source", config->source, sizeof config->source);
    if (error == 0)
        error = take_codecs(request, &config->codecs);
    if (error == 0)
        error = take_extensions(request, &config->extensions);
    if (error == 0)
        error = take_rids(request, config);
    if (error < 0)
        return error;
    snprintf(config->name, sizeof config->name, "%s", name);
    take_ssrcs(request, config);
    return 0;
}

int control_parse_slot(struct control_request *request, struct slot_config *config)
{
    const char *name;
    memset(config, 0, sizeof *config);
    int error = control_name(request, "slot", &name);
    if (error == 0)
        error = take_kind(request, &config->video);
    if (error == 0)
        error = take_text(request, "mid", config->mid, sizeof config->mid);
    if (error == 0)
        error = take_codecs(request, &config->codecs);
    if (error == 0)
        error = take_extensions(request, &config->extensions);
    if (error < 0)
        return error;
    snprintf(config->name, sizeof config->name, "%s", name);
    config->ssrc = (uint32_t)json_integer_value(json_object_get(request->body, "ssrc"));
    config->rtx_ssrc = (uint32_t)json_integer_value(json_object_get(request->body, "rtx_ssrc"));
    const json_t *layer = json_object_get(request->body, "layer");
    config->one_layer = json_is_integer(layer);
    config->layer = (int)json_integer_value(layer);
    if (config->layer < 0 || config->layer >= TRACK_LAYERS_MAX)
        return control_fail(request, -EINVAL, "layer is 0 to %d", TRACK_LAYERS_MAX - 1);
    return config->ssrc ? 0 : control_fail(request, -EINVAL, "a slot needs an ssrc");
}

int control_parse_wish(struct control_request *request, struct slot_wish *wish)
{
    json_int_t priority = json_integer_value(json_object_get(request->body, "priority"));
    json_int_t width = json_integer_value(json_object_get(request->body, "max_width"));
    json_int_t height = json_integer_value(json_object_get(request->body, "max_height"));
    if (priority < 0 || priority > 3 || width < 0 || width > 16384 || height < 0 || height > 16384)
        return control_fail(request, -EINVAL, "priority is 0 to 3, sizes are 0 to 16384");
    *wish = (struct slot_wish){
        .priority = (uint8_t)priority, .max_width = (uint16_t)width, .max_height = (uint16_t)height};
    return 0;
}

#include "sdp_codec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading attributes ---- */

/* The payload type that a value begins with, the rest behind it; -1 when there is none. */
static int leading_pt(const char *value, const char **rest)
{
    if (!isdigit((unsigned char)*value))
        return -1;
    char *end;
    long pt = strtol(value, &end, 10);
    if (pt < 0 || pt >= SDP_PAYLOAD_TYPES || *end != ' ')
        return -1;
    while (*end == ' ')
        end++;
    *rest = end;
    return (int)pt;
}

void sdp_formats_rtpmap(struct sdp_formats *formats, const char *value)
{
    const char *rest;
    int pt = leading_pt(value, &rest);
    if (pt < 0)
        return;
    struct sdp_format *format = &formats->of[pt];
    size_t size = strcspn(rest, "/");
    if (size == 0 || size >= sizeof format->name || rest[size] != '/')
        return;
    memcpy(format->name, rest, size);
    format->name[size] = '\0';
    char *end;
    long clock_hz = strtol(rest + size + 1, &end, 10);
    long channels = *end == '/' ? strtol(end + 1, NULL, 10) : 1;
    format->clock_hz = clock_hz > 0 && clock_hz <= 192000 ? (int)clock_hz : 0;
    format->channels = channels > 0 && channels <= 8 ? (int)channels : 1;
}

void sdp_formats_fmtp(struct sdp_formats *formats, const char *value)
{
    const char *rest;
    int pt = leading_pt(value, &rest);
    if (pt >= 0 && strlen(rest) < sizeof formats->of[pt].fmtp)
        strcpy(formats->of[pt].fmtp, rest);
}

void sdp_formats_feedback(struct sdp_formats *formats, const char *value)
{
    const char *rest = value + 2;
    bool twcc, nack, pli;
    int pt = strncmp(value, "* ", 2) == 0 ? SDP_PAYLOAD_TYPES : leading_pt(value, &rest);
    if (pt < 0)
        return;
    twcc = strcmp(rest, "transport-cc") == 0;
    nack = strcmp(rest, "nack") == 0;
    pli = strcmp(rest, "nack pli") == 0;
    if (pt == SDP_PAYLOAD_TYPES) {
        formats->any_twcc |= twcc;
        formats->any_nack |= nack;
        formats->any_pli |= pli;
    } else {
        formats->of[pt].twcc |= twcc;
        formats->of[pt].nack |= nack;
        formats->of[pt].pli |= pli;
    }
}

static const char *const EXT_URIS[SDP_EXT_COUNT] = {
    [SDP_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [SDP_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    [SDP_EXT_RRID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    [SDP_EXT_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    [SDP_EXT_TWCC] = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [SDP_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    [SDP_EXT_DEPENDENCY_DESCRIPTOR] =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    [SDP_EXT_PLAYOUT_DELAY] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    [SDP_EXT_TOFFSET] = "urn:ietf:params:rtp-hdrext:toffset",
};

const char *sdp_ext_uri(enum sdp_ext_name name)
{
    return EXT_URIS[name];
}

static int ext_named(const char *uri)
{
    size_t size = strcspn(uri, " ");
    for (int i = 0; i < SDP_EXT_COUNT; i++)
        if (strlen(EXT_URIS[i]) == size && strncmp(EXT_URIS[i], uri, size) == 0)
            return i;
    return -1;
}

bool sdp_ext_read(struct sdp_ext ext[SDP_EXT_COUNT], const char *value)
{
    char *end;
    long id = strtol(value, &end, 10);
    if (end == value || id < 1 || id > 255)
        return false;
    bool writes = true, reads = true;
    if (*end == '/') {
        writes = strncmp(end, "/sendonly ", 10) == 0 || strncmp(end, "/sendrecv ", 10) == 0;
        reads = strncmp(end, "/recvonly ", 10) == 0 || strncmp(end, "/sendrecv ", 10) == 0;
        end += strcspn(end, " ");
    }
    while (*end == ' ')
        end++;
    int name = ext_named(end);
    if (name < 0)
        return true;
    for (int i = 0; i < SDP_EXT_COUNT; i++)
        if (ext[i].id == id)
            return false;
    if (ext[name].id == 0)
        ext[name] = (struct sdp_ext){.id = (uint8_t)id, .client_writes = writes, .client_reads = reads};
    return true;
}

/* ---- codecs of a line ---- */

/* The value of one parameter in "a=1;b=2", copied; false when it is absent or too long. */
static bool parameter(const char *fmtp, const char *name, char *into, size_t room)
{
    size_t name_size = strlen(name);
    while (*fmtp) {
        fmtp += strspn(fmtp, "; ");
        size_t size = strcspn(fmtp, ";");
        if (size > name_size && fmtp[name_size] == '=' && strncasecmp(fmtp, name, name_size) == 0) {
            size_t value_size = size - name_size - 1;
            if (value_size >= room)
                return false;
            memcpy(into, fmtp + name_size + 1, value_size);
            into[value_size] = '\0';
            return true;
        }
        fmtp += size;
    }
    return false;
}

/* How much we like an offered variant of a codec; 0: not at all. */
static int rank_h264(const struct sdp_format *format, char profile[8])
{
    char mode[4] = "0";
    parameter(format->fmtp, "packetization-mode", mode, sizeof mode);
    if (strcmp(mode, "1") != 0 || !parameter(format->fmtp, "profile-level-id", profile, 8) || strlen(profile) != 6)
        return 0;
    if (strspn(profile, "0123456789abcdefABCDEF") != 6 || strncmp(profile, "42", 2) != 0)
        return 0;
    return strncasecmp(profile + 2, "e0", 2) == 0 ? 2 : 1; /* constrained baseline before plain */
}

static int rank(const struct sdp_format *format, const char *name, char profile[8])
{
    char number[8] = "0";
    profile[0] = '\0';
    if (strcmp(name, "H264") == 0)
        return rank_h264(format, profile);
    if (strcmp(name, "VP9") == 0 && parameter(format->fmtp, "profile-id", number, sizeof number))
        return strcmp(number, "0") == 0;
    if (strcmp(name, "AV1") == 0 && parameter(format->fmtp, "profile", number, sizeof number))
        return strcmp(number, "0") == 0;
    if (strcmp(name, "opus") == 0 || strcmp(name, "red") == 0)
        return format->clock_hz == 48000;
    return format->clock_hz == 90000;
}

static const char *our_name(enum sdp_kind kind, const char *offered)
{
    static const char *const AUDIO[] = {"opus", "red", NULL};
    static const char *const VIDEO[] = {"VP8", "H264", "VP9", "AV1", NULL};
    for (const char *const *name = kind == SDP_AUDIO ? AUDIO : VIDEO; *name; name++)
        if (strcasecmp(*name, offered) == 0)
            return *name;
    return NULL;
}

static int format_pt(const char *format)
{
    char *end;
    long pt = strtol(format, &end, 10);
    return end != format && *end == '\0' && pt >= 0 && pt < SDP_PAYLOAD_TYPES ? (int)pt : -1;
}

static struct sdp_codec *codec_named(struct sdp_line *line, const char *name)
{
    for (size_t i = 0; i < line->n_codecs; i++)
        if (strcmp(line->codecs[i].name, name) == 0)
            return &line->codecs[i];
    return NULL;
}

void sdp_line_add_format(struct sdp_line *line, const struct sdp_formats *formats, const char *text)
{
    int pt = format_pt(text);
    if (pt < 0 || line->kind == SDP_OTHER)
        return;
    const struct sdp_format *format = &formats->of[pt];
    const char *name = our_name(line->kind, format->name);
    char profile[8];
    int ranked = name ? rank(format, name, profile) : 0;
    if (ranked == 0)
        return;
    struct sdp_codec *codec = codec_named(line, name);
    if (codec && (ranked < 2 || strncasecmp(codec->profile + 2, "e0", 2) == 0))
        return;
    if (!codec) {
        if (line->n_codecs == SDP_MAX_CODECS)
            return;
        codec = &line->codecs[line->n_codecs++];
    }
    *codec = (struct sdp_codec){.pt = pt,
                                .rtx_pt = -1,
                                .clock_hz = format->clock_hz,
                                .channels = format->channels,
                                .twcc = format->twcc || formats->any_twcc,
                                .nack = format->nack || formats->any_nack,
                                .pli = format->pli || formats->any_pli};
    strcpy(codec->name, name);
    strcpy(codec->profile, profile);
}

void sdp_line_bind_rtx(struct sdp_line *line, const struct sdp_formats *formats, const char *text)
{
    int pt = format_pt(text);
    char apt[8];
    if (pt < 0 || strcasecmp(formats->of[pt].name, "rtx") != 0 ||
        !parameter(formats->of[pt].fmtp, "apt", apt, sizeof apt))
        return;
    int primary = format_pt(apt);
    for (size_t i = 0; i < line->n_codecs; i++)
        if (line->codecs[i].pt == primary && line->codecs[i].rtx_pt < 0)
            line->codecs[i].rtx_pt = pt;
}

/* ---- what is used of it ---- */

static const struct sdp_codec *find(const struct sdp_line *line, const char *name)
{
    return codec_named((struct sdp_line *)line, name);
}

/* One codec for a track: the client's order is its choice, of what codecs.c found to suit the room. */
static const struct sdp_codec *track_codec(const struct sdp_line *line)
{
    if (line->kind == SDP_AUDIO)
        return find(line, "opus");
    return line->n_codecs ? &line->codecs[0] : NULL;
}

size_t sdp_line_codecs(const struct sdp_line *line, enum sdp_use use, struct sdp_codec chosen[SDP_MAX_CODECS])
{
    size_t count = 0;
    const struct sdp_codec *best = track_codec(line);
    if (!best)
        return 0;
    chosen[count++] = *best;
    for (size_t i = 0; i < line->n_codecs; i++) {
        const struct sdp_codec *codec = &line->codecs[i];
        bool red = strcmp(codec->name, "red") == 0;
        if (codec != best && (red || use == SDP_USE_SLOT))
            chosen[count++] = *codec;
    }
    return count;
}

static void opus_fmtp(struct sdp_sound sound, char *into, size_t room)
{
    if (sound.music)
        snprintf(into, room, "minptime=10;useinbandfec=0;stereo=1;maxaveragebitrate=128000");
    else
        snprintf(into, room, "minptime=10;useinbandfec=1%s%s", sound.dtx ? ";usedtx=1" : "",
                 sound.thin ? ";maxaveragebitrate=20000" : "");
}

bool sdp_codec_fmtp(const struct sdp_codec *codec, int opus_pt, struct sdp_sound sound, char *into, size_t room)
{
    if (strcmp(codec->name, "opus") == 0)
        opus_fmtp(sound, into, room);
    else if (strcmp(codec->name, "red") == 0)
        snprintf(into, room, "%d/%d", opus_pt, opus_pt);
    else if (strcmp(codec->name, "H264") == 0)
        snprintf(into, room, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%s", codec->profile);
    else if (strcmp(codec->name, "VP9") == 0)
        snprintf(into, room, "profile-id=0");
    else
        return false;
    return true;
}

bool sdp_line_has_ext(const struct sdp_line *line, enum sdp_use use, enum sdp_ext_name name)
{
    const struct sdp_ext *ext = &line->ext[name];
    if (ext->id == 0 || (use == SDP_USE_TRACK && !ext->client_writes) || (use == SDP_USE_SLOT && !ext->client_reads))
        return false;
    bool simulcast = use == SDP_USE_TRACK && line->n_rids > 0;
    switch (name) {
    case SDP_EXT_RID:
    case SDP_EXT_RRID:
        return simulcast;
    case SDP_EXT_ABS_SEND_TIME:
        return line->ext[SDP_EXT_TWCC].id == 0; /* the older clock only where the better one is missing */
    case SDP_EXT_PLAYOUT_DELAY:
        return use == SDP_USE_SLOT;
    case SDP_EXT_TOFFSET:
        return false;
    case SDP_EXT_DEPENDENCY_DESCRIPTOR: {
        /* VP8 and VP9 say in their payloads what the router needs. Receivers trust it over those, so it is for AV1 alone. */
        const struct sdp_codec *codec = track_codec(line);
        return use == SDP_USE_SLOT ? find(line, "AV1") != NULL : codec && strcmp(codec->name, "AV1") == 0;
    }
    default:
        return true;
    }
}

static json_t *codec_json(const struct sdp_codec *codec, int opus_pt, struct sdp_sound sound)
{
    char fmtp[160];
    json_t *object = json_pack("{s:s, s:i, s:i}", "name", codec->name, "pt", codec->pt, "clock", codec->clock_hz);
    if (codec->rtx_pt >= 0)
        json_object_set_new(object, "rtx_pt", json_integer(codec->rtx_pt));
    if (codec->channels > 1)
        json_object_set_new(object, "channels", json_integer(codec->channels));
    if (sdp_codec_fmtp(codec, opus_pt, sound, fmtp, sizeof fmtp))
        json_object_set_new(object, "fmtp", json_string(fmtp));
    return object;
}

json_t *sdp_line_codecs_json(const struct sdp_line *line, enum sdp_use use, struct sdp_sound sound)
{
    struct sdp_codec chosen[SDP_MAX_CODECS];
    size_t count = sdp_line_codecs(line, use, chosen);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, codec_json(&chosen[i], chosen[0].pt, sound));
    return array;
}

json_t *sdp_line_ext_json(const struct sdp_line *line, enum sdp_use use)
{
    static const char *const NAMES[SDP_EXT_COUNT] = {
        [SDP_EXT_MID] = "mid",
        [SDP_EXT_RID] = "rid",
        [SDP_EXT_RRID] = "rrid",
        [SDP_EXT_LEVEL] = "level",
        [SDP_EXT_TWCC] = "twcc",
        [SDP_EXT_ABS_SEND_TIME] = "abs_send_time",
        [SDP_EXT_DEPENDENCY_DESCRIPTOR] = "dependency_descriptor",
        [SDP_EXT_PLAYOUT_DELAY] = "playout_delay",
        [SDP_EXT_TOFFSET] = "toffset",
    };
    json_t *object = json_object();
    for (int i = 0; i < SDP_EXT_COUNT; i++)
        if (sdp_line_has_ext(line, use, i))
            json_object_set_new(object, NAMES[i], json_integer(line->ext[i].id));
    return object;
}

#include "sdp.h"

#include "sdp_codec.h"

#include <ctype.h>
#include <gst/sdp/gstsdpmessage.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reading {
    struct sdp_offer *offer;
    const char *why;
    enum sdp_verdict verdict;
};

static bool refuse(struct reading *reading, enum sdp_verdict verdict, const char *why)
{
    reading->verdict = verdict;
    reading->why = why;
    return false;
}

static bool copy_text(char *into, size_t room, const char *text)
{
    if (!text || strlen(text) >= room)
        return false;
    strcpy(into, text);
    return true;
}

bool sdp_is_ice_text(const char *text, size_t at_least)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/')
            return false;
    return size >= at_least && size <= 256;
}

/* RFC 8866 token characters, as far as mids and rids of real clients need them. */
static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_-.+{}!#$%&'*^`|~", text[i]))
            return false;
    return size >= 1 && size <= SDP_MID_MAX;
}

/* ---- transport-level attributes, at session or media level ---- */

static bool read_fingerprint(struct reading *reading, const char *value)
{
    struct sdp_offer *offer = reading->offer;
    const char *space = value ? strchr(value, ' ') : NULL;
    struct sdp_fingerprint found = {0};
    if (!space || (size_t)(space - value) >= sizeof found.algorithm ||
        !copy_text(found.value, sizeof found.value, space + 1) ||
        strspn(found.value, "0123456789abcdefABCDEF:") != strlen(found.value) || strlen(found.value) < 20)
        return refuse(reading, SDP_BAD, "malformed fingerprint");
    memcpy(found.algorithm, value, (size_t)(space - value));
    for (char *c = found.algorithm; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (strncmp(found.algorithm, "sha-", 4) != 0)
        return true; /* nothing we could check */
    for (size_t i = 0; i < offer->n_fingerprints; i++)
        if (strcmp(offer->fingerprints[i].algorithm, found.algorithm) == 0 &&
            strcasecmp(offer->fingerprints[i].value, found.value) == 0)
            return true;
    if (offer->n_fingerprints < SDP_MAX_FINGERPRINTS)
        offer->fingerprints[offer->n_fingerprints++] = found;
    return true;
}

/* Keeps the first value: with BUNDLE the first line's is the one that counts. */
static bool keep_first(char *into, size_t room, const char *value)
{
    return into[0] || copy_text(into, room, value);
}

static bool read_transport(struct reading *reading, const GstSDPAttribute *attribute)
{
    struct sdp_offer *offer = reading->offer;
    if (strcmp(attribute->key, "fingerprint") == 0)
        return read_fingerprint(reading, attribute->value);
    if (strcmp(attribute->key, "ice-ufrag") == 0 && !keep_first(offer->ufrag, sizeof offer->ufrag, attribute->value))
        return refuse(reading, SDP_BAD, "ice-ufrag too long");
    if (strcmp(attribute->key, "ice-pwd") == 0 && !keep_first(offer->pwd, sizeof offer->pwd, attribute->value))
        return refuse(reading, SDP_BAD, "ice-pwd too long");
    if (strcmp(attribute->key, "setup") == 0 && !keep_first(offer->setup, sizeof offer->setup, attribute->value))
        return refuse(reading, SDP_BAD, "malformed setup");
    if (strcmp(attribute->key, "extmap-allow-mixed") == 0)
        offer->allow_mixed = true;
    return true;
}

/* ---- one line ---- */

struct line_reading {
    struct sdp_line *line;
    struct sdp_formats formats;
    char known_rids[SDP_MAX_RIDS][SDP_MID_MAX + 1]; /* a=rid:… send */
    size_t n_known_rids;
    const char *simulcast;
    bool bundle_only, mux;
};

static void read_rid(struct line_reading *lr, const char *value)
{
    size_t size = strcspn(value, " ");
    if (!is_token(value, size) || strncmp(value + size, " send", 5) != 0 || lr->n_known_rids == SDP_MAX_RIDS)
        return;
    memcpy(lr->known_rids[lr->n_known_rids], value, size);
    lr->known_rids[lr->n_known_rids++][size] = '\0';
}

static void add_ssrc(struct sdp_line *line, uint32_t ssrc, uint32_t rtx)
{
    if (ssrc != 0 && line->n_ssrcs < SDP_MAX_SSRCS) {
        line->ssrcs[line->n_ssrcs].ssrc = ssrc;
        line->ssrcs[line->n_ssrcs++].rtx = rtx;
    }
}

static void read_ssrc_group(struct sdp_line *line, const char *value)
{
    if (strncmp(value, "FID ", 4) != 0)
        return;
    char *end;
    unsigned long ssrc = strtoul(value + 4, &end, 10);
    unsigned long rtx = strtoul(end, NULL, 10);
    for (size_t i = 0; i < line->n_ssrcs; i++) {
        if (line->ssrcs[i].ssrc == ssrc) {
            line->ssrcs[i].rtx = (uint32_t)rtx;
            return;
        }
    }
    if (ssrc <= UINT32_MAX && rtx <= UINT32_MAX)
        add_ssrc(line, (uint32_t)ssrc, (uint32_t)rtx);
}

/* A lone SSRC counts unless it is somebody's retransmission stream, whichever line came first. */
static void read_ssrc(struct sdp_line *line, const char *value)
{
    unsigned long ssrc = strtoul(value, NULL, 10);
    if (ssrc == 0 || ssrc > UINT32_MAX)
        return;
    for (size_t i = 0; i < line->n_ssrcs; i++)
        if (line->ssrcs[i].ssrc == ssrc || line->ssrcs[i].rtx == ssrc)
            return;
    add_ssrc(line, (uint32_t)ssrc, 0);
}

static void drop_lone_rtx(struct sdp_line *line)
{
    size_t kept = 0;
    for (size_t i = 0; i < line->n_ssrcs; i++) {
        bool repair = false;
        for (size_t j = 0; j < line->n_ssrcs; j++)
            repair |= j != i && line->ssrcs[j].rtx == line->ssrcs[i].ssrc;
        if (!repair)
            line->ssrcs[kept++] = line->ssrcs[i];
    }
    line->n_ssrcs = kept;
}

static bool read_direction(struct sdp_line *line, const char *key)
{
    static const char *const NAMES[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(key, NAMES[i]) == 0) {
            line->direction = (enum sdp_direction)i;
            return true;
        }
    }
    return false;
}

static bool read_line_attribute(struct reading *reading, struct line_reading *lr, const GstSDPAttribute *attribute)
{
    const char *key = attribute->key, *value = attribute->value ? attribute->value : "";
    struct sdp_line *line = lr->line;
    if (read_direction(line, key))
        return true;
    if (strcmp(key, "mid") == 0) {
        if (!is_token(value, strlen(value)))
            return refuse(reading, SDP_BAD, "malformed mid");
        strcpy(line->mid, value);
    } else if (strcmp(key, "rtpmap") == 0) {
        sdp_formats_rtpmap(&lr->formats, value);
    } else if (strcmp(key, "fmtp") == 0) {
        sdp_formats_fmtp(&lr->formats, value);
    } else if (strcmp(key, "rtcp-fb") == 0) {
        sdp_formats_feedback(&lr->formats, value);
    } else if (strcmp(key, "extmap") == 0) {
        if (!sdp_ext_read(line->ext, value))
            return refuse(reading, SDP_BAD, "malformed extmap");
    } else if (strcmp(key, "rid") == 0) {
        read_rid(lr, value);
    } else if (strcmp(key, "simulcast") == 0) {
        lr->simulcast = value;
    } else if (strcmp(key, "ssrc-group") == 0) {
        read_ssrc_group(line, value);
    } else if (strcmp(key, "ssrc") == 0) {
        read_ssrc(line, value);
    } else if (strcmp(key, "bundle-only") == 0) {
        lr->bundle_only = true;
    } else if (strcmp(key, "rtcp-mux") == 0) {
        lr->mux = true;
    } else if (strcmp(key, "rtcp-rsize") == 0) {
        line->rsize = true;
    }
    return true;
}

static bool rid_known(const struct line_reading *lr, const char *rid)
{
    for (size_t i = 0; i < lr->n_known_rids; i++)
        if (strcmp(lr->known_rids[i], rid) == 0)
            return true;
    return false;
}

/* "send f;~h;q,x recv ..." (RFC 8853): the first alternative of each, in order, paused or not. */
static void read_simulcast(struct line_reading *lr)
{
    struct sdp_line *line = lr->line;
    const char *at = lr->simulcast ? strstr(lr->simulcast, "send ") : NULL;
    if (!at || line->ext[SDP_EXT_RID].id == 0)
        return;
    at += strlen("send ");
    while (*at && *at != ' ' && line->n_rids < SDP_MAX_RIDS) {
        at += strspn(at, ";~");
        size_t size = strcspn(at, ";, ");
        char *rid = line->rids[line->n_rids];
        if (size >= 1 && size <= SDP_MID_MAX) {
            memcpy(rid, at, size);
            rid[size] = '\0';
            line->n_rids += rid_known(lr, rid);
        }
        at += size;
        if (*at == ',')
            at += strcspn(at, "; ");
    }
}

static enum sdp_kind kind_of(const GstSDPMedia *media)
{
    const char *name = gst_sdp_media_get_media(media);
    const char *proto = gst_sdp_media_get_proto(media);
    if (!name || !proto || !strstr(proto, "RTP/SAVPF"))
        return SDP_OTHER;
    return strcmp(name, "audio") == 0 ? SDP_AUDIO : strcmp(name, "video") == 0 ? SDP_VIDEO : SDP_OTHER;
}

static void read_codecs(struct line_reading *lr, const GstSDPMedia *media)
{
    guint count = gst_sdp_media_formats_len(media);
    for (guint i = 0; i < count; i++)
        sdp_line_add_format(lr->line, &lr->formats, gst_sdp_media_get_format(media, i));
    for (guint i = 0; i < count; i++)
        sdp_line_bind_rtx(lr->line, &lr->formats, gst_sdp_media_get_format(media, i));
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("/-_.+", *text))
            return false;
    return true;
}

static bool read_heading(struct reading *reading, struct sdp_line *line, const GstSDPMedia *media)
{
    line->kind = kind_of(media);
    const char *format = gst_sdp_media_formats_len(media) ? gst_sdp_media_get_format(media, 0) : "0";
    if (!copy_text(line->media, sizeof line->media, gst_sdp_media_get_media(media)) ||
        !copy_text(line->proto, sizeof line->proto, gst_sdp_media_get_proto(media)) ||
        !copy_text(line->format, sizeof line->format, format) || !is_plain(line->media) || !is_plain(line->proto) ||
        !is_plain(line->format) || !line->media[0] || !line->proto[0])
        return refuse(reading, SDP_BAD, "malformed m-line");
    return true;
}

/* `lr` is some 25 kB: the caller keeps one for all lines. */
static bool read_line(struct reading *reading, struct line_reading *lr, struct sdp_line *line, const GstSDPMedia *media)
{
    memset(lr, 0, sizeof *lr);
    lr->line = line;
    if (!read_heading(reading, line, media))
        return false;
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
        const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, i);
        if (!read_transport(reading, attribute) || !read_line_attribute(reading, lr, attribute))
            return false;
    }
    if (!line->mid[0])
        return refuse(reading, SDP_UNSUPPORTED, "an m-line has no mid");
    line->rejected = line->kind == SDP_OTHER || (gst_sdp_media_get_port(media) == 0 && !lr->bundle_only);
    if (line->rejected)
        return true;
    if (!lr->mux)
        return refuse(reading, SDP_UNSUPPORTED, "rtcp-mux is missing");
    read_codecs(lr, media);
    read_simulcast(lr);
    drop_lone_rtx(line);
    if (line->n_codecs == 0 ||
        (line->kind == SDP_AUDIO && strcmp(line->codecs[0].name, "red") == 0 && line->n_codecs == 1))
        line->rejected = true;
    return true;
}

/* ---- the whole ---- */

static bool in_group(const char *group, const char *mid)
{
    size_t size = strlen(mid);
    for (const char *at = group; (at = strstr(at, mid)); at += size)
        if (at > group && at[-1] == ' ' && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

/* Lines outside the bundle would need a transport of their own: refused, as RFC 9143 §7.3.3 lets us. */
static void apply_bundle(struct sdp_offer *offer, const GstSDPMessage *message)
{
    const char *group = NULL;
    for (guint i = 0; !group && i < gst_sdp_message_attributes_len(message); i++) {
        const GstSDPAttribute *attribute = gst_sdp_message_get_attribute(message, i);
        if (strcmp(attribute->key, "group") == 0 && attribute->value && strncmp(attribute->value, "BUNDLE ", 7) == 0)
            group = attribute->value;
    }
    offer->bundled = group != NULL;
    for (size_t i = group ? 0 : 1; i < offer->n_lines; i++)
        if (!group || !in_group(group, offer->lines[i].mid))
            offer->lines[i].rejected = true;
}

/* One id means one extension within a bundle (RFC 9143 §15.1); aiortc uses it twice. The first line's meaning holds. */
static void drop_clashing_extensions(struct sdp_offer *offer)
{
    int named[256];
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
        named[i] = -1;
    for (size_t i = 0; i < offer->n_lines; i++) {
        for (int name = 0; name < SDP_EXT_COUNT && !offer->lines[i].rejected; name++) {
            struct sdp_ext *ext = &offer->lines[i].ext[name];
            if (ext->id && named[ext->id] < 0)
                named[ext->id] = name;
            else if (ext->id && named[ext->id] != name)
                ext->id = 0;
        }
    }
}

static bool check_whole(struct reading *reading)
{
    struct sdp_offer *offer = reading->offer;
    for (size_t i = 0; i < offer->n_lines; i++)
        for (size_t j = i + 1; j < offer->n_lines; j++)
            if (strcmp(offer->lines[i].mid, offer->lines[j].mid) == 0)
                return refuse(reading, SDP_BAD, "a mid is used twice");
    if (!sdp_is_ice_text(offer->ufrag, 4) || !sdp_is_ice_text(offer->pwd, 22))
        return refuse(reading, SDP_BAD, "ICE credentials are missing or malformed");
    if (offer->n_fingerprints == 0)
        return refuse(reading, SDP_UNSUPPORTED, "no DTLS fingerprint of a known hash");
    if (strcmp(offer->setup, "passive") == 0)
        return refuse(reading, SDP_UNSUPPORTED, "the offer wants us to open DTLS");
    if (offer->lines[0].rejected)
        return refuse(reading, SDP_UNSUPPORTED, "the first m-line has nothing we can take");
    return true;
}

static bool read_message(struct reading *reading, const GstSDPMessage *message)
{
    struct sdp_offer *offer = reading->offer;
    guint count = gst_sdp_message_medias_len(message);
    if (count == 0)
        return refuse(reading, SDP_BAD, "no m-line");
    if (count > SDP_MAX_LINES)
        return refuse(reading, SDP_UNSUPPORTED, "too many m-lines");
    for (guint i = 0; i < gst_sdp_message_attributes_len(message); i++)
        if (!read_transport(reading, gst_sdp_message_get_attribute(message, i)))
            return false;
    offer->lines = calloc(count, sizeof *offer->lines);
    struct line_reading *lr = malloc(sizeof *lr);
    bool good = offer->lines && lr;
    for (guint i = 0; good && i < count; i++) {
        good = read_line(reading, lr, &offer->lines[i], gst_sdp_message_get_media(message, i));
        offer->n_lines = i + 1;
    }
    free(lr);
    if (!good)
        return false;
    apply_bundle(offer, message);
    drop_clashing_extensions(offer);
    return check_whole(reading);
}

enum sdp_verdict sdp_offer_parse(const char *text, size_t size, struct sdp_offer **offer, const char **why)
{
    struct reading reading = {.verdict = SDP_BAD, .why = "not an SDP"};
    *why = reading.why;
    if (size > SDP_MAX_BYTES || memchr(text, '\0', size) || strncmp(text, "v=0", 3) != 0)
        return SDP_BAD;
    GstSDPMessage *message;
    if (gst_sdp_message_new(&message) != GST_SDP_OK)
        return SDP_BAD;
    reading.offer = calloc(1, sizeof *reading.offer);
    bool good = reading.offer &&
                gst_sdp_message_parse_buffer((const guint8 *)text, (guint)size, message) == GST_SDP_OK &&
                read_message(&reading, message);
    gst_sdp_message_free(message);
    *why = good ? NULL : reading.why;
    if (!good) {
        sdp_offer_destroy(reading.offer);
        return reading.verdict;
    }
    *offer = reading.offer;
    return SDP_GOOD;
}

void sdp_offer_destroy(struct sdp_offer *offer)
{
    if (!offer)
        return;
    free(offer->lines);
    free(offer);
}

const struct sdp_line *sdp_offer_line(const struct sdp_offer *offer, const char *mid)
{
    for (size_t i = 0; i < offer->n_lines; i++)
        if (strcmp(offer->lines[i].mid, mid) == 0)
            return &offer->lines[i];
    return NULL;
}

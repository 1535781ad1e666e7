#include "sdp.h"

#include "sdp_codec.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool sdp_candidate_text(const json_t *candidate, char *into, size_t room)
{
    const char *foundation, *protocol, *ip, *type, *tcptype = NULL;
    int component, port;
    json_int_t priority;
    if (json_unpack((json_t *)candidate, "{s:s, s:i, s:s, s:I, s:s, s:i, s:s, s?s}", "foundation", &foundation,
                    "component", &component, "protocol", &protocol, "priority", &priority, "ip", &ip, "port", &port,
                    "type", &type, "tcptype", &tcptype) != 0)
        return false;
    int size = snprintf(into, room, "candidate:%s %d %s %" JSON_INTEGER_FORMAT " %s %d typ %s%s%s", foundation,
                        component, protocol, priority, ip, port, type, tcptype ? " tcptype " : "",
                        tcptype ? tcptype : "");
    return size > 0 && (size_t)size < room;
}

static void put_candidates(GString *out, const json_t *candidates)
{
    size_t i;
    json_t *candidate;
    char text[256];
    json_array_foreach(candidates, i, candidate) if (sdp_candidate_text(candidate, text, sizeof text))
        g_string_append_printf(out, "a=%s\r\n", text);
    g_string_append(out, "a=end-of-candidates\r\n");
}

/* ---- session level ---- */

static void put_session(GString *out, const struct sdp_offer *offer, const struct sdp_answer_line *lines,
                        const struct sdp_local *local)
{
    g_string_append_printf(out, "v=0\r\no=- %" PRIu64 " %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n",
                           local->session, local->version);
    if (offer->bundled) {
        g_string_append(out, "a=group:BUNDLE");
        for (size_t i = 0; i < offer->n_lines; i++)
            if (lines[i].use != SDP_USE_REJECT)
                g_string_append_printf(out, " %s", offer->lines[i].mid);
        g_string_append(out, "\r\n");
    }
    if (offer->allow_mixed)
        g_string_append(out, "a=extmap-allow-mixed\r\n");
    g_string_append(out, "a=msid-semantic: WMS *\r\n");
}

/* ---- one line ---- */

static void put_rejected(GString *out, const struct sdp_line *line)
{
    g_string_append_printf(out, "m=%s 0 %s %s\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\na=inactive\r\n", line->media,
                           line->proto, line->format, line->mid);
}

static void put_heading(GString *out, const struct sdp_line *line, const struct sdp_codec *codecs, size_t count)
{
    g_string_append_printf(out, "m=%s 9 %s", line->media, line->proto);
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(out, " %d", codecs[i].pt);
        if (codecs[i].rtx_pt >= 0)
            g_string_append_printf(out, " %d", codecs[i].rtx_pt);
    }
    g_string_append(out, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void put_transport(GString *out, const struct sdp_line *line, const struct sdp_local *local)
{
    g_string_append_printf(out,
                           "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s %s\r\na=setup:passive\r\na=mid:%s\r\n"
                           "a=rtcp-mux\r\n",
                           local->ufrag, local->pwd, local->fingerprint_algorithm, local->fingerprint, line->mid);
    if (line->rsize)
        g_string_append(out, "a=rtcp-rsize\r\n");
}

static const char *direction_of(const struct sdp_ext *ext)
{
    if (ext->client_writes && ext->client_reads)
        return "";
    return ext->client_writes ? "/recvonly" : "/sendonly";
}

static void put_extensions(GString *out, const struct sdp_line *line, enum sdp_use use)
{
    for (int i = 0; i < SDP_EXT_COUNT; i++)
        if (sdp_line_has_ext(line, use, i))
            g_string_append_printf(out, "a=extmap:%u%s %s\r\n", line->ext[i].id, direction_of(&line->ext[i]),
                                   sdp_ext_uri(i));
}

static void put_codec(GString *out, const struct sdp_codec *codec, int opus_pt, struct sdp_sound sound)
{
    char fmtp[160];
    g_string_append_printf(out, "a=rtpmap:%d %s/%d", codec->pt, codec->name, codec->clock_hz);
    g_string_append_printf(out, codec->channels > 1 ? "/%d\r\n" : "\r\n", codec->channels);
    if (sdp_codec_fmtp(codec, opus_pt, sound, fmtp, sizeof fmtp))
        g_string_append_printf(out, "a=fmtp:%d %s\r\n", codec->pt, fmtp);
    if (codec->twcc)
        g_string_append_printf(out, "a=rtcp-fb:%d transport-cc\r\n", codec->pt);
    if (codec->nack)
        g_string_append_printf(out, "a=rtcp-fb:%d nack\r\n", codec->pt);
    if (codec->pli)
        g_string_append_printf(out, "a=rtcp-fb:%d nack pli\r\n", codec->pt);
    if (codec->rtx_pt >= 0)
        g_string_append_printf(out, "a=rtpmap:%d rtx/%d\r\na=fmtp:%d apt=%d\r\n", codec->rtx_pt, codec->clock_hz,
                               codec->rtx_pt, codec->pt);
}

static void put_simulcast(GString *out, const struct sdp_line *line)
{
    if (line->n_rids == 0)
        return;
    for (size_t i = 0; i < line->n_rids; i++)
        g_string_append_printf(out, "a=rid:%s recv\r\n", line->rids[i]);
    g_string_append(out, "a=simulcast:recv ");
    for (size_t i = 0; i < line->n_rids; i++)
        g_string_append_printf(out, "%s%s", i ? ";" : "", line->rids[i]);
    g_string_append(out, "\r\n");
}

/* Audio slot i and video slot i share the stream "slot<i>", so that the browser keeps lips and voice together. */
static void put_slot(GString *out, const struct sdp_line *line, const struct sdp_answer_line *how)
{
    const char kind = line->kind == SDP_AUDIO ? 'a' : 'v';
    g_string_append_printf(out, "a=msid:slot%u slot%u%c\r\n", how->index, how->index, kind);
    if (how->rtx_ssrc)
        g_string_append_printf(out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", how->ssrc, how->rtx_ssrc);
    g_string_append_printf(out, "a=ssrc:%" PRIu32 " cname:slot%u\r\n", how->ssrc, how->index);
    if (how->rtx_ssrc)
        g_string_append_printf(out, "a=ssrc:%" PRIu32 " cname:slot%u\r\n", how->rtx_ssrc, how->index);
}

static void put_line(GString *out, const struct sdp_line *line, const struct sdp_answer_line *how,
                     const struct sdp_local *local, bool first)
{
    static const char *const DIRECTIONS[] = {
        [SDP_USE_IDLE] = "inactive", [SDP_USE_TRACK] = "recvonly", [SDP_USE_SLOT] = "sendonly"};
    struct sdp_codec codecs[SDP_MAX_CODECS];
    size_t count = sdp_line_codecs(line, how->use, codecs);
    put_heading(out, line, codecs, count);
    put_transport(out, line, local);
    g_string_append_printf(out, "a=%s\r\n", DIRECTIONS[how->use]);
    put_extensions(out, line, how->use);
    for (size_t i = 0; i < count; i++)
        put_codec(out, &codecs[i], codecs[0].pt, how->sound);
    if (line->kind == SDP_AUDIO && how->use == SDP_USE_TRACK)
        g_string_append_printf(out, "a=ptime:%d\r\n", how->sound.thin ? 60 : 20);
    if (how->use == SDP_USE_TRACK)
        put_simulcast(out, line);
    if (how->use == SDP_USE_SLOT)
        put_slot(out, line, how);
    if (first)
        put_candidates(out, local->candidates);
}

char *sdp_answer_make(const struct sdp_offer *offer, const struct sdp_answer_line *lines, const struct sdp_local *local)
{
    GString *out = g_string_sized_new(4096 + 1024 * offer->n_lines);
    put_session(out, offer, lines, local);
    bool first = true;
    for (size_t i = 0; i < offer->n_lines; i++) {
        if (lines[i].use == SDP_USE_REJECT) {
            put_rejected(out, &offer->lines[i]);
            continue;
        }
        put_line(out, &offer->lines[i], &lines[i], local, first);
        first = false;
    }
    return g_string_free(out, FALSE);
}

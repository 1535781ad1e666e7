#include "sdp.h"

#include <ctype.h>
#include <glib.h>
#include <string.h>

enum { FRAG_MAX_BYTES = 16384, FRAG_MAX_CANDIDATES = 64 };

static bool take(char *into, size_t room, const char *value, size_t size)
{
    if (size == 0 || size >= room)
        return false;
    if (into[0]) /* further media sections repeat it: they must agree */
        return strlen(into) == size && memcmp(into, value, size) == 0;
    memcpy(into, value, size);
    into[size] = '\0';
    return true;
}

static bool value_of(const char *line, size_t size, const char *prefix, const char **value, size_t *value_size)
{
    size_t prefix_size = strlen(prefix);
    if (size < prefix_size || memcmp(line, prefix, prefix_size) != 0)
        return false;
    *value = line + prefix_size;
    *value_size = size - prefix_size;
    return true;
}

static bool read_line(struct sdpfrag *frag, const char *line, size_t size)
{
    const char *value;
    size_t value_size;
    if (value_of(line, size, "a=ice-ufrag:", &value, &value_size))
        return take(frag->ufrag, sizeof frag->ufrag, value, value_size);
    if (value_of(line, size, "a=ice-pwd:", &value, &value_size))
        return take(frag->pwd, sizeof frag->pwd, value, value_size);
    if (value_of(line, size, "a=mid:", &value, &value_size))
        return frag->mid[0] ? value_size <= SDP_MID_MAX : take(frag->mid, sizeof frag->mid, value, value_size);
    if (value_of(line, size, "a=candidate:", &value, &value_size))
        return ++frag->n_candidates <= FRAG_MAX_CANDIDATES;
    return size < 2 || (isalpha((unsigned char)line[0]) && line[1] == '=');
}

enum sdp_verdict sdpfrag_parse(const char *text, size_t size, struct sdpfrag *frag)
{
    memset(frag, 0, sizeof *frag);
    if (size > FRAG_MAX_BYTES || memchr(text, '\0', size))
        return SDP_BAD;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t line = end ? (size_t)(end - (text + at)) : size - at;
        size_t bare = line && text[at + line - 1] == '\r' ? line - 1 : line;
        if (!read_line(frag, text + at, bare))
            return SDP_BAD;
        at += line + 1;
    }
    if (!frag->ufrag[0] && !frag->pwd[0])
        return frag->n_candidates || frag->mid[0] ? SDP_GOOD : SDP_BAD;
    return sdp_is_ice_text(frag->ufrag, 4) && sdp_is_ice_text(frag->pwd, 22) ? SDP_GOOD : SDP_BAD;
}

char *sdpfrag_make(const char *media, const char *mid, const struct sdp_local *local)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out,
                           "a=ice-lite\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\nm=%s 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%s\r\n",
                           local->ufrag, local->pwd, media, mid);
    size_t i;
    json_t *candidate;
    char line[256];
    json_array_foreach(local->candidates, i, candidate) if (sdp_candidate_text(candidate, line, sizeof line))
        g_string_append_printf(out, "a=%s\r\n", line);
    g_string_append(out, "a=end-of-candidates\r\n");
    return g_string_free(out, FALSE);
}

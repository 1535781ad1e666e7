/** The payload formats and header extensions of one m-line, while it is being read. */
#ifndef SIGNALING_SDP_CODEC_H
#define SIGNALING_SDP_CODEC_H

#include "sdp.h"

enum { SDP_PAYLOAD_TYPES = 128 };

struct sdp_format {
    char name[16];
    char fmtp[160];
    int clock_hz;
    int channels;
    bool twcc, nack, pli;
};

struct sdp_formats {
    struct sdp_format of[SDP_PAYLOAD_TYPES];
    bool any_twcc, any_nack, any_pli; /* a=rtcp-fb:* */
};

/** "111 opus/48000/2", "111 minptime=10", "111 transport-cc", "3/sendonly urn:...": what is malformed is passed
 *  over. */
void sdp_formats_rtpmap(struct sdp_formats *formats, const char *value);
void sdp_formats_fmtp(struct sdp_formats *formats, const char *value);
void sdp_formats_feedback(struct sdp_formats *formats, const char *value);
/** False when an id is out of range or given twice. */
bool sdp_ext_read(struct sdp_ext ext[SDP_EXT_COUNT], const char *value);
const char *sdp_ext_uri(enum sdp_ext_name name);

/** Adds the codec of one offered payload type to the line, if it is one of ours and the best of its name. */
void sdp_line_add_format(struct sdp_line *line, const struct sdp_formats *formats, const char *text);
/** Finds the retransmission payload types once all codecs are there. */
void sdp_line_bind_rtx(struct sdp_line *line, const struct sdp_formats *formats, const char *text);

#endif
